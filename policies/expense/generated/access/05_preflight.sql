-- What must be true before anything is changed: prints everything that is not, and ends with an error if there is
-- something. Changes nothing. Run by apply.sql, as the role that will run the rest.

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
  ('app', true, false, true, false), ('exporter', false, true, false, false),
  ('importer', false, false, true, false), ('investigator', true, false, true, false),
  ('migrator', NULL::boolean, false, true, true), ('reporting', true, true, false, false),
  ('support', true, true, false, false)
) AS expected (name, login, bypass, tenants_own, owner)
\gset

SELECT length(set_config('noren.helper', jsonb_agg(to_jsonb(expected))::text, true)) AS noren_length
FROM (VALUES
  ('noren', 'app_tenant_id', 'app.tenant_id', 'pg_catalog', 'uuid', false),
  ('noren', 'app_user_id', 'app.user_id', 'pg_catalog', 'int8', false)
) AS expected (schema, name, setting, type_schema, type_name, is_array)
\gset

SELECT length(
    set_config('noren.routine', jsonb_agg(to_jsonb(expected))::text, true)
  ) AS noren_length
FROM (VALUES
  (
    'noren',
    'app_tenant_id',
    ARRAY[]::text[],
    ARRAY['app', 'importer', 'investigator', 'migrator']::text[]
  ), ('noren', 'app_user_id', ARRAY[]::text[], ARRAY['app']::text[]),
  ('public', 'set_search_key', ARRAY[]::text[], ARRAY['app']::text[])
) AS expected (schema, name, arguments, roles)
\gset

SELECT length(
    set_config('noren.namespace', jsonb_agg(to_jsonb(expected))::text, true)
  ) AS noren_length
FROM (VALUES
  ('archive', 'app'), ('archive', 'exporter'), ('public', 'app'), ('public', 'exporter'),
  ('public', 'reporting'), ('public', 'support')
) AS expected (name, role)
\gset

SELECT length(
    set_config('noren.relation', jsonb_agg(to_jsonb(expected))::text, true)
  ) AS noren_length
FROM (VALUES
  ('archive', 'legacy_orders', 'r', 'archive.legacy_orders', true, true, true, false),
  ('public', 'CorporateCards', 'r', 'public.%43orporate%43ards', true, true, true, false),
  ('public', 'api_keys', 'r', 'public.api_keys', true, true, true, false),
  ('public', 'approvals', 'r', 'public.approvals', true, true, true, false),
  (
    'public',
    'ar_internal_metadata',
    'rf',
    'public.ar_internal_metadata',
    false,
    false,
    false,
    false
  ), ('public', 'attachments', 'r', 'public.attachments', true, true, true, false),
  ('public', 'audit_logs', 'p', 'public.audit_logs', true, true, true, false),
  ('public', 'audit_logs_2025_12', 'rp', 'public.audit_logs_2025_12', true, true, true, false),
  ('public', 'audit_logs_2026_01', 'rp', 'public.audit_logs_2026_01', true, true, true, false),
  ('public', 'bank_accounts', 'r', 'public.bank_accounts', true, true, true, false),
  ('public', 'card_transactions', 'p', 'public.card_transactions', true, true, true, false),
  (
    'public',
    'card_transactions_2025_11',
    'rp',
    'public.card_transactions_2025_11',
    true,
    true,
    true,
    false
  ),
  (
    'public',
    'card_transactions_2025_12',
    'rp',
    'public.card_transactions_2025_12',
    true,
    true,
    true,
    false
  ),
  (
    'public',
    'card_transactions_2026_01',
    'rp',
    'public.card_transactions_2026_01',
    true,
    true,
    true,
    false
  ),
  (
    'public',
    'card_transactions_rest',
    'rp',
    'public.card_transactions_rest',
    true,
    true,
    true,
    false
  ), ('public', 'companies', 'r', 'public.companies', true, true, true, false),
  ('public', 'currencies', 'rf', 'public.currencies', false, false, false, false),
  ('public', 'departments', 'r', 'public.departments', true, true, true, false),
  ('public', 'expense_categories', 'r', 'public.expense_categories', true, true, true, false),
  ('public', 'expense_items', 'r', 'public.expense_items', true, true, true, false),
  ('public', 'expense_reports', 'r', 'public.expense_reports', true, true, true, false),
  ('public', 'expenses', 'r', 'public.expenses', true, true, true, false),
  ('public', 'mileage_rates', 'rf', 'public.mileage_rates', false, false, false, false),
  ('public', 'monthly_totals', 'm', 'public.monthly_totals', false, false, false, false),
  ('public', 'notices', 'r', 'public.notices', true, true, true, false),
  ('public', 'open_reports', 'v', 'public.open_reports', false, false, false, false),
  ('public', 'order', 'r', 'public.order', true, true, true, false),
  ('public', 'roles_of_staff', 'r', 'public.roles_of_staff', true, true, true, false),
  ('public', 'schema_migrations', 'rf', 'public.schema_migrations', false, false, false, false),
  ('public', 'sessions', 'r', 'public.sessions', true, true, true, false),
  ('public', 'users', 'r', 'public.users', true, true, true, false),
  ('public', 'vouchers', 'r', 'public.vouchers', true, true, true, false),
  ('public', '取引先', 'r', 'public.%e5%8f%96%e5%bc%95%e5%85%88', true, true, true, false)
) AS expected (schema, name, kind, file, secured, enabled, forced, as_caller)
\gset

