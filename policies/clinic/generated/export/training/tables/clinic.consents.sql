-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:21  consents.patient_id is patient_key
-- health.noren:68  consents.kind is keep because "the product's own words, without which nothing may be shown"
-- health.noren:68  consents.given is keep because "the product's own words, without which nothing may be shown"
-- health.noren:69  consents.signature is evidence
-- health.noren:23  consents.given_at is moment
COPY (
  SELECT
    (
      CASE
        WHEN t_1_half.size < 32768 THEN (t_1_int2_4.digit * 256) + t_1_int2_3.digit
        WHEN t_1_half.size < 2147483648 THEN (t_1_int4_4.digit * 32768) + t_1_int4_3.digit + 32768
        ELSE (t_1_int8_4.digit * 2147483648) + t_1_int8_3.digit + 2147483648
      END
        # t_1_half.sign
    )::bigint AS patient_id,
    t.kind AS kind,
    t.given AS given,
    (
      CASE
        WHEN NOT isfinite(t.given_at) THEN t.given_at
        WHEN t.given_at < '4713-01-01 00:00:00+00 BC'::timestamptz
          THEN '4713-01-01 00:00:00+00 BC'::timestamptz
        ELSE date_trunc('month', t.given_at, 'UTC')
      END
    )::timestamptz AS given_at
  FROM ONLY clinic.consents AS t
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
                            '8:training,17:class:patient_key,6:secret,7:permute,',
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
        t.patient_id::bigint # (t.patient_id::bigint >> 63) AS size,
        t.patient_id::bigint >> 63 AS sign
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
  ORDER BY patient_id
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.consents.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.consents.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.consents\t':noren_rows'\t':noren_digest'\tpatient_id,kind,given,given_at'
