-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  card_transactions.id is keep
-- classes.noren:28  card_transactions.tenant_id is keep
-- exports.noren:33  card_transactions.card_id is keep, orphans skip
-- classes.noren:29  card_transactions.used_at is keep
-- money.noren:59  card_transactions.merchant is company_name
-- classes.noren:31  card_transactions.amount is keep
-- classes.noren:30  card_transactions.settled is keep
-- money.noren:60  card_transactions.raw is mask json { auth.code mask constant('******'); terminal keep; else drop; }
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.card_id AS card_id,
    t.used_at AS used_at,
    (CASE WHEN t.merchant IS NOT NULL THEN 'A company'::text END)::text AS merchant,
    t.amount AS amount,
    t.settled AS settled,
    (
      CASE
        WHEN t.raw IS NOT NULL
          THEN CASE
            WHEN jsonb_typeof(t.raw) = 'object'
              THEN (
                SELECT coalesce(
                    jsonb_object_agg(
                      t_8_1.key,
                      CASE
                        WHEN t_8_1.key = 'auth'
                          THEN CASE
                            WHEN jsonb_typeof(t_8_1.value) = 'object'
                              THEN (
                                SELECT coalesce(
                                    jsonb_object_agg(
                                      t_8_2.key,
                                      CASE
                                        WHEN t_8_2.key = 'code'
                                          THEN CASE
                                            WHEN jsonb_typeof(t_8_2.value) = 'object'
                                            OR jsonb_typeof(t_8_2.value) = 'array'
                                              THEN 'null'::jsonb
                                            ELSE coalesce(
                                              to_jsonb(
                                                (
                                                  CASE
                                                    WHEN (t_8_2.value #>> '{}') IS NOT NULL
                                                      THEN '******'::text
                                                  END
                                                )::text
                                              ),
                                              'null'::jsonb
                                            )
                                          END
                                        ELSE 'null'::jsonb
                                      END
                                    ),
                                    '{}'::jsonb
                                  )
                                FROM jsonb_each(t_8_1.value) AS t_8_2 (key, value)
                                WHERE t_8_2.key = ANY (ARRAY['code']::text[])
                              )
                            ELSE 'null'::jsonb
                          END
                        WHEN t_8_1.key = 'terminal' THEN t_8_1.value
                        ELSE 'null'::jsonb
                      END
                    ),
                    '{}'::jsonb
                  )
                FROM jsonb_each(t.raw) AS t_8_1 (key, value)
                WHERE t_8_1.key = ANY (ARRAY['auth', 'terminal']::text[])
              )
            ELSE 'null'::jsonb
          END
      END
    )::jsonb AS raw
  FROM public.card_transactions AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    AND (
      t.card_id IS NULL
      OR EXISTS (
        SELECT 1
        FROM ONLY public."CorporateCards" AS t_parent
        WHERE t_parent."CardId" = t.card_id
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
    )
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.card_transactions.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.card_transactions.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.card_transactions\t':noren_rows'\t':noren_digest'\tid,tenant_id,card_id,used_at,merchant,amount,settled,raw'
