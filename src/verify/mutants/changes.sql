-- Everything that the files of access made or touched, taken away or loosened: one row a mutant, read off the catalog of
-- a database to which they were applied. Columns: the kind, the change, the object that the assertions must name, and,
-- where the change is the cluster's and not the database's, the way back. Changes of one kind to different objects are
-- tried together, since each is found by itself; one without a kind is tried alone.
WITH ours AS (
  SELECT oid, rolname, quote_ident(rolname) AS word, rolcanlogin, rolbypassrls
  FROM pg_roles
  WHERE rolname = ANY (string_to_array(current_setting('noren.verify_roles'), E'\x1f')) AND NOT rolsuper
),
deployer AS (
  SELECT oid, quote_ident(rolname) AS word, rolname FROM pg_roles WHERE rolname = current_setting('noren.verify_deployer')
),
relation AS (
  SELECT live.oid, live.oid::regclass::text AS word, live.relkind, live.relacl, live.relowner, live.relrowsecurity,
         live.relforcerowsecurity, live.relispartition, live.reloptions
  FROM pg_class AS live
  JOIN pg_namespace AS space ON space.oid = live.relnamespace
    AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'noren')
  WHERE live.relkind IN ('r', 'p', 'v', 'm')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = live.oid AND deptype = 'e')
),
tenant_role AS (SELECT min(word) AS word FROM ours WHERE rolcanlogin AND NOT rolbypassrls),
grantee AS (SELECT word FROM tenant_role WHERE word IS NOT NULL UNION ALL SELECT 'PUBLIC')
SELECT kind, format(kind, polname, polrelid::regclass), format('%s: %I', polrelid::regclass, polname), NULL AS undo
FROM pg_policy
CROSS JOIN unnest(ARRAY['DROP POLICY %I ON %s', 'COMMENT ON POLICY %I ON %s IS NULL']) AS kind
UNION ALL
SELECT 'ALTER POLICY %I ON %s TO', format('ALTER POLICY %I ON %s TO %s', polname, polrelid::regclass, deployer.word),
       format('%s: %I', polrelid::regclass, polname), NULL
FROM pg_policy CROSS JOIN deployer WHERE polroles <> ARRAY[deployer.oid]
UNION ALL
SELECT 'RENAME', format('ALTER POLICY %I ON %s RENAME TO renamed_%s', polname, polrelid::regclass,
                        row_number() OVER (PARTITION BY polrelid ORDER BY polname)),
       format('%s: %I', polrelid::regclass, polname), NULL
FROM pg_policy
UNION ALL
SELECT 'USING (true)', format('ALTER POLICY %I ON %s USING (true)', polname, polrelid::regclass),
       format('%s: %I', polrelid::regclass, polname), NULL
FROM pg_policy WHERE polqual IS NOT NULL AND pg_get_expr(polqual, polrelid) <> 'true'
UNION ALL
SELECT 'WITH CHECK (true)', format('ALTER POLICY %I ON %s WITH CHECK (true)', polname, polrelid::regclass),
       format('%s: %I', polrelid::regclass, polname), NULL
FROM pg_policy WHERE polwithcheck IS NOT NULL AND pg_get_expr(polwithcheck, polrelid) <> 'true'
UNION ALL
SELECT kind, format(kind, word), word, NULL FROM relation
CROSS JOIN unnest(ARRAY['ALTER TABLE %s DISABLE ROW LEVEL SECURITY', 'CREATE POLICY later ON %s USING (true)',
                        'CREATE RULE also AS ON DELETE TO %s DO ALSO SELECT 1']) AS kind
WHERE relrowsecurity
UNION ALL
SELECT 'NO FORCE', format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', word), word, NULL FROM relation WHERE relforcerowsecurity
UNION ALL
SELECT NULL, format('CREATE TABLE public.later () INHERITS (%s)', word), 'public.later', NULL FROM relation
WHERE relrowsecurity AND relkind = 'r' AND NOT relispartition
UNION ALL
SELECT 'REVOKE', format('REVOKE %s ON %s FROM %I', privilege_type, word, pg_get_userbyid(grantee)), word, NULL
FROM relation CROSS JOIN LATERAL aclexplode(relacl) WHERE grantee <> relowner AND grantee <> 0
UNION ALL
SELECT 'REVOKE COLUMN', format('REVOKE %s (%I) ON %s FROM %I', privilege_type, attname, word, pg_get_userbyid(grantee)),
       word || '.' || quote_ident(attname), NULL
FROM relation JOIN pg_attribute ON attrelid = oid CROSS JOIN LATERAL aclexplode(attacl) WHERE grantee <> 0
UNION ALL
SELECT privilege || grantee.word, format('GRANT %s ON %s TO %s', privilege, relation.word, grantee.word), relation.word, NULL
FROM relation CROSS JOIN unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege CROSS JOIN grantee
WHERE relkind IN ('r', 'p')
UNION ALL
SELECT 'GRANT SELECT TO PUBLIC', format('GRANT SELECT ON %s TO PUBLIC', word), word, NULL FROM relation
UNION ALL
SELECT 'GRANT SELECT', format('GRANT SELECT ON %s TO %s', relation.word, tenant_role.word), relation.word, NULL
FROM relation CROSS JOIN tenant_role WHERE (relispartition OR relkind = 'm') AND tenant_role.word IS NOT NULL
UNION ALL
SELECT 'RESET ' || option, format('ALTER VIEW %s RESET (%s)', word, option), word, NULL FROM relation
CROSS JOIN unnest(ARRAY['security_invoker', 'security_barrier']) AS option
WHERE relkind = 'v' AND EXISTS (SELECT FROM unnest(reloptions) AS set WHERE set LIKE option || '=%')
  AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee <> relowner)
