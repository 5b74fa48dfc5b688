-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  users.id is keep
-- classes.noren:28  users.tenant_id is keep
-- classes.noren:27  users.department_id is keep
-- classes.noren:27  users.manager_id is keep
-- people.noren:15  users.last_session_id is keep, orphans null
-- classes.noren:33  users.email is email
-- classes.noren:33  users.backup_email is email
-- exports.noren:8  users.name is mask fake_name('ja')
-- exports.noren:8  users.name_kana is mask fake_name('ja')
-- people.noren:17  users.nickname is mask (left(nickname, 1) || '**')
-- people.noren:18  users.phone is phone
-- people.noren:19  users.birth_date is mask truncate('year')
-- people.noren:20  users.gender_code is drop
-- people.noren:21  users.settings is mask json { contact.email email; devices[*].os keep; locale keep; theme keep; else drop; }
-- people.noren:28  users.profile is mask null
-- people.noren:29  users.memo is keep because "public memos are shown to everyone" when (visibility = 'public') else mask null
-- people.noren:31  users.visibility is keep
-- people.noren:32  users.roles is keep because "names of the product's own roles"
-- people.noren:33  users.password_digest is drop, fill ('!')
-- people.noren:34  users.locale is keep
-- people.noren:35  users.search_key is drop, filled by trigger users_search_key
-- people.noren:36  users.failed_logins is mask default()
-- classes.noren:29  users.created_at is keep
-- classes.noren:29  users.deleted_at is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.department_id AS department_id,
    t.manager_id AS manager_id,
    CASE WHEN false THEN t.last_session_id END AS last_session_id,
    (
      CASE
        WHEN t.email IS NOT NULL
          THEN 'u' || encode(substr(t.noren_hash_1, 1, 8), 'hex') || '@example.invalid'
      END
    )::public.email_address AS email,
    (
      CASE
        WHEN t.backup_email IS NOT NULL
          THEN 'u' || encode(substr(t.noren_hash_2, 1, 8), 'hex') || '@example.invalid'
      END
    )::varchar(120) AS backup_email,
    (t_8_family.name || ' ' || t_8_given.name)::text AS name,
    (t_9_family.name || ' ' || t_9_given.name)::text AS name_kana,
    (left(t."nickname", 1) || '**')::varchar(40) AS nickname,
    (
      CASE
        WHEN length(t.phone::text) >= 8 THEN '****' || right(t.phone::text, 4)
        WHEN t.phone IS NOT NULL THEN '****'
      END
    )::varchar(20) AS phone,
    (
      CASE
        WHEN NOT isfinite(t.birth_date) THEN t.birth_date
        WHEN t.birth_date < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
        WHEN t.birth_date > '294276-12-31'::date THEN '294276-01-01'::date
        ELSE date_trunc('year', t.birth_date::timestamp)::date
      END
    )::date AS birth_date,
    (
      CASE
        WHEN t.settings IS NOT NULL
          THEN CASE
            WHEN jsonb_typeof(t.settings) = 'object'
              THEN (
                SELECT coalesce(
                    jsonb_object_agg(
                      t_14_1.key,
                      CASE
                        WHEN t_14_1.key = 'contact'
                          THEN CASE
                            WHEN jsonb_typeof(t_14_1.value) = 'object'
                              THEN (
                                SELECT coalesce(
                                    jsonb_object_agg(
                                      t_14_2.key,
                                      CASE
                                        WHEN t_14_2.key = 'email'
                                          THEN CASE
                                            WHEN jsonb_typeof(t_14_2.value) = 'object'
                                            OR jsonb_typeof(t_14_2.value) = 'array'
                                              THEN 'null'::jsonb
                                            ELSE coalesce(
                                              to_jsonb(
                                                (
                                                  CASE
                                                    WHEN (t_14_2.value #>> '{}') IS NOT NULL
                                                      THEN 'u'
                                                        || encode(
                                                          substr(
                                                            sha256(
                                                              (
                                                                SELECT outer_pad
                                                                FROM pg_temp.noren_pads
                                                              )
                                                                || sha256(
                                                                  (
                                                                    SELECT inner_pad
                                                                        || convert_to(
                                                                          '10:developers,11:class:email,5:value,',
                                                                          'UTF8'
                                                                        )
                                                                    FROM pg_temp.noren_pads
                                                                  )
                                                                    || textsend(
                                                                      (t_14_2.value #>> '{}')::text
                                                                    )
                                                                )
                                                            ),
                                                            1,
                                                            8
                                                          ),
                                                          'hex'
                                                        )
                                                        || '@example.invalid'
                                                  END
                                                )::text
                                              ),
                                              'null'::jsonb
                                            )
                                          END
                                        ELSE 'null'::jsonb
                                      END
                                    ),
                                    '{}'::jsonb
                                  )
                                FROM jsonb_each(t_14_1.value) AS t_14_2 (key, value)
                                WHERE t_14_2.key = ANY (ARRAY['email']::text[])
                              )
                            ELSE 'null'::jsonb
                          END
                        WHEN t_14_1.key = 'devices'
                          THEN CASE
                            WHEN jsonb_typeof(t_14_1.value) = 'array'
                              THEN (
                                SELECT coalesce(
                                    jsonb_agg(
                                      CASE
                                        WHEN jsonb_typeof(t_14_3.value) = 'object'
                                          THEN (
                                            SELECT coalesce(
                                                jsonb_object_agg(
                                                  t_14_4.key,
                                                  CASE
                                                    WHEN t_14_4.key = 'os' THEN t_14_4.value
                                                    ELSE 'null'::jsonb
                                                  END
                                                ),
                                                '{}'::jsonb
                                              )
                                            FROM jsonb_each(t_14_3.value) AS t_14_4 (key, value)
                                            WHERE t_14_4.key = ANY (ARRAY['os']::text[])
                                          )
                                        ELSE 'null'::jsonb
                                      END
                                      ORDER BY t_14_3."position"
                                    ),
                                    '[]'::jsonb
                                  )
                                FROM jsonb_array_elements(
                                  t_14_1.value
                                ) WITH ORDINALITY AS t_14_3 (value, "position")
                              )
                            ELSE 'null'::jsonb
                          END
                        WHEN t_14_1.key = 'locale' THEN t_14_1.value
                        WHEN t_14_1.key = 'theme' THEN t_14_1.value
                        ELSE 'null'::jsonb
                      END
                    ),
                    '{}'::jsonb
                  )
                FROM jsonb_each(t.settings) AS t_14_1 (key, value)
                WHERE t_14_1.key = ANY (ARRAY['contact', 'devices', 'locale', 'theme']::text[])
              )
            ELSE 'null'::jsonb
          END
      END
    )::jsonb AS settings,
    NULL::json AS profile,
    CASE WHEN (t."visibility" = 'public') THEN t.memo ELSE NULL::text END AS memo,
    t.visibility AS visibility,
    t.roles AS roles,
    ('!')::text AS password_digest,
    t.locale AS locale,
    (CASE WHEN t.failed_logins IS NOT NULL THEN (0) END)::integer AS failed_logins,
    t.created_at AS created_at,
    t.deleted_at AS deleted_at
  FROM (
    SELECT
      t.id,
      t.tenant_id,
      t.department_id,
      t.manager_id,
      t.last_session_id,
      t.email,
      t.backup_email,
      t.name,
      t.name_kana,
      t.nickname,
      t.phone,
      t.birth_date,
      t.settings,
      t.memo,
      t.visibility,
      t.roles,
      t.locale,
      t.failed_logins,
      t.created_at,
      t.deleted_at,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('10:developers,11:class:email,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.email::text)
          )
      ) AS noren_hash_1,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('10:developers,11:class:email,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.backup_email::text)
          )
      ) AS noren_hash_2,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('10:developers,17:class:person_name,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.name::text)
          )
      ) AS noren_hash_3,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad || convert_to('10:developers,17:class:person_name,5:value,', 'UTF8')
              FROM pg_temp.noren_pads
            )
              || textsend(t.name_kana::text)
          )
      ) AS noren_hash_4
    FROM ONLY public.users AS t
    OFFSET 0
  ) AS t
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
  ) AS t_8_family (number, name)
    ON t_8_family.number = (get_byte(t.noren_hash_3, 0) & 127)
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
  ) AS t_8_given (number, name)
    ON t_8_given.number = (get_byte(t.noren_hash_3, 1) & 127)
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
  ) AS t_9_family (number, name)
    ON t_9_family.number = (get_byte(t.noren_hash_4, 0) & 127)
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
  ) AS t_9_given (number, name)
    ON t_9_given.number = (get_byte(t.noren_hash_4, 1) & 127)
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.users.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.users.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.users\t':noren_rows'\t':noren_digest'\tid,tenant_id,department_id,manager_id,last_session_id,email,backup_email,name,name_kana,nickname,phone,birth_date,settings,profile,memo,visibility,roles,password_digest,locale,failed_logins,created_at,deleted_at'
