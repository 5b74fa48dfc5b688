wanted AS (
  SELECT live.oid, grantee.oid AS grantee, grantee.word AS to_word
  FROM jsonb_to_recordset(current_setting('noren.sequence')::jsonb) AS wanted (schema text, name text, role text)
  JOIN pg_namespace AS space ON space.nspname = wanted.schema
  JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name AND live.relkind = 'S'
  JOIN grantee ON grantee.name = wanted.role AND grantee.oid NOT IN (0, live.relowner)
),
held AS (
  SELECT live.oid, acl.grantee, acl.privilege_type, acl.is_grantable, acl.grantor, live.relowner, grantee.word AS to_word,
         CASE WHEN acl.grantor <> live.relowner THEN format('SET ROLE %I; ', pg_get_userbyid(acl.grantor)) ELSE '' END AS before,
         CASE WHEN acl.grantor <> live.relowner THEN '; RESET ROLE' ELSE '' END AS after
  FROM pg_class AS live
  CROSS JOIN LATERAL aclexplode(live.relacl) AS acl
  JOIN grantee ON grantee.oid = acl.grantee
  WHERE live.relkind = 'S' AND acl.grantee <> live.relowner AND live.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = live.oid AND deptype = 'e')
)
SELECT 'grant' AS what, 'sequence ' || wanted.oid::regclass AS object, format('USAGE to %s', to_word) AS expected,
       'no such grant' AS found, format('GRANT USAGE ON SEQUENCE %s TO %s', wanted.oid::regclass, to_word) AS repair
FROM wanted
WHERE NOT EXISTS (
  SELECT FROM held WHERE held.oid = wanted.oid AND held.grantee = wanted.grantee AND held.privilege_type = 'USAGE'
)
UNION ALL
SELECT 'grant', 'sequence ' || held.oid::regclass, format('no %s to %s', privilege_type, to_word),
       format('granted by %I%s', pg_get_userbyid(grantor), CASE WHEN is_grantable THEN ' with GRANT OPTION' ELSE '' END),
       before || format('REVOKE %s ON SEQUENCE %s FROM %s', privilege_type, held.oid::regclass, to_word) || after
FROM held
WHERE privilege_type <> 'USAGE' OR is_grantable OR NOT EXISTS (
  SELECT FROM wanted WHERE wanted.oid = held.oid AND wanted.grantee = held.grantee
)
ORDER BY what, object, expected
