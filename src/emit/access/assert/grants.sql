wanted AS (
  SELECT relation.oid, relation.word, wanted.column_name, wanted.privilege, grantee.oid AS grantee, grantee.word AS to_word
  FROM jsonb_to_recordset(current_setting('noren.privilege')::jsonb)
    AS wanted (schema text, name text, column_name text, role text, privilege text)
  JOIN relation ON relation.schema = wanted.schema AND relation.name = wanted.name AND relation.oid IS NOT NULL
  JOIN grantee ON grantee.name = wanted.role AND grantee.oid NOT IN (0, relation.relowner)
),
candidate AS (
  -- Every relation that users have made, but what extensions brought.
  SELECT live.oid, live.relkind, live.relowner, live.relacl,
         -- What rights_source.sql, key.sql and program.sql of an export to S3 give to the exporting role.
         CASE WHEN space.nspname <> 'noren_run' THEN '{}'
              WHEN live.relname IN ('manifest', 'piece') THEN '{SELECT,INSERT}'
              WHEN live.relname IN ('mask_key', 'program', 'program_table', 'program_shape') THEN '{SELECT}' ELSE '{}' END::text[] AS of_exports
  FROM pg_class AS live
  JOIN pg_namespace AS space ON space.oid = live.relnamespace
    AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  WHERE live.relkind IN ('r', 'p', 'v', 'm', 'f') AND live.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = live.oid AND deptype = 'e')
),
granted AS (
  SELECT live.oid, live.relowner, NULL::text AS column_name, acl.*
  FROM candidate AS live
  CROSS JOIN LATERAL aclexplode(live.relacl) AS acl
  WHERE acl.grantee = 0 OR acl.is_grantable OR acl.privilege_type <> ALL (live.of_exports)
  UNION ALL
  SELECT live.oid, live.relowner, column_of.attname, acl.*
  FROM candidate AS live
  JOIN pg_attribute AS column_of ON column_of.attrelid = live.oid AND column_of.attacl IS NOT NULL AND NOT column_of.attisdropped
  CROSS JOIN LATERAL aclexplode(column_of.attacl) AS acl
),
held AS (
  SELECT granted.*, granted.oid::regclass::text AS word, coalesce(grantee.word, quote_ident(pg_get_userbyid(granted.grantee))) AS to_word,
         grantee.oid IS NOT NULL AS known,
         privilege_type || coalesce(' (' || quote_ident(column_name) || ')', '') AS words,
         -- A REVOKE takes away what its own role gave.
         CASE WHEN grantor <> relowner THEN format('SET ROLE %I; ', pg_get_userbyid(grantor)) ELSE '' END AS before,
         CASE WHEN grantor <> relowner THEN '; RESET ROLE' ELSE '' END AS after
  FROM granted
  LEFT JOIN grantee ON grantee.oid = granted.grantee
  WHERE granted.grantee <> granted.relowner
)
SELECT 'grant' AS what, word || coalesce('.' || quote_ident(column_name), '') AS object,
       format('%s to %s', privilege, to_word) AS expected, 'no such grant' AS found,
       format('GRANT %s%s ON %s TO %s', privilege, coalesce(' (' || quote_ident(column_name) || ')', ''), word, to_word) AS repair
FROM wanted
WHERE NOT EXISTS (
  SELECT FROM held
  WHERE held.oid = wanted.oid AND held.grantee = wanted.grantee AND held.privilege_type = wanted.privilege
    AND held.column_name IS NOT DISTINCT FROM wanted.column_name
)
UNION ALL
SELECT 'grant', word || coalesce('.' || quote_ident(column_name), ''), format('no %s to %s', privilege_type, to_word),
       format('granted by %I', pg_get_userbyid(grantor)), before || format('REVOKE %s ON %s FROM %s', words, word, to_word) || after
FROM held
WHERE known AND NOT EXISTS (
  SELECT FROM wanted
  WHERE wanted.oid = held.oid AND wanted.grantee = held.grantee AND wanted.privilege = held.privilege_type
    AND wanted.column_name IS NOT DISTINCT FROM held.column_name
)
UNION ALL
SELECT 'grant', word || coalesce('.' || quote_ident(column_name), ''),
       format('%s to %s by the owner, without GRANT OPTION', privilege_type, to_word),
       format('granted by %I%s', pg_get_userbyid(grantor), CASE WHEN is_grantable THEN ' with GRANT OPTION' ELSE '' END),
       before || format('REVOKE %s%s ON %s FROM %s', CASE WHEN grantor = relowner THEN 'GRANT OPTION FOR ' ELSE '' END,
                            words, word, to_word) || after
FROM held
WHERE known AND (is_grantable OR grantor <> relowner) AND EXISTS (
  SELECT FROM wanted
  WHERE wanted.oid = held.oid AND wanted.grantee = held.grantee AND wanted.privilege = held.privilege_type
    AND wanted.column_name IS NOT DISTINCT FROM held.column_name
)
UNION ALL
SELECT 'grant', held.word || coalesce('.' || quote_ident(column_name), ''),
       format('no grant to %s, which the policy does not name', to_word),
       format('%s, granted by %I', privilege_type, pg_get_userbyid(grantor)),
       before || format('REVOKE %s ON %s FROM %s', words, held.word, to_word) || after
FROM held
JOIN relation ON relation.oid = held.oid AND relation.secured
JOIN pg_roles AS stranger ON stranger.oid = held.grantee AND NOT stranger.rolsuper
WHERE NOT known AND held.grantee NOT IN (SELECT oid FROM provider)
ORDER BY what, object, expected
