-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  order.id is keep
-- classes.noren:28  order.tenant_id is keep
-- exports.noren:28  order.user is keep, orphans skip
-- money.noren:70  order.desc is free_text
-- money.noren:69  order.group is keep
-- money.noren:71  order.ship_to is postal
-- classes.noren:29  order.ordered_at is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t."user" AS "user",
    NULL::text AS "desc",
    t."group" AS "group",
    NULL::public."住所型" AS ship_to,
    t.ordered_at AS ordered_at
  FROM ONLY public."order" AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    AND (
      t."user" IS NULL
      OR EXISTS (
        SELECT 1
        FROM ONLY public.users AS t_parent
        WHERE t_parent.id = t."user"
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
    )
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.order.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.order.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.order\t':noren_rows'\t':noren_digest'\tid,tenant_id,user,desc,group,ship_to,ordered_at'
