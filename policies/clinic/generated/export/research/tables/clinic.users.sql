-- One table of run.sql, which locks, checks and opens the manifest before it.
-- exports.noren:19  clinic.users rows (false)
-- health.noren:44  users.id is staff_key
-- health.noren:24  users.email is email
-- health.noren:25  users.full_name is person_name
-- health.noren:26  users.phone is phone
-- health.noren:45  users.password_hash is drop, fill ('!')
-- health.noren:46  users.mfa_secret is drop
-- health.noren:23  users.last_seen_at is moment
-- health.noren:23  users.created_at is moment
COPY (
  SELECT
    encode(
      set_byte(
        set_byte(substr(t.noren_hash_1, 1, 16), 6, (get_byte(t.noren_hash_1, 6) & 15) | 128),
        8,
        (get_byte(t.noren_hash_1, 8) & 63) | 128
      ),
      'hex'
    )::uuid AS id,
    (
      CASE
        WHEN t.email IS NOT NULL
          THEN 'u' || encode(substr(t.noren_hash_2, 1, 8), 'hex') || '@example.invalid'
      END
    )::text AS email,
    (CASE WHEN t.full_name IS NOT NULL THEN '(name)'::text END)::text AS full_name,
    NULL::varchar(24) AS phone,
    ('!')::text AS password_hash,
    (
      CASE
        WHEN NOT isfinite(t.last_seen_at) THEN t.last_seen_at
        WHEN t.last_seen_at < '4713-01-01 00:00:00+00 BC'::timestamptz
          THEN '4713-01-01 00:00:00+00 BC'::timestamptz
        ELSE date_trunc('month', t.last_seen_at, 'UTC')
      END
    )::timestamptz AS last_seen_at,
    (
      CASE
        WHEN NOT isfinite(t.created_at) THEN t.created_at
        WHEN t.created_at < '4713-01-01 00:00:00+00 BC'::timestamptz
          THEN '4713-01-01 00:00:00+00 BC'::timestamptz
        ELSE date_trunc('month', t.created_at, 'UTC')
      END
    )::timestamptz AS created_at
  FROM (
    SELECT
      t.id,
      t.email,
      t.full_name,
      t.last_seen_at,
      t.created_at,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('8:research,15:class:staff_key,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.id::text)
          )
      ) AS noren_hash_1,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('8:research,11:class:email,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.email::text)
          )
      ) AS noren_hash_2
    FROM ONLY clinic.users AS t
    WHERE (false)
    OFFSET 0
  ) AS t
  ORDER BY id
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.users.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.users.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.users\t':noren_rows'\t':noren_digest'\tid,email,full_name,phone,password_hash,last_seen_at,created_at'
