-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:10  employees.id is keep
-- policy.noren:10  employees.department_id is keep
-- policy.noren:24  employees.name is person_name
-- policy.noren:25  employees.salary is mask noise(0.1, by => id)
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
  'public.employees',
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
        FROM ONLY public.employees AS t
        WHERE t.ctid >= piece.low AND t.ctid < piece.high
      ) AS any_row
    FROM pg_temp.noren_piece AS piece
    WHERE piece.schema_name = 'public' AND piece.table_name = 'employees'
    OFFSET 0
  ) AS piece
  WHERE piece.any_row
  ORDER BY piece.part
  OFFSET 0
) AS piece
CROSS JOIN LATERAL aws_s3.query_export_to_s3(
  $noren$SELECT
  t.id AS id,
  t.department_id AS department_id,
  (CASE WHEN t.name IS NOT NULL THEN '****'::text END)::text AS name,
  (
    CASE
      WHEN t.salary = 'NaN'::numeric THEN 'NaN'::numeric
      WHEN t.salary IS NOT NULL AND t.noren_hash_1 IS NOT NULL
        THEN least(
          greatest(
            round(
              t.salary
                * (
                  1
                    + (
                      (
                        (
                          ((get_byte(t.noren_hash_1, 0) * 256) + get_byte(t.noren_hash_1, 1))
                            - 32768
                        )
                          / 32768.0
                      )
                        * 0.1
                    )
                ),
              2
            ),
            (-9999999999.99)
          ),
          9999999999.99
        )
    END
  )::numeric(12, 2) AS salary
FROM (
  SELECT
    t.id,
    t.department_id,
    t.name,
    t.salary,
    sha256(
      (SELECT outer_pad FROM pg_temp.noren_pads)
        || sha256(
          (
            SELECT inner_pad
                || convert_to('10:developers,30:column:public.employees.salary,5:value,', 'UTF8')
            FROM pg_temp.noren_pads
          )
            || textsend(trim_scale(t.id::numeric)::text)
        )
    ) AS noren_hash_1
  FROM ONLY public.employees AS t
  WHERE t.ctid >= $noren$
  || quote_literal(piece.low::text)
  || $noren$::tid AND t.ctid < $noren$
  || quote_literal(piece.high::text)
  || $noren$::tid
  OFFSET 0
) AS t$noren$,
  aws_commons.create_s3_uri(
    :'bucket',
    :'folder'
      || '/public.employees/'
      || lpad(piece.part::text, greatest(5, length(piece.part::text)), '0')
      || '.csv',
    :'region'
  ),
  'format csv, header true, encoding ''UTF8''',
  :'kms_key'
) AS sent;
