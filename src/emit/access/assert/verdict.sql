
DECLARE
  deviations integer := pg_catalog.current_setting('noren.deviations');
BEGIN
  IF deviations > 0 THEN
    RAISE EXCEPTION 'this database is not as the policy says: % deviations', deviations
      USING HINT = 'each is printed above with the statement that repairs it';
  END IF;
END
