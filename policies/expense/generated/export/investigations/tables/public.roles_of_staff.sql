-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  roles_of_staff.id is keep
-- classes.noren:28  roles_of_staff.tenant_id is keep
-- people.noren:40  roles_of_staff.name is keep because "the product's own words"
-- people.noren:40  roles_of_staff.permissions is keep because "the product's own words"
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.name AS name,
    t.permissions AS permissions
  FROM ONLY public.roles_of_staff AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    OR (
      t.tenant_id IS NULL
      AND (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid) IS NOT NULL
    )
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.roles_of_staff.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.roles_of_staff.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.roles_of_staff\t':noren_rows'\t':noren_digest'\tid,tenant_id,name,permissions'
