-- Rows for the expense sample. Every person, company, number and address is invented:
-- mail domains end in .example or .test, telephone numbers have a local part that begins with 0, which none in use does.

BEGIN;

INSERT INTO public.currencies (code, name, minor_unit) VALUES
    ('JPY', '円', 0),
    ('USD', 'US dollar', 2),
    ('EUR', 'Euro', 2);

INSERT INTO public.mileage_rates (vehicle, rate_per_km, valid) VALUES
    ('自家用車', 18.50, '[2025-01-01,2026-01-01)'),
    ('自家用車', 20.00, '[2026-01-01,)'),
    ('原付', 9.00, '[2025-01-01,)');

INSERT INTO public.companies (id, name, name_kana, plan, country_code, contact_email, settings, created_at) VALUES
    ('11111111-1111-4111-8111-111111111111', '株式会社青空商会', 'アオゾラショウカイ', 'enterprise', 'JP', 'info@aozora.example',
     '{"theme": "dark", "billing": {"email": "keiri@aozora.example", "day": 25}}', '2024-04-01 09:00+09'),
    ('22222222-2222-4222-8222-222222222222', '合同会社みなと企画', 'ミナトキカク', 'team', 'JP', 'hello@minato.example',
     '{"theme": "light", "billing": {"email": "pay@minato.example"}}', '2025-02-10 18:30+09'),
    ('33333333-3333-4333-8333-333333333333', 'Larkspur Works Ltd', NULL, 'free', 'GB', NULL, '{}', '2025-11-30 00:00+00');

INSERT INTO public.departments (id, tenant_id, name, parent_id) OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', '本社', NULL),
    (2, '11111111-1111-4111-8111-111111111111', '営業部', 1),
    (3, '11111111-1111-4111-8111-111111111111', '経理部', 1),
    (4, '22222222-2222-4222-8222-222222222222', '制作', NULL);
SELECT setval(pg_get_serial_sequence('public.departments', 'id'), 4);

INSERT INTO public.sessions (id, tenant_id, token_digest, ip_address, user_agent, started_at, idle_for) VALUES
    ('aaaaaaaa-0000-4000-8000-000000000001', '11111111-1111-4111-8111-111111111111', '\x0011aabb', '192.0.2.10', 'Browser/1.0', '2025-12-01 08:59+09', '00:04:30.5'),
    ('aaaaaaaa-0000-4000-8000-000000000002', '22222222-2222-4222-8222-222222222222', '\x0022ccdd', '2001:db8::17', NULL, '2025-12-02 10:00+09', NULL);

INSERT INTO public.users (id, tenant_id, department_id, manager_id, last_session_id, email, backup_email, name, name_kana, nickname, phone,
                          birth_date, gender_code, settings, profile, memo, visibility, roles, password_digest, locale, created_at, deleted_at) VALUES
    (1000, '11111111-1111-4111-8111-111111111111', 1, NULL, 'aaaaaaaa-0000-4000-8000-000000000001',
     'shirakawa.hana@aozora.example', NULL, '白川 花奈', 'シラカワ ハナ', 'はな', '03-0012-0001', '1979-03-14', 2,
     '{"theme": "dark", "locale": "ja", "contact": {"email": "hana.home@mail.test", "phone": "03-0012-0002"}, "devices": [{"name": "白川の端末", "os": "ios"}]}',
     '{"趣味": "登山"}', '社長室直通', 'private', '{admin,approver}', 'x$1$notarealdigest-hana', 'ja', '2024-04-01 09:05+09', NULL),
    (1001, '11111111-1111-4111-8111-111111111111', 2, 1000, NULL,
     'kuroda.jin@aozora.example', 'jin@mail.test', '黒田 仁', 'クロダ ジン', NULL, '03-0012-0003', '1988-11-02', 1,
     '{"theme": "light", "contact": {"email": "jin.home@mail.test"}}', NULL, '出張が多いです。どうぞよろしく', 'public', '{member}', 'x$1$notarealdigest-jin', 'ja', '2024-04-02 09:00+09', NULL),
    (1002, '11111111-1111-4111-8111-111111111111', 3, 1000, NULL,
     'O''Hara.Mei@aozora.example', '', '大原 芽衣', 'オオハラ メイ', 'Mei "M"', NULL, NULL, NULL,
     '{}', '{"note": "back\\slash\tand tab"}', '', 'private', '{member,accountant}', 'x$1$notarealdigest-mei', 'en', '2024-05-07 12:00+09', '2025-12-31 23:59:59.999999+09'),
    (1003, '22222222-2222-4222-8222-222222222222', 4, NULL, 'aaaaaaaa-0000-4000-8000-000000000002',
     'minami@minato.example', NULL, '南 律子', 'ミナミ リツコ', 'りっちゃん', '06-0034-0001', '1992-02-29', 2,
     '{"locale": "ja", "contact": {}}', NULL, NULL, 'private', '{admin}', 'x$1$notarealdigest-ritsu', 'ja', '2025-02-10 18:31+09', NULL);
SELECT setval(pg_get_serial_sequence('public.users', 'id'), 1003);

