-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:10  orders.id is keep
-- policy.noren:10  orders.customer_id is keep
-- policy.noren:29  orders.total is keep
-- policy.noren:30  orders.note is free_text
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
        FROM ONLY public.orders AS t
        WHERE t.ctid >= piece.low AND t.ctid < piece.high
      ) AS any_row
    FROM pg_temp.noren_piece AS piece
    WHERE piece.schema_name = 'public' AND piece.table_name = 'orders'
    OFFSET 0
  ) AS piece
  WHERE piece.any_row
  ORDER BY piece.part
  OFFSET 0
) AS piece
CROSS JOIN LATERAL aws_s3.query_export_to_s3(
  $noren$SELECT
  t.id AS id,
  t.customer_id AS customer_id,
  t.total AS total,
  NULL::text AS note
FROM ONLY public.orders AS t
WHERE t.ctid >= $noren$
  || quote_literal(piece.low::text)
  || $noren$::tid AND t.ctid < $noren$
  || quote_literal(piece.high::text)
  || $noren$::tid$noren$,
  aws_commons.create_s3_uri(
    :'bucket',
    :'folder'
      || '/public.orders/'
      || lpad(piece.part::text, greatest(5, length(piece.part::text)), '0')
      || '.csv',
    :'region'
  ),
  'format csv, header true, encoding ''UTF8''',
  :'kms_key'
) AS sent;
