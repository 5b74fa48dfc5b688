-- One table of run.sql, which locks, checks and opens the manifest before it.
-- exports.noren:25  clinic.invoices rows (false)
-- health.noren:104  invoices.number is invoice_key
-- health.noren:18  invoices.organisation_id is keep
-- health.noren:21  invoices.patient_id is patient_key
-- health.noren:105  invoices.amount is mask noise(0.2, by => organisation_id)
-- health.noren:106  invoices.paid is keep
-- health.noren:23  invoices.issued_on is moment
COPY (
  SELECT
    left(encode(t.noren_hash_1, 'hex'), 24)::varchar(24) AS number,
    t.organisation_id AS organisation_id,
    (
      CASE
        WHEN t_3_half.size < 32768 THEN (t_3_int2_4.digit * 256) + t_3_int2_3.digit
        WHEN t_3_half.size < 2147483648 THEN (t_3_int4_4.digit * 32768) + t_3_int4_3.digit + 32768
        ELSE (t_3_int8_4.digit * 2147483648) + t_3_int8_3.digit + 2147483648
      END
        # t_3_half.sign
    )::bigint AS patient_id,
    (
      CASE
        WHEN t.amount = 'NaN'::numeric THEN 'NaN'::numeric
        WHEN t.amount IS NOT NULL AND t.noren_hash_2 IS NOT NULL
          THEN least(
            greatest(
              round(
                t.amount
                  * (
                    1
                      + (
                        (
                          (
                            ((get_byte(t.noren_hash_2, 0) * 256) + get_byte(t.noren_hash_2, 1))
                              - 32768
                          )
                            / 32768.0
                        )
                          * 0.2
                      )
                  ),
                0
              ),
              (-999999999999)
            ),
            999999999999
          )
      END
    )::numeric(12, 0) AS amount,
    t.paid AS paid,
    (
      CASE
        WHEN NOT isfinite(t.issued_on) THEN t.issued_on
        WHEN t.issued_on < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
        WHEN t.issued_on > '294276-12-31'::date THEN '294276-01-01'::date
        ELSE date_trunc('month', t.issued_on::timestamp)::date
      END
    )::date AS issued_on
  FROM (
    SELECT
      t.number,
      t.organisation_id,
      t.patient_id,
      t.amount,
      t.paid,
      t.issued_on,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('8:research,17:class:invoice_key,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.number::text)
          )
      ) AS noren_hash_1,
      noren_hash_2_few.noren_hash_2 AS noren_hash_2
    FROM ONLY clinic.invoices AS t
    CROSS JOIN LATERAL (
      SELECT sha256(
          (SELECT outer_pad FROM pg_temp.noren_pads)
            || sha256(
              (
                SELECT inner_pad
                    || convert_to('8:research,29:column:clinic.invoices.amount,5:value,', 'UTF8')
                FROM pg_temp.noren_pads
              )
                || textsend(t.organisation_id::text)
            )
        ) AS noren_hash_2
      OFFSET 0
    ) AS noren_hash_2_few
    WHERE (false)
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
  ORDER BY number
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.invoices.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.invoices.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.invoices\t':noren_rows'\t':noren_digest'\tnumber,organisation_id,patient_id,amount,paid,issued_on'