SELECT length(set_config('noren.exporter', '[]', true)) AS noren_length
\gset

SELECT length(
    set_config('noren.sequence', jsonb_agg(to_jsonb(expected))::text, true)
  ) AS noren_length
FROM (VALUES
  ('public', 'expense_items_id_seq', 'app'), ('public', 'roles_of_staff_id_seq', 'app'),
  ('public', 'voucher_numbers', 'app')
) AS expected (schema, name, role)
\gset

SELECT length(set_config('noren.column', jsonb_agg(to_jsonb(expected))::text, true)) AS noren_length
FROM (VALUES
  ('archive', 'legacy_orders', 'Note', 'pg_catalog.text'),
  ('archive', 'legacy_orders', 'company_id', 'pg_catalog.uuid'),
  ('archive', 'legacy_orders', 'customer', 'pg_catalog.text'),
  ('archive', 'legacy_orders', 'id', 'pg_catalog.int4'),
  ('archive', 'legacy_orders', 'total', 'pg_catalog.numeric'),
  ('public', 'CorporateCards', 'CardId', 'pg_catalog.int4'),
  ('public', 'CorporateCards', 'CardNumber', 'pg_catalog.varchar'),
  ('public', 'CorporateCards', 'expiresOn', 'pg_catalog.date'),
  ('public', 'CorporateCards', 'holderId', 'pg_catalog.int8'),
  ('public', 'CorporateCards', 'isActive', 'pg_catalog.bool'),
  ('public', 'CorporateCards', 'last4', 'pg_catalog.bpchar'),
  ('public', 'CorporateCards', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'api_keys', 'id', 'pg_catalog.uuid'),
  ('public', 'api_keys', 'issued_by', 'pg_catalog.int8'),
  ('public', 'api_keys', 'key_digest', 'pg_catalog.text'),
  ('public', 'api_keys', 'label', 'pg_catalog.varchar'),
  ('public', 'api_keys', 'scopes', 'pg_catalog.text[]'),
  ('public', 'api_keys', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'approvals', 'approved', 'pg_catalog.bool'),
  ('public', 'approvals', 'approver_id', 'pg_catalog.int8'),
  ('public', 'approvals', 'comment', 'pg_catalog.text'),
  ('public', 'approvals', 'decided_at', 'pg_catalog.timestamptz'),
  ('public', 'approvals', 'id', 'pg_catalog.int8'),
  ('public', 'approvals', 'report_id', 'pg_catalog.int8'),
  ('public', 'approvals', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'attachments', 'checksum', 'pg_catalog.bytea'),
  ('public', 'attachments', 'content', 'pg_catalog.bytea'),
  ('public', 'attachments', 'file_name', 'pg_catalog.varchar'),
  ('public', 'attachments', 'id', 'pg_catalog.uuid'),
  ('public', 'attachments', 'item_id', 'pg_catalog.int8'),
  ('public', 'attachments', 'mime_type', 'pg_catalog.text'),
  ('public', 'attachments', 'ocr_search', 'pg_catalog.tsvector'),
  ('public', 'attachments', 'ocr_text', 'pg_catalog.text'),
  ('public', 'attachments', 'uploaded_at', 'pg_catalog.timestamptz'),
  ('public', 'audit_logs', 'action', 'pg_catalog.text'),
  ('public', 'audit_logs', 'actor_id', 'pg_catalog.int8'),
  ('public', 'audit_logs', 'detail', 'pg_catalog.jsonb'),
  ('public', 'audit_logs', 'id', 'pg_catalog.int8'),
  ('public', 'audit_logs', 'ip_address', 'pg_catalog.inet'),
  ('public', 'audit_logs', 'logged_at', 'pg_catalog.timestamptz'),
  ('public', 'audit_logs', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'bank_accounts', 'bank_code', 'pg_catalog.bpchar'),
  ('public', 'bank_accounts', 'branch_code', 'pg_catalog.bpchar'),
  ('public', 'bank_accounts', 'holder_kana', 'pg_catalog.varchar'),
  ('public', 'bank_accounts', 'id', 'pg_catalog.uuid'),
  ('public', 'bank_accounts', 'is_default', 'pg_catalog.bool'),
  ('public', 'bank_accounts', 'number', 'public.account_number'),
  ('public', 'bank_accounts', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'bank_accounts', 'user_id', 'pg_catalog.int8'),
  ('public', 'card_transactions', 'amount', 'public.yen'),
  ('public', 'card_transactions', 'card_id', 'pg_catalog.int4'),
  ('public', 'card_transactions', 'id', 'pg_catalog.int8'),
  ('public', 'card_transactions', 'merchant', 'pg_catalog.text'),
  ('public', 'card_transactions', 'raw', 'pg_catalog.jsonb'),
  ('public', 'card_transactions', 'settled', 'pg_catalog.bool'),
  ('public', 'card_transactions', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'card_transactions', 'used_at', 'pg_catalog.timestamptz'),
  ('public', 'companies', 'contact_email', 'public.email_address'),
  ('public', 'companies', 'country_code', 'pg_catalog.bpchar'),
  ('public', 'companies', 'created_at', 'pg_catalog.timestamptz'),
  ('public', 'companies', 'id', 'pg_catalog.uuid'),
  ('public', 'companies', 'name', 'pg_catalog.text'),
  ('public', 'companies', 'name_kana', 'pg_catalog.text'),
  ('public', 'companies', 'plan', 'public.plan'),
  ('public', 'companies', 'settings', 'pg_catalog.jsonb'),
  ('public', 'departments', 'head_user_id', 'pg_catalog.int8'),
  ('public', 'departments', 'id', 'pg_catalog.int8'),
  ('public', 'departments', 'name', 'pg_catalog.text'),
  ('public', 'departments', 'parent_id', 'pg_catalog.int8'),
  ('public', 'departments', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'expense_categories', 'account_code', 'pg_catalog.varchar'),
  ('public', 'expense_categories', 'id', 'pg_catalog.int4'),
  ('public', 'expense_categories', 'name', 'pg_catalog.text'),
  ('public', 'expense_categories', 'tax_rate', 'pg_catalog.numeric'),
  ('public', 'expense_categories', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'expense_items', 'description', 'pg_catalog.text'),
  ('public', 'expense_items', 'expense_id', 'pg_catalog.int8'),
  ('public', 'expense_items', 'id', 'pg_catalog.int8'),
  ('public', 'expense_items', 'line_no', 'pg_catalog.int2'),
  ('public', 'expense_items', 'quantity', 'pg_catalog.numeric'),
  ('public', 'expense_items', 'unit_price', 'public.yen'),
  ('public', 'expense_reports', 'applicant_id', 'pg_catalog.int8'),
  ('public', 'expense_reports', 'closed_on', 'pg_catalog.date'),
  ('public', 'expense_reports', 'id', 'pg_catalog.int8'),
  ('public', 'expense_reports', 'latest_approval_id', 'pg_catalog.int8'),
  ('public', 'expense_reports', 'period', 'pg_catalog.tstzrange'),
  ('public', 'expense_reports', 'status', 'public.expense_status'),
  ('public', 'expense_reports', 'submitted_at', 'pg_catalog.timestamptz'),
  ('public', 'expense_reports', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'expense_reports', 'title', 'pg_catalog.text'),
  ('public', 'expense_reports', 'total', 'public.yen'),
  ('public', 'expenses', 'amount', 'public.yen'),
  ('public', 'expenses', 'attendees', 'public.attendee[]'),
  ('public', 'expenses', 'category_id', 'pg_catalog.int4'),
  ('public', 'expenses', 'created_at', 'pg_catalog.timestamptz'),
  ('public', 'expenses', 'created_by', 'pg_catalog.int8'),
  ('public', 'expenses', 'currency_code', 'pg_catalog.bpchar'),
  ('public', 'expenses', 'exchange_rate', 'pg_catalog.float8'),
  ('public', 'expenses', 'id', 'pg_catalog.int8'),
  ('public', 'expenses', 'memo', 'pg_catalog.text'),
  ('public', 'expenses', 'payee', 'pg_catalog.text'),
  ('public', 'expenses', 'report_id', 'pg_catalog.int8'),
  ('public', 'expenses', 'spent_on', 'pg_catalog.date'),
  ('public', 'expenses', 'status', 'public.expense_status'),
  ('public', 'expenses', 'tags', 'pg_catalog.text[]'),
  ('public', 'expenses', 'tax_amount', 'pg_catalog.numeric'),
  ('public', 'expenses', 'tax_rate', 'pg_catalog.numeric'),
  ('public', 'expenses', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'expenses', '取引先番号', 'pg_catalog.int4'),
  ('public', 'notices', 'audience', 'pg_catalog.text'),
  ('public', 'notices', 'body', 'pg_catalog.text'), ('public', 'notices', 'id', 'pg_catalog.int4'),
  ('public', 'notices', 'published_at', 'pg_catalog.timestamptz'),
  ('public', 'notices', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'notices', 'title', 'pg_catalog.text'), ('public', 'order', 'desc', 'pg_catalog.text'),
  ('public', 'order', 'group', 'pg_catalog.int4'), ('public', 'order', 'id', 'pg_catalog.int8'),
  ('public', 'order', 'ordered_at', 'pg_catalog.timestamptz'),
  ('public', 'order', 'ship_to', 'public.住所型'),
  ('public', 'order', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'order', 'user', 'pg_catalog.int8'),
  ('public', 'roles_of_staff', 'id', 'pg_catalog.int4'),
  ('public', 'roles_of_staff', 'name', 'pg_catalog.text'),
  ('public', 'roles_of_staff', 'permissions', 'pg_catalog.text[]'),
  ('public', 'roles_of_staff', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'sessions', 'id', 'pg_catalog.uuid'),
  ('public', 'sessions', 'idle_for', 'pg_catalog.interval'),
  ('public', 'sessions', 'ip_address', 'pg_catalog.inet'),
  ('public', 'sessions', 'started_at', 'pg_catalog.timestamptz'),
  ('public', 'sessions', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'sessions', 'token_digest', 'pg_catalog.bytea'),
  ('public', 'sessions', 'user_agent', 'pg_catalog.text'),
  ('public', 'users', 'backup_email', 'pg_catalog.varchar'),
  ('public', 'users', 'birth_date', 'pg_catalog.date'),
  ('public', 'users', 'created_at', 'pg_catalog.timestamptz'),
  ('public', 'users', 'deleted_at', 'pg_catalog.timestamptz'),
  ('public', 'users', 'department_id', 'pg_catalog.int8'),
  ('public', 'users', 'email', 'public.email_address'),
  ('public', 'users', 'failed_logins', 'pg_catalog.int4'),
  ('public', 'users', 'gender_code', 'pg_catalog.int2'),
  ('public', 'users', 'id', 'pg_catalog.int8'),
  ('public', 'users', 'last_session_id', 'pg_catalog.uuid'),
  ('public', 'users', 'locale', 'pg_catalog.varchar'),
  ('public', 'users', 'manager_id', 'pg_catalog.int8'),
  ('public', 'users', 'memo', 'pg_catalog.text'), ('public', 'users', 'name', 'pg_catalog.text'),
  ('public', 'users', 'name_kana', 'pg_catalog.text'),
  ('public', 'users', 'nickname', 'pg_catalog.varchar'),
  ('public', 'users', 'password_digest', 'pg_catalog.text'),
  ('public', 'users', 'phone', 'pg_catalog.varchar'),
  ('public', 'users', 'profile', 'pg_catalog.json'),
  ('public', 'users', 'roles', 'pg_catalog.text[]'),
  ('public', 'users', 'search_key', 'pg_catalog.text'),
  ('public', 'users', 'settings', 'pg_catalog.jsonb'),
  ('public', 'users', 'tenant_id', 'pg_catalog.uuid'),
  ('public', 'users', 'visibility', 'public.visibility'),
  ('public', 'vouchers', 'barcode', 'pg_catalog.varchar'),
  ('public', 'vouchers', 'expense_id', 'pg_catalog.int8'),
  ('public', 'vouchers', 'number', 'pg_catalog.int4'),
  ('public', 'vouchers', 'printed_at', 'pg_catalog.time'),
  ('public', 'vouchers', 'tenant_id', 'pg_catalog.uuid'),
  ('public', '取引先', 'tenant_id', 'pg_catalog.uuid'),
  ('public', '取引先', 'メール', 'public.email_address'),
  ('public', '取引先', '会社名', 'pg_catalog.text'), ('public', '取引先', '住所', 'public.住所型'),
  ('public', '取引先', '備考', 'pg_catalog.text'),
  ('public', '取引先', '担当者', 'pg_catalog.text'),
  ('public', '取引先', '番号', 'pg_catalog.int4'),
  ('public', '取引先', '登録日', 'pg_catalog.date'),
  ('public', '取引先', '電話番号', 'pg_catalog.varchar')
) AS expected (schema, name, column_name, type)
\gset

