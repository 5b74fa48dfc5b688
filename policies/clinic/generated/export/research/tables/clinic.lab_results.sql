-- One table of run.sql, which locks, checks and opens the manifest before it.
-- exports.noren:18  clinic.lab_results rows (value is not null)
-- health.noren:17  lab_results.id is keep
-- health.noren:18  lab_results.organisation_id is keep
-- health.noren:21  lab_results.patient_id is patient_key
-- exports.noren:15  lab_results.test_name is keep because "a number without its test says nothing"
-- exports.noren:14  lab_results.value is keep because "the study is about these numbers"
-- exports.noren:16  lab_results.unit is keep because "a number without its unit says nothing"
-- health.noren:23  lab_results.taken_at is moment
-- health.noren:100  lab_results.document is mask null
COPY (
  SELECT
    t.id AS id,
    t.organisation_id AS organisation_id,
    (
      CASE
        WHEN t_3_half.size < 32768 THEN (t_3_int2_4.digit * 256) + t_3_int2_3.digit
        WHEN t_3_half.size < 2147483648 THEN (t_3_int4_4.digit * 32768) + t_3_int4_3.digit + 32768
        ELSE (t_3_int8_4.digit * 2147483648) + t_3_int8_3.digit + 2147483648
      END
        # t_3_half.sign
    )::bigint AS patient_id,
    t.test_name AS test_name,
    t.value AS value,
    t.unit AS unit,
    (
      CASE
        WHEN NOT isfinite(t.taken_at) THEN t.taken_at
        WHEN t.taken_at < '4713-01-01 00:00:00+00 BC'::timestamptz
          THEN '4713-01-01 00:00:00+00 BC'::timestamptz
        ELSE date_trunc('month', t.taken_at, 'UTC')
      END
    )::timestamptz AS taken_at,
    NULL::xml AS document
  FROM ONLY clinic.lab_results AS t
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
  ) AS t_3_rounds
  CROSS JOIN LATERAL (
    SELECT
      t_3_number.size AS size,
      t_3_number.sign AS sign,
      CASE
        WHEN t_3_number.size < 32768 THEN t_3_int2_2.digit
        WHEN t_3_number.size < 2147483648 THEN t_3_int4_2.digit
        ELSE t_3_int8_2.digit
      END AS high,
      CASE
        WHEN t_3_number.size < 32768 THEN t_3_int2_1.digit
        WHEN t_3_number.size < 2147483648 THEN t_3_int4_1.digit
        ELSE t_3_int8_1.digit
      END AS low
    FROM (
      SELECT
        t.patient_id::bigint # (t.patient_id::bigint >> 63) AS size,
        t.patient_id::bigint >> 63 AS sign
      OFFSET 0
    ) AS t_3_number
    CROSS JOIN LATERAL (
      SELECT (
          (t_3_number.size % 256)
            + ((((t_3_number.size / 256) * t_3_rounds.a1) + t_3_rounds.b1) % 2147483647)
        )
          % 256 AS digit
    ) AS t_3_int2_1
    CROSS JOIN LATERAL (
      SELECT (
          (t_3_number.size / 256)
            + (((t_3_int2_1.digit * t_3_rounds.a2) + t_3_rounds.b2) % 2147483647)
        )
          % 128 AS digit
    ) AS t_3_int2_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_3_number.size - 32768) % 32768)
            + (((((t_3_number.size - 32768) / 32768) * t_3_rounds.a1) + t_3_rounds.b1) % 2147483647)
        )
          % 32768 AS digit
    ) AS t_3_int4_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_3_number.size - 32768) / 32768)
            + (((t_3_int4_1.digit * t_3_rounds.a2) + t_3_rounds.b2) % 2147483647)
        )
          % 65535 AS digit
    ) AS t_3_int4_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_3_number.size - 2147483648) % 2147483648)
            + (
              ((((t_3_number.size - 2147483648) / 2147483648) * t_3_rounds.a1) + t_3_rounds.b1)
                % 2147483647
            )
        )
          % 2147483648 AS digit
    ) AS t_3_int8_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_3_number.size - 2147483648) / 2147483648)
            + (((t_3_int8_1.digit * t_3_rounds.a2) + t_3_rounds.b2) % 2147483647)
        )
          % 4294967295 AS digit
    ) AS t_3_int8_2
    OFFSET 0
  ) AS t_3_half
  CROSS JOIN LATERAL (
    SELECT (t_3_half.low + (((t_3_half.high * t_3_rounds.a3) + t_3_rounds.b3) % 2147483647))
        % 256 AS digit
  ) AS t_3_int2_3
  CROSS JOIN LATERAL (
    SELECT (t_3_half.high + (((t_3_int2_3.digit * t_3_rounds.a4) + t_3_rounds.b4) % 2147483647))
        % 128 AS digit
  ) AS t_3_int2_4
  CROSS JOIN LATERAL (
    SELECT (t_3_half.low + (((t_3_half.high * t_3_rounds.a3) + t_3_rounds.b3) % 2147483647))
        % 32768 AS digit
  ) AS t_3_int4_3
  CROSS JOIN LATERAL (
    SELECT (t_3_half.high + (((t_3_int4_3.digit * t_3_rounds.a4) + t_3_rounds.b4) % 2147483647))
        % 65535 AS digit
  ) AS t_3_int4_4
  CROSS JOIN LATERAL (
    SELECT (t_3_half.low + (((t_3_half.high * t_3_rounds.a3) + t_3_rounds.b3) % 2147483647))
        % 2147483648 AS digit
  ) AS t_3_int8_3
  CROSS JOIN LATERAL (
    SELECT (t_3_half.high + (((t_3_int8_3.digit * t_3_rounds.a4) + t_3_rounds.b4) % 2147483647))
        % 4294967295 AS digit
  ) AS t_3_int8_4
  WHERE (t."value" is not null)
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.lab_results.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.lab_results.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.lab_results\t':noren_rows'\t':noren_digest'\tid,organisation_id,patient_id,test_name,value,unit,taken_at,document'
