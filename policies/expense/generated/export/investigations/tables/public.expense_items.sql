-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  expense_items.id is keep
-- exports.noren:39  expense_items.expense_id is keep, orphans skip
-- money.noren:28  expense_items.line_no is keep
-- money.noren:29  expense_items.description is required_text
-- classes.noren:31  expense_items.unit_price is keep
-- money.noren:28  expense_items.quantity is keep
COPY (
  SELECT
    t.id AS id,
    t.expense_id AS expense_id,
    t.line_no AS line_no,
    (CASE WHEN t.description IS NOT NULL THEN '(masked)'::text END)::text AS description,
    t.unit_price AS unit_price,
    t.quantity AS quantity
  FROM ONLY public.expense_items AS t
  WHERE EXISTS (
      SELECT 1
      FROM public.expenses AS noren_1
      WHERE noren_1.id = t.expense_id
        AND noren_1.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    )
    AND (
      t.expense_id IS NULL
      OR EXISTS (
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
    )
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.expense_items.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.expense_items.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.expense_items\t':noren_rows'\t':noren_digest'\tid,expense_id,line_no,description,unit_price,quantity'
