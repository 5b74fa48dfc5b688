-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:17  invoice_reminders.id is keep
-- health.noren:22  invoice_reminders.invoice_number is invoice_key
-- health.noren:110  invoice_reminders.sent_to is mask null
-- health.noren:23  invoice_reminders.sent_at is moment
COPY (
  SELECT
    t.id AS id,
    left(encode(t.noren_hash_1, 'hex'), 24)::varchar(24) AS invoice_number,
    NULL::text AS sent_to,
    (
      CASE
        WHEN NOT isfinite(t.sent_at) THEN t.sent_at
        WHEN t.sent_at < '4713-01-01 00:00:00+00 BC'::timestamptz
          THEN '4713-01-01 00:00:00+00 BC'::timestamptz
        ELSE date_trunc('month', t.sent_at, 'UTC')
      END
    )::timestamptz AS sent_at
  FROM (
    SELECT
      t.id,
      t.invoice_number,
      t.sent_at,
      noren_hash_1_few.noren_hash_1 AS noren_hash_1
    FROM ONLY clinic.invoice_reminders AS t
    CROSS JOIN LATERAL (
      SELECT sha256(
          (SELECT outer_pad FROM pg_temp.noren_pads)
            || sha256(
              (
                SELECT inner_pad || convert_to('8:training,17:class:invoice_key,5:value,', 'UTF8')
                FROM pg_temp.noren_pads
              )
                || textsend(t.invoice_number::text)
            )
        ) AS noren_hash_1
      OFFSET 0
    ) AS noren_hash_1_few
  ) AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.invoice_reminders.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.invoice_reminders.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.invoice_reminders\t':noren_rows'\t':noren_digest'\tid,invoice_number,sent_to,sent_at'
