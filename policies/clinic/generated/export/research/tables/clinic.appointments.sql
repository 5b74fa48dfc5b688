-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:17  appointments.id is keep
-- health.noren:18  appointments.organisation_id is keep
-- health.noren:18  appointments.workspace_id is keep
-- health.noren:21  appointments.patient_id is patient_key
-- exports.noren:23  appointments.practitioner_id is staff_key, orphans null
-- health.noren:73  appointments.status is keep because "needed to test the calendar, and no health data"
-- health.noren:74  appointments.slot is mask constant('empty')
-- health.noren:75  appointments.reason is narrative
COPY (
  SELECT
    t.id AS id,
    t.organisation_id AS organisation_id,
    t.workspace_id AS workspace_id,
    (
      CASE
        WHEN t_4_half.size < 32768 THEN (t_4_int2_4.digit * 256) + t_4_int2_3.digit
        WHEN t_4_half.size < 2147483648 THEN (t_4_int4_4.digit * 32768) + t_4_int4_3.digit + 32768
        ELSE (t_4_int8_4.digit * 2147483648) + t_4_int8_3.digit + 2147483648
      END
        # t_4_half.sign
    )::bigint AS patient_id,
    CASE
      WHEN EXISTS (
        SELECT 1
        FROM ONLY clinic.users AS t_parent
        WHERE t_parent.id = t.practitioner_id AND (false)
      )
        THEN encode(
          set_byte(
            set_byte(substr(t.noren_hash_1, 1, 16), 6, (get_byte(t.noren_hash_1, 6) & 15) | 128),
            8,
            (get_byte(t.noren_hash_1, 8) & 63) | 128
          ),
          'hex'
        )::uuid
    END AS practitioner_id,
    t.status AS status,
    (CASE WHEN t.slot IS NOT NULL THEN 'empty'::tstzrange END)::tstzrange AS slot,
    NULL::text AS reason
  FROM (
    SELECT
      t.id,
      t.organisation_id,
      t.workspace_id,
      t.patient_id,
      t.practitioner_id,
      t.status,
      t.slot,
      noren_hash_1_few.noren_hash_1 AS noren_hash_1
    FROM ONLY clinic.appointments AS t
    CROSS JOIN LATERAL (
      SELECT sha256(
          (SELECT outer_pad FROM pg_temp.noren_pads)
            || sha256(
              (
                SELECT inner_pad || convert_to('8:research,15:class:staff_key,5:value,', 'UTF8')
                FROM pg_temp.noren_pads
              )
                || textsend(t.practitioner_id::text)
            )
        ) AS noren_hash_1
      OFFSET 0
    ) AS noren_hash_1_few
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
  ) AS t_4_rounds
  CROSS JOIN LATERAL (
    SELECT
      t_4_number.size AS size,
      t_4_number.sign AS sign,
      CASE
        WHEN t_4_number.size < 32768 THEN t_4_int2_2.digit
        WHEN t_4_number.size < 2147483648 THEN t_4_int4_2.digit
        ELSE t_4_int8_2.digit
      END AS high,
      CASE
        WHEN t_4_number.size < 32768 THEN t_4_int2_1.digit
        WHEN t_4_number.size < 2147483648 THEN t_4_int4_1.digit
        ELSE t_4_int8_1.digit
      END AS low
    FROM (
      SELECT
        t.patient_id::bigint # (t.patient_id::bigint >> 63) AS size,
        t.patient_id::bigint >> 63 AS sign
      OFFSET 0
    ) AS t_4_number
    CROSS JOIN LATERAL (
      SELECT (
          (t_4_number.size % 256)
            + ((((t_4_number.size / 256) * t_4_rounds.a1) + t_4_rounds.b1) % 2147483647)
        )
          % 256 AS digit
    ) AS t_4_int2_1
    CROSS JOIN LATERAL (
      SELECT (
          (t_4_number.size / 256)
            + (((t_4_int2_1.digit * t_4_rounds.a2) + t_4_rounds.b2) % 2147483647)
        )
          % 128 AS digit
    ) AS t_4_int2_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_4_number.size - 32768) % 32768)
            + (((((t_4_number.size - 32768) / 32768) * t_4_rounds.a1) + t_4_rounds.b1) % 2147483647)
        )
          % 32768 AS digit
    ) AS t_4_int4_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_4_number.size - 32768) / 32768)
            + (((t_4_int4_1.digit * t_4_rounds.a2) + t_4_rounds.b2) % 2147483647)
        )
          % 65535 AS digit
    ) AS t_4_int4_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_4_number.size - 2147483648) % 2147483648)
            + (
              ((((t_4_number.size - 2147483648) / 2147483648) * t_4_rounds.a1) + t_4_rounds.b1)
                % 2147483647
            )
        )
          % 2147483648 AS digit
    ) AS t_4_int8_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_4_number.size - 2147483648) / 2147483648)
            + (((t_4_int8_1.digit * t_4_rounds.a2) + t_4_rounds.b2) % 2147483647)
        )
          % 4294967295 AS digit
    ) AS t_4_int8_2
    OFFSET 0
  ) AS t_4_half
  CROSS JOIN LATERAL (
    SELECT (t_4_half.low + (((t_4_half.high * t_4_rounds.a3) + t_4_rounds.b3) % 2147483647))
        % 256 AS digit
  ) AS t_4_int2_3
  CROSS JOIN LATERAL (
    SELECT (t_4_half.high + (((t_4_int2_3.digit * t_4_rounds.a4) + t_4_rounds.b4) % 2147483647))
        % 128 AS digit
  ) AS t_4_int2_4
  CROSS JOIN LATERAL (
    SELECT (t_4_half.low + (((t_4_half.high * t_4_rounds.a3) + t_4_rounds.b3) % 2147483647))
        % 32768 AS digit
  ) AS t_4_int4_3
  CROSS JOIN LATERAL (
    SELECT (t_4_half.high + (((t_4_int4_3.digit * t_4_rounds.a4) + t_4_rounds.b4) % 2147483647))
        % 65535 AS digit
  ) AS t_4_int4_4
  CROSS JOIN LATERAL (
    SELECT (t_4_half.low + (((t_4_half.high * t_4_rounds.a3) + t_4_rounds.b3) % 2147483647))
        % 2147483648 AS digit
  ) AS t_4_int8_3
  CROSS JOIN LATERAL (
    SELECT (t_4_half.high + (((t_4_int8_3.digit * t_4_rounds.a4) + t_4_rounds.b4) % 2147483647))
        % 4294967295 AS digit
  ) AS t_4_int8_4
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.appointments.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.appointments.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.appointments\t':noren_rows'\t':noren_digest'\tid,organisation_id,workspace_id,patient_id,practitioner_id,status,slot,reason'
