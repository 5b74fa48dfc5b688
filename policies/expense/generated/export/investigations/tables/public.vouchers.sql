-- One table of run.sql, which locks, checks and opens the manifest before it.
-- money.noren:64  vouchers.number is keep because "counted down for every company alike"
-- classes.noren:28  vouchers.tenant_id is keep
-- exports.noren:41  vouchers.expense_id is keep, orphans null
-- classes.noren:29  vouchers.printed_at is keep
-- money.noren:65  vouchers.barcode is mask hash(length => 32)
COPY (
  SELECT
    t.number AS number,
    t.tenant_id AS tenant_id,
    CASE
      WHEN EXISTS (
        SELECT 1
        FROM ONLY public.expenses AS t_parent
        WHERE t_parent.id = t.expense_id
          AND (
            t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
            AND (t_parent."spent_on" >= date '2025-01-01')
            AND (
              t_parent.created_by IS NULL
              OR EXISTS (
                SELECT 1
                FROM ONLY public.users AS t_parent_parent
                WHERE t_parent_parent.id = t_parent.created_by
                  AND t_parent_parent.tenant_id
                    = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
              )
            )
          )
      )
        THEN t.expense_id
    END AS expense_id,
    t.printed_at AS printed_at,
    left(encode(t.noren_hash_1, 'hex'), 32)::varchar(32) AS barcode
  FROM (
    SELECT
      t.number,
      t.tenant_id,
      t.expense_id,
      t.printed_at,
      t.barcode,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad
                  || convert_to(
                    '14:investigations,30:column:public.vouchers.barcode,5:value,',
                    'UTF8'
                  )
              FROM pg_temp.noren_pads
            )
              || textsend(t.barcode::text)
          )
      ) AS noren_hash_1
    FROM ONLY public.vouchers AS t
    WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
  ) AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.vouchers.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.vouchers.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.vouchers\t':noren_rows'\t':noren_digest'\tnumber,tenant_id,expense_id,printed_at,barcode'