SELECT length(
    set_config('noren.version', jsonb_agg(to_jsonb(expected))::text, true)
  ) AS noren_length
FROM (VALUES (15)) AS expected (major)
\gset

-- the server is not older than these files
WITH RECURSIVE running AS (
  SELECT current_setting('server_version_num')::integer / 10000 AS major
),
wanted AS (
  SELECT * FROM jsonb_to_recordset(current_setting('noren.version')::jsonb) AS wanted (major integer)
)
SELECT 'server version' AS what, 'PostgreSQL' AS object, format('%s, for which these files were compiled', wanted.major) AS expected,
       running.major::text AS found, 'set `version` in noren.toml and compile again' AS repair
FROM running
CROSS JOIN wanted
WHERE running.major < wanted.major;
\set noren_counts :noren_counts',':ROW_COUNT

-- roles are there, with their attributes
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

-- what will be changed is there, and whoever runs this may change it
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
runner AS (
  SELECT rolname AS name, rolsuper AS super FROM pg_roles WHERE rolname = current_user
),
needed AS (
  SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END || ' ' || word AS object,
         relowner AS holder
  FROM relation
  WHERE oid IS NOT NULL
  UNION
  SELECT 'sequence ' || live.oid::regclass, live.relowner
  FROM jsonb_to_recordset(current_setting('noren.sequence')::jsonb) AS wanted (schema text, name text)
  JOIN pg_namespace AS space ON space.nspname = wanted.schema
  JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name AND live.relkind = 'S'
  UNION
  SELECT 'function ' || live.oid::regprocedure, live.proowner
  FROM routine
  JOIN pg_proc AS live USING (oid)
  UNION
  SELECT 'schema noren', nspowner FROM pg_namespace WHERE nspname = 'noren'
)
SELECT 'relation' AS what, word AS object,
       CASE kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'p' THEN 'partitioned table'
                 WHEN 'r' THEN 'table' WHEN 'rf' THEN 'table' ELSE 'partition' END AS expected,
       'no such relation' AS found, 'dump the schema again and compile again' AS repair
