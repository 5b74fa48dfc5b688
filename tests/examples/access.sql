-- What the access files of such a policy do, written by hand in their shape.
CREATE SCHEMA noren;
CREATE FUNCTION noren.app_tenant_id() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(pg_catalog.current_setting('app.tenant_id', true), '')::uuid;
GRANT USAGE ON SCHEMA noren TO app, app_rollout;
REVOKE ALL ON FUNCTION noren.app_tenant_id() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION noren.app_tenant_id() TO app, app_rollout;
CREATE POLICY noren_all_to_app ON companies AS PERMISSIVE FOR ALL TO app
  USING (companies.id = (SELECT noren.app_tenant_id())) WITH CHECK (companies.id = (SELECT noren.app_tenant_id()));
CREATE POLICY noren_floor ON companies AS RESTRICTIVE FOR ALL TO app
  USING (companies.id = (SELECT noren.app_tenant_id())) WITH CHECK (companies.id = (SELECT noren.app_tenant_id()));
CREATE POLICY noren_all_to_app ON expenses AS PERMISSIVE FOR ALL TO app
  USING (expenses.tenant_id = (SELECT noren.app_tenant_id()))
  WITH CHECK (expenses.tenant_id = (SELECT noren.app_tenant_id()));
CREATE POLICY noren_floor ON expenses AS RESTRICTIVE FOR ALL TO app
  USING (expenses.tenant_id = (SELECT noren.app_tenant_id()))
  WITH CHECK (expenses.tenant_id = (SELECT noren.app_tenant_id()));
ALTER TABLE companies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE expenses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON companies, expenses TO app, app_rollout;
