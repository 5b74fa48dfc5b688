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
