-- One table of run.sql, which locks, checks and opens the manifest before it.
-- money.noren:42  取引先.番号 is partner_key
-- classes.noren:28  取引先.tenant_id is keep
-- money.noren:43  取引先.会社名 is company_name
-- exports.noren:8  取引先.担当者 is mask fake_name('ja')
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
    (t_4_family.name || ' ' || t_4_given.name)::text AS "担当者",
    (
      CASE
        WHEN length(t."電話番号"::text) >= 8 THEN '****' || right(t."電話番号"::text, 4)
        WHEN t."電話番号" IS NOT NULL THEN '****'
      END
    )::varchar(20) AS "電話番号",
    (
      CASE
        WHEN t."メール" IS NOT NULL
          THEN 'u' || encode(substr(t.noren_hash_2, 1, 8), 'hex') || '@example.invalid'
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
              SELECT inner_pad || convert_to('10:developers,17:class:person_name,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t."担当者"::text)
          )
      ) AS noren_hash_1,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('10:developers,11:class:email,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t."メール"::text)
          )
      ) AS noren_hash_2
    FROM ONLY public."取引先" AS t
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
  LEFT JOIN (VALUES
    (0, '佐藤'), (1, '鈴木'), (2, '高橋'), (3, '田中'), (4, '伊藤'), (5, '渡辺'), (6, '山本'),
    (7, '中村'), (8, '小林'), (9, '加藤'), (10, '吉田'), (11, '山田'), (12, '佐々木'), (13, '山口'),
    (14, '松本'), (15, '井上'), (16, '木村'), (17, '林'), (18, '斎藤'), (19, '清水'), (20, '山崎'),
    (21, '森'), (22, '池田'), (23, '橋本'), (24, '阿部'), (25, '石川'), (26, '山下'), (27, '中島'),
    (28, '石井'), (29, '小川'), (30, '前田'), (31, '岡田'), (32, '長谷川'), (33, '藤田'),
    (34, '後藤'), (35, '近藤'), (36, '村上'), (37, '遠藤'), (38, '青木'), (39, '坂本'),
    (40, '斉藤'), (41, '福田'), (42, '太田'), (43, '西村'), (44, '藤井'), (45, '金子'),
    (46, '岡本'), (47, '藤原'), (48, '中野'), (49, '三浦'), (50, '原田'), (51, '中川'),
    (52, '松田'), (53, '竹内'), (54, '小野'), (55, '田村'), (56, '中山'), (57, '和田'),
    (58, '石田'), (59, '森田'), (60, '上田'), (61, '原'), (62, '内田'), (63, '柴田'), (64, '酒井'),
    (65, '宮崎'), (66, '横山'), (67, '高木'), (68, '安藤'), (69, '宮本'), (70, '大野'),
    (71, '小島'), (72, '谷口'), (73, '工藤'), (74, '今井'), (75, '高田'), (76, '増田'),
    (77, '丸山'), (78, '杉山'), (79, '村田'), (80, '大塚'), (81, '新井'), (82, '小山'),
    (83, '平野'), (84, '藤本'), (85, '河野'), (86, '上野'), (87, '野口'), (88, '武田'),
    (89, '松井'), (90, '千葉'), (91, '菅原'), (92, '岩崎'), (93, '久保'), (94, '木下'),
    (95, '佐野'), (96, '野村'), (97, '松尾'), (98, '菊地'), (99, '市川'), (100, '杉本'),
    (101, '古川'), (102, '大西'), (103, '島田'), (104, '水野'), (105, '桜井'), (106, '高野'),
    (107, '渡部'), (108, '吉川'), (109, '山内'), (110, '西田'), (111, '飯田'), (112, '菊池'),
    (113, '西川'), (114, '小松'), (115, '北村'), (116, '安田'), (117, '五十嵐'), (118, '川口'),
    (119, '平田'), (120, '関'), (121, '中田'), (122, '久保田'), (123, '服部'), (124, '東'),
    (125, '岩田'), (126, '土屋'), (127, '川崎')
  ) AS t_4_family (number, name)
    ON t_4_family.number = (get_byte(t.noren_hash_1, 0) & 127)
  LEFT JOIN (VALUES
    (0, '翔太'), (1, '大輔'), (2, '健太'), (3, '拓也'), (4, '直樹'), (5, '達也'), (6, '和也'),
    (7, '健一'), (8, '誠'), (9, '亮'), (10, '大樹'), (11, '翼'), (12, '蓮'), (13, '陽翔'),
    (14, '湊'), (15, '樹'), (16, '悠真'), (17, '大和'), (18, '陸'), (19, '颯太'), (20, '悠斗'),
    (21, '朝陽'), (22, '律'), (23, '蒼'), (24, '結翔'), (25, '隼人'), (26, '涼太'), (27, '雄大'),
    (28, '航'), (29, '駿'), (30, '智也'), (31, '裕太'), (32, '純一'), (33, '浩二'), (34, '隆'),
    (35, '修'), (36, '学'), (37, '茂'), (38, '進'), (39, '勇'), (40, '豊'), (41, '正樹'),
    (42, '秀樹'), (43, '博之'), (44, '和彦'), (45, '哲也'), (46, '英明'), (47, '光'), (48, '望'),
    (49, '薫'), (50, '司'), (51, '聡'), (52, '剛'), (53, '徹'), (54, '洋平'), (55, '康平'),
    (56, '圭介'), (57, '雅人'), (58, '貴之'), (59, '慎吾'), (60, '孝'), (61, '実'), (62, '昇'),
    (63, '清'), (64, '花子'), (65, '美咲'), (66, '陽菜'), (67, '結衣'), (68, 'さくら'), (69, '葵'),
    (70, '凛'), (71, '美月'), (72, '莉子'), (73, '七海'), (74, '彩'), (75, '愛'), (76, '美優'),
    (77, '優花'), (78, '千尋'), (79, '真央'), (80, '茜'), (81, '舞'), (82, '遥'), (83, '楓'),
    (84, '萌'), (85, '沙織'), (86, '麻衣'), (87, '友美'), (88, '智子'), (89, '恵子'),
    (90, '由美子'), (91, '裕子'), (92, '陽子'), (93, '洋子'), (94, '京子'), (95, '幸子'),
    (96, '和子'), (97, '久美子'), (98, '直美'), (99, '真由美'), (100, '明美'), (101, '香織'),
    (102, '恵'), (103, '美穂'), (104, '綾'), (105, '瞳'), (106, '早紀'), (107, '奈々'),
    (108, '桃子'), (109, '梨花'), (110, '琴音'), (111, '心春'), (112, '芽依'), (113, '咲良'),
    (114, '紬'), (115, '杏'), (116, '柚葉'), (117, '結菜'), (118, '美桜'), (119, '澪'), (120, '詩'),
    (121, '雫'), (122, '千夏'), (123, '美和'), (124, '典子'), (125, '純子'), (126, '順子'),
    (127, '理恵')
  ) AS t_4_given (number, name)
    ON t_4_given.number = (get_byte(t.noren_hash_1, 1) & 127)
  ORDER BY "番号"
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run'/public.%e5%8f%96%e5%bc%95%e5%85%88.txt'
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.%e5%8f%96%e5%bc%95%e5%85%88.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.%e5%8f%96%e5%bc%95%e5%85%88\t':noren_rows'\t':noren_digest'\t%e7%95%aa%e5%8f%b7,tenant_id,%e4%bc%9a%e7%a4%be%e5%90%8d,%e6%8b%85%e5%bd%93%e8%80%85,%e9%9b%bb%e8%a9%b1%e7%95%aa%e5%8f%b7,%e3%83%a1%e3%83%bc%e3%83%ab,%e4%bd%8f%e6%89%80,%e5%82%99%e8%80%83,%e7%99%bb%e9%8c%b2%e6%97%a5'
