
DECLARE
  differences text;
BEGIN
  -- The files must hold every row, and row security would leave some out without a word: a policy for this role must
  -- show all of each table, and nothing may take rows away but the guard.
  WITH tables AS (
    SELECT c.oid
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_temp.noren_shape AS e ON e.kind = 'table' AND e.schema_name = n.nspname AND e.table_name = c.relname
    WHERE c.relrowsecurity
  ), applying AS (
    SELECT t.oid AS table_oid, p.polname, p.polpermissive, pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS qual
    FROM tables AS t
    JOIN pg_catalog.pg_policy AS p ON p.polrelid = t.oid AND p.polcmd IN ('r', '*')
    WHERE EXISTS (
      SELECT FROM unnest(p.polroles) AS member
      WHERE member = 0 OR pg_catalog.pg_has_role(current_user, member, 'USAGE')
    )
  ), found AS (
    SELECT format('%s: no policy shows %I all rows', t.oid::regclass, current_user) AS difference
    FROM tables AS t
    WHERE NOT EXISTS (SELECT FROM applying AS a WHERE a.table_oid = t.oid AND a.polpermissive AND a.qual = 'true')
    UNION ALL
    SELECT format('%s: the policy %I may take rows away', a.table_oid::regclass, a.polname)
    FROM applying AS a
    WHERE NOT a.polpermissive AND a.polname <> 'noren_guard'
  )
  SELECT string_agg(difference, E'\n' ORDER BY difference) INTO differences FROM found;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'row security would keep rows from this export'
      USING DETAIL = differences, HINT = 'apply the access files of this environment, or take away what they do not have';
  END IF;
END
