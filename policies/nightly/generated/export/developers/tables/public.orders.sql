-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:10  orders.id is keep
-- policy.noren:10  orders.customer_id is keep
-- policy.noren:29  orders.total is keep
-- policy.noren:30  orders.note is free_text
-- no call for a table of which no row leaves
SELECT EXISTS (SELECT 1 FROM ONLY public.orders AS t) AS noren_any
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
  'public.orders',
  0,
  sent.rows_uploaded,
  sent.files_uploaded,
  sent.bytes_uploaded,
  '-'
FROM aws_s3.query_export_to_s3(
  $noren$SELECT
  t.id AS id,
  t.customer_id AS customer_id,
  t.total AS total,
  NULL::text AS note
FROM ONLY public.orders AS t$noren$,
  aws_commons.create_s3_uri(:'bucket', :'folder' || '/public.orders/00000.csv', :'region'),
  'format csv, header true, encoding ''UTF8''',
  :'kms_key'
) AS sent;
\endif
