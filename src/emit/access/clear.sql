
-- A table that an earlier policy put under row security, and this one does not. One that never was is not even locked.
DECLARE
  target regclass := current_setting('noren.table')::regclass;
  earlier record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_policy AS of WHERE of.polrelid = target AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %') THEN
    RETURN;
  END IF;
  PERFORM set_config('lock_timeout', '10s', true);
  FOR earlier IN
    SELECT of.polname FROM pg_policy AS of
    WHERE of.polrelid = target AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, target);
  END LOOP;
  EXECUTE format('ALTER TABLE %s %s ROW LEVEL SECURITY, %s ROW LEVEL SECURITY', target,
                 CASE current_setting('noren.enabled') WHEN 'on' THEN 'ENABLE' ELSE 'DISABLE' END,
                 CASE current_setting('noren.forced') WHEN 'on' THEN 'FORCE' ELSE 'NO FORCE' END);
END
