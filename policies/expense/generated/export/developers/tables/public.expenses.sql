-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  expenses.id is keep
-- classes.noren:28  expenses.tenant_id is keep
-- classes.noren:27  expenses.report_id is keep
-- classes.noren:27  expenses.category_id is keep
-- money.noren:18  expenses.created_by is keep
-- money.noren:19  expenses.取引先番号 is partner_key
-- classes.noren:29  expenses.spent_on is keep
-- money.noren:20  expenses.payee is company_name
-- classes.noren:31  expenses.amount is keep
-- classes.noren:31  expenses.tax_rate is keep
-- expenses.tax_amount is generated and stays out
-- money.noren:21  expenses.currency_code is keep
-- classes.noren:31  expenses.exchange_rate is keep
-- classes.noren:30  expenses.status is keep
-- money.noren:22  expenses.attendees is mask null
-- money.noren:23  expenses.tags is mask default()
-- money.noren:24  expenses.memo is free_text
-- classes.noren:29  expenses.created_at is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.report_id AS report_id,
    t.category_id AS category_id,
    t.created_by AS created_by,
    (
      CASE
        WHEN t_6_half.size < 32768 THEN (t_6_int2_4.digit * 256) + t_6_int2_3.digit
        ELSE (t_6_int4_4.digit * 32768) + t_6_int4_3.digit + 32768
      END
        # t_6_half.sign
    )::integer AS "取引先番号",
    t.spent_on AS spent_on,
    (CASE WHEN t.payee IS NOT NULL THEN 'A company'::text END)::text AS payee,
    t.amount AS amount,
    t.tax_rate AS tax_rate,
    t.currency_code AS currency_code,
    t.exchange_rate AS exchange_rate,
    t.status AS status,
    NULL::public.attendee[] AS attendees,
    (CASE WHEN t.tags IS NOT NULL THEN ('{}'::text[]) END)::text[] AS tags,
    NULL::text AS memo,
    t.created_at AS created_at
  FROM ONLY public.expenses AS t
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
                            '10:developers,17:class:partner_key,6:secret,7:permute,',
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
  ) AS t_6_rounds
  CROSS JOIN LATERAL (
    SELECT
      t_6_number.size AS size,
      t_6_number.sign AS sign,
      CASE WHEN t_6_number.size < 32768 THEN t_6_int2_2.digit ELSE t_6_int4_2.digit END AS high,
      CASE WHEN t_6_number.size < 32768 THEN t_6_int2_1.digit ELSE t_6_int4_1.digit END AS low
    FROM (
      SELECT
        t."取引先番号"::bigint # (t."取引先番号"::bigint >> 63) AS size,
        t."取引先番号"::bigint >> 63 AS sign
      OFFSET 0
    ) AS t_6_number
    CROSS JOIN LATERAL (
      SELECT (
          (t_6_number.size % 256)
            + ((((t_6_number.size / 256) * t_6_rounds.a1) + t_6_rounds.b1) % 2147483647)
        )
          % 256 AS digit
    ) AS t_6_int2_1
    CROSS JOIN LATERAL (
      SELECT (
          (t_6_number.size / 256)
            + (((t_6_int2_1.digit * t_6_rounds.a2) + t_6_rounds.b2) % 2147483647)
        )
          % 128 AS digit
    ) AS t_6_int2_2
    CROSS JOIN LATERAL (
      SELECT (
          ((t_6_number.size - 32768) % 32768)
            + (((((t_6_number.size - 32768) / 32768) * t_6_rounds.a1) + t_6_rounds.b1) % 2147483647)
        )
          % 32768 AS digit
    ) AS t_6_int4_1
    CROSS JOIN LATERAL (
      SELECT (
          ((t_6_number.size - 32768) / 32768)
            + (((t_6_int4_1.digit * t_6_rounds.a2) + t_6_rounds.b2) % 2147483647)
        )
          % 65535 AS digit
    ) AS t_6_int4_2
    OFFSET 0
  ) AS t_6_half
  CROSS JOIN LATERAL (
    SELECT (t_6_half.low + (((t_6_half.high * t_6_rounds.a3) + t_6_rounds.b3) % 2147483647))
        % 256 AS digit
  ) AS t_6_int2_3
  CROSS JOIN LATERAL (
    SELECT (t_6_half.high + (((t_6_int2_3.digit * t_6_rounds.a4) + t_6_rounds.b4) % 2147483647))
        % 128 AS digit
  ) AS t_6_int2_4
  CROSS JOIN LATERAL (
    SELECT (t_6_half.low + (((t_6_half.high * t_6_rounds.a3) + t_6_rounds.b3) % 2147483647))
        % 32768 AS digit
  ) AS t_6_int4_3
  CROSS JOIN LATERAL (
    SELECT (t_6_half.high + (((t_6_int4_3.digit * t_6_rounds.a4) + t_6_rounds.b4) % 2147483647))
        % 65535 AS digit
  ) AS t_6_int4_4
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.expenses.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.expenses.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.expenses\t':noren_rows'\t':noren_digest'\tid,tenant_id,report_id,category_id,created_by,%e5%8f%96%e5%bc%95%e5%85%88%e7%95%aa%e5%8f%b7,spent_on,payee,amount,tax_rate,currency_code,exchange_rate,status,attendees,tags,memo,created_at'
