-- Two companies, and what is A's is not B's.
INSERT INTO companies VALUES
  ('aaaaaaaa-0000-4000-8000-000000000001', 'Aozora'),
  ('bbbbbbbb-0000-4000-8000-000000000002', 'Bungo');
INSERT INTO expenses (tenant_id, payee) VALUES
  ('aaaaaaaa-0000-4000-8000-000000000001', 'taxi'),
  ('aaaaaaaa-0000-4000-8000-000000000001', 'hotel'),
  ('bbbbbbbb-0000-4000-8000-000000000002', 'train');
