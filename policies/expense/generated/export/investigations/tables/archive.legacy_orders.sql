-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  legacy_orders.id is keep
-- classes.noren:28  legacy_orders.company_id is keep
-- exports.noren:17  legacy_orders.customer is mask initials()
-- people.noren:65  legacy_orders.Note is drop
-- people.noren:66  legacy_orders.total is mask noise(0.1, by => company_id)
COPY (
  SELECT
    t.id AS id,
    t.company_id AS company_id,
    (left((t."customer"), 1) || '.')::text AS customer,
    (
      CASE
        WHEN t.total = 'NaN'::numeric THEN 'NaN'::numeric
        WHEN t.total IS NOT NULL AND t.noren_hash_1 IS NOT NULL
          THEN least(
            greatest(
              round(
                t.total
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
    )::numeric(12, 2) AS total
  FROM (
    SELECT
      t.id,
      t.company_id,
      t.customer,
      t.total,
      noren_hash_1_few.noren_hash_1 AS noren_hash_1
    FROM ONLY archive.legacy_orders AS t
    CROSS JOIN LATERAL (
      SELECT sha256(
          (SELECT outer_pad FROM pg_temp.noren_pads)
            || sha256(
              (
                SELECT inner_pad
                    || convert_to(
                      '14:investigations,34:column:archive.legacy_orders.total,5:value,',
                      'UTF8'
                    )
                FROM pg_temp.noren_pads
              )
                || textsend(t.company_id::text)
            )
        ) AS noren_hash_1
      OFFSET 0
    ) AS noren_hash_1_few
    WHERE t.company_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    OFFSET 0
  ) AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/archive.legacy_orders.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/archive.legacy_orders.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tarchive.legacy_orders\t':noren_rows'\t':noren_digest'\tid,company_id,customer,total'
