wanted AS (
  SELECT space.oid, space.nspname, grantee.oid AS grantee, grantee.word AS to_word
  FROM jsonb_to_recordset(current_setting('noren.namespace')::jsonb) AS wanted (name text, role text)
  JOIN pg_namespace AS space ON space.nspname = wanted.name
  JOIN grantee ON grantee.name = wanted.role AND grantee.oid NOT IN (0, space.nspowner)
),
held AS (
  SELECT space.oid, space.nspname, acl.grantee, acl.privilege_type, acl.is_grantable, acl.grantor, grantee.word AS to_word,
         CASE WHEN acl.grantor <> space.nspowner THEN format('SET ROLE %I; ', pg_get_userbyid(acl.grantor)) ELSE '' END AS before,
         CASE WHEN acl.grantor <> space.nspowner THEN '; RESET ROLE' ELSE '' END AS after
  FROM pg_namespace AS space
  CROSS JOIN LATERAL aclexplode(space.nspacl) AS acl
  JOIN grantee ON grantee.oid = acl.grantee
  WHERE acl.grantee <> space.nspowner AND space.nspname NOT LIKE 'pg\_%' AND space.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = space.oid AND deptype = 'e')
)
SELECT 'schema' AS what, 'schema noren' AS object, 'the schema' AS expected, 'no such schema' AS found,
       'run 10_functions.sql' AS repair
WHERE to_regnamespace('noren') IS NULL
UNION ALL
SELECT 'grant', format('schema %I', nspname), format('USAGE to %s', to_word), 'no such grant',
       format('GRANT USAGE ON SCHEMA %I TO %s', nspname, to_word)
FROM wanted
WHERE NOT EXISTS (
  SELECT FROM held WHERE held.oid = wanted.oid AND held.grantee = wanted.grantee AND held.privilege_type = 'USAGE'
)
UNION ALL
-- CREATE lets a role put things of its own where others look names up. Who owns the tables needs it where the schema
-- is somebody else's, as `public` is since 15.
SELECT 'grant', format('schema %I', nspname), format('no %s to %s', privilege_type, to_word),
       format('granted by %I%s', pg_get_userbyid(grantor), CASE WHEN is_grantable THEN ' with GRANT OPTION' ELSE '' END),
       before || format('REVOKE %s ON SCHEMA %I FROM %s', privilege_type, nspname, to_word) || after
FROM held
WHERE NOT EXISTS (SELECT FROM role WHERE role.oid = held.grantee AND role.owner)
  AND (privilege_type <> 'USAGE' OR is_grantable OR NOT EXISTS (
    SELECT FROM wanted WHERE wanted.oid = held.oid AND wanted.grantee = held.grantee
  ) AND (held.grantee <> 0 OR nspname = 'noren') AND NOT (held.grantee <> 0 AND nspname = 'noren_run'))
UNION ALL
SELECT 'grant', format('database %I', datname), format('no CREATE to %s', grantee.word),
       format('granted by %I', pg_get_userbyid(acl.grantor)),
       format('REVOKE CREATE ON DATABASE %I FROM %s', datname, grantee.word)
FROM pg_database AS base
CROSS JOIN LATERAL aclexplode(base.datacl) AS acl
JOIN grantee ON grantee.oid = acl.grantee
WHERE datname = current_database() AND acl.privilege_type = 'CREATE' AND acl.grantee <> base.datdba
  AND (grantee.oid = 0 OR EXISTS (SELECT FROM role WHERE role.oid = grantee.oid AND NOT role.owner))
ORDER BY what, object, expected
