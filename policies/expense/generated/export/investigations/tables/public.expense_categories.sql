-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  expense_categories.id is keep
-- classes.noren:28  expense_categories.tenant_id is keep
-- money.noren:5  expense_categories.name is keep because "chart of accounts, no person in it"
-- money.noren:5  expense_categories.account_code is keep because "chart of accounts, no person in it"
-- classes.noren:31  expense_categories.tax_rate is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.name AS name,
    t.account_code AS account_code,
    t.tax_rate AS tax_rate
  FROM ONLY public.expense_categories AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.expense_categories.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.expense_categories.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.expense_categories\t':noren_rows'\t':noren_digest'\tid,tenant_id,name,account_code,tax_rate'
