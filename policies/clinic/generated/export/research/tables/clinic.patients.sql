-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:54  patients.id is patient_key
-- health.noren:18  patients.organisation_id is keep
-- health.noren:55  patients.chart_no is mask hash(length => 20)
-- health.noren:25  patients.full_name is person_name
-- health.noren:56  patients.full_name_kana is mask null
-- exports.noren:17  patients.sex is keep because "reference ranges differ"
-- health.noren:59  patients.birth_date is mask truncate('year')
-- health.noren:26  patients.phone is phone
-- health.noren:24  patients.email is email
-- health.noren:60  patients.address is mask null
-- health.noren:61  patients.insurance_no is mask null
-- health.noren:62  patients.emergency_contact is mask json { relation keep; else drop; }
-- health.noren:63  patients.allergies is mask default()
-- exports.noren:22  patients.general_practitioner_id is staff_key, orphans null
-- health.noren:21  patients.mother_id is patient_key
-- health.noren:23  patients.created_at is moment
-- health.noren:64  patients.deceased_on is drop
COPY (
  SELECT
    (
      CASE
        WHEN t_1_half.size < 32768 THEN (t_1_int2_4.digit * 256) + t_1_int2_3.digit
        WHEN t_1_half.size < 2147483648 THEN (t_1_int4_4.digit * 32768) + t_1_int4_3.digit + 32768
        ELSE (t_1_int8_4.digit * 2147483648) + t_1_int8_3.digit + 2147483648
      END
        # t_1_half.sign
    )::bigint AS id,
    t.organisation_id AS organisation_id,
    left(encode(t.noren_hash_1, 'hex'), 20)::varchar(20) AS chart_no,
    (CASE WHEN t.full_name IS NOT NULL THEN '(name)'::text END)::text AS full_name,
    NULL::text AS full_name_kana,
    t.sex AS sex,
    (
      CASE
        WHEN NOT isfinite(t.birth_date) THEN t.birth_date
        WHEN t.birth_date < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
        WHEN t.birth_date > '294276-12-31'::date THEN '294276-01-01'::date
        ELSE date_trunc('year', t.birth_date::timestamp)::date
      END
    )::date AS birth_date,
    NULL::varchar(24) AS phone,
    (
      CASE
        WHEN t.email IS NOT NULL
          THEN 'u' || encode(substr(t.noren_hash_2, 1, 8), 'hex') || '@example.invalid'
      END
    )::text AS email,
    NULL::text AS address,
    NULL::clinic.insurance_number AS insurance_no,
    (
      CASE
        WHEN t.emergency_contact IS NOT NULL
          THEN CASE
            WHEN jsonb_typeof(t.emergency_contact) = 'object'
              THEN (
                SELECT coalesce(
                    jsonb_object_agg(
                      t_12_1.key,
                      CASE WHEN t_12_1.key = 'relation' THEN t_12_1.value ELSE 'null'::jsonb END
                    ),
                    '{}'::jsonb
                  )
                FROM jsonb_each(t.emergency_contact) AS t_12_1 (key, value)
                WHERE t_12_1.key = ANY (ARRAY['relation']::text[])
              )
            ELSE 'null'::jsonb
          END
      END
    )::jsonb AS emergency_contact,
    (CASE WHEN t.allergies IS NOT NULL THEN ('{}'::text[]) END)::text[] AS allergies,
    CASE
      WHEN EXISTS (
        SELECT 1
        FROM ONLY clinic.users AS t_parent
        WHERE t_parent.id = t.general_practitioner_id AND (false)
      )
        THEN encode(
          set_byte(
            set_byte(substr(t.noren_hash_3, 1, 16), 6, (get_byte(t.noren_hash_3, 6) & 15) | 128),
            8,
            (get_byte(t.noren_hash_3, 8) & 63) | 128
          ),
          'hex'
        )::uuid
    END AS general_practitioner_id,
    (
      CASE
        WHEN t_15_half.size < 32768 THEN (t_15_int2_4.digit * 256) + t_15_int2_3.digit
        WHEN t_15_half.size < 2147483648
          THEN (t_15_int4_4.digit * 32768) + t_15_int4_3.digit + 32768
        ELSE (t_15_int8_4.digit * 2147483648) + t_15_int8_3.digit + 2147483648
      END
        # t_15_half.sign
    )::bigint AS mother_id,
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
      t.organisation_id,
      t.chart_no,
      t.full_name,
      t.sex,
      t.birth_date,
      t.email,
      t.emergency_contact,
      t.allergies,
      t.general_practitioner_id,
      t.mother_id,
      t.created_at,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad
                  || convert_to('8:research,31:column:clinic.patients.chart_no,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.chart_no::text)
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
      ) AS noren_hash_2,
      noren_hash_3_few.noren_hash_3 AS noren_hash_3
    FROM ONLY clinic.patients AS t
    CROSS JOIN LATERAL (
      SELECT sha256(
          (SELECT outer_pad FROM pg_temp.noren_pads)
            || sha256(
              (
                SELECT inner_pad || convert_to('8:research,15:class:staff_key,5:value,', 'UTF8')
                FROM pg_temp.noren_pads
              )
                || textsend(t.general_practitioner_id::text)
            )
        ) AS noren_hash_3
      OFFSET 0
    ) AS noren_hash_3_few
    OFFSET 0
  ) AS t
  CROSS JOIN (
    SELECT
      ('x' || substr(secret.hex, 1, 7))::bit(28)::bigint AS a1,
      ('x' || substr(secret.hex, 9, 7))::bit(28)::bigint AS b1,
      ('x' || substr(secret.hex, 17, 7))::bit(28)::bigint AS a2,
      ('x' || substr(secret.hex, 25, 7))::bit(28)::bigint AS b2,
      ('x' || substr(secret.hex, 33, 7))::bit(28)::bigint AS a3,
      ('x' || substr(secret.hex, 41, 7))::bit(28)::bigint AS b3,
      ('x' || substr(secret.hex, 49, 7))::bit(28)::bigint AS a4,
      ('x' || substr(secret.hex, 57, 7))::bit(28)::bigint AS b4
    FROM (
      SELECT encode(
          (
            SELECT sha256(
                (SELECT outer_pad FROM pg_temp.noren_pads)
                  || sha256(
                    (
                      SELECT inner_pad
                          || convert_to(
                            '8:research,17:class:patient_key,6:secret,7:permute,',
                            'UTF8'
                          )
                      FROM pg_temp.noren_pads
                    )
                  )
              )
          ),
          'hex'
        ) AS hex
      OFFSET 0
    ) AS secret
    OFFSET 0
  ) AS t_1_rounds
  CROSS JOIN LATERAL (
    SELECT
      t_1_number.size AS size,
      t_1_number.sign AS sign,
      CASE
        WHEN t_1_number.size < 32768 THEN t_1_int2_2.digit
        WHEN t_1_number.size < 2147483648 THEN t_1_int4_2.digit
        ELSE t_1_int8_2.digit
      END AS high,
      CASE
        WHEN t_1_number.size < 32768 THEN t_1_int2_1.digit
        WHEN t_1_number.size < 2147483648 THEN t_1_int4_1.digit
        ELSE t_1_int8_1.digit
      END AS low
    FROM (
      SELECT
        t.id::bigint # (t.id::bigint >> 63) AS size,
        t.id::bigint >> 63 AS sign
      OFFSET 0
    ) AS t_1_number
    CROSS JOIN LATERAL (
      SELECT (
          (t_1_number.size % 256)
            + ((((t_1_number.size / 256) * t_1_rounds.a1) + t_1_rounds.b1) % 2147483647)
        )
          % 256 AS digit
    ) AS t_1_int2_1
    CROSS JOIN LATERAL (
      SELECT (
          (t_1_number.size / 256)
            + (((t_1_int2_1.digit * t_1_rounds.a2) + t_1_rounds.b2) % 2147483647)
        )
          % 128 AS digit
    ) AS t_1_int2_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_1_number.size - 32768) % 32768)
            + (((((t_1_number.size - 32768) / 32768) * t_1_rounds.a1) + t_1_rounds.b1) % 2147483647)
        )
          % 32768 AS digit
    ) AS t_1_int4_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_1_number.size - 32768) / 32768)
            + (((t_1_int4_1.digit * t_1_rounds.a2) + t_1_rounds.b2) % 2147483647)
        )
          % 65535 AS digit
    ) AS t_1_int4_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_1_number.size - 2147483648) % 2147483648)
            + (
              ((((t_1_number.size - 2147483648) / 2147483648) * t_1_rounds.a1) + t_1_rounds.b1)
                % 2147483647
            )
        )
          % 2147483648 AS digit
    ) AS t_1_int8_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_1_number.size - 2147483648) / 2147483648)
            + (((t_1_int8_1.digit * t_1_rounds.a2) + t_1_rounds.b2) % 2147483647)
        )
          % 4294967295 AS digit
    ) AS t_1_int8_2
    OFFSET 0
  ) AS t_1_half
  CROSS JOIN LATERAL (
    SELECT (t_1_half.low + (((t_1_half.high * t_1_rounds.a3) + t_1_rounds.b3) % 2147483647))
        % 256 AS digit
  ) AS t_1_int2_3
  CROSS JOIN LATERAL (
    SELECT (t_1_half.high + (((t_1_int2_3.digit * t_1_rounds.a4) + t_1_rounds.b4) % 2147483647))
        % 128 AS digit
  ) AS t_1_int2_4
  CROSS JOIN LATERAL (
    SELECT (t_1_half.low + (((t_1_half.high * t_1_rounds.a3) + t_1_rounds.b3) % 2147483647))
        % 32768 AS digit
  ) AS t_1_int4_3
  CROSS JOIN LATERAL (
    SELECT (t_1_half.high + (((t_1_int4_3.digit * t_1_rounds.a4) + t_1_rounds.b4) % 2147483647))
        % 65535 AS digit
  ) AS t_1_int4_4
  CROSS JOIN LATERAL (
    SELECT (t_1_half.low + (((t_1_half.high * t_1_rounds.a3) + t_1_rounds.b3) % 2147483647))
        % 2147483648 AS digit
  ) AS t_1_int8_3
  CROSS JOIN LATERAL (
    SELECT (t_1_half.high + (((t_1_int8_3.digit * t_1_rounds.a4) + t_1_rounds.b4) % 2147483647))
        % 4294967295 AS digit
  ) AS t_1_int8_4
  CROSS JOIN (
    SELECT
      ('x' || substr(secret.hex, 1, 7))::bit(28)::bigint AS a1,
      ('x' || substr(secret.hex, 9, 7))::bit(28)::bigint AS b1,
      ('x' || substr(secret.hex, 17, 7))::bit(28)::bigint AS a2,
      ('x' || substr(secret.hex, 25, 7))::bit(28)::bigint AS b2,
      ('x' || substr(secret.hex, 33, 7))::bit(28)::bigint AS a3,
      ('x' || substr(secret.hex, 41, 7))::bit(28)::bigint AS b3,
      ('x' || substr(secret.hex, 49, 7))::bit(28)::bigint AS a4,
      ('x' || substr(secret.hex, 57, 7))::bit(28)::bigint AS b4
    FROM (
      SELECT encode(
          (
            SELECT sha256(
                (SELECT outer_pad FROM pg_temp.noren_pads)
                  || sha256(
                    (
                      SELECT inner_pad
                          || convert_to(
                            '8:research,17:class:patient_key,6:secret,7:permute,',
                            'UTF8'
                          )
                      FROM pg_temp.noren_pads
                    )
                  )
              )
          ),
          'hex'
        ) AS hex
      OFFSET 0
    ) AS secret
    OFFSET 0
  ) AS t_15_rounds
  CROSS JOIN LATERAL (
    SELECT
      t_15_number.size AS size,
      t_15_number.sign AS sign,
      CASE
        WHEN t_15_number.size < 32768 THEN t_15_int2_2.digit
        WHEN t_15_number.size < 2147483648 THEN t_15_int4_2.digit
        ELSE t_15_int8_2.digit
      END AS high,
      CASE
        WHEN t_15_number.size < 32768 THEN t_15_int2_1.digit
        WHEN t_15_number.size < 2147483648 THEN t_15_int4_1.digit
        ELSE t_15_int8_1.digit
      END AS low
    FROM (
      SELECT
        t.mother_id::bigint # (t.mother_id::bigint >> 63) AS size,
        t.mother_id::bigint >> 63 AS sign
      OFFSET 0
    ) AS t_15_number
    CROSS JOIN LATERAL (
      SELECT (
          (t_15_number.size % 256)
            + ((((t_15_number.size / 256) * t_15_rounds.a1) + t_15_rounds.b1) % 2147483647)
        )
          % 256 AS digit
    ) AS t_15_int2_1
    CROSS JOIN LATERAL (
      SELECT (
          (t_15_number.size / 256)
            + (((t_15_int2_1.digit * t_15_rounds.a2) + t_15_rounds.b2) % 2147483647)
        )
          % 128 AS digit
    ) AS t_15_int2_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_15_number.size - 32768) % 32768)
            + (
              ((((t_15_number.size - 32768) / 32768) * t_15_rounds.a1) + t_15_rounds.b1)
                % 2147483647
            )
        )
          % 32768 AS digit
    ) AS t_15_int4_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_15_number.size - 32768) / 32768)
            + (((t_15_int4_1.digit * t_15_rounds.a2) + t_15_rounds.b2) % 2147483647)
        )
          % 65535 AS digit
    ) AS t_15_int4_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_15_number.size - 2147483648) % 2147483648)
            + (
              ((((t_15_number.size - 2147483648) / 2147483648) * t_15_rounds.a1) + t_15_rounds.b1)
                % 2147483647
            )
        )
          % 2147483648 AS digit
    ) AS t_15_int8_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_15_number.size - 2147483648) / 2147483648)
            + (((t_15_int8_1.digit * t_15_rounds.a2) + t_15_rounds.b2) % 2147483647)
        )
          % 4294967295 AS digit
    ) AS t_15_int8_2
    OFFSET 0
  ) AS t_15_half
  CROSS JOIN LATERAL (
    SELECT (t_15_half.low + (((t_15_half.high * t_15_rounds.a3) + t_15_rounds.b3) % 2147483647))
        % 256 AS digit
  ) AS t_15_int2_3
  CROSS JOIN LATERAL (
    SELECT (t_15_half.high + (((t_15_int2_3.digit * t_15_rounds.a4) + t_15_rounds.b4) % 2147483647))
        % 128 AS digit
  ) AS t_15_int2_4
  CROSS JOIN LATERAL (
    SELECT (t_15_half.low + (((t_15_half.high * t_15_rounds.a3) + t_15_rounds.b3) % 2147483647))
        % 32768 AS digit
  ) AS t_15_int4_3
  CROSS JOIN LATERAL (
    SELECT (t_15_half.high + (((t_15_int4_3.digit * t_15_rounds.a4) + t_15_rounds.b4) % 2147483647))
        % 65535 AS digit
  ) AS t_15_int4_4
  CROSS JOIN LATERAL (
    SELECT (t_15_half.low + (((t_15_half.high * t_15_rounds.a3) + t_15_rounds.b3) % 2147483647))
        % 2147483648 AS digit
  ) AS t_15_int8_3
  CROSS JOIN LATERAL (
    SELECT (t_15_half.high + (((t_15_int8_3.digit * t_15_rounds.a4) + t_15_rounds.b4) % 2147483647))
        % 4294967295 AS digit
  ) AS t_15_int8_4
  ORDER BY id
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.patients.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.patients.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.patients\t':noren_rows'\t':noren_digest'\tid,organisation_id,chart_no,full_name,full_name_kana,sex,birth_date,phone,email,address,insurance_no,emergency_contact,allergies,general_practitioner_id,mother_id,created_at'