UNION ALL
SELECT 'REVOKE SEQUENCE', format('REVOKE %s ON SEQUENCE %s FROM %I', privilege_type, live.oid::regclass, pg_get_userbyid(grantee)),
       'sequence ' || live.oid::regclass, NULL
FROM pg_class AS live CROSS JOIN LATERAL aclexplode(relacl) WHERE relkind = 'S' AND grantee IN (SELECT oid FROM ours)
UNION ALL
SELECT 'GRANT SEQUENCE', format('GRANT SELECT ON SEQUENCE %s TO %s', live.oid::regclass, tenant_role.word),
       'sequence ' || live.oid::regclass, NULL
FROM pg_class AS live CROSS JOIN tenant_role WHERE relkind = 'S' AND tenant_role.word IS NOT NULL
UNION ALL
SELECT 'REVOKE SCHEMA', format('REVOKE %s ON SCHEMA %I FROM %I', privilege_type, nspname, pg_get_userbyid(grantee)),
       'schema ' || quote_ident(nspname), NULL
FROM pg_namespace CROSS JOIN LATERAL aclexplode(nspacl) WHERE grantee IN (SELECT oid FROM ours)
UNION ALL
SELECT 'CREATE ' || grantee.word, format('GRANT CREATE ON SCHEMA %I TO %s', nspname, grantee.word), 'schema ' || quote_ident(nspname), NULL
FROM pg_namespace CROSS JOIN grantee WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT 'REVOKE EXECUTE', format('REVOKE EXECUTE ON FUNCTION %s FROM %I', live.oid::regprocedure, pg_get_userbyid(grantee)),
       live.oid::regprocedure::text, NULL
FROM pg_proc AS live CROSS JOIN LATERAL aclexplode(proacl) WHERE grantee IN (SELECT oid FROM ours)
UNION ALL
SELECT kind, format(kind, live.oid::regprocedure), live.oid::regprocedure::text, NULL
FROM pg_proc AS live
CROSS JOIN unnest(ARRAY['GRANT EXECUTE ON FUNCTION %s TO PUBLIC', 'ALTER FUNCTION %s IMMUTABLE',
  'ALTER FUNCTION %s SECURITY DEFINER', 'ALTER FUNCTION %s PARALLEL RESTRICTED',
  'ALTER FUNCTION %s SET search_path = public', 'DROP FUNCTION %s CASCADE']) AS kind
WHERE pronamespace = to_regnamespace('noren')
UNION ALL
SELECT attribute, format('ALTER ROLE %s %s', word, attribute), rolname, format('ALTER ROLE %s %s', word, back)
FROM ours
CROSS JOIN LATERAL (VALUES ('SUPERUSER', 'NOSUPERUSER'), ('CREATEROLE', 'NOCREATEROLE'), ('CREATEDB', 'NOCREATEDB'),
  ('REPLICATION', 'NOREPLICATION'),
  (CASE WHEN rolcanlogin THEN 'NOLOGIN' ELSE 'LOGIN' END, CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END),
  (CASE WHEN rolbypassrls THEN 'NOBYPASSRLS' ELSE 'BYPASSRLS' END,
   CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END)) AS of (attribute, back)
UNION ALL
SELECT NULL, format('GRANT %s TO %s', of.word, ours.word), ours.rolname, format('REVOKE %s FROM %s', of.word, ours.word)
FROM ours
CROSS JOIN LATERAL (
  SELECT word, oid FROM ours AS other WHERE other.oid <> ours.oid
  UNION ALL SELECT word, oid FROM deployer
  UNION ALL SELECT quote_ident(rolname), oid FROM pg_roles
  WHERE rolname IN (current_user, 'pg_read_all_data', 'pg_write_all_data')
) AS of
-- A cycle is refused, and what is there already is no change.
WHERE NOT pg_has_role(of.oid, ours.oid, 'MEMBER') AND NOT pg_has_role(ours.oid, of.oid, 'MEMBER')
   OR of.oid = (SELECT oid FROM pg_roles WHERE rolname = current_user)
UNION ALL
SELECT NULL, format('ALTER DEFAULT PRIVILEGES FOR ROLE %s %s GRANT %s TO %s', deployer.word, place, given, grantee.word),
       deployer.rolname, NULL
FROM deployer
CROSS JOIN LATERAL (
  SELECT '' UNION ALL SELECT format('IN SCHEMA %I', nspname) FROM pg_namespace
  WHERE nspowner = deployer.oid AND nspname <> 'noren'
) AS of (place)
CROSS JOIN unnest(ARRAY['SELECT ON TABLES', 'USAGE ON SEQUENCES', 'EXECUTE ON FUNCTIONS']) AS given
CROSS JOIN grantee
ORDER BY 1, 2
