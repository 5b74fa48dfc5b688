-- Invented people, for the tests: addresses of reserved domains, telephone numbers of nobody.
SET NAMES utf8mb4;
SET time_zone = '+00:00', foreign_key_checks = 0;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
INSERT INTO branches VALUES
  (0, 'zero', NULL), (1, 'Main "Street"', ST_GeomFromText('POINT(1.5 -2)')), (2, '', NULL);
INSERT INTO members
  (id, public_id, branch_id, sponsor_id, email, `full name`, phone, birthday, status, flags, is_staff, fine, settings, card_digest,
   created_at, updated_at)
VALUES
  (1, '6b1f0c1e-6a55-4d0a-9d1e-0a4c3a1b2c3d', 1, 5, 'taro@corp.example', '山田 太郎', '+81-3-1234-5678', '1980-02-29', 'active',
   'newsletter,audio', 0, 12.34, '{"theme": "dark", "email": "taro@corp.example", "devices": [{"os": "ios", "name": "Taro"}], "note": "private"}', UNHEX(SHA2('x', 256)),
   '2025-01-02 03:04:05.678901', '0000-00-00 00:00:00'),
  (2, '6b1f0c1e-6a55-4d0a-9d1e-0a4c3a1b2c3e', NULL, NULL, 'Jane.O''Brien@x.example', 'Jane "J" O''Brien', 'Ünï 123', NULL,
   'it''s over', '', 1, 0, NULL, NULL, '2038-01-01 00:00:00', '2024-02-31 00:00:00'),
  (5, '6b1f0c1e-6a55-4d0a-9d1e-0a4c3a1b2c3f', 0, 1, 'emoji😀@x.example', '😀 smile', '', '0000-00-00', 'paused', NULL, 0,
   999999.99, '[]', X'00', '1970-01-01 00:00:01', NULL),
  (18446744073709551615, '6b1f0c1e-6a55-4d0a-9d1e-0a4c3a1b2c40', 0, NULL, 'big@x.example', 'Big', '12', '1999-12-31', 'paused',
   NULL, 0, 1, '{}', X'00', '1970-01-01 00:00:01', NULL);
INSERT INTO loans VALUES
  (1, 'a,b', '2025-03-01', 'secret note'), (1, '"q"', '2025-03-02', NULL), (2, '\\N', '2024-03-01', 'old'),
  (5, 'NULL', '2025-05-05', ''), (5, 'row', '2025-05-06', 'x');
INSERT INTO visits VALUES (1, '2025-05-05', '10.0.0.1'), (2, '2026-05-05', '::1');
