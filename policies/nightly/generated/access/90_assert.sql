-- Whether this database is what the policy says: prints every deviation with the statement that repairs it,
-- and ends with an error if there is one. Reads the catalogs alone, in a READ ONLY transaction, as any role:
-- psql -X -f 90_assert.sql

-- psql's own switches, whatever a start-up file made of them
\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT on
\set SINGLELINE off
\set SINGLESTEP off
\set FETCH_COUNT 0
\set ECHO none
\set ECHO_HIDDEN off
\set QUIET on
-- limits of this role or database that are meant for applications
SET statement_timeout = '0';
SET idle_in_transaction_session_timeout = '0';
SET default_transaction_read_only = 'off';
-- names and predicates mean what they mean here
SET standard_conforming_strings = on;
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
SET client_min_messages = 'warning';
SET transform_null_equals = 'off';
SET quote_all_identifiers = 'off';
SET row_security = 'off';
SET lock_timeout = '10s';

BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL jit = off;
\pset expanded on
\pset footer off
\pset tuples_only on
\pset format unaligned
\pset fieldsep ': '
\pset recordsep '\n'
\set noren_counts 0

SELECT length(set_config('noren.role', jsonb_agg(to_jsonb(expected))::text, true)) AS noren_length
FROM (VALUES
  ('mask_exporter', false, false, true, false), ('mask_importer', false, false, true, false)
) AS expected (name, login, bypass, tenants_own, owner)
\gset

SELECT length(set_config('noren.membership', '[]', true)) AS noren_length
\gset

SELECT length(set_config('noren.helper', '[]', true)) AS noren_length
\gset

SELECT length(set_config('noren.routine', '[]', true)) AS noren_length
\gset

SELECT length(
    set_config('noren.namespace', jsonb_agg(to_jsonb(expected))::text, true)
  ) AS noren_length
FROM (VALUES ('public', 'mask_exporter')) AS expected (name, role)
\gset

SELECT length(set_config('noren.tenancy', '[]', true)) AS noren_length
\gset

SELECT length(
    set_config('noren.relation', jsonb_agg(to_jsonb(expected))::text, true)
  ) AS noren_length
FROM (VALUES
  ('public', 'customers', 'rf', 'public.customers', false, false, false, false),
  ('public', 'departments', 'rf', 'public.departments', false, false, false, false),
  ('public', 'employees', 'rf', 'public.employees', false, false, false, false),
  ('public', 'events', 'rf', 'public.events', false, false, false, false),
  ('public', 'orders', 'rf', 'public.orders', false, false, false, false)
) AS expected (schema, name, kind, file, secured, enabled, forced, as_caller)
\gset

SELECT length(set_config('noren.policy', '[]', true)) AS noren_length
\gset

SELECT length(set_config('noren.exporter', '[]', true)) AS noren_length
\gset

SELECT length(
    set_config('noren.privilege', jsonb_agg(to_jsonb(expected))::text, true)
  ) AS noren_length
FROM (VALUES
  ('public', 'customers', NULL::text, 'mask_exporter', 'SELECT'),
  ('public', 'departments', NULL::text, 'mask_exporter', 'SELECT'),
  ('public', 'employees', NULL::text, 'mask_exporter', 'SELECT'),
  ('public', 'events', NULL::text, 'mask_exporter', 'SELECT'),
  ('public', 'orders', NULL::text, 'mask_exporter', 'SELECT')
) AS expected (schema, name, column_name, role, privilege)
\gset

SELECT length(set_config('noren.sequence', '[]', true)) AS noren_length
\gset

-- roles and their attributes
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
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
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- memberships, with ADMIN, INHERIT and SET
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
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
provider AS (
  -- What managed servers bring along. These are told, and are no deviations by themselves.
  SELECT oid FROM pg_roles
  WHERE rolname IN ('rdsadmin', 'rds_superuser', 'rds_iam', 'rds_password', 'rds_replication', 'rds_ad', 'rds_extension',
                    'cloudsqladmin', 'cloudsqlsuperuser', 'cloudsqliamuser', 'cloudsqliamserviceaccount',
                    'cloudsqlimportexport', 'cloudsqlreplica', 'alloydbadmin', 'alloydbsuperuser', 'alloydbiamuser',
                    'azuresu', 'azure_pg_admin', 'azure_superuser', 'azuread_user', 'neon_superuser')
),
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
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- ways from a role that acts for one tenant to one that sees more, by SET ROLE or inheritance
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
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
escape AS (
  SELECT path.*, power.why,
         (SELECT string_agg(quote_ident(pg_get_userbyid(step)), ' -> ' ORDER BY place)
          FROM unnest(path.steps) WITH ORDINALITY AS walked (step, place)) AS walk
  FROM path
  JOIN power ON power.oid = path.reached
)
SELECT 'way to another role' AS what, start AS object, format('no way to %s', why) AS expected, walk AS found,
       format('REVOKE %I FROM %I', pg_get_userbyid(steps[array_upper(steps, 1)]),
              pg_get_userbyid(steps[array_upper(steps, 1) - 1])) AS repair
