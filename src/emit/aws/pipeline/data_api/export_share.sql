CREATE OR REPLACE FUNCTION noren_run.export_share(
  of_export text, of_program text, of_run text, of_attempt text, of_share text,
  to_bucket text, to_prefix text, to_region text, to_kms_key text
)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Exports pieces of a share for a while. True when nothing of it is left. What is done is what this transaction leaves
-- behind: a line of the manifest a piece, all of them or none.
DECLARE
  fingerprint text := noren_run.open_export(of_export, of_program, of_run, of_attempt);
  policy text;
  options text;
  checked text := '';
  target text;
  leaves boolean;
  sent_rows bigint;
  sent_files bigint;
  sent_bytes bigint;
  piece record;
BEGIN
  SELECT own.policy, own.options INTO STRICT policy, options FROM noren_run.program AS own WHERE own.export = of_export;
  PERFORM noren_run.belongs_to_export(policy, of_attempt, fingerprint);
  -- A call that outlived its limit may still run: what it does is neither done twice nor taken for done.
  IF NOT pg_try_advisory_xact_lock(hashtext(of_attempt), of_share::integer) THEN
    RAISE EXCEPTION 'a call before this one still exports share % of this attempt', of_share
      USING HINT = 'it ran into the limit of 45 seconds and goes on: call again later';
  END IF;
  FOR piece IN
    SELECT own.stem, own.object, own.any_leaves, own.query, dealt.part, dealt.low, dealt.high
    FROM noren_run.piece AS dealt
    JOIN noren_run.program_table AS own ON own.export = of_export AND own.stem = dealt.stem
    WHERE dealt.attempt = of_attempt AND dealt.share = of_share::integer
      AND NOT EXISTS (
        SELECT FROM noren_run.manifest AS line
        WHERE line.attempt = dealt.attempt AND line.kind = 'part' AND line.name = dealt.stem AND line.part = dealt.part
      )
    ORDER BY own.stem, dealt.part
  LOOP
    -- What begins now has to end within the limit too.
    IF checked <> '' AND clock_timestamp() > statement_timestamp() + interval '10 seconds' THEN
      RETURN false;
    END IF;
    IF checked <> piece.stem THEN
      PERFORM noren_run.check_export(of_export, piece.stem);
      checked := piece.stem;
    END IF;
    PERFORM set_config('noren.low', piece.low::text, true), set_config('noren.high', piece.high::text, true);
    EXECUTE piece.any_leaves INTO STRICT leaves;
    target := concat_ws('/', nullif(to_prefix, ''), of_run, of_attempt, piece.object)
              || '/' || lpad(piece.part::text, greatest(5, length(piece.part::text)), '0') || '.csv';
    IF NOT leaves THEN
      -- No call for what is empty; its line says that nothing was left out.
      sent_rows := 0;
      sent_files := 0;
      sent_bytes := 0;
    ELSIF to_kms_key = '' THEN
      SELECT own.rows_uploaded, own.files_uploaded, own.bytes_uploaded INTO STRICT sent_rows, sent_files, sent_bytes
      FROM aws_s3.query_export_to_s3(piece.query, aws_commons.create_s3_uri(to_bucket, target, to_region), options) AS own;
    ELSE
      SELECT own.rows_uploaded, own.files_uploaded, own.bytes_uploaded INTO STRICT sent_rows, sent_files, sent_bytes
      FROM aws_s3.query_export_to_s3(piece.query, aws_commons.create_s3_uri(to_bucket, target, to_region), options, to_kms_key) AS own;
    END IF;
    INSERT INTO noren_run.manifest (attempt, kind, name, part, rows_uploaded, files_uploaded, bytes_uploaded, columns)
    VALUES (of_attempt, 'part', piece.stem, piece.part, sent_rows, sent_files, sent_bytes, '-');
  END LOOP;
  RETURN true;
END
$noren$
