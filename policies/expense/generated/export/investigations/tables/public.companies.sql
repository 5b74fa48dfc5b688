-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  companies.id is keep
-- people.noren:4  companies.name is company_name
-- people.noren:5  companies.name_kana is mask null
-- classes.noren:30  companies.plan is keep
-- people.noren:6  companies.country_code is keep
-- classes.noren:33  companies.contact_email is email
-- people.noren:7  companies.settings is mask json { billing.day keep; billing.email email; theme keep; else drop; }
-- classes.noren:29  companies.created_at is keep
COPY (
  SELECT
    t.id AS id,
    (CASE WHEN t.name IS NOT NULL THEN 'A company'::text END)::text AS name,
    NULL::text AS name_kana,
    t.plan AS plan,
    t.country_code AS country_code,
    (
      CASE
        WHEN t.contact_email IS NOT NULL
          THEN 'u' || encode(substr(t.noren_hash_1, 1, 8), 'hex') || '@example.invalid'
      END
    )::public.email_address AS contact_email,
    (
      CASE
        WHEN t.settings IS NOT NULL
          THEN CASE
            WHEN jsonb_typeof(t.settings) = 'object'
              THEN (
                SELECT coalesce(
                    jsonb_object_agg(
                      t_7_1.key,
                      CASE
                        WHEN t_7_1.key = 'billing'
                          THEN CASE
                            WHEN jsonb_typeof(t_7_1.value) = 'object'
                              THEN (
                                SELECT coalesce(
                                    jsonb_object_agg(
                                      t_7_2.key,
                                      CASE
                                        WHEN t_7_2.key = 'day' THEN t_7_2.value
                                        WHEN t_7_2.key = 'email'
                                          THEN CASE
                                            WHEN jsonb_typeof(t_7_2.value) = 'object'
                                            OR jsonb_typeof(t_7_2.value) = 'array'
                                              THEN 'null'::jsonb
                                            ELSE coalesce(
                                              to_jsonb(
                                                (
                                                  CASE
                                                    WHEN (t_7_2.value #>> '{}') IS NOT NULL
                                                      THEN 'u'
                                                        || encode(
                                                          substr(
                                                            sha256(
                                                              (
                                                                SELECT outer_pad
                                                                FROM pg_temp.noren_pads
                                                              )
                                                                || sha256(
                                                                  (
                                                                    SELECT inner_pad
                                                                        || convert_to(
                                                                          '14:investigations,11:class:email,5:value,',
                                                                          'UTF8'
                                                                        )
                                                                    FROM pg_temp.noren_pads
                                                                  )
                                                                    || textsend(
                                                                      (t_7_2.value #>> '{}')::text
                                                                    )
                                                                )
                                                            ),
                                                            1,
                                                            8
                                                          ),
                                                          'hex'
                                                        )
                                                        || '@example.invalid'
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
                                FROM jsonb_each(t_7_1.value) AS t_7_2 (key, value)
                                WHERE t_7_2.key = ANY (ARRAY['day', 'email']::text[])
                              )
                            ELSE 'null'::jsonb
                          END
                        WHEN t_7_1.key = 'theme' THEN t_7_1.value
                        ELSE 'null'::jsonb
                      END
                    ),
                    '{}'::jsonb
                  )
                FROM jsonb_each(t.settings) AS t_7_1 (key, value)
                WHERE t_7_1.key = ANY (ARRAY['billing', 'theme']::text[])
              )
            ELSE 'null'::jsonb
          END
      END
    )::jsonb AS settings,
    t.created_at AS created_at
  FROM (
    SELECT
      t.id,
      t.name,
      t.plan,
      t.country_code,
      t.contact_email,
      t.settings,
      t.created_at,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('14:investigations,11:class:email,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.contact_email::text)
          )
      ) AS noren_hash_1
    FROM ONLY public.companies AS t
    WHERE t.id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
  ) AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.companies.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.companies.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.companies\t':noren_rows'\t':noren_digest'\tid,name,name_kana,plan,country_code,contact_email,settings,created_at'
