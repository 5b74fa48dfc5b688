-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  approvals.id is keep
-- classes.noren:28  approvals.tenant_id is keep
-- exports.noren:37  approvals.report_id is keep, orphans skip
-- exports.noren:31  approvals.approver_id is keep, orphans skip
-- classes.noren:30  approvals.approved is keep
-- money.noren:14  approvals.comment is free_text
-- classes.noren:29  approvals.decided_at is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.report_id AS report_id,
    t.approver_id AS approver_id,
    t.approved AS approved,
    NULL::text AS comment,
    t.decided_at AS decided_at
  FROM ONLY public.approvals AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    AND (
      t.approver_id IS NULL
      OR EXISTS (
        SELECT 1
        FROM ONLY public.users AS t_parent
        WHERE t_parent.id = t.approver_id
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
    )
    AND (
      t.tenant_id IS NULL
      OR t.report_id IS NULL
      OR EXISTS (
        SELECT 1
        FROM ONLY public.expense_reports AS t_parent
        WHERE t_parent.tenant_id = t.tenant_id
          AND t_parent.id = t.report_id
          AND (
            t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
            AND (
              t_parent.applicant_id IS NULL
              OR EXISTS (
                SELECT 1
                FROM ONLY public.users AS t_parent_parent
                WHERE t_parent_parent.id = t_parent.applicant_id
                  AND t_parent_parent.tenant_id
                    = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
              )
            )
          )
      )
    )
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.approvals.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.approvals.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.approvals\t':noren_rows'\t':noren_digest'\tid,tenant_id,report_id,approver_id,approved,comment,decided_at'
