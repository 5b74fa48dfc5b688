-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:10  customers.id is keep
-- policy.noren:14  customers.name is person_name
-- policy.noren:15  customers.email is email
-- policy.noren:16  customers.phone is mask partial(last => 4)
-- policy.noren:10  customers.joined_on is keep
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
  'public.customers',
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
        FROM ONLY public.customers AS t
        WHERE t.ctid >= piece.low AND t.ctid < piece.high
      ) AS any_row
    FROM pg_temp.noren_piece AS piece
    WHERE piece.schema_name = 'public' AND piece.table_name = 'customers'
    OFFSET 0
  ) AS piece
  WHERE piece.any_row
  ORDER BY piece.part
  OFFSET 0
) AS piece
CROSS JOIN LATERAL aws_s3.query_export_to_s3(
  $noren$SELECT
  t.id AS id,
  (CASE WHEN t.name IS NOT NULL THEN '****'::text END)::text AS name,
  (
    CASE
      WHEN t.email IS NOT NULL
        THEN 'u' || encode(substr(t.noren_hash_1, 1, 8), 'hex') || '@example.invalid'
    END
  )::text AS email,
  (
    CASE
      WHEN length(t.phone::text) >= 8 THEN '****' || right(t.phone::text, 4)
      WHEN t.phone IS NOT NULL THEN '****'
    END
  )::text AS phone,
  t.joined_on AS joined_on
FROM (
  SELECT
    t.id,
    t.name,
    t.email,
    t.phone,
    t.joined_on,
    sha256(
      (SELECT outer_pad FROM pg_temp.noren_pads)
        || sha256(
          (
            SELECT inner_pad || convert_to('10:developers,11:class:email,5:value,', 'UTF8')
            FROM pg_temp.noren_pads
          )
            || textsend(t.email::text)
        )
    ) AS noren_hash_1
  FROM ONLY public.customers AS t
  WHERE t.ctid >= $noren$
  || quote_literal(piece.low::text)
  || $noren$::tid AND t.ctid < $noren$
  || quote_literal(piece.high::text)
  || $noren$::tid
) AS t$noren$,
  aws_commons.create_s3_uri(
    :'bucket',
    :'folder'
      || '/public.customers/'
      || lpad(piece.part::text, greatest(5, length(piece.part::text)), '0')
      || '.csv',
    :'region'
  ),
  'format csv, header true, encoding ''UTF8''',
  :'kms_key'
) AS sent;
