
-- A function keeps its type, and policies and defaults hold on to the function: one of another type makes room under
-- another name, and goes on until nothing calls it any more.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT live.oid, live.proname
    FROM pg_temp.noren_helper AS wanted
    JOIN pg_namespace AS type_space ON type_space.nspname = wanted.type_schema
    JOIN pg_type AS type ON type.typnamespace = type_space.oid AND type.typname = wanted.type_name
    JOIN pg_proc AS live ON live.proname = wanted.name AND live.pronargs = 0
    JOIN pg_namespace AS space ON space.oid = live.pronamespace AND space.nspname = 'noren'
    WHERE live.prorettype <> CASE WHEN wanted.is_array::boolean THEN type.typarray ELSE type.oid END
      AND obj_description(live.oid, 'pg_proc') LIKE 'noren: %'
    ORDER BY live.proname
  LOOP
    EXECUTE format('ALTER FUNCTION %s RENAME TO %I', earlier.oid::regprocedure,
                   left(earlier.proname, 52) || '_' || earlier.oid);
  END LOOP;
END
