-- One table of run.sql, which locks, checks and opens the manifest before it.
-- money.noren:42  取引先.番号 is partner_key
-- classes.noren:28  取引先.tenant_id is keep
-- money.noren:43  取引先.会社名 is company_name
-- exports.noren:17  取引先.担当者 is mask initials()
-- money.noren:45  取引先.電話番号 is phone
-- money.noren:47  取引先.メール is email
-- money.noren:49  取引先.住所 is mask (case when "住所" is null then null else row(null, ("住所")."都道府県", null, null)::public."住所型" end)
-- money.noren:50  取引先.備考 is free_text
-- money.noren:51  取引先.登録日 is keep
COPY (
  SELECT
    (
      CASE
        WHEN t_1_half.size < 32768 THEN (t_1_int2_4.digit * 256) + t_1_int2_3.digit
        ELSE (t_1_int4_4.digit * 32768) + t_1_int4_3.digit + 32768
      END
        # t_1_half.sign
    )::integer AS "番号",
    t.tenant_id AS tenant_id,
    (CASE WHEN t."会社名" IS NOT NULL THEN 'A company'::text END)::text AS "会社名",
    (left((t."担当者"), 1) || '.')::text AS "担当者",
    (
      CASE
        WHEN length(t."電話番号"::text) >= 8 THEN '****' || right(t."電話番号"::text, 4)
        WHEN t."電話番号" IS NOT NULL THEN '****'
      END
    )::varchar(20) AS "電話番号",
    (
      CASE
        WHEN t."メール" IS NOT NULL
          THEN 'u' || encode(substr(t.noren_hash_1, 1, 8), 'hex') || '@example.invalid'
      END
    )::public.email_address AS "メール",
    (
      case
        when t."住所" is null then null
        else row (null, (t."住所")."都道府県", null, null)::public."住所型"
      end
    )::public."住所型" AS "住所",
    NULL::text AS "備考",
    t."登録日" AS "登録日"
  FROM (
    SELECT
      t."番号",
      t.tenant_id,
      t."会社名",
      t."担当者",
      t."電話番号",
      t."メール",
      t."住所",
      t."登録日",
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('14:investigations,11:class:email,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t."メール"::text)
          )
      ) AS noren_hash_1
    FROM ONLY public."取引先" AS t
    WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
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
                            '14:investigations,17:class:partner_key,6:secret,7:permute,',
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
      CASE WHEN t_1_number.size < 32768 THEN t_1_int2_2.digit ELSE t_1_int4_2.digit END AS high,
      CASE WHEN t_1_number.size < 32768 THEN t_1_int2_1.digit ELSE t_1_int4_1.digit END AS low
    FROM (
      SELECT
        t."番号"::bigint # (t."番号"::bigint >> 63) AS size,
        t."番号"::bigint >> 63 AS sign
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
  ORDER BY "番号"
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run'/public.%e5%8f%96%e5%bc%95%e5%85%88.txt'
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.%e5%8f%96%e5%bc%95%e5%85%88.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.%e5%8f%96%e5%bc%95%e5%85%88\t':noren_rows'\t':noren_digest'\t%e7%95%aa%e5%8f%b7,tenant_id,%e4%bc%9a%e7%a4%be%e5%90%8d,%e6%8b%85%e5%bd%93%e8%80%85,%e9%9b%bb%e8%a9%b1%e7%95%aa%e5%8f%b7,%e3%83%a1%e3%83%bc%e3%83%ab,%e4%bd%8f%e6%89%80,%e5%82%99%e8%80%83,%e7%99%bb%e9%8c%b2%e6%97%a5'
