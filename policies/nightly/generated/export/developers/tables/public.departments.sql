-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:10  departments.id is keep
-- policy.noren:20  departments.name is keep because "the same on every door"
-- policy.noren:10  departments.head_id is keep
-- no call for a table of which no row leaves
SELECT EXISTS (SELECT 1 FROM ONLY public.departments AS t) AS noren_any
\gset
\if :noren_any
INSERT INTO noren_run.manifest (
  attempt,
  kind,
  name,
  part,
  rows_uploaded,
  files_uploaded,
  bytes_uploaded,
  columns
)
SELECT
  :'attempt',
  'part',
  'public.departments',
  0,
  sent.rows_uploaded,
  sent.files_uploaded,
  sent.bytes_uploaded,
  '-'
FROM aws_s3.query_export_to_s3(
  $noren$SELECT
  t.id AS id,
  t.name AS name,
  t.head_id AS head_id
FROM ONLY public.departments AS t$noren$,
  aws_commons.create_s3_uri(:'bucket', :'folder' || '/public.departments/00000.csv', :'region'),
  'format csv, header true, encoding ''UTF8''',
  :'kms_key'
) AS sent;
\endif
