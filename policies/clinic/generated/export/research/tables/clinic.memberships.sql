-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:18  memberships.organisation_id is keep
-- exports.noren:20  memberships.user_id is staff_key, orphans skip
-- health.noren:50  memberships.role is keep because "the product's own words, and a screen without them cannot be tested"
-- exports.noren:21  memberships.invited_by is mask null
-- health.noren:23  memberships.joined_on is moment
COPY (
  SELECT
    t.organisation_id AS organisation_id,
    encode(
      set_byte(
        set_byte(substr(t.noren_hash_1, 1, 16), 6, (get_byte(t.noren_hash_1, 6) & 15) | 128),
        8,
        (get_byte(t.noren_hash_1, 8) & 63) | 128
      ),
      'hex'
    )::uuid AS user_id,
    t.role AS role,
    NULL::uuid AS invited_by,
    (
      CASE
        WHEN NOT isfinite(t.joined_on) THEN t.joined_on
        WHEN t.joined_on < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
        WHEN t.joined_on > '294276-12-31'::date THEN '294276-01-01'::date
        ELSE date_trunc('month', t.joined_on::timestamp)::date
      END
    )::date AS joined_on
  FROM (
    SELECT
      t.organisation_id,
      t.user_id,
      t.role,
      t.joined_on,
      noren_hash_1_few.noren_hash_1 AS noren_hash_1
    FROM ONLY clinic.memberships AS t
    CROSS JOIN LATERAL (
      SELECT sha256(
          (SELECT outer_pad FROM pg_temp.noren_pads)
            || sha256(
              (
                SELECT inner_pad || convert_to('8:research,15:class:staff_key,5:value,', 'UTF8')
                FROM pg_temp.noren_pads
              )
                || textsend(t.user_id::text)
            )
        ) AS noren_hash_1
      OFFSET 0
    ) AS noren_hash_1_few
    WHERE t.user_id IS NULL
      OR EXISTS (
        SELECT 1
        FROM ONLY clinic.users AS t_parent
        WHERE t_parent.id = t.user_id AND (false)
      )
    OFFSET 0
  ) AS t
  ORDER BY user_id
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.memberships.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.memberships.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.memberships\t':noren_rows'\t':noren_digest'\torganisation_id,user_id,role,invited_by,joined_on'
