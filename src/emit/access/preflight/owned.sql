runner AS (
  SELECT rolname AS name, rolsuper AS super FROM pg_roles WHERE rolname = current_user
),
needed AS (
  SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END || ' ' || word AS object,
         relowner AS holder
  FROM relation
  WHERE oid IS NOT NULL
  UNION
  SELECT 'sequence ' || live.oid::regclass, live.relowner
  FROM jsonb_to_recordset(current_setting('noren.sequence')::jsonb) AS wanted (schema text, name text)
  JOIN pg_namespace AS space ON space.nspname = wanted.schema
  JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name AND live.relkind = 'S'
  UNION
  SELECT 'function ' || live.oid::regprocedure, live.proowner
  FROM routine
  JOIN pg_proc AS live USING (oid)
  UNION
  SELECT 'schema noren', nspowner FROM pg_namespace WHERE nspname = 'noren'
)
SELECT 'relation' AS what, word AS object,
       CASE kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'p' THEN 'partitioned table'
                 WHEN 'r' THEN 'table' WHEN 'rf' THEN 'table' ELSE 'partition' END AS expected,
       'no such relation' AS found, 'dump the schema again and compile again' AS repair
FROM relation
WHERE oid IS NULL
UNION ALL
SELECT 'owner', object, format('owned by %I, who runs this, or by a role that it is a member of', runner.name),
       format('owned by %I', pg_get_userbyid(holder)), format('run this as %I', pg_get_userbyid(holder))
FROM needed
CROSS JOIN runner
WHERE NOT runner.super AND NOT pg_has_role(current_user, holder, 'USAGE')
UNION ALL
SELECT 'schema', format('schema %I', wanted.name), format('%I, who runs this, may grant USAGE on it', runner.name),
       coalesce(format('owned by %I', pg_get_userbyid(space.nspowner)), 'no such schema'),
       coalesce(format('run this as %I, or GRANT USAGE ON SCHEMA %I TO %I WITH GRANT OPTION', pg_get_userbyid(space.nspowner),
                       wanted.name, runner.name), 'dump the schema again and compile again')
FROM (SELECT DISTINCT name FROM jsonb_to_recordset(current_setting('noren.namespace')::jsonb) AS wanted (name text)) AS wanted
CROSS JOIN runner
LEFT JOIN pg_namespace AS space ON space.nspname = wanted.name
WHERE wanted.name <> 'noren'
  AND (space.oid IS NULL OR NOT has_schema_privilege(space.oid, 'USAGE WITH GRANT OPTION'))
UNION ALL
SELECT 'function', format('%I.%I(%s)', schema, name, array_to_string(arguments, ', ')), 'the function', 'no such function',
       'dump the schema again and compile again'
FROM routine
WHERE oid IS NULL AND schema <> 'noren'
UNION ALL
SELECT 'database', format('database %I', current_database()), format('%I, who runs this, may make schema noren', runner.name),
       'may not', format('GRANT CREATE ON DATABASE %I TO %I', current_database(), runner.name)
FROM runner
WHERE to_regnamespace('noren') IS NULL AND NOT has_database_privilege(current_database(), 'CREATE')
ORDER BY what, object, expected
