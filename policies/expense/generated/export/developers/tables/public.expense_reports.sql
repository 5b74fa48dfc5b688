-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  expense_reports.id is keep
-- classes.noren:28  expense_reports.tenant_id is keep
-- money.noren:8  expense_reports.title is required_text
-- classes.noren:27  expense_reports.applicant_id is keep
-- classes.noren:30  expense_reports.status is keep
-- money.noren:9  expense_reports.total is keep
-- classes.noren:27  expense_reports.latest_approval_id is keep
-- classes.noren:29  expense_reports.submitted_at is keep
-- classes.noren:29  expense_reports.closed_on is keep
-- money.noren:10  expense_reports.period is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    (CASE WHEN t.title IS NOT NULL THEN '(masked)'::text END)::text AS title,
    t.applicant_id AS applicant_id,
    t.status AS status,
    t.total AS total,
    t.latest_approval_id AS latest_approval_id,
    t.submitted_at AS submitted_at,
    t.closed_on AS closed_on,
    t.period AS period
  FROM ONLY public.expense_reports AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.expense_reports.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.expense_reports.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.expense_reports\t':noren_rows'\t':noren_digest'\tid,tenant_id,title,applicant_id,status,total,latest_approval_id,submitted_at,closed_on,period'
