
DECLARE
  findings integer := pg_catalog.current_setting('noren.deviations');
BEGIN
  IF findings > 0 THEN
    RAISE EXCEPTION 'nothing was changed: % things must be put right first', findings
      USING HINT = 'each is printed above with what to do';
  END IF;
END
