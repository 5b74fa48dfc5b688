
DECLARE
  reader text;
BEGIN
  -- Of every export whose program is here.
  FOR reader IN SELECT DISTINCT role FROM noren_run.program LOOP
    EXECUTE format('GRANT SELECT ON noren_run.program, noren_run.program_table, noren_run.program_shape TO %I', reader);
    EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA noren_run TO %I', reader);
  END LOOP;
END