UPDATE public.departments SET head_user_id = 1000 WHERE id = 1;
UPDATE public.departments SET head_user_id = 1001 WHERE id = 2;
UPDATE public.departments SET head_user_id = 1003 WHERE id = 4;

INSERT INTO public.roles_of_staff (tenant_id, name, permissions) VALUES
    (NULL, 'admin', '{*}'),
    (NULL, 'member', '{expense.create}'),
    ('11111111-1111-4111-8111-111111111111', '経理担当', '{report.close,report.export}');

INSERT INTO public.expense_categories (id, tenant_id, name, account_code, tax_rate) OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', '旅費交通費', '7410', 0.100),
    (2, '11111111-1111-4111-8111-111111111111', '会議費', '7430', 0.080),
    (3, '22222222-2222-4222-8222-222222222222', '消耗品費', '7420', 0.100);
SELECT setval(pg_get_serial_sequence('public.expense_categories', 'id'), 3);

INSERT INTO public.expense_reports (id, tenant_id, title, applicant_id, status, total, submitted_at, closed_on, period) OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', '12月 大阪出張 黒田', 1001, 'approved', 0, '2025-12-20 17:00+09', NULL, '[2025-12-10 00:00+09,2025-12-12 00:00+09)'),
    (2, '11111111-1111-4111-8111-111111111111', '11月 立替', 1002, 'closed', 0, '2025-11-30 10:00+09', '2025-12-05', NULL),
    (3, '22222222-2222-4222-8222-222222222222', '備品 南', 1003, '保留', 0, NULL, NULL, 'empty');
SELECT setval(pg_get_serial_sequence('public.expense_reports', 'id'), 3);

INSERT INTO public.approvals (id, tenant_id, report_id, approver_id, approved, comment, decided_at) OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', 1, 1000, true, '了解しました。白川', '2025-12-21 09:00+09'),
    (2, '11111111-1111-4111-8111-111111111111', 2, 1000, false, '領収書がありません', '2025-12-01 09:00+09'),
    (3, '11111111-1111-4111-8111-111111111111', 2, 1000, true, NULL, '2025-12-05 09:00+09');
SELECT setval(pg_get_serial_sequence('public.approvals', 'id'), 3);
UPDATE public.expense_reports SET latest_approval_id = 1 WHERE id = 1;
UPDATE public.expense_reports SET latest_approval_id = 3 WHERE id = 2;

INSERT INTO public."取引先" ("番号", tenant_id, "会社名", "担当者", "電話番号", "メール", "住所", "備考", "登録日") OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', '雲雀トラベル株式会社', '朝霧 周', '03-0056-0001', 'asagiri@hibari.example', '("000-0001","架空都","雲雀区","一丁目2-3")', '窓口は朝霧さん', '2024-06-01'),
    (2, '11111111-1111-4111-8111-111111111111', '喫茶こもれび', NULL, NULL, NULL, NULL, NULL, '2024-07-15'),
    (3, '22222222-2222-4222-8222-222222222222', '文具のつばめ屋', '燕 千代', '06-0078-0001', 'chiyo@tsubame.example', '("000-0002","架空府","港区","波止場 5")', '', '2025-03-03');
SELECT setval(pg_get_serial_sequence('public."取引先"', '番号'), 3);

INSERT INTO public."CorporateCards" ("CardId", tenant_id, "holderId", "CardNumber", "expiresOn", "isActive") VALUES
    (1, '11111111-1111-4111-8111-111111111111', 1001, '0000-1111-2222-3333', '2027-10-31', true),
    (2, '22222222-2222-4222-8222-222222222222', NULL, '0000-4444-5555-6666', '2026-01-31', false);
SELECT setval(pg_get_serial_sequence('public."CorporateCards"', 'CardId'), 2);

INSERT INTO public.expenses (id, tenant_id, report_id, category_id, created_by, "取引先番号", spent_on, payee, amount, tax_rate, currency_code, exchange_rate, status, attendees, tags, memo, created_at) OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', 1, 1, 1001, 1, '2025-12-10', '雲雀トラベル', 28640, 0.100, 'JPY', NULL, 'approved', NULL, '{出張,新幹線}', '往復', '2025-12-11 08:00+09'),
    (2, '11111111-1111-4111-8111-111111111111', 1, 2, 1001, 2, '2025-12-11', '喫茶こもれび', 2200, 0.080, 'JPY', NULL, 'approved',
     ARRAY[ROW('朝霧 周', '雲雀トラベル株式会社', true)::public.attendee, ROW('黒田 仁', NULL, false)::public.attendee], '{}', E'打合せ\n二行目', '2025-12-11 20:00+09'),
    (3, '11111111-1111-4111-8111-111111111111', 2, NULL, 1002, NULL, '2024-12-29', 'Larkspur Hotel', 310.55, 0, 'USD', 156.42, 'closed', '{}', '{"a,b","c\"d"}', NULL, '2024-12-30 09:00+09'),
    (4, '22222222-2222-4222-8222-222222222222', 3, 3, 1003, 3, '2026-01-05', NULL, 980, 0.100, 'JPY', 'NaN', '保留', NULL, '{}', '', '2026-01-05 13:00+09');
