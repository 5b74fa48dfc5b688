membership AS (
  SELECT wanted.*, of_role.oid AS roleid, member_role.oid AS member_oid
  FROM jsonb_to_recordset(current_setting('noren.membership')::jsonb) AS wanted (of text, member text)
  LEFT JOIN pg_roles AS of_role ON of_role.rolname = wanted.of
  LEFT JOIN pg_roles AS member_role ON member_role.rolname = wanted.member
),
granted AS (
  SELECT edge.*, of_role.rolname AS of, member_role.rolname AS member_name, member_role.rolsuper AS member_super,
         format(' FROM %I', member_role.rolname)
         || CASE WHEN current_setting('server_version_num')::integer >= 160000
                 THEN format(' GRANTED BY %I', pg_get_userbyid(edge.grantor)) ELSE '' END AS from_member,
         concat_ws(', ', CASE WHEN edge.inherits THEN 'INHERIT' END, CASE WHEN edge.sets THEN 'SET' END,
                   CASE WHEN edge.admin THEN 'ADMIN' END) AS options,
         membership.of IS NOT NULL AS planned,
         member_role.oid IN (SELECT oid FROM role) AS member_of_policy
  FROM edge
  JOIN pg_roles AS of_role ON of_role.oid = edge.roleid
  JOIN pg_roles AS member_role ON member_role.oid = edge.member
  LEFT JOIN membership ON membership.roleid = edge.roleid AND membership.member_oid = edge.member
  WHERE NOT edge.implied
)
SELECT 'membership' AS what, member AS object, format('member of %I', of) AS expected, 'no member' AS found,
       format('GRANT %I TO %I', of, member) AS repair
FROM membership
WHERE NOT EXISTS (SELECT FROM granted WHERE granted.roleid = membership.roleid AND granted.member = member_oid)
UNION ALL
SELECT 'membership', member_name, format('no member of %I', of), format('member with %s', coalesce(nullif(options, ''), 'no option')),
       format('REVOKE %I', of) || from_member
FROM granted
WHERE member_of_policy AND NOT planned AND roleid NOT IN (SELECT oid FROM provider)
UNION ALL
SELECT 'membership', member_name, format('member of %I without ADMIN', of), format('member with %s', options),
       format('REVOKE ADMIN OPTION FOR %I', of) || from_member
FROM granted
WHERE planned AND admin
UNION ALL
SELECT 'membership', member_name, format('member of %I with INHERIT', of),
       format('member with %s', coalesce(nullif(options, ''), 'no option')),
       CASE WHEN current_setting('server_version_num')::integer >= 160000
            THEN format('GRANT %I TO %I WITH INHERIT TRUE', of, member_name)
            ELSE format('ALTER ROLE %I INHERIT', member_name) END
FROM granted
WHERE planned AND NOT inherits
UNION ALL
SELECT 'membership', member_name,
       format('no member of %I, which %s', of,
              CASE WHEN role.owner THEN 'owns tables' ELSE 'acts for all tenants' END),
       format('member with %s', coalesce(nullif(options, ''), 'no option')),
       format('REVOKE %I', of) || from_member
FROM granted
JOIN role ON role.oid = granted.roleid
WHERE (role.owner OR NOT role.tenants_own) AND NOT member_of_policy AND NOT member_super AND (inherits OR sets)
  AND granted.member NOT IN (SELECT oid FROM provider)
ORDER BY what, object, expected