FROM relation
WHERE oid IS NULL
UNION ALL
SELECT 'owner', object, format('owned by %I, who runs this, or by a role that it is a member of', runner.name),
       format('owned by %I', pg_get_userbyid(holder)), format('run this as %I', pg_get_userbyid(holder))
FROM needed
CROSS JOIN runner
WHERE NOT runner.super AND NOT pg_has_role(current_user, holder, 'USAGE')
UNION ALL
SELECT 'schema', format('schema %I', wanted.name), format('%I, who runs this, may grant USAGE on it', runner.name),
       coalesce(format('owned by %I', pg_get_userbyid(space.nspowner)), 'no such schema'),
       coalesce(format('run this as %I, or GRANT USAGE ON SCHEMA %I TO %I WITH GRANT OPTION', pg_get_userbyid(space.nspowner),
                       wanted.name, runner.name), 'dump the schema again and compile again')
FROM (SELECT DISTINCT name FROM jsonb_to_recordset(current_setting('noren.namespace')::jsonb) AS wanted (name text)) AS wanted
CROSS JOIN runner
LEFT JOIN pg_namespace AS space ON space.nspname = wanted.name
WHERE wanted.name <> 'noren'
  AND (space.oid IS NULL OR NOT has_schema_privilege(space.oid, 'USAGE WITH GRANT OPTION'))
