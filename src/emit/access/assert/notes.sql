reader AS (
  SELECT oid, name FROM role WHERE tenants_own AND NOT owner AND oid IS NOT NULL
)
SELECT 'member' AS what, member.rolname::text AS object,
       format('member of %I (%s): it sees what that role sees', granting.name,
              concat_ws(', ', CASE WHEN edge.inherits THEN 'INHERIT' END, CASE WHEN edge.sets THEN 'SET' END,
                        CASE WHEN edge.admin THEN 'ADMIN' END)) AS note
FROM edge
JOIN role AS granting ON granting.oid = edge.roleid
JOIN pg_roles AS member ON member.oid = edge.member AND NOT member.rolsuper
WHERE NOT edge.implied AND edge.member NOT IN (SELECT oid FROM role WHERE oid IS NOT NULL)
UNION ALL
SELECT 'member', role.name, format('member of %I, a role of the provider''s', pg_get_userbyid(edge.roleid))
FROM edge
JOIN role ON role.oid = edge.member
WHERE edge.roleid IN (SELECT oid FROM provider)
UNION ALL
SELECT DISTINCT 'grant', relation.word, format('%s to %I, a role of the provider''s', acl.privilege_type, pg_get_userbyid(acl.grantee))
FROM relation
JOIN pg_class AS live USING (oid)
CROSS JOIN LATERAL aclexplode(live.relacl) AS acl
WHERE relation.secured AND acl.grantee IN (SELECT oid FROM provider)
UNION ALL
SELECT 'stored search_path', format('role %I', pg_get_userbyid(of.setrole)), entry
FROM pg_db_role_setting AS of
CROSS JOIN LATERAL unnest(of.setconfig) AS entry
WHERE entry LIKE 'search\_path=%' AND of.setrole IN (SELECT oid FROM role)
UNION ALL
SELECT 'publication', live.pubname::text,
       format('streams %I.%I, which row security does not filter', live.schemaname, live.tablename)
FROM pg_publication_tables AS live
JOIN relation ON relation.schema = live.schemaname AND relation.name = live.tablename AND relation.secured
UNION ALL
SELECT 'temporary tables', format('database %I', current_database()),
       format('they outlive a change of tenant, so DISCARD ALL between two users; made by %s',
              string_agg(quote_ident(reader.name), ', ' ORDER BY reader.name))
FROM reader
WHERE has_database_privilege(reader.oid, current_database(), 'TEMP')
HAVING count(*) > 0
UNION ALL
SELECT 'large objects', format('%s of them', count(*)), 'a large object has no row security: whoever is granted one reads it'
FROM pg_largeobject_metadata AS large
WHERE EXISTS (SELECT FROM aclexplode(large.lomacl) AS acl WHERE acl.grantee = 0 OR acl.grantee IN (SELECT oid FROM role))
HAVING count(*) > 0
UNION ALL
SELECT 'foreign server', live.srvname::text, format('%I may use it', reader.name)
FROM pg_foreign_server AS live
JOIN reader ON has_server_privilege(reader.oid, live.oid, 'USAGE')
UNION ALL
-- Under ENABLE alone the owner reads everything, and whoever may become the owner.
SELECT 'owner', relation.word, format('%I is not bound by row security until it is forced', pg_get_userbyid(relation.relowner))
FROM relation
JOIN pg_class AS live USING (oid)
JOIN pg_roles AS holder ON holder.oid = relation.relowner AND holder.rolcanlogin AND NOT holder.rolsuper
WHERE relation.secured AND live.relrowsecurity AND NOT live.relforcerowsecurity
UNION ALL
SELECT 'server version', 'CVE-2026-14666: plans that are kept forget that a role changed',
       format('fixed in 14.24, 15.19, 16.15, 17.11 and 18.6; this is %s: close sessions after changing roles',
              current_setting('server_version'))
WHERE current_setting('server_version_num')::integer % 10000
    < CASE current_setting('server_version_num')::integer / 10000
        WHEN 14 THEN 24 WHEN 15 THEN 19 WHEN 16 THEN 15 WHEN 17 THEN 11 WHEN 18 THEN 6 ELSE 0 END
ORDER BY what, object, note