FROM escape
ORDER BY object, expected, found;
\set noren_counts :noren_counts',':ROW_COUNT

-- owners
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
routine AS (
  -- Functions of the policy with who may call them; oid is NULL where the database has none of that name and types.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.routine')::jsonb)
    AS wanted (schema text, name text, arguments text[], roles text[])
  LEFT JOIN LATERAL (
    SELECT of.oid
    FROM pg_proc AS of
    JOIN pg_namespace AS space ON space.oid = of.pronamespace
    WHERE of.proname = wanted.name AND space.nspname = wanted.schema AND wanted.arguments = ARRAY(
      SELECT type_space.nspname || '.' || coalesce(element.typname, own.typname)
        || CASE WHEN element.oid IS NULL THEN '' ELSE '[]' END
      FROM unnest(of.proargtypes::oid[]) WITH ORDINALITY AS argument (type, place)
      JOIN pg_type AS own ON own.oid = argument.type
      LEFT JOIN pg_type AS element ON element.typarray = own.oid
      JOIN pg_namespace AS type_space ON type_space.oid = coalesce(element.typnamespace, own.typnamespace)
      ORDER BY argument.place
    )
  ) AS live ON true
),
owned AS (
  SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END AS kind,
         word, relowner AS holder
  FROM relation
  WHERE oid IS NOT NULL
  UNION ALL
  SELECT 'SCHEMA', quote_ident(nspname), nspowner
  FROM pg_namespace
  WHERE nspname = 'noren' OR nspname IN (SELECT schema FROM relation)
  UNION ALL
  SELECT CASE of.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, of.oid::regprocedure::text, of.proowner
  FROM pg_proc AS of
  WHERE of.pronamespace = to_regnamespace('noren') OR of.oid IN (SELECT oid FROM routine)
  UNION ALL
  SELECT 'DATABASE', quote_ident(datname), datdba
  FROM pg_database
  WHERE datname = current_database()
)
SELECT 'owner' AS what, lower(kind) || ' ' || word AS object, 'no owner that acts for one tenant' AS expected,
       pg_get_userbyid(holder)::text AS found,
       format('ALTER %s %s OWNER TO %s', kind, word,
              coalesce((SELECT quote_ident(min(name)) FROM role WHERE owner), 'CURRENT_USER')) AS repair
FROM owned
WHERE holder IN (
  SELECT role.oid FROM role JOIN pg_roles AS live USING (oid)
  -- A view that reads as such a role shows one tenant's rows; nobody can become one that cannot log in.
  WHERE tenants_own AND NOT owner AND NOT (kind = 'VIEW' AND NOT live.rolcanlogin)
)
UNION ALL
-- Functions that policies call: whoever owns one decides what every policy reads.
SELECT 'owner', lower(kind) || ' ' || word, format('owner of schema noren: %I', pg_get_userbyid(space.nspowner)),
       pg_get_userbyid(holder), format('DROP %s %s, then run 10_functions.sql', kind, word)
