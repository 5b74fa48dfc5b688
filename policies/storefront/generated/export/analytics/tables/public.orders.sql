-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:15  orders.id is keep
-- policy.noren:80  orders.customer_id is mask permute()
-- policy.noren:15  orders.ship_to_id is keep
-- policy.noren:49  orders.coupon_code is keep
-- policy.noren:17  orders.state is keep
-- policy.noren:78  orders.total is keep because "revenue is what is counted"
-- policy.noren:50  orders.remote_address is drop
-- policy.noren:51  orders.gift_note is free_text
-- policy.noren:16  orders.placed_at is keep
COPY (
  SELECT
    t.id AS id,
    (
      CASE
        WHEN t_2_half.size < 32768 THEN (t_2_int2_4.digit * 256) + t_2_int2_3.digit
        WHEN t_2_half.size < 2147483648 THEN (t_2_int4_4.digit * 32768) + t_2_int4_3.digit + 32768
        ELSE (t_2_int8_4.digit * 2147483648) + t_2_int8_3.digit + 2147483648
      END
        # t_2_half.sign
    )::bigint AS customer_id,
    t.ship_to_id AS ship_to_id,
    t.coupon_code AS coupon_code,
    t.state AS state,
    t.total AS total,
    NULL::text AS gift_note,
    t.placed_at AS placed_at
  FROM ONLY public.orders AS t
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
  ) AS t_2_rounds
  CROSS JOIN LATERAL (
    SELECT
      t_2_number.size AS size,
      t_2_number.sign AS sign,
      CASE
        WHEN t_2_number.size < 32768 THEN t_2_int2_2.digit
        WHEN t_2_number.size < 2147483648 THEN t_2_int4_2.digit
        ELSE t_2_int8_2.digit
      END AS high,
      CASE
        WHEN t_2_number.size < 32768 THEN t_2_int2_1.digit
        WHEN t_2_number.size < 2147483648 THEN t_2_int4_1.digit
        ELSE t_2_int8_1.digit
      END AS low
    FROM (
      SELECT
        t.customer_id::bigint # (t.customer_id::bigint >> 63) AS size,
        t.customer_id::bigint >> 63 AS sign
      OFFSET 0
    ) AS t_2_number
    CROSS JOIN LATERAL (
      SELECT (
          (t_2_number.size % 256)
            + ((((t_2_number.size / 256) * t_2_rounds.a1) + t_2_rounds.b1) % 2147483647)
        )
          % 256 AS digit
    ) AS t_2_int2_1
    CROSS JOIN LATERAL (
      SELECT (
          (t_2_number.size / 256)
            + (((t_2_int2_1.digit * t_2_rounds.a2) + t_2_rounds.b2) % 2147483647)
        )
          % 128 AS digit
    ) AS t_2_int2_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_2_number.size - 32768) % 32768)
            + (((((t_2_number.size - 32768) / 32768) * t_2_rounds.a1) + t_2_rounds.b1) % 2147483647)
        )
          % 32768 AS digit
    ) AS t_2_int4_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_2_number.size - 32768) / 32768)
            + (((t_2_int4_1.digit * t_2_rounds.a2) + t_2_rounds.b2) % 2147483647)
        )
          % 65535 AS digit
    ) AS t_2_int4_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_2_number.size - 2147483648) % 2147483648)
            + (
              ((((t_2_number.size - 2147483648) / 2147483648) * t_2_rounds.a1) + t_2_rounds.b1)
                % 2147483647
            )
        )
          % 2147483648 AS digit
    ) AS t_2_int8_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_2_number.size - 2147483648) / 2147483648)
            + (((t_2_int8_1.digit * t_2_rounds.a2) + t_2_rounds.b2) % 2147483647)
        )
          % 4294967295 AS digit
    ) AS t_2_int8_2
    OFFSET 0
  ) AS t_2_half
  CROSS JOIN LATERAL (
    SELECT (t_2_half.low + (((t_2_half.high * t_2_rounds.a3) + t_2_rounds.b3) % 2147483647))
        % 256 AS digit
  ) AS t_2_int2_3
  CROSS JOIN LATERAL (
    SELECT (t_2_half.high + (((t_2_int2_3.digit * t_2_rounds.a4) + t_2_rounds.b4) % 2147483647))
        % 128 AS digit
  ) AS t_2_int2_4
  CROSS JOIN LATERAL (
    SELECT (t_2_half.low + (((t_2_half.high * t_2_rounds.a3) + t_2_rounds.b3) % 2147483647))
        % 32768 AS digit
  ) AS t_2_int4_3
  CROSS JOIN LATERAL (
    SELECT (t_2_half.high + (((t_2_int4_3.digit * t_2_rounds.a4) + t_2_rounds.b4) % 2147483647))
        % 65535 AS digit
  ) AS t_2_int4_4
  CROSS JOIN LATERAL (
    SELECT (t_2_half.low + (((t_2_half.high * t_2_rounds.a3) + t_2_rounds.b3) % 2147483647))
        % 2147483648 AS digit
  ) AS t_2_int8_3
  CROSS JOIN LATERAL (
    SELECT (t_2_half.high + (((t_2_int8_3.digit * t_2_rounds.a4) + t_2_rounds.b4) % 2147483647))
        % 4294967295 AS digit
  ) AS t_2_int8_4
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.orders.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.orders.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.orders\t':noren_rows'\t':noren_digest'\tid,customer_id,ship_to_id,coupon_code,state,total,gift_note,placed_at'
