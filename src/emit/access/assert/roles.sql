attribute AS (
  SELECT role.name, attribute.*
  FROM role
  JOIN pg_roles AS live USING (oid)
  CROSS JOIN LATERAL (VALUES
    ('SUPERUSER', false, live.rolsuper),
    ('BYPASSRLS', role.bypass, live.rolbypassrls),
    ('CREATEROLE', false, live.rolcreaterole),
    ('CREATEDB', false, live.rolcreatedb),
    ('REPLICATION', false, live.rolreplication),
    ('LOGIN', role.login, live.rolcanlogin)
  ) AS attribute (word, wanted, found)
)
SELECT 'role' AS what, name AS object, 'the role' AS expected, 'no such role' AS found, 'run 00_roles.sql' AS repair
FROM role
WHERE oid IS NULL
UNION ALL
SELECT 'role attribute', name,
       CASE WHEN wanted THEN '' ELSE 'NO' END || word,
       CASE WHEN found THEN '' ELSE 'NO' END || word,
       format('ALTER ROLE %I %s', name, CASE WHEN wanted THEN '' ELSE 'NO' END || word)
FROM attribute
WHERE wanted <> found
ORDER BY what, object, expected
