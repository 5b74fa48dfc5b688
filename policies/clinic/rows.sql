-- Rows for the clinic sample. Every person, organisation, number and address is invented.

BEGIN;
SET LOCAL search_path = clinic;

INSERT INTO organisations (id, name, registration_no, region, created_at) VALUES
    ('10000000-0000-4000-8000-000000000001', '医療法人 若葉会', 'REG-000001', '架空都', '2023-04-01 00:00+09'),
    ('10000000-0000-4000-8000-000000000002', 'Harbour Street Practice', 'REG-000002', 'Nowhere', '2024-01-15 00:00+00');

INSERT INTO workspaces (id, organisation_id, name) VALUES
    ('20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '本院'),
    ('20000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001', '駅前分院'),
    ('20000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', 'Main');

INSERT INTO users (id, email, full_name, phone, password_hash, mfa_secret, last_seen_at, created_at) VALUES
    ('30000000-0000-4000-8000-000000000001', 'ichinose@wakaba.example', '一ノ瀬 澪', '03-0090-0001', 'h$not-a-real-hash-1', '\x0102', '2026-01-05 08:00+09', '2023-04-01 09:00+09'),
    ('30000000-0000-4000-8000-000000000002', 'kurusu@wakaba.example', '来栖 透', NULL, 'h$not-a-real-hash-2', NULL, NULL, '2023-04-02 09:00+09'),
    ('30000000-0000-4000-8000-000000000003', 'quill@harbour.example', 'Ada Quillfeather', '020 7946 0001', 'h$not-a-real-hash-3', NULL, '2026-01-02 10:00+00', '2024-01-15 10:00+00');

INSERT INTO memberships (organisation_id, user_id, role, invited_by, joined_on) VALUES
    ('10000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000001', 'doctor', NULL, '2023-04-01'),
    ('10000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000002', 'nurse', '30000000-0000-4000-8000-000000000001', '2023-04-02'),
    ('10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000003', 'doctor', NULL, '2024-01-15'),
    ('10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', 'doctor', '30000000-0000-4000-8000-000000000003', '2025-06-01');

INSERT INTO patients (id, organisation_id, chart_no, full_name, full_name_kana, sex, birth_date, phone, email, address, insurance_no,
                      emergency_contact, allergies, general_practitioner_id, mother_id, created_at, deceased_on) OVERRIDING SYSTEM VALUE VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'W-0001', '氷室 楓', 'ヒムロ カエデ', 'female', '1985-06-21', '03-0091-0001', 'kaede@mail.test',
     '架空都若葉区1-2-3', '00012345', '{"name": "氷室 隼", "phone": "03-0091-0002", "relation": "spouse"}', '{ペニシリン}',
     '30000000-0000-4000-8000-000000000001', NULL, '2023-05-01 09:00+09', NULL),
    (2, '10000000-0000-4000-8000-000000000001', 'W-0002', '氷室 葵', 'ヒムロ アオイ', 'unknown', '2019-12-31', NULL, NULL,
     NULL, NULL, NULL, '{}', NULL, 1, '2023-05-01 09:10+09', NULL),
    (3, '10000000-0000-4000-8000-000000000002', 'H-17', 'Barnaby Thistlewood', NULL, 'male', '1931-02-03', '020 7946 0002', '',
     'The Old Lighthouse, Nowhere', '000987654321', '{}', '{nuts,"bee stings"}', '30000000-0000-4000-8000-000000000003', NULL, '2024-02-01 10:00+00', '2025-10-09');
SELECT setval(pg_get_serial_sequence('clinic.patients', 'id'), 3);

INSERT INTO consents (patient_id, kind, given, signature, given_at) VALUES
    (1, 'research', true, '\xcafe01', '2023-05-01 09:05+09'),
    (3, 'reminders', false, NULL, '2024-02-01 10:05+00');

INSERT INTO appointments (id, organisation_id, workspace_id, patient_id, practitioner_id, status, slot, reason) OVERRIDING SYSTEM VALUE VALUES
    (1, '10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', 1, '30000000-0000-4000-8000-000000000001', 'done', '[2025-12-01 10:00+09,2025-12-01 10:30+09)', '頭痛が続く'),
    (2, '10000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000003', 3, NULL, 'cancelled', '[2025-09-01 09:00+00,2025-09-01 09:15+00)', NULL);
SELECT setval(pg_get_serial_sequence('clinic.appointments', 'id'), 2);

INSERT INTO encounters (id, organisation_id, appointment_id, patient_id, seen_by, started_at, notes, vitals, pulse, temperature) OVERRIDING SYSTEM VALUE VALUES
    (1, '10000000-0000-4000-8000-000000000001', 1, 1, '30000000-0000-4000-8000-000000000001', '2025-12-01 10:04+09', '氷室さん、三日前から頭痛', '{"bp": [118, 76], "by": "来栖"}', 72, 36.8),
    (2, '10000000-0000-4000-8000-000000000002', NULL, 3, NULL, '2025-08-01 09:00+00', NULL, NULL, NULL, NULL);
SELECT setval(pg_get_serial_sequence('clinic.encounters', 'id'), 2);

INSERT INTO disease_codes (code, title, chapter) VALUES ('X01', '頭痛(見本)', 1), ('X02', 'Cough (sample)', 2);
INSERT INTO diagnoses (encounter_id, position, disease_code, remark) VALUES (1, 1, 'X01', '片頭痛の疑い'), (2, 1, 'X02', NULL);

INSERT INTO prescriptions (id, encounter_id, drug, dose_mg, days, instructions) OVERRIDING SYSTEM VALUE VALUES
    (1, 1, '見本錠', 200.000, 5, '氷室さんは食後に');
SELECT setval(pg_get_serial_sequence('clinic.prescriptions', 'id'), 1);

INSERT INTO lab_results (id, organisation_id, patient_id, test_name, value, unit, taken_at, document) OVERRIDING SYSTEM VALUE VALUES
    (1, '10000000-0000-4000-8000-000000000001', 1, 'CRP', 0.12, 'mg/dL', '2025-12-01 10:20+09', '<r><patient>氷室 楓</patient></r>'),
    (2, '10000000-0000-4000-8000-000000000002', 3, 'HbA1c', 'Infinity', '%', '2025-08-01 09:30+00', NULL);
SELECT setval(pg_get_serial_sequence('clinic.lab_results', 'id'), 2);

INSERT INTO invoices (number, organisation_id, patient_id, amount, paid, issued_on) VALUES
    ('INV-2025-0001', '10000000-0000-4000-8000-000000000001', 1, 4320, true, '2025-12-01'),
    ('INV-2025-0002', '10000000-0000-4000-8000-000000000002', 3, 90, false, '2025-08-01');
INSERT INTO invoice_reminders (id, invoice_number, sent_to, sent_at) OVERRIDING SYSTEM VALUE VALUES
    (1, 'INV-2025-0002', 'barnaby@mail.test', '2025-09-01 00:00+00');
SELECT setval(pg_get_serial_sequence('clinic.invoice_reminders', 'id'), 1);

INSERT INTO schema_version (version) VALUES (42);

COMMIT;
