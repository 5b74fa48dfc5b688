CREATE OR REPLACE FUNCTION noren_run.end_export(
  of_export text, of_program text, of_run text, of_attempt text,
  to_bucket text, to_prefix text, to_region text, to_kms_key text
)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Writes the manifest when every piece has its line: without it nothing is imported.
DECLARE
  fingerprint text := noren_run.open_export(of_export, of_program, of_run, of_attempt);
  program noren_run.program;
  target text;
BEGIN
  SELECT own.* INTO STRICT program FROM noren_run.program AS own WHERE own.export = of_export;
  PERFORM noren_run.belongs_to_export(program.policy, of_attempt, fingerprint);
  EXECUTE program.is_whole;
  target := concat_ws('/', nullif(to_prefix, ''), of_run, 'manifest.csv');
  IF to_kms_key = '' THEN
    PERFORM own.rows_uploaded
    FROM aws_s3.query_export_to_s3(program.manifest, aws_commons.create_s3_uri(to_bucket, target, to_region), program.options) AS own;
  ELSE
    PERFORM own.rows_uploaded
    FROM aws_s3.query_export_to_s3(program.manifest, aws_commons.create_s3_uri(to_bucket, target, to_region), program.options, to_kms_key) AS own;
  END IF;
  RETURN true;
END
$noren$
