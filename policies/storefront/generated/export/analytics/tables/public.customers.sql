-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:80  customers.id is mask permute()
-- policy.noren:26  customers.customer_no is mask hash(length => 16)
-- policy.noren:19  customers.email is email
-- policy.noren:27  customers.name is person
-- policy.noren:20  customers.phone is phone
-- policy.noren:28  customers.birthday is mask truncate('year')
-- policy.noren:79  customers.country is keep because "revenue by country is what is counted"
-- policy.noren:17  customers.newsletter is keep
-- policy.noren:80  customers.referred_by is mask permute()
-- policy.noren:16  customers.signed_up_at is keep
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
    left(encode(t.noren_hash_1, 'hex'), 16)::varchar(20) AS customer_no,
    NULL::text AS email,
    (CASE WHEN t.name IS NOT NULL THEN 'Customer'::text END)::text AS name,
    NULL::text AS phone,
    (
      CASE
        WHEN NOT isfinite(t.birthday) THEN t.birthday
        WHEN t.birthday < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
        WHEN t.birthday > '294276-12-31'::date THEN '294276-01-01'::date
        ELSE date_trunc('year', t.birthday::timestamp)::date
      END
    )::date AS birthday,
    t.country AS country,
    t.newsletter AS newsletter,
    (
      CASE
        WHEN t_9_half.size < 32768 THEN (t_9_int2_4.digit * 256) + t_9_int2_3.digit
        WHEN t_9_half.size < 2147483648 THEN (t_9_int4_4.digit * 32768) + t_9_int4_3.digit + 32768
        ELSE (t_9_int8_4.digit * 2147483648) + t_9_int8_3.digit + 2147483648
      END
        # t_9_half.sign
    )::bigint AS referred_by,
    t.signed_up_at AS signed_up_at
  FROM (
    SELECT
      t.id,
      t.customer_no,
      t.name,
      t.birthday,
      t.country,
      t.newsletter,
      t.referred_by,
      t.signed_up_at,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad
                  || convert_to(
                    '9:analytics,35:column:public.customers.customer_no,5:value,',
                    'UTF8'
                  )
              FROM pg_temp.noren_pads
            )
              || textsend(t.customer_no::text)
          )
      ) AS noren_hash_1
    FROM ONLY public.customers AS t
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
                            '9:analytics,26:column:public.customers.id,6:secret,7:permute,',
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
                            '9:analytics,26:column:public.customers.id,6:secret,7:permute,',
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
  ) AS t_9_rounds
  CROSS JOIN LATERAL (
    SELECT
      t_9_number.size AS size,
      t_9_number.sign AS sign,
      CASE
        WHEN t_9_number.size < 32768 THEN t_9_int2_2.digit
        WHEN t_9_number.size < 2147483648 THEN t_9_int4_2.digit
        ELSE t_9_int8_2.digit
      END AS high,
      CASE
        WHEN t_9_number.size < 32768 THEN t_9_int2_1.digit
        WHEN t_9_number.size < 2147483648 THEN t_9_int4_1.digit
        ELSE t_9_int8_1.digit
      END AS low
    FROM (
      SELECT
        t.referred_by::bigint # (t.referred_by::bigint >> 63) AS size,
        t.referred_by::bigint >> 63 AS sign
      OFFSET 0
    ) AS t_9_number
    CROSS JOIN LATERAL (
      SELECT (
          (t_9_number.size % 256)
            + ((((t_9_number.size / 256) * t_9_rounds.a1) + t_9_rounds.b1) % 2147483647)
        )
          % 256 AS digit
    ) AS t_9_int2_1
    CROSS JOIN LATERAL (
      SELECT (
          (t_9_number.size / 256)
            + (((t_9_int2_1.digit * t_9_rounds.a2) + t_9_rounds.b2) % 2147483647)
        )
          % 128 AS digit
    ) AS t_9_int2_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_9_number.size - 32768) % 32768)
            + (((((t_9_number.size - 32768) / 32768) * t_9_rounds.a1) + t_9_rounds.b1) % 2147483647)
        )
          % 32768 AS digit
    ) AS t_9_int4_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_9_number.size - 32768) / 32768)
            + (((t_9_int4_1.digit * t_9_rounds.a2) + t_9_rounds.b2) % 2147483647)
        )
          % 65535 AS digit
    ) AS t_9_int4_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_9_number.size - 2147483648) % 2147483648)
            + (
              ((((t_9_number.size - 2147483648) / 2147483648) * t_9_rounds.a1) + t_9_rounds.b1)
                % 2147483647
            )
        )
          % 2147483648 AS digit
    ) AS t_9_int8_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_9_number.size - 2147483648) / 2147483648)
            + (((t_9_int8_1.digit * t_9_rounds.a2) + t_9_rounds.b2) % 2147483647)
        )
          % 4294967295 AS digit
    ) AS t_9_int8_2
    OFFSET 0
  ) AS t_9_half
  CROSS JOIN LATERAL (
    SELECT (t_9_half.low + (((t_9_half.high * t_9_rounds.a3) + t_9_rounds.b3) % 2147483647))
        % 256 AS digit
  ) AS t_9_int2_3
  CROSS JOIN LATERAL (
    SELECT (t_9_half.high + (((t_9_int2_3.digit * t_9_rounds.a4) + t_9_rounds.b4) % 2147483647))
        % 128 AS digit
  ) AS t_9_int2_4
  CROSS JOIN LATERAL (
    SELECT (t_9_half.low + (((t_9_half.high * t_9_rounds.a3) + t_9_rounds.b3) % 2147483647))
        % 32768 AS digit
  ) AS t_9_int4_3
  CROSS JOIN LATERAL (
    SELECT (t_9_half.high + (((t_9_int4_3.digit * t_9_rounds.a4) + t_9_rounds.b4) % 2147483647))
        % 65535 AS digit
  ) AS t_9_int4_4
  CROSS JOIN LATERAL (
    SELECT (t_9_half.low + (((t_9_half.high * t_9_rounds.a3) + t_9_rounds.b3) % 2147483647))
        % 2147483648 AS digit
  ) AS t_9_int8_3
  CROSS JOIN LATERAL (
    SELECT (t_9_half.high + (((t_9_int8_3.digit * t_9_rounds.a4) + t_9_rounds.b4) % 2147483647))
        % 4294967295 AS digit
  ) AS t_9_int8_4
  ORDER BY id
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.customers.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.customers.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.customers\t':noren_rows'\t':noren_digest'\tid,customer_no,email,name,phone,birthday,country,newsletter,referred_by,signed_up_at'
