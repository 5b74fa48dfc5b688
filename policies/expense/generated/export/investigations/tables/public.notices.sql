-- One table of run.sql, which locks, checks and opens the manifest before it.
-- money.noren:75  public.notices rows (published_at is not null)
-- classes.noren:27  notices.id is keep
-- classes.noren:28  notices.tenant_id is keep
-- money.noren:76  notices.audience is keep
-- money.noren:77  notices.title is keep because "announcements are for every company" when (audience = 'everyone') else mask constant('(notice)')
-- money.noren:79  notices.body is keep because "announcements are for every company" when (audience = 'everyone') else mask constant('(notice)')
-- classes.noren:29  notices.published_at is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.audience AS audience,
    CASE
      WHEN (t."audience" = 'everyone') THEN t.title
      ELSE (CASE WHEN t.title IS NOT NULL THEN '(notice)'::text END)::text
    END AS title,
    CASE
      WHEN (t."audience" = 'everyone') THEN t.body
      ELSE (CASE WHEN t.body IS NOT NULL THEN '(notice)'::text END)::text
    END AS body,
    t.published_at AS published_at
  FROM ONLY public.notices AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    AND (t."published_at" is not null)
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.notices.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.notices.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.notices\t':noren_rows'\t':noren_digest'\tid,tenant_id,audience,title,body,published_at'
