
-- An owner under FORCE ROW LEVEL SECURITY sees and changes only what policies let him: until the end of this
-- transaction nothing here is forced. What was is written down, and noren.held says it.
DECLARE
  forced regclass[];
BEGIN
  SELECT coalesce(array_agg(c.oid::regclass ORDER BY c.oid), '{}') INTO forced
  FROM pg_catalog.pg_class AS c
  WHERE c.relforcerowsecurity AND row_security_active(c.oid)
    AND (c.oid IN (current_setting('noren.table')::regclass, current_setting('noren.parent')::regclass)
      OR c.oid IN (SELECT relid FROM pg_partition_tree(current_setting('noren.table')::regclass)));
  FOR attempt IN 1..30 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '2s', true);
      FOR at IN 1..cardinality(forced) LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', forced[at]);
      END LOOP;
      PERFORM set_config('noren.held', forced::text, true);
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 30 THEN
        RAISE;
      END IF;
    END;
    PERFORM pg_sleep(least(attempt, 10) * 0.2);
  END LOOP;
END
