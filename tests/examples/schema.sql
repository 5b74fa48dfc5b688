-- A product that many companies share, as small as it can be.
CREATE TABLE companies (
  id uuid PRIMARY KEY,
  name text NOT NULL
);
CREATE TABLE expenses (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES companies (id),
  payee text NOT NULL
);
CREATE INDEX ON expenses (tenant_id);
INSERT INTO companies VALUES
  ('aaaaaaaa-0000-4000-8000-000000000001', 'Aozora'),
  ('bbbbbbbb-0000-4000-8000-000000000002', 'Bungo');
INSERT INTO expenses (tenant_id, payee) VALUES
  ('aaaaaaaa-0000-4000-8000-000000000001', 'taxi'),
  ('aaaaaaaa-0000-4000-8000-000000000001', 'hotel'),
  ('bbbbbbbb-0000-4000-8000-000000000002', 'train');
