granted AS (
  SELECT relation.word, relation.relowner, acl.grantee, acl.privilege_type
  FROM relation
  JOIN pg_class AS live USING (oid)
  CROSS JOIN LATERAL aclexplode(live.relacl) AS acl
  WHERE relation.secured
  UNION
  SELECT relation.word, relation.relowner, acl.grantee, acl.privilege_type
  FROM relation
  JOIN pg_attribute AS column_of ON column_of.attrelid = relation.oid AND column_of.attacl IS NOT NULL
  CROSS JOIN LATERAL aclexplode(column_of.attacl) AS acl
  WHERE relation.secured
)
SELECT 'grant' AS what, word AS object, format('no grant to %I, which the policy does not name', stranger.rolname) AS expected,
       string_agg(DISTINCT privilege_type, ', ' ORDER BY privilege_type) AS found,
       format('name role %I in the policy; or REVOKE ALL ON %s FROM %I', stranger.rolname, word, stranger.rolname) AS repair
FROM granted
JOIN pg_roles AS stranger ON stranger.oid = granted.grantee AND NOT stranger.rolsuper
WHERE granted.grantee <> granted.relowner AND stranger.rolname NOT IN (SELECT name FROM role)
  AND stranger.oid NOT IN (SELECT oid FROM provider)
GROUP BY word, stranger.rolname
ORDER BY object, expected
