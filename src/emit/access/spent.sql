
DECLARE
  spent regprocedure;
BEGIN
  FOR spent IN
    SELECT live.oid FROM pg_proc AS live
    JOIN pg_namespace AS space ON space.oid = live.pronamespace AND space.nspname = 'noren'
    WHERE obj_description(live.oid, 'pg_proc') LIKE 'noren: %'
      AND NOT EXISTS (SELECT FROM pg_temp.noren_helper AS wanted WHERE wanted.name = live.proname AND live.pronargs = 0)
    ORDER BY live.proname
  LOOP
    BEGIN
      EXECUTE format('DROP FUNCTION %s', spent);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE WARNING '% stays: a column or a policy still calls it', spent
        USING DETAIL = SQLERRM, HINT = 'give the column another default, then run 50_functions.sql again';
    END;
  END LOOP;
END
