CREATE OR REPLACE FUNCTION noren_run.begin_export(
  of_export text, of_program text, of_run text, of_attempt text, of_shares text, of_chunk_bytes text
)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Opens an attempt and deals its pieces out. A call whose answer was lost may be made again.
DECLARE
  program noren_run.program;
  fingerprint text := noren_run.open_export(of_export, of_program, of_run, of_attempt);
  large text;
BEGIN
  IF EXISTS (SELECT FROM noren_run.piece AS piece WHERE piece.attempt = of_attempt) THEN
    RETURN true;
  END IF;
  SELECT own.* INTO STRICT program FROM noren_run.program AS own WHERE own.export = of_export;
  PERFORM noren_run.check_export(of_export, NULL);
  SELECT string_agg(format('%I.%I has %s', sized.schema_name, sized.table_name, pg_size_pretty(sized.bytes)), E'\n'
                    ORDER BY sized.bytes DESC)
  INTO large
  FROM (
    SELECT own.schema_name, own.table_name,
           (SELECT coalesce(sum(pg_table_size(leaf.oid)), 0)
            FROM (
              SELECT tree.relid::oid FROM pg_partition_tree(format('%I.%I', own.schema_name, own.table_name)::regclass) AS tree
              UNION
              SELECT format('%I.%I', own.schema_name, own.table_name)::regclass::oid
            ) AS leaf (oid)) AS bytes
    FROM noren_run.program_table AS own
    WHERE own.export = of_export AND NOT own.in_pieces
  ) AS sized
  WHERE sized.bytes > of_chunk_bytes::bigint;
  IF large IS NOT NULL THEN
    RAISE EXCEPTION 'a table that leaves as a whole is larger than a piece may be'
      USING DETAIL = large, HINT = 'a call has 45 seconds: runner = "ecs" has no such limit, or say a larger chunk';
  END IF;
  INSERT INTO noren_run.manifest (attempt, kind, name, part, columns)
  VALUES (of_attempt, 'noren', '1', 0, '-'), (of_attempt, 'export', of_export, 0, '-'), (of_attempt, 'policy', program.policy, 0, '-'),
         (of_attempt, 'key', fingerprint, 0, '-'), (of_attempt, 'attempt', of_attempt, 0, '-');
  INSERT INTO noren_run.manifest (attempt, kind, name, part, columns)
  SELECT of_attempt, 'table', own.stem, 0, own.columns FROM noren_run.program_table AS own WHERE own.export = of_export;
  CREATE TEMPORARY TABLE pg_temp.noren_table (stem text, schema_name text, table_name text, in_pieces text) ON COMMIT DROP;
  INSERT INTO pg_temp.noren_table (stem, schema_name, table_name, in_pieces)
  SELECT own.stem, own.schema_name, own.table_name, CASE WHEN own.in_pieces THEN 'yes' ELSE 'no' END
  FROM noren_run.program_table AS own
  WHERE own.export = of_export;
  CREATE TEMPORARY TABLE pg_temp.noren_piece (
    schema_name text NOT NULL, table_name text NOT NULL, part integer NOT NULL, low tid NOT NULL, high tid NOT NULL
  ) ON COMMIT DROP;
  PERFORM set_config('noren.chunk_bytes', of_chunk_bytes, true), set_config('noren.shares', of_shares, true);
  EXECUTE program.pieces;
  EXECUTE program.shares;
  RETURN true;
END
$noren$
