-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  expense_reports.id is keep
-- classes.noren:28  expense_reports.tenant_id is keep
-- money.noren:8  expense_reports.title is required_text
-- exports.noren:34  expense_reports.applicant_id is keep, orphans skip
-- classes.noren:30  expense_reports.status is keep
-- money.noren:9  expense_reports.total is keep
-- exports.noren:26  expense_reports.latest_approval_id is keep, orphans null
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
    CASE
      WHEN EXISTS (
        SELECT 1
        FROM ONLY public.approvals AS t_parent
        WHERE t_parent.id = t.latest_approval_id
          AND (
            t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
            AND (
              t_parent.approver_id IS NULL
              OR EXISTS (
                SELECT 1
                FROM ONLY public.users AS t_parent_parent
                WHERE t_parent_parent.id = t_parent.approver_id
                  AND t_parent_parent.tenant_id
                    = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
              )
            )
            AND (
              t_parent.tenant_id IS NULL
              OR t_parent.report_id IS NULL
              OR EXISTS (
                SELECT 1
                FROM ONLY public.expense_reports AS t_parent_parent
                WHERE t_parent_parent.tenant_id = t_parent.tenant_id
                  AND t_parent_parent.id = t_parent.report_id
                  AND (
                    t_parent_parent.tenant_id
                      = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
                    AND (
                      t_parent_parent.applicant_id IS NULL
                      OR EXISTS (
                        SELECT 1
                        FROM ONLY public.users AS t_parent_parent_parent
                        WHERE t_parent_parent_parent.id = t_parent_parent.applicant_id
                          AND t_parent_parent_parent.tenant_id
                            = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
                      )
                    )
                  )
              )
            )
          )
      )
        THEN t.latest_approval_id
    END AS latest_approval_id,
    t.submitted_at AS submitted_at,
    t.closed_on AS closed_on,
    t.period AS period
  FROM ONLY public.expense_reports AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    AND (
      t.applicant_id IS NULL
      OR EXISTS (
        SELECT 1
        FROM ONLY public.users AS t_parent
        WHERE t_parent.id = t.applicant_id
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
    )
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.expense_reports.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.expense_reports.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.expense_reports\t':noren_rows'\t':noren_digest'\tid,tenant_id,title,applicant_id,status,total,latest_approval_id,submitted_at,closed_on,period'
