edge AS (
  -- Memberships with what they give; before 16 every one may SET ROLE, and the member's own attribute inherits.
  SELECT given.roleid, given.member, given.admin_option AS admin, given.grantor,
         coalesce((to_jsonb(given) ->> 'inherit_option')::boolean, member.rolinherit) AS inherits,
         coalesce((to_jsonb(given) ->> 'set_option')::boolean, true) AS sets, false AS implied
  FROM pg_auth_members AS given
  JOIN pg_roles AS member ON member.oid = given.member
  UNION ALL
  -- Whoever owns the database is a member without being granted.
  SELECT 'pg_database_owner'::regrole, datdba, false, datdba, true, true, true
  FROM pg_database
  WHERE datname = current_database()
),
path AS (
  -- Every way from a role that acts for one tenant, through whatever roles there are. ADMIN OPTION gives the rest.
  SELECT role.name AS start, role.oid AS first, edge.roleid AS reached, ARRAY[role.oid, edge.roleid] AS steps
  FROM role
  JOIN edge ON edge.member = role.oid AND (edge.inherits OR edge.sets OR edge.admin)
  WHERE role.tenants_own AND NOT role.owner
  UNION
  SELECT path.start, path.first, edge.roleid, path.steps || edge.roleid
  FROM path
  JOIN edge ON edge.member = path.reached AND (edge.inherits OR edge.sets OR edge.admin)
  WHERE edge.roleid <> ALL (path.steps)
),
power AS (
  -- What no such role may reach, and why.
  SELECT oid, 'a superuser' AS why FROM pg_roles WHERE rolsuper
  UNION ALL
  SELECT oid, 'a role with BYPASSRLS' FROM pg_roles WHERE rolbypassrls
  UNION ALL
  SELECT oid, 'a role with CREATEROLE' FROM pg_roles WHERE rolcreaterole
  UNION ALL
  SELECT oid, 'a role that acts for all tenants' FROM role WHERE NOT tenants_own AND oid IS NOT NULL
  UNION ALL
  SELECT DISTINCT relowner, 'the owner of a table of the policy' FROM relation WHERE relkind IN ('r', 'p')
  UNION ALL
  SELECT nspowner, 'the owner of schema noren' FROM pg_namespace WHERE nspname = 'noren'
  UNION ALL
  SELECT oid, 'a role that reads or writes everything, or files of the server' FROM pg_roles
  WHERE rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
                    'pg_execute_server_program', 'pg_maintain', 'pg_database_owner')
),
