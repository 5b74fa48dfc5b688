inside AS (
  SELECT 'function ' || live.oid::regprocedure AS object, live.proowner AS holder,
         EXISTS (SELECT FROM routine WHERE routine.oid = live.oid) AS known
  FROM pg_proc AS live
  WHERE live.pronamespace = to_regnamespace('noren')
)
-- Whoever owns the schema or a function in it decides what every policy reads.
SELECT 'schema' AS what, 'schema noren' AS object, 'an owner that is no role acting for one tenant' AS expected,
       format('owned by %I', pg_get_userbyid(space.nspowner)) AS found,
       'find out who made it; then DROP SCHEMA noren CASCADE' AS repair
FROM pg_namespace AS space
WHERE space.nspname = 'noren' AND EXISTS (
  SELECT FROM role
  WHERE role.oid IS NOT NULL AND role.tenants_own AND NOT role.owner AND pg_has_role(role.oid, space.nspowner, 'MEMBER')
)
UNION ALL
SELECT 'function', object, format('the owner of schema noren, %I', pg_get_userbyid(space.nspowner)),
       format('owned by %I', pg_get_userbyid(holder)), format('find out who made it; then DROP %s', object)
FROM inside
JOIN pg_namespace AS space ON space.nspname = 'noren'
WHERE known AND holder <> space.nspowner
ORDER BY what, object, expected
