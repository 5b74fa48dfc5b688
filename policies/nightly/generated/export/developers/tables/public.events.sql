-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:10  events.id is keep
-- policy.noren:10  events.order_id is keep
-- policy.noren:34  events.what is keep because "one of twenty words of the program"
-- policy.noren:35  events.payload is free_text
-- policy.noren:10  events.happened_at is keep
-- no call for a table of which no row leaves
SELECT EXISTS (SELECT 1 FROM ONLY public.events AS t) AS noren_any
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
  'public.events',
  0,
  sent.rows_uploaded,
  sent.files_uploaded,
  sent.bytes_uploaded,
  '-'
FROM aws_s3.query_export_to_s3(
  $noren$SELECT
  t.id AS id,
  t.order_id AS order_id,
  t.what AS what,
  NULL::jsonb AS payload,
  t.happened_at AS happened_at
FROM ONLY public.events AS t$noren$,
  aws_commons.create_s3_uri(:'bucket', :'folder' || '/public.events/00000.csv', :'region'),
  'format csv, header true, encoding ''UTF8''',
  :'kms_key'
) AS sent;
\endif
