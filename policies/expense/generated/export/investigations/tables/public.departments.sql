-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  departments.id is keep
-- classes.noren:28  departments.tenant_id is keep
-- people.noren:11  departments.name is keep because "names of departments say what is done there, not by whom"
-- exports.noren:25  departments.parent_id is keep, orphans null
-- exports.noren:24  departments.head_user_id is keep, orphans null
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.name AS name,
    CASE
      WHEN EXISTS (
        SELECT 1
        FROM ONLY public.departments AS t_parent
        WHERE t_parent.id = t.parent_id
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
        THEN t.parent_id
    END AS parent_id,
    CASE
      WHEN EXISTS (
        SELECT 1
        FROM ONLY public.users AS t_parent
        WHERE t_parent.id = t.head_user_id
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
        THEN t.head_user_id
    END AS head_user_id
  FROM ONLY public.departments AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.departments.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.departments.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.departments\t':noren_rows'\t':noren_digest'\tid,tenant_id,name,parent_id,head_user_id'
