owned AS (
  SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END AS kind,
         word, relowner AS holder
  FROM relation
  WHERE oid IS NOT NULL
  UNION ALL
  SELECT 'SCHEMA', quote_ident(nspname), nspowner
  FROM pg_namespace
  WHERE nspname = 'noren' OR nspname IN (SELECT schema FROM relation)
  UNION ALL
  SELECT CASE of.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, of.oid::regprocedure::text, of.proowner
  FROM pg_proc AS of
  WHERE of.pronamespace = to_regnamespace('noren') OR of.oid IN (SELECT oid FROM routine)
  UNION ALL
  SELECT 'DATABASE', quote_ident(datname), datdba
  FROM pg_database
  WHERE datname = current_database()
)
SELECT 'owner' AS what, lower(kind) || ' ' || word AS object, 'no owner that acts for one tenant' AS expected,
       pg_get_userbyid(holder)::text AS found,
       format('ALTER %s %s OWNER TO %s', kind, word,
              coalesce((SELECT quote_ident(min(name)) FROM role WHERE owner), 'CURRENT_USER')) AS repair
FROM owned
WHERE holder IN (
  SELECT role.oid FROM role JOIN pg_roles AS live USING (oid)
  -- A view that reads as such a role shows one tenant's rows; nobody can become one that cannot log in.
  WHERE tenants_own AND NOT owner AND NOT (kind = 'VIEW' AND NOT live.rolcanlogin)
)
UNION ALL
-- Functions that policies call: whoever owns one decides what every policy reads.
SELECT 'owner', lower(kind) || ' ' || word, format('owner of schema noren: %I', pg_get_userbyid(space.nspowner)),
       pg_get_userbyid(holder), format('DROP %s %s, then run 10_functions.sql', kind, word)
FROM owned
JOIN pg_namespace AS space ON space.nspname = 'noren'
WHERE kind = 'FUNCTION' AND word LIKE 'noren.%' AND holder <> space.nspowner
ORDER BY object, expected
