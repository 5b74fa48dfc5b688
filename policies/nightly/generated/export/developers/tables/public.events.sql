-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:10  events.id is keep
-- policy.noren:10  events.order_id is keep
-- policy.noren:34  events.what is keep because "one of twenty words of the program"
-- policy.noren:35  events.payload is free_text
-- policy.noren:10  events.happened_at is keep
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
  piece.part,
  sent.rows_uploaded,
  sent.files_uploaded,
  sent.bytes_uploaded,
  '-'
FROM (
  SELECT
    piece.part AS part,
    piece.low AS low,
    piece.high AS high
  FROM (
    SELECT
      piece.part AS part,
      piece.low AS low,
      piece.high AS high,
      EXISTS (
        SELECT 1
        FROM ONLY public.events AS t
        WHERE t.ctid >= piece.low AND t.ctid < piece.high
      ) AS any_row
    FROM pg_temp.noren_piece AS piece
    WHERE piece.schema_name = 'public' AND piece.table_name = 'events'
    OFFSET 0
  ) AS piece
  WHERE piece.any_row
  ORDER BY piece.part
  OFFSET 0
) AS piece
CROSS JOIN LATERAL aws_s3.query_export_to_s3(
  $noren$SELECT
  t.id AS id,
  t.order_id AS order_id,
  t.what AS what,
  NULL::jsonb AS payload,
  t.happened_at AS happened_at
FROM ONLY public.events AS t
WHERE t.ctid >= $noren$
  || quote_literal(piece.low::text)
  || $noren$::tid AND t.ctid < $noren$
  || quote_literal(piece.high::text)
  || $noren$::tid$noren$,
  aws_commons.create_s3_uri(
    :'bucket',
    :'folder'
      || '/public.events/'
      || lpad(piece.part::text, greatest(5, length(piece.part::text)), '0')
      || '.csv',
    :'region'
  ),
  'format csv, header true, encoding ''UTF8''',
  :'kms_key'
) AS sent;