UNION ALL
SELECT 'function', format('%I.%I(%s)', schema, name, array_to_string(arguments, ', ')), 'the function', 'no such function',
       'dump the schema again and compile again'
FROM routine
WHERE oid IS NULL AND schema <> 'noren'
UNION ALL
SELECT 'database', format('database %I', current_database()), format('%I, who runs this, may make schema noren', runner.name),
       'may not', format('GRANT CREATE ON DATABASE %I TO %I', current_database(), runner.name)
FROM runner
WHERE to_regnamespace('noren') IS NULL AND NOT has_database_privilege(current_database(), 'CREATE')
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- schema noren is ours, or not there
WITH RECURSIVE role AS (
  -- Roles of the policy; oid is NULL where the cluster has none of that name.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.role')::jsonb)
    AS wanted (name text, login boolean, bypass boolean, tenants_own boolean, owner boolean)
  LEFT JOIN pg_roles AS live ON live.rolname = wanted.name
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
inside AS (
  SELECT 'function ' || live.oid::regprocedure AS object, live.proowner AS holder,
         EXISTS (SELECT FROM routine WHERE routine.oid = live.oid) AS known
  FROM pg_proc AS live
  WHERE live.pronamespace = to_regnamespace('noren')
)
-- Whoever owns the schema or a function in it decides what every policy reads.
SELECT 'schema' AS what, 'schema noren' AS object, 'an owner that is no role acting for one tenant' AS expected,
       format('owned by %I', pg_get_userbyid(space.nspowner)) AS found,
       'find out who made it; then DROP SCHEMA noren CASCADE' AS repair
FROM pg_namespace AS space
WHERE space.nspname = 'noren' AND EXISTS (
  SELECT FROM role
  WHERE role.oid IS NOT NULL AND role.tenants_own AND NOT role.owner AND pg_has_role(role.oid, space.nspowner, 'MEMBER')
)
UNION ALL
SELECT 'function', object, format('the owner of schema noren, %I', pg_get_userbyid(space.nspowner)),
       format('owned by %I', pg_get_userbyid(holder)), format('find out who made it; then DROP %s', object)
FROM inside
JOIN pg_namespace AS space ON space.nspname = 'noren'
WHERE known AND holder <> space.nspowner
ORDER BY what, object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

-- columns of tables under row security are those that were compiled
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
  SELECT relation.oid, relation.word, wanted.column_name, wanted.type
  FROM jsonb_to_recordset(current_setting('noren.column')::jsonb)
    AS wanted (schema text, name text, column_name text, type text)
  JOIN relation ON relation.schema = wanted.schema AND relation.name = wanted.name AND relation.oid IS NOT NULL
)
SELECT 'column' AS what, format('%s.%I', word, column_name) AS object, wanted.type AS expected,
       coalesce(live.type, 'no such column') AS found, 'dump the schema again and compile again' AS repair
