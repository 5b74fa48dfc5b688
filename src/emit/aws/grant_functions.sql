
DECLARE
  found_function regprocedure;
  wanted text;
BEGIN
  -- The argument lists differ between versions of the extension, so the functions are found by their names.
  FOREACH wanted IN ARRAY string_to_array(current_setting('noren.functions'), ',') LOOP
    PERFORM 1 FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname || '.' || p.proname = wanted;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the function % is not there', wanted
        USING HINT = 'a member of rds_superuser installs it, on the writer: CREATE EXTENSION aws_s3 CASCADE';
    END IF;
    FOR found_function IN
      SELECT p.oid FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
      WHERE n.nspname || '.' || p.proname = wanted
    LOOP
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', found_function, current_setting('noren.role'));
    END LOOP;
  END LOOP;
END