FROM owned
JOIN pg_namespace AS space ON space.nspname = 'noren'
WHERE kind = 'FUNCTION' AND word LIKE 'noren.%' AND holder <> space.nspowner
ORDER BY object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- functions that policies read settings with
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
helper AS (
  SELECT wanted.*, live.oid,
         CASE WHEN is_array THEN type.typarray ELSE type.oid END AS type_oid
  FROM jsonb_to_recordset(current_setting('noren.helper')::jsonb)
    AS wanted (schema text, name text, setting text, type_schema text, type_name text, is_array boolean)
  LEFT JOIN pg_namespace AS type_space ON type_space.nspname = wanted.type_schema
  LEFT JOIN pg_type AS type ON type.typnamespace = type_space.oid AND type.typname = wanted.type_name
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_proc AS live ON live.pronamespace = space.oid AND live.proname = wanted.name AND live.pronargs = 0
),
body AS (
  -- As PostgreSQL prints the function's own parse tree; a cast to text is none.
  SELECT helper.*,
         'RETURN ' || CASE WHEN type_oid = 'text'::regtype THEN read
                           ELSE format('(%s)::%s', read, format_type(type_oid, NULL)) END AS wanted_body
  FROM helper
  CROSS JOIN LATERAL (VALUES (format('NULLIF(current_setting(%L::text, true), ''''::text)', setting))) AS of (read)
),
fact AS (
  SELECT body.schema, body.name, fact.*
  FROM body
  JOIN pg_proc AS live USING (oid)
  JOIN pg_language AS language ON language.oid = live.prolang
  CROSS JOIN LATERAL (VALUES
    ('kind', 'f', live.prokind::text),
    ('language', 'sql', language.lanname::text),
    ('type', format_type(body.type_oid, NULL), format_type(live.prorettype, NULL)),
    ('set', 'false', live.proretset::text),
    ('body', wanted_body, coalesce(pg_get_function_sqlbody(live.oid), 'text that is read at run time: ' || live.prosrc)),
    ('volatility', 'STABLE', CASE live.provolatile WHEN 's' THEN 'STABLE' WHEN 'i' THEN 'IMMUTABLE' ELSE 'VOLATILE' END),
    ('parallel', 'SAFE', CASE live.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END),
    ('security', 'INVOKER', CASE WHEN live.prosecdef THEN 'DEFINER' ELSE 'INVOKER' END),
    ('leakproof', 'false', live.proleakproof::text),
    ('settings', 'none', coalesce(array_to_string(live.proconfig, ', '), 'none'))
  ) AS fact (item, wanted, found)
)
SELECT 'helper function' AS what, format('%I.%I()', schema, name) AS object, format('reads %s', setting) AS expected,
       'no such function' AS found, 'run 10_functions.sql' AS repair
FROM helper
WHERE oid IS NULL
UNION ALL
SELECT 'helper function', format('%I.%I()', schema, name), item || ': ' || coalesce(wanted, 'no such type'),
       item || ': ' || found, 'run 10_functions.sql'
FROM fact
WHERE wanted IS DISTINCT FROM found
UNION ALL
SELECT 'function in schema noren', live.oid::regprocedure::text, 'no function that the policy does not name',
       format('owned by %I', pg_get_userbyid(live.proowner)), format('DROP ROUTINE %s', live.oid::regprocedure)
FROM pg_proc AS live
JOIN pg_namespace AS space ON space.oid = live.pronamespace AND space.nspname = 'noren'
WHERE NOT EXISTS (SELECT FROM helper WHERE helper.oid = live.oid)
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- tables, row security, partitions and tables that were added since
WITH RECURSIVE relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
tenancy AS (
  SELECT * FROM jsonb_to_recordset(current_setting('noren.tenancy')::jsonb) AS wanted (tenant_column text)
),
child AS (
  -- Partitions and inheritance children of what the policy secures, to any depth.
  SELECT relation.oid AS root, relation.word AS root_word, relation.enabled, relation.forced, heir.inhrelid AS oid
  FROM relation
  JOIN pg_inherits AS heir ON heir.inhparent = relation.oid
  WHERE relation.secured
  UNION
  SELECT child.root, child.root_word, child.enabled, child.forced, heir.inhrelid
  FROM child
  JOIN pg_inherits AS heir ON heir.inhparent = child.oid
),
found AS (
  SELECT relation.word, relation.enabled, relation.forced, live.relrowsecurity, live.relforcerowsecurity
  FROM relation
  JOIN pg_class AS live USING (oid)
  WHERE live.relkind IN ('r', 'p')
  UNION
  SELECT live.oid::regclass::text, child.enabled, child.forced, live.relrowsecurity, live.relforcerowsecurity
  FROM child
  JOIN pg_class AS live USING (oid)
  WHERE live.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM relation WHERE relation.oid = child.oid)
)
SELECT 'relation' AS what, word AS object,
       CASE kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'p' THEN 'partitioned table'
                 WHEN 'r' THEN 'table' WHEN 'rf' THEN 'table' ELSE 'partition' END AS expected,
       'no such relation' AS found, 'dump the schema again and compile again' AS repair
FROM relation
WHERE oid IS NULL
UNION ALL
SELECT 'row security', word, CASE WHEN enabled THEN 'enabled' ELSE 'disabled' END,
       CASE WHEN relrowsecurity THEN 'enabled' ELSE 'disabled' END,
       format('ALTER TABLE %s %s ROW LEVEL SECURITY', word, CASE WHEN enabled THEN 'ENABLE' ELSE 'DISABLE' END)
FROM found
WHERE enabled <> relrowsecurity
UNION ALL
SELECT 'row security of the owner', word, CASE WHEN forced THEN 'forced' ELSE 'not forced' END,
       CASE WHEN relforcerowsecurity THEN 'forced' ELSE 'not forced' END,
       format('ALTER TABLE %s %s ROW LEVEL SECURITY', word, CASE WHEN forced THEN 'FORCE' ELSE 'NO FORCE' END)
FROM found
WHERE forced <> relforcerowsecurity
UNION ALL
SELECT 'foreign table', child.oid::regclass::text, format('no foreign child of %s, which row security cannot protect', root_word),
       'a foreign table', format('ALTER TABLE %s DETACH PARTITION %s', root_word, child.oid::regclass)
FROM child
JOIN pg_class AS live USING (oid)
WHERE live.relkind = 'f'
UNION ALL
-- A table that was added since the schema was compiled.
SELECT 'table that the policy does not know', live.oid::regclass::text,
       format('no column %I outside the tables of the policy', tenancy.tenant_column),
       CASE live.relkind WHEN 'f' THEN 'a foreign table' WHEN 'm' THEN 'a materialized view' ELSE 'a table' END
       || ' with the tenant column', 'dump the schema again and compile again'
FROM tenancy
JOIN pg_attribute AS column_of ON column_of.attname = tenancy.tenant_column AND NOT column_of.attisdropped
  AND column_of.attnum > 0
JOIN pg_class AS live ON live.oid = column_of.attrelid AND live.relkind IN ('r', 'p', 'f', 'm')
  AND live.relpersistence <> 't'
JOIN pg_namespace AS space ON space.oid = live.relnamespace
  AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'noren')
WHERE NOT EXISTS (SELECT FROM relation WHERE relation.oid = live.oid)
  AND NOT EXISTS (SELECT FROM child WHERE child.oid = live.oid)
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- policies: those of the files and no others, unchanged since they were made
WITH RECURSIVE relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
wanted AS (
  SELECT wanted.*, relation.oid, relation.word, relation.file
  FROM jsonb_to_recordset(current_setting('noren.policy')::jsonb)
    AS wanted (schema text, table_name text, name text, digest text)
  JOIN relation ON relation.schema = wanted.schema AND relation.name = wanted.table_name
  WHERE relation.oid IS NOT NULL
),
live AS (
  SELECT of.polrelid, of.polname::text AS name, of.polpermissive, of.polcmd, of.polroles,
         pg_get_expr(of.polqual, of.polrelid) AS shown,
         coalesce(obj_description(of.oid, 'pg_policy'), '') AS comment,
         -- What the policy says, as 30_tables wrote it down when it made it.
         left(encode(sha256(convert_to(jsonb_build_array(
           of.polcmd, of.polpermissive,
           ARRAY(SELECT CASE member WHEN 0 THEN 'public' ELSE pg_get_userbyid(member) END
                 FROM unnest(of.polroles) AS member ORDER BY 1),
           pg_get_expr(of.polqual, of.polrelid), pg_get_expr(of.polwithcheck, of.polrelid)
         )::text, 'UTF8')), 'hex'), 16) AS digest
  FROM pg_policy AS of
),
compared AS (
  SELECT wanted.name IS NOT NULL AS planned, live.name IS NOT NULL AS there, wanted.digest AS compiled, wanted.file, live.*,
         format('%s: %I', coalesce(wanted.word, live.polrelid::regclass::text), coalesce(wanted.name, live.name)) AS object
  FROM wanted
  FULL JOIN live ON live.polrelid = wanted.oid AND live.name = wanted.name
)
SELECT 'policy' AS what, object, 'the policy' AS expected, 'no such policy' AS found,
       format('run 30_tables/%s.sql', file) AS repair
FROM compared
WHERE planned AND NOT there
UNION ALL
SELECT 'policy', object, 'as these files make it',
       CASE WHEN comment !~ '\[compile:[0-9a-f]{16} live:[0-9a-f]{16}\]$' THEN 'without its digests'
            WHEN comment NOT LIKE '%[compile:' || compiled || ' live:%' THEN 'from other files'
            ELSE 'changed since it was made' END,
       format('run 30_tables/%s.sql', file)
FROM compared
WHERE planned AND there AND comment NOT LIKE '%[compile:' || compiled || ' live:' || digest || ']'
UNION ALL
SELECT 'policy', object, 'no policy that the policy files do not name',
       CASE WHEN polpermissive THEN 'a permissive policy' ELSE 'a restrictive policy' END,
       format('DROP POLICY %I ON %s', name, polrelid::regclass)
FROM compared
WHERE NOT planned AND (polrelid IN (SELECT oid FROM relation) OR comment LIKE 'noren: %')
  -- rights_source.sql of an export makes these, and nothing but these.
  AND NOT EXISTS (
    SELECT
    FROM jsonb_to_recordset(current_setting('noren.exporter')::jsonb)
      AS exporter (schema text, table_name text, name text, role text)
    WHERE compared.polrelid = to_regclass(format('%I.%I', exporter.schema, exporter.table_name))
      AND compared.name = exporter.name AND polpermissive AND polcmd = 'r' AND shown = 'true'
      AND ARRAY(SELECT pg_get_userbyid(member)::text FROM unnest(polroles) AS member) = ARRAY[exporter.role]
  )
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- grants on tables, views and columns
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
grantee AS (
  -- To whom grants are known exactly: the roles of the policy, and PUBLIC.
  SELECT oid, name, quote_ident(name) AS word FROM role WHERE oid IS NOT NULL
  UNION ALL
  SELECT 0, 'public', 'PUBLIC'
  UNION ALL
  -- Made by earlier files, and named no more: what it still holds is to be taken away.
  SELECT former.oid, former.rolname, quote_ident(former.rolname)
  FROM pg_roles AS former
  WHERE shobj_description(former.oid, 'pg_authid') = 'noren: made by 00_roles.sql'
    AND NOT EXISTS (SELECT FROM role WHERE role.oid = former.oid)
),
relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
provider AS (
  -- What managed servers bring along. These are told, and are no deviations by themselves.
  SELECT oid FROM pg_roles
  WHERE rolname IN ('rdsadmin', 'rds_superuser', 'rds_iam', 'rds_password', 'rds_replication', 'rds_ad', 'rds_extension',
                    'cloudsqladmin', 'cloudsqlsuperuser', 'cloudsqliamuser', 'cloudsqliamserviceaccount',
                    'cloudsqlimportexport', 'cloudsqlreplica', 'alloydbadmin', 'alloydbsuperuser', 'alloydbiamuser',
                    'azuresu', 'azure_pg_admin', 'azure_superuser', 'azuread_user', 'neon_superuser')
),
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
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- grants on sequences
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
grantee AS (
  -- To whom grants are known exactly: the roles of the policy, and PUBLIC.
  SELECT oid, name, quote_ident(name) AS word FROM role WHERE oid IS NOT NULL
  UNION ALL
  SELECT 0, 'public', 'PUBLIC'
  UNION ALL
  -- Made by earlier files, and named no more: what it still holds is to be taken away.
  SELECT former.oid, former.rolname, quote_ident(former.rolname)
  FROM pg_roles AS former
  WHERE shobj_description(former.oid, 'pg_authid') = 'noren: made by 00_roles.sql'
    AND NOT EXISTS (SELECT FROM role WHERE role.oid = former.oid)
),
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
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- schemas
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
grantee AS (
  -- To whom grants are known exactly: the roles of the policy, and PUBLIC.
  SELECT oid, name, quote_ident(name) AS word FROM role WHERE oid IS NOT NULL
  UNION ALL
  SELECT 0, 'public', 'PUBLIC'
  UNION ALL
  -- Made by earlier files, and named no more: what it still holds is to be taken away.
  SELECT former.oid, former.rolname, quote_ident(former.rolname)
  FROM pg_roles AS former
  WHERE shobj_description(former.oid, 'pg_authid') = 'noren: made by 00_roles.sql'
    AND NOT EXISTS (SELECT FROM role WHERE role.oid = former.oid)
),
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
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- functions, and what runs as somebody else
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
grantee AS (
  -- To whom grants are known exactly: the roles of the policy, and PUBLIC.
  SELECT oid, name, quote_ident(name) AS word FROM role WHERE oid IS NOT NULL
  UNION ALL
  SELECT 0, 'public', 'PUBLIC'
  UNION ALL
  -- Made by earlier files, and named no more: what it still holds is to be taken away.
  SELECT former.oid, former.rolname, quote_ident(former.rolname)
  FROM pg_roles AS former
  WHERE shobj_description(former.oid, 'pg_authid') = 'noren: made by 00_roles.sql'
    AND NOT EXISTS (SELECT FROM role WHERE role.oid = former.oid)
),
relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
routine AS (
  -- Functions of the policy with who may call them; oid is NULL where the database has none of that name and types.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.routine')::jsonb)
    AS wanted (schema text, name text, arguments text[], roles text[])
  LEFT JOIN LATERAL (
    SELECT of.oid
    FROM pg_proc AS of
    JOIN pg_namespace AS space ON space.oid = of.pronamespace
    WHERE of.proname = wanted.name AND space.nspname = wanted.schema AND wanted.arguments = ARRAY(
      SELECT type_space.nspname || '.' || coalesce(element.typname, own.typname)
        || CASE WHEN element.oid IS NULL THEN '' ELSE '[]' END
      FROM unnest(of.proargtypes::oid[]) WITH ORDINALITY AS argument (type, place)
      JOIN pg_type AS own ON own.oid = argument.type
      LEFT JOIN pg_type AS element ON element.typarray = own.oid
      JOIN pg_namespace AS type_space ON type_space.oid = coalesce(element.typnamespace, own.typnamespace)
      ORDER BY argument.place
    )
  ) AS live ON true
),
wanted AS (
  SELECT routine.oid, grantee.oid AS grantee, grantee.word AS to_word
  FROM routine
  CROSS JOIN LATERAL unnest(routine.roles) AS of (role_name)
  JOIN grantee ON grantee.name = of.role_name AND grantee.oid <> 0
  JOIN pg_proc AS live ON live.oid = routine.oid AND live.proowner <> grantee.oid
),
held AS (
  SELECT live.oid, acl.grantee, acl.is_grantable, acl.grantor, live.proowner, grantee.word AS to_word,
         live.oid::regprocedure::text AS word, live.proacl IS NULL AS by_default,
         EXISTS (SELECT FROM routine WHERE routine.oid = live.oid) AS known,
         CASE WHEN acl.grantor <> live.proowner THEN format('SET ROLE %I; ', pg_get_userbyid(acl.grantor)) ELSE '' END AS before,
         CASE WHEN acl.grantor <> live.proowner THEN '; RESET ROLE' ELSE '' END AS after
  FROM pg_proc AS live
  JOIN pg_namespace AS space ON space.oid = live.pronamespace
    AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  CROSS JOIN LATERAL aclexplode(coalesce(live.proacl, acldefault('f', live.proowner))) AS acl
  JOIN grantee ON grantee.oid = acl.grantee
  WHERE acl.grantee <> live.proowner
    -- What program.sql gives to the exporting role, which runs it with its own rights.
    AND NOT (space.nspname = 'noren_run' AND NOT live.prosecdef AND acl.grantee <> 0 AND NOT acl.is_grantable)
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = live.oid AND deptype = 'e')
)
SELECT 'function' AS what, format('%I.%I(%s)', schema, name, array_to_string(arguments, ', ')) AS object,
       'the function' AS expected, 'no such function' AS found,
       CASE schema WHEN 'noren' THEN 'run 10_functions.sql' ELSE 'dump the schema again and compile again' END AS repair
FROM routine
WHERE oid IS NULL
UNION ALL
SELECT 'grant', 'function ' || wanted.oid::regprocedure, format('EXECUTE to %s', to_word), 'no such grant',
       format('GRANT EXECUTE ON ROUTINE %s TO %s', wanted.oid::regprocedure, to_word)
FROM wanted
WHERE NOT EXISTS (SELECT FROM held WHERE held.oid = wanted.oid AND held.grantee = wanted.grantee)
UNION ALL
SELECT 'grant', 'function ' || word, format('no EXECUTE to %s', to_word),
       CASE WHEN by_default THEN 'granted to everybody since the function was made'
            ELSE format('granted by %I%s', pg_get_userbyid(grantor),
                        CASE WHEN is_grantable THEN ' with GRANT OPTION' ELSE '' END) END,
       before || format('REVOKE EXECUTE ON ROUTINE %s FROM %s', word, to_word) || after
FROM held
WHERE (known OR held.grantee <> 0)
  AND (is_grantable OR NOT EXISTS (SELECT FROM wanted WHERE wanted.oid = held.oid AND wanted.grantee = held.grantee))
UNION ALL
-- Runs as its owner, for whoever may call it. One that the policy names is granted to nobody but those it names.
SELECT 'security definer function', live.oid::regprocedure::text,
       format('not callable by %s', string_agg(quote_ident(role.name), ', ' ORDER BY role.name)),
       format('runs as %I', pg_get_userbyid(live.proowner)),
       format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', live.oid::regprocedure)
FROM pg_proc AS live
JOIN pg_namespace AS space ON space.oid = live.pronamespace
  AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
JOIN role ON role.oid IS NOT NULL AND role.tenants_own AND NOT role.owner AND has_function_privilege(role.oid, live.oid, 'EXECUTE')
WHERE live.prosecdef AND NOT EXISTS (SELECT FROM routine WHERE routine.oid = live.oid)
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = live.oid AND deptype = 'e')
GROUP BY live.oid, live.proowner
UNION ALL
-- A trigger's function needs no right of whoever fires it.
SELECT 'security definer trigger', format('%s: %I', relation.word, fired.tgname),
       'no trigger that runs as somebody else and that the policy does not name',
       format('%s runs as %I', live.oid::regprocedure, pg_get_userbyid(live.proowner)),
       format('ALTER FUNCTION %s SECURITY INVOKER', live.oid::regprocedure)
FROM relation
JOIN pg_trigger AS fired ON fired.tgrelid = relation.oid AND NOT fired.tgisinternal
JOIN pg_proc AS live ON live.oid = fired.tgfoid AND live.prosecdef
WHERE NOT EXISTS (SELECT FROM routine WHERE routine.oid = live.oid)
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- default privileges
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
grantee AS (
  -- To whom grants are known exactly: the roles of the policy, and PUBLIC.
  SELECT oid, name, quote_ident(name) AS word FROM role WHERE oid IS NOT NULL
  UNION ALL
  SELECT 0, 'public', 'PUBLIC'
  UNION ALL
  -- Made by earlier files, and named no more: what it still holds is to be taken away.
  SELECT former.oid, former.rolname, quote_ident(former.rolname)
  FROM pg_roles AS former
  WHERE shobj_description(former.oid, 'pg_authid') = 'noren: made by 00_roles.sql'
    AND NOT EXISTS (SELECT FROM role WHERE role.oid = former.oid)
),
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
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- views, materialized views and rules over scoped tables
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
reads AS (
  SELECT DISTINCT rule.ev_class AS oid, used.refobjid AS read
  FROM pg_rewrite AS rule
  JOIN pg_depend AS used ON used.classid = 'pg_rewrite'::regclass AND used.objid = rule.oid
    AND used.refclassid = 'pg_class'::regclass AND used.refobjid <> rule.ev_class
  JOIN pg_class AS of ON of.oid = rule.ev_class AND of.relkind IN ('v', 'm')
),
direct AS (
  SELECT DISTINCT reads.oid FROM reads JOIN relation ON relation.oid = reads.read AND relation.secured
),
over AS (
  -- Views over scoped tables, also through other views.
  SELECT oid FROM direct
  UNION
  SELECT reads.oid FROM reads JOIN over ON over.oid = reads.read
),
reader AS (
  SELECT oid, name FROM role WHERE tenants_own AND NOT owner AND oid IS NOT NULL
),
open AS (
  -- Those that a role which acts for one tenant may use, and what is used through them.
  SELECT over.oid
  FROM over
  WHERE EXISTS (
    SELECT FROM reader
    WHERE has_table_privilege(reader.oid, over.oid, 'SELECT, INSERT, UPDATE, DELETE')
       OR has_any_column_privilege(reader.oid, over.oid, 'SELECT, INSERT, UPDATE')
  )
  UNION
  SELECT reads.read FROM open JOIN reads ON reads.oid = open.oid JOIN over ON over.oid = reads.read
),
option AS (
  SELECT live.oid, live.relkind, live.relowner, live.oid::regclass::text AS word,
         coalesce((SELECT value::boolean FROM pg_options_to_table(live.reloptions) AS set (name, value)
                   WHERE name = 'security_invoker'), false) AS invoker,
         coalesce((SELECT value::boolean FROM pg_options_to_table(live.reloptions) AS set (name, value)
                   WHERE name = 'security_barrier'), false) AS barrier
  FROM pg_class AS live
  WHERE live.relkind IN ('v', 'm')
)
SELECT 'view' AS what, option.word AS object, 'security_invoker and security_barrier' AS expected,
       format('security_invoker=%s, security_barrier=%s', invoker, barrier) AS found,
       format('ALTER VIEW %s SET (security_invoker = true, security_barrier = true)', option.word) AS repair
FROM option
JOIN relation ON relation.oid = option.oid AND relation.as_caller
WHERE NOT invoker OR NOT barrier
UNION ALL
SELECT 'view', word, 'security_invoker, or an owner that acts for one tenant and cannot log in',
       format('reads scoped tables as %I', pg_get_userbyid(relowner)),
       format('ALTER VIEW %s SET (security_invoker = true, security_barrier = true)', word)
FROM option
WHERE relkind = 'v' AND NOT invoker
  AND oid IN (SELECT oid FROM open) AND oid IN (SELECT oid FROM direct)
  AND NOT EXISTS (SELECT FROM relation WHERE relation.oid = option.oid AND relation.as_caller)
  AND NOT EXISTS (
    SELECT FROM role JOIN pg_roles AS live USING (oid)
    WHERE role.oid = option.relowner AND role.tenants_own AND NOT role.owner AND NOT live.rolcanlogin
  )
UNION ALL
SELECT 'materialized view', word, 'not open to roles that act for one tenant', 'holds rows of every tenant',
       format('REVOKE ALL ON %s FROM PUBLIC, %s', word, (SELECT string_agg(quote_ident(name), ', ' ORDER BY name) FROM reader))
FROM option
WHERE relkind = 'm' AND oid IN (SELECT oid FROM open)
UNION ALL
-- A rule's action reaches other tables as the owner of the table that has the rule.
SELECT 'rule', format('%s: %I', relation.word, rule.rulename), 'no rule on a table of the policy', 'a rule',
       format('DROP RULE %I ON %s', rule.rulename, relation.word)
FROM relation
JOIN pg_rewrite AS rule ON rule.ev_class = relation.oid
WHERE relation.secured AND relation.relkind IN ('r', 'p')
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- settings that are stored where none may be
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
setting AS (
  SELECT DISTINCT wanted.setting AS name
  FROM jsonb_to_recordset(current_setting('noren.helper')::jsonb) AS wanted (setting text)
),
stored AS (
  SELECT of.setrole, of.setdatabase, split_part(entry, '=', 1) AS name, entry
  FROM pg_db_role_setting AS of
  CROSS JOIN LATERAL unnest(of.setconfig) AS entry
  WHERE of.setdatabase = 0 OR of.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT 'stored setting' AS what,
       concat_ws(' in ', CASE WHEN setrole <> 0 THEN format('role %I', pg_get_userbyid(setrole)) ELSE 'everybody' END,
                 CASE WHEN setdatabase <> 0 THEN format('database %I', current_database()) END) AS object,
       format('no stored %s', stored.name) AS expected, entry AS found,
       CASE WHEN setrole = 0 THEN format('ALTER DATABASE %I', current_database())
            ELSE format('ALTER ROLE %I', pg_get_userbyid(setrole))
                 || CASE WHEN setdatabase <> 0 THEN format(' IN DATABASE %I', current_database()) ELSE '' END END
       || ' RESET ' || (SELECT string_agg(quote_ident(part), '.') FROM unnest(string_to_array(stored.name, '.')) AS part) AS repair
FROM stored
WHERE lower(stored.name) IN (SELECT lower(name) FROM setting)
   OR lower(stored.name) IN ('row_security', 'role', 'session_replication_role') AND (setrole = 0 OR setrole IN (SELECT oid FROM role))
UNION ALL
-- From the server's own files, or from whoever runs this.
SELECT 'setting', setting.name, 'no value in a new session', current_setting(setting.name, true),
       'take it out of the server''s settings, or of PGOPTIONS'
FROM setting
WHERE current_setting(setting.name, true) <> ''
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- leaks of PostgreSQL itself that a newer minor version closes
WITH RECURSIVE fix AS (
  -- Leaks around row security in PostgreSQL itself, each with the first minor version that is free of it.
  SELECT *
  FROM (VALUES
    ('CVE-2023-2454', 'CREATE SCHEMA gets around a safe search_path', 140008),
    ('CVE-2023-2454', 'CREATE SCHEMA gets around a safe search_path', 150003),
    ('CVE-2023-2455', 'row security forgets that the user changed after a function was inlined', 140008),
    ('CVE-2023-2455', 'row security forgets that the user changed after a function was inlined', 150003),
    ('CVE-2023-39418', 'MERGE skips policies', 150004),
    ('CVE-2024-10976', 'row security below sub-queries forgets that the user changed', 140014),
    ('CVE-2024-10976', 'row security below sub-queries forgets that the user changed', 150009),
    ('CVE-2024-10976', 'row security below sub-queries forgets that the user changed', 160005),
    ('CVE-2024-10976', 'row security below sub-queries forgets that the user changed', 170001),
    ('CVE-2024-10978', 'SET ROLE comes back to another user', 140014),
    ('CVE-2024-10978', 'SET ROLE comes back to another user', 150009),
    ('CVE-2024-10978', 'SET ROLE comes back to another user', 160005),
    ('CVE-2024-10978', 'SET ROLE comes back to another user', 170001),
    ('CVE-2025-8713', 'statistics show rows that policies hide', 140019),
    ('CVE-2025-8713', 'statistics show rows that policies hide', 150014),
    ('CVE-2025-8713', 'statistics show rows that policies hide', 160010),
    ('CVE-2025-8713', 'statistics show rows that policies hide', 170006)
  ) AS of (name, words, number)
),
running AS (
  SELECT current_setting('server_version_num')::integer AS number
)
SELECT 'server version' AS what, fix.name || ': ' || fix.words AS object,
       format('%s.%s or later', fix.number / 10000, fix.number % 10000) AS expected,
       format('%s.%s', running.number / 10000, running.number % 10000) AS found,
       'install the newest minor version' AS repair
FROM fix
JOIN running ON running.number / 10000 = fix.number / 10000 AND running.number < fix.number
UNION ALL
SELECT 'server version', 'PostgreSQL', '14 or later', format('%s', number / 10000), 'upgrade'
FROM running
WHERE number < 140000
ORDER BY what, object;
\set noren_counts :noren_counts',':ROW_COUNT

-- good to know; none of these is a deviation
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
),
relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
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
provider AS (
  -- What managed servers bring along. These are told, and are no deviations by themselves.
  SELECT oid FROM pg_roles
  WHERE rolname IN ('rdsadmin', 'rds_superuser', 'rds_iam', 'rds_password', 'rds_replication', 'rds_ad', 'rds_extension',
                    'cloudsqladmin', 'cloudsqlsuperuser', 'cloudsqliamuser', 'cloudsqliamserviceaccount',
                    'cloudsqlimportexport', 'cloudsqlreplica', 'alloydbadmin', 'alloydbsuperuser', 'alloydbiamuser',
                    'azuresu', 'azure_pg_admin', 'azure_superuser', 'azuread_user', 'neon_superuser')
),
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
ORDER BY what, object, note;

SELECT set_config('noren.deviations', sum(count::integer)::text, true) AS noren_deviations
FROM unnest(string_to_array(:'noren_counts', ',')) AS counted (count)
\gset
DO LANGUAGE plpgsql $noren$
DECLARE
  deviations integer := pg_catalog.current_setting('noren.deviations');
BEGIN
  IF deviations > 0 THEN
    RAISE EXCEPTION 'this database is not as the policy says: % deviations', deviations
      USING HINT = 'each is printed above with the statement that repairs it';
  END IF;
END
$noren$;
COMMIT;
