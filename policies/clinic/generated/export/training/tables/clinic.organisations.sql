-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:17  organisations.id is keep
-- health.noren:32  organisations.name is mask constant('A practice')
-- health.noren:33  organisations.registration_no is mask hash(length => 16)
-- health.noren:34  organisations.region is mask constant('(region)')
-- health.noren:23  organisations.created_at is moment
COPY (
  SELECT
    t.id AS id,
    (CASE WHEN t.name IS NOT NULL THEN 'A practice'::text END)::text AS name,
    left(encode(t.noren_hash_1, 'hex'), 16)::varchar(16) AS registration_no,
    (CASE WHEN t.region IS NOT NULL THEN '(region)'::text END)::text AS region,
    (
      CASE
        WHEN NOT isfinite(t.created_at) THEN t.created_at
        WHEN t.created_at < '4713-01-01 00:00:00+00 BC'::timestamptz
          THEN '4713-01-01 00:00:00+00 BC'::timestamptz
        ELSE date_trunc('month', t.created_at, 'UTC')
      END
    )::timestamptz AS created_at
  FROM (
    SELECT
      t.id,
      t.name,
      t.registration_no,
      t.region,
      t.created_at,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad
                  || convert_to(
                    '8:training,43:column:clinic.organisations.registration_no,5:value,',
                    'UTF8'
                  )
              FROM pg_temp.noren_pads
            )
              || textsend(t.registration_no::text)
          )
      ) AS noren_hash_1
    FROM ONLY clinic.organisations AS t
  ) AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.organisations.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.organisations.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.organisations\t':noren_rows'\t':noren_digest'\tid,name,registration_no,region,created_at'