SELECT setval(pg_get_serial_sequence('public.expenses', 'id'), 4);

INSERT INTO public.expense_items (id, expense_id, line_no, description, unit_price, quantity) VALUES
    (1, 1, 1, '東京-新大阪 黒田仁', 14320, 2),
    (2, 2, 1, 'コーヒー', 550, 4),
    (3, 3, 1, '1 night, Mei Ohara', 310.55, 1),
    (4, 4, 1, 'ノート', 196, 5);
SELECT setval('public.expense_items_id_seq', 4);

INSERT INTO public.attachments (id, item_id, file_name, mime_type, content, checksum, ocr_text, uploaded_at) VALUES
    ('bbbbbbbb-0000-4000-8000-000000000001', 1, '領収書_黒田.pdf', 'application/pdf', '\x255044462d312e37', '\xdeadbeef', '領収書 黒田 仁 様 28,640円', '2025-12-11 08:01+09'),
    ('bbbbbbbb-0000-4000-8000-000000000002', 3, 'scan.png', 'image/png', '\x89504e47', '\x00', NULL, '2024-12-30 09:01+09');

INSERT INTO public.bank_accounts (id, tenant_id, user_id, bank_code, branch_code, number, holder_kana, is_default) VALUES
    ('cccccccc-0000-4000-8000-000000000001', '11111111-1111-4111-8111-111111111111', 1001, '0000', '001', '1234567', 'クロダ ジン', true),
    ('cccccccc-0000-4000-8000-000000000002', '11111111-1111-4111-8111-111111111111', 1001, '0000', '002', '7654321', 'クロダ ジン', false);

INSERT INTO public.card_transactions (id, tenant_id, card_id, used_at, merchant, amount, settled, raw) OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', 1, '2025-11-15 12:00+00', 'ひばり食堂', 1280, true, '{"terminal": "T-0001", "holder": "JIN KURODA", "auth": {"code": "A1B2C3"}}'),
    (2, '11111111-1111-4111-8111-111111111111', 1, '2025-12-10 03:04:05.678901+00', 'HIBARI TRAVEL', 28640, false, NULL),
    (3, '22222222-2222-4222-8222-222222222222', 2, '2026-03-01 00:00+00', 'つばめ屋', 980, false, '[]');
SELECT setval(pg_get_serial_sequence('public.card_transactions', 'id'), 3);

INSERT INTO public.audit_logs (id, tenant_id, actor_id, action, detail, ip_address, logged_at) OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', 1001, 'report.submit', '{"report": 1, "by": "黒田 仁"}', '192.0.2.10', '2025-12-20 08:00+00'),
    (2, '11111111-1111-4111-8111-111111111111', NULL, 'session.expire', '{}', NULL, '2026-01-02 00:00+00');
SELECT setval(pg_get_serial_sequence('public.audit_logs', 'id'), 2);

INSERT INTO public.notices (id, tenant_id, audience, title, body, published_at) OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', 'everyone', '年末年始のお知らせ', '12月29日から1月3日まで休業します', '2025-12-15 00:00+09'),
    (2, '22222222-2222-4222-8222-222222222222', 'own', '社内向け', '南さんの歓迎会は金曜日', NULL);
SELECT setval(pg_get_serial_sequence('public.notices', 'id'), 2);

INSERT INTO public.vouchers (tenant_id, expense_id, printed_at, barcode) VALUES
    ('11111111-1111-4111-8111-111111111111', 1, '09:30:00', 'VCH0000000000001'),
    ('11111111-1111-4111-8111-111111111111', NULL, NULL, NULL);

INSERT INTO public."order" (id, tenant_id, "user", "desc", "group", ship_to, ordered_at) OVERRIDING SYSTEM VALUE VALUES
    (1, '11111111-1111-4111-8111-111111111111', 1002, '名刺 大原', 3, '("000-0001","架空都","青空区","二丁目4-5 大原方")', '2025-10-01 10:00+09'),
    (2, '22222222-2222-4222-8222-222222222222', 1003, NULL, 0, NULL, '2025-10-02 10:00+09');
SELECT setval(pg_get_serial_sequence('public."order"', 'id'), 2);

INSERT INTO public.api_keys (id, tenant_id, label, key_digest, scopes, issued_by) VALUES
    ('dddddddd-0000-4000-8000-000000000001', '11111111-1111-4111-8111-111111111111', '会計連携', 'digest-of-an-invented-key-0001', '{read}', 1000);

INSERT INTO archive.legacy_orders (id, company_id, customer, "Note", total) VALUES
    (-1, '11111111-1111-4111-8111-111111111111', '朝霧 周', '電話 03-0056-0001', 12000.00),
    (7, '11111111-1111-4111-8111-111111111111', NULL, NULL, NULL);

INSERT INTO public.schema_migrations (version) VALUES ('20240401000000'), ('20251201000000');
INSERT INTO public.ar_internal_metadata (key, value, created_at) VALUES ('environment', 'production', '2024-04-01 00:00:00');

COMMIT;

REFRESH MATERIALIZED VIEW public.monthly_totals;
