
-- Forced again is what was forced.
DECLARE
  forced regclass[] := current_setting('noren.held')::regclass[];
BEGIN
  FOR at IN 1..cardinality(forced) LOOP
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', forced[at]);
  END LOOP;
END