FROM wanted
LEFT JOIN LATERAL (
  -- The element type of an array, by schema and internal name.
  SELECT space.nspname || '.' || coalesce(element.typname, own.typname) || CASE WHEN element.oid IS NULL THEN '' ELSE '[]' END AS type
  FROM pg_attribute AS column_of
  JOIN pg_type AS own ON own.oid = column_of.atttypid
  LEFT JOIN pg_type AS element ON element.typarray = own.oid
  JOIN pg_namespace AS space ON space.oid = coalesce(element.typnamespace, own.typnamespace)
  WHERE column_of.attrelid = wanted.oid AND column_of.attname = wanted.column_name AND NOT column_of.attisdropped
    AND column_of.attnum > 0
) AS live ON true
WHERE wanted.type IS DISTINCT FROM live.type
ORDER BY object;
\set noren_counts :noren_counts',':ROW_COUNT

-- a role that the policy does not name would lose what it reads today, without an error
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
provider AS (
  -- What managed servers bring along. These are told, and are no deviations by themselves.
  SELECT oid FROM pg_roles
  WHERE rolname IN ('rdsadmin', 'rds_superuser', 'rds_iam', 'rds_password', 'rds_replication', 'rds_ad', 'rds_extension',
                    'cloudsqladmin', 'cloudsqlsuperuser', 'cloudsqliamuser', 'cloudsqliamserviceaccount',
                    'cloudsqlimportexport', 'cloudsqlreplica', 'alloydbadmin', 'alloydbsuperuser', 'alloydbiamuser',
                    'azuresu', 'azure_pg_admin', 'azure_superuser', 'azuread_user', 'neon_superuser')
),
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
ORDER BY object, expected;
\set noren_counts :noren_counts',':ROW_COUNT

SELECT set_config('noren.deviations', sum(count::integer)::text, true) AS noren_deviations
FROM unnest(string_to_array(:'noren_counts', ',')) AS counted (count)
\gset
DO LANGUAGE plpgsql $noren$
DECLARE
  findings integer := pg_catalog.current_setting('noren.deviations');
BEGIN
  IF findings > 0 THEN
    RAISE EXCEPTION 'nothing was changed: % things must be put right first', findings
      USING HINT = 'each is printed above with what to do';
  END IF;
END
$noren$;
COMMIT;
