-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  audit_logs.id is keep
-- classes.noren:28  audit_logs.tenant_id is keep
-- money.noren:84  audit_logs.actor_id is keep
-- money.noren:85  audit_logs.action is keep because "the product's own words"
-- money.noren:86  audit_logs.detail is mask json { report keep; else drop; }
-- money.noren:87  audit_logs.ip_address is mask network_of()
-- classes.noren:29  audit_logs.logged_at is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.actor_id AS actor_id,
    t.action AS action,
    (
      CASE
        WHEN t.detail IS NOT NULL
          THEN CASE
            WHEN jsonb_typeof(t.detail) = 'object'
              THEN (
                SELECT coalesce(
                    jsonb_object_agg(
                      t_5_1.key,
                      CASE WHEN t_5_1.key = 'report' THEN t_5_1.value ELSE 'null'::jsonb END
                    ),
                    '{}'::jsonb
                  )
                FROM jsonb_each(t.detail) AS t_5_1 (key, value)
                WHERE t_5_1.key = ANY (ARRAY['report']::text[])
              )
            ELSE 'null'::jsonb
          END
      END
    )::jsonb AS detail,
    (
      case
        family((t."ip_address"))
        when 4 then network(set_masklen((t."ip_address"), 24))::inet
        else network(set_masklen((t."ip_address"), 48))::inet
      end
    )::inet AS ip_address,
    t.logged_at AS logged_at
  FROM public.audit_logs AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.audit_logs.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.audit_logs.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.audit_logs\t':noren_rows'\t':noren_digest'\tid,tenant_id,actor_id,action,detail,ip_address,logged_at'
