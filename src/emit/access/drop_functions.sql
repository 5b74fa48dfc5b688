
-- A function that something else still calls stays, and so does a schema that holds something else.
DECLARE
  helper regprocedure;
BEGIN
  FOR helper IN
    SELECT live.oid FROM pg_proc AS live
    JOIN pg_namespace AS space ON space.oid = live.pronamespace AND space.nspname = 'noren'
    WHERE obj_description(live.oid, 'pg_proc') LIKE 'noren: %'
    ORDER BY live.proname
  LOOP
    BEGIN
      EXECUTE format('DROP FUNCTION %s', helper);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE WARNING '% stays: a column or a policy still calls it', helper
        USING HINT = 'go back in each folder of 20_tenancy, then run rollback.sql again';
    END;
  END LOOP;
  IF to_regnamespace('noren') IS NOT NULL THEN
    BEGIN
      DROP SCHEMA noren;
    EXCEPTION WHEN dependent_objects_still_exist THEN
      NULL;
    END;
  END IF;
END
