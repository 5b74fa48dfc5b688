-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  users.id is keep
-- classes.noren:28  users.tenant_id is keep
-- exports.noren:29  users.department_id is keep, orphans null
-- exports.noren:30  users.manager_id is keep, orphans null
-- people.noren:15  users.last_session_id is keep, orphans null
-- classes.noren:33  users.email is email
-- classes.noren:33  users.backup_email is email
-- exports.noren:17  users.name is mask initials()
-- exports.noren:17  users.name_kana is mask initials()
-- people.noren:17  users.nickname is mask (left(nickname, 1) || '**')
-- people.noren:18  users.phone is phone
-- exports.noren:18  users.birth_date is drop
-- people.noren:20  users.gender_code is drop
-- people.noren:21  users.settings is mask json { contact.email email; devices[*].os keep; locale keep; theme keep; else drop; }
-- people.noren:28  users.profile is mask null
-- people.noren:29  users.memo is keep because "public memos are shown to everyone" when (visibility = 'public') else mask null
-- people.noren:31  users.visibility is keep
-- people.noren:32  users.roles is keep because "names of the product's own roles"
-- people.noren:33  users.password_digest is drop, fill ('!')
-- people.noren:34  users.locale is keep
-- people.noren:35  users.search_key is drop, filled by trigger users_search_key
-- exports.noren:19  users.failed_logins is keep because "repeated failures are what is looked for"
-- classes.noren:29  users.created_at is keep
-- classes.noren:29  users.deleted_at is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    CASE
      WHEN EXISTS (
        SELECT 1
        FROM ONLY public.departments AS t_parent
        WHERE t_parent.id = t.department_id
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
        THEN t.department_id
    END AS department_id,
    CASE
      WHEN EXISTS (
        SELECT 1
        FROM ONLY public.users AS t_parent
        WHERE t_parent.id = t.manager_id
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
        THEN t.manager_id
    END AS manager_id,
    CASE WHEN false THEN t.last_session_id END AS last_session_id,
    (
      CASE
        WHEN t.email IS NOT NULL
          THEN 'u' || encode(substr(t.noren_hash_1, 1, 8), 'hex') || '@example.invalid'
      END
    )::public.email_address AS email,
    (
      CASE
        WHEN t.backup_email IS NOT NULL
          THEN 'u' || encode(substr(t.noren_hash_2, 1, 8), 'hex') || '@example.invalid'
      END
    )::varchar(120) AS backup_email,
    (left((t."name"), 1) || '.')::text AS name,
    (left((t."name_kana"), 1) || '.')::text AS name_kana,
    (left(t."nickname", 1) || '**')::varchar(40) AS nickname,
    (
      CASE
        WHEN length(t.phone::text) >= 8 THEN '****' || right(t.phone::text, 4)
        WHEN t.phone IS NOT NULL THEN '****'
      END
    )::varchar(20) AS phone,
    (
      CASE
        WHEN t.settings IS NOT NULL
          THEN CASE
            WHEN jsonb_typeof(t.settings) = 'object'
              THEN (
                SELECT coalesce(
                    jsonb_object_agg(
                      t_14_1.key,
                      CASE
                        WHEN t_14_1.key = 'contact'
                          THEN CASE
                            WHEN jsonb_typeof(t_14_1.value) = 'object'
                              THEN (
                                SELECT coalesce(
                                    jsonb_object_agg(
                                      t_14_2.key,
                                      CASE
                                        WHEN t_14_2.key = 'email'
                                          THEN CASE
                                            WHEN jsonb_typeof(t_14_2.value) = 'object'
                                            OR jsonb_typeof(t_14_2.value) = 'array'
                                              THEN 'null'::jsonb
                                            ELSE coalesce(
                                              to_jsonb(
                                                (
                                                  CASE
                                                    WHEN (t_14_2.value #>> '{}') IS NOT NULL
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
                                                                      (t_14_2.value #>> '{}')::text
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
                                FROM jsonb_each(t_14_1.value) AS t_14_2 (key, value)
                                WHERE t_14_2.key = ANY (ARRAY['email']::text[])
                              )
                            ELSE 'null'::jsonb
                          END
                        WHEN t_14_1.key = 'devices'
                          THEN CASE
                            WHEN jsonb_typeof(t_14_1.value) = 'array'
                              THEN (
                                SELECT coalesce(
                                    jsonb_agg(
                                      CASE
                                        WHEN jsonb_typeof(t_14_3.value) = 'object'
                                          THEN (
                                            SELECT coalesce(
                                                jsonb_object_agg(
                                                  t_14_4.key,
                                                  CASE
                                                    WHEN t_14_4.key = 'os' THEN t_14_4.value
                                                    ELSE 'null'::jsonb
                                                  END
                                                ),
                                                '{}'::jsonb
                                              )
                                            FROM jsonb_each(t_14_3.value) AS t_14_4 (key, value)
                                            WHERE t_14_4.key = ANY (ARRAY['os']::text[])
                                          )
                                        ELSE 'null'::jsonb
                                      END
                                      ORDER BY t_14_3."position"
                                    ),
                                    '[]'::jsonb
                                  )
                                FROM jsonb_array_elements(
                                  t_14_1.value
                                ) WITH ORDINALITY AS t_14_3 (value, "position")
                              )
                            ELSE 'null'::jsonb
                          END
                        WHEN t_14_1.key = 'locale' THEN t_14_1.value
                        WHEN t_14_1.key = 'theme' THEN t_14_1.value
                        ELSE 'null'::jsonb
                      END
                    ),
                    '{}'::jsonb
                  )
                FROM jsonb_each(t.settings) AS t_14_1 (key, value)
                WHERE t_14_1.key = ANY (ARRAY['contact', 'devices', 'locale', 'theme']::text[])
              )
            ELSE 'null'::jsonb
          END
      END
    )::jsonb AS settings,
    NULL::json AS profile,
    CASE WHEN (t."visibility" = 'public') THEN t.memo ELSE NULL::text END AS memo,
    t.visibility AS visibility,
    t.roles AS roles,
    ('!')::text AS password_digest,
    t.locale AS locale,
    t.failed_logins AS failed_logins,
    t.created_at AS created_at,
    t.deleted_at AS deleted_at
  FROM (
    SELECT
      t.id,
      t.tenant_id,
      t.department_id,
      t.manager_id,
      t.last_session_id,
      t.email,
      t.backup_email,
      t.name,
      t.name_kana,
      t.nickname,
      t.phone,
      t.settings,
      t.memo,
      t.visibility,
      t.roles,
      t.locale,
      t.failed_logins,
      t.created_at,
      t.deleted_at,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('14:investigations,11:class:email,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.email::text)
          )
      ) AS noren_hash_1,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('14:investigations,11:class:email,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.backup_email::text)
          )
      ) AS noren_hash_2
    FROM ONLY public.users AS t
    WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
  ) AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.users.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.users.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.users\t':noren_rows'\t':noren_digest'\tid,tenant_id,department_id,manager_id,last_session_id,email,backup_email,name,name_kana,nickname,phone,settings,profile,memo,visibility,roles,password_digest,locale,failed_logins,created_at,deleted_at'
