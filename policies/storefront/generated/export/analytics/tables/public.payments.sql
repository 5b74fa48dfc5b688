-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:15  payments.id is keep
-- policy.noren:15  payments.order_id is keep
-- policy.noren:78  payments.amount is keep because "revenue is what is counted"
-- policy.noren:61  payments.card_last4 is drop
-- policy.noren:62  payments.card_holder is drop
-- policy.noren:63  payments.provider_payload is mask json { payer.country keep; payer.email email; risk.score keep; else drop; }
-- policy.noren:16  payments.paid_at is keep
COPY (
  SELECT
    t.id AS id,
    t.order_id AS order_id,
    t.amount AS amount,
    (
      CASE
        WHEN t.provider_payload IS NOT NULL
          THEN CASE
            WHEN jsonb_typeof(t.provider_payload) = 'object'
              THEN (
                SELECT coalesce(
                    jsonb_object_agg(
                      t_6_1.key,
                      CASE
                        WHEN t_6_1.key = 'payer'
                          THEN CASE
                            WHEN jsonb_typeof(t_6_1.value) = 'object'
                              THEN (
                                SELECT coalesce(
                                    jsonb_object_agg(
                                      t_6_2.key,
                                      CASE
                                        WHEN t_6_2.key = 'country' THEN t_6_2.value
                                        WHEN t_6_2.key = 'email' THEN 'null'::jsonb
                                        ELSE 'null'::jsonb
                                      END
                                    ),
                                    '{}'::jsonb
                                  )
                                FROM jsonb_each(t_6_1.value) AS t_6_2 (key, value)
                                WHERE t_6_2.key = ANY (ARRAY['country', 'email']::text[])
                              )
                            ELSE 'null'::jsonb
                          END
                        WHEN t_6_1.key = 'risk'
                          THEN CASE
                            WHEN jsonb_typeof(t_6_1.value) = 'object'
                              THEN (
                                SELECT coalesce(
                                    jsonb_object_agg(
                                      t_6_3.key,
                                      CASE
                                        WHEN t_6_3.key = 'score' THEN t_6_3.value
                                        ELSE 'null'::jsonb
                                      END
                                    ),
                                    '{}'::jsonb
                                  )
                                FROM jsonb_each(t_6_1.value) AS t_6_3 (key, value)
                                WHERE t_6_3.key = ANY (ARRAY['score']::text[])
                              )
                            ELSE 'null'::jsonb
                          END
                        ELSE 'null'::jsonb
                      END
                    ),
                    '{}'::jsonb
                  )
                FROM jsonb_each(t.provider_payload) AS t_6_1 (key, value)
                WHERE t_6_1.key = ANY (ARRAY['payer', 'risk']::text[])
              )
            ELSE 'null'::jsonb
          END
      END
    )::jsonb AS provider_payload,
    t.paid_at AS paid_at
  FROM ONLY public.payments AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.payments.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.payments.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.payments\t':noren_rows'\t':noren_digest'\tid,order_id,amount,provider_payload,paid_at'
