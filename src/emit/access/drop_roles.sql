
DECLARE
  named record;
BEGIN
  FOR named IN
    SELECT live.rolname, coalesce(shobj_description(live.oid, 'pg_authid'), '') LIKE 'noren: %' AS ours
    FROM pg_temp.noren_role AS wanted
    JOIN pg_roles AS live ON live.rolname = wanted.name
    ORDER BY live.rolname DESC
  LOOP
    IF NOT named.ours THEN
      RAISE WARNING 'role % was there before 00_roles.sql and stays', quote_ident(named.rolname);
      CONTINUE;
    END IF;
    BEGIN
      EXECUTE format('DROP ROLE %I', named.rolname);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE EXCEPTION 'role % still owns something or has rights', quote_ident(named.rolname)
        USING DETAIL = SQLERRM, HINT = 'run rollback.sql in each database of the cluster first';
    END;
  END LOOP;
END
