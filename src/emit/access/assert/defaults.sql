given AS (
  SELECT held.defaclrole, held.defaclnamespace, acl.privilege_type, grantee.word AS to_word, grantee.oid AS grantee,
         CASE held.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
              WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS kind
  FROM pg_default_acl AS held
  CROSS JOIN LATERAL aclexplode(held.defaclacl) AS acl
  JOIN grantee ON grantee.oid = acl.grantee
  WHERE acl.grantee <> held.defaclrole
)
SELECT 'default privileges' AS what,
       format('%s that %I makes%s', lower(kind), pg_get_userbyid(defaclrole),
              coalesce(' in schema ' || nullif(defaclnamespace, 0)::regnamespace, '')) AS object,
       format('no %s to %s', privilege_type, to_word) AS expected, 'granted' AS found,
       format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE %s ON %s FROM %s', pg_get_userbyid(defaclrole),
              coalesce(' IN SCHEMA ' || nullif(defaclnamespace, 0)::regnamespace, ''), privilege_type, kind, to_word) AS repair
FROM given
-- Everybody may use a type, and call a function where nobody took that away.
WHERE NOT (grantee = 0 AND kind IN ('TYPES', 'FUNCTIONS'))
UNION ALL
SELECT 'default privileges', format('functions that %I makes', name), 'no EXECUTE to PUBLIC', 'granted',
       format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', name)
FROM role
WHERE owner AND oid IS NOT NULL AND NOT EXISTS (
  SELECT FROM pg_default_acl AS held
  WHERE held.defaclrole = role.oid AND held.defaclobjtype = 'f' AND held.defaclnamespace = 0
    AND NOT EXISTS (SELECT FROM aclexplode(held.defaclacl) AS acl WHERE acl.grantee = 0)
)
UNION ALL
-- What a schema's own entry gives, the one above cannot take away.
SELECT 'default privileges', format('functions that %I makes in schema %s', pg_get_userbyid(defaclrole), defaclnamespace::regnamespace),
       'no EXECUTE to PUBLIC', 'granted',
       format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %s REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
              pg_get_userbyid(defaclrole), defaclnamespace::regnamespace)
FROM given
WHERE grantee = 0 AND kind = 'FUNCTIONS' AND defaclnamespace <> 0
ORDER BY what, object, expected
