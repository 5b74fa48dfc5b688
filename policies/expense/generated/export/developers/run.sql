-- Exports the masked rows of one audience into a fresh folder. Changes nothing in the database.
-- Run as: psql -X -v run=FOLDER -f run.sql
-- exports.noren:4  export developers

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
-- names mean what they mean here, and values are written and read back exactly
SET standard_conforming_strings = on;
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET timezone = 'UTC';
SET bytea_output = 'hex';
SET lc_monetary = 'C';
SET xmloption = 'content';
SET array_nulls = 'on';
SET transform_null_equals = 'off';
SET synchronize_seqscans = 'off';
SET row_security = 'off';
SET extra_float_digits = 1;
\if :{?run}
\else
\set run data/developers
\endif
\set noren_fresh `mkdir -p -- "$(dirname -- :'run')" && mkdir -m 700 -- :'run' && echo on || echo off`
\if :noren_fresh
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'the run folder must not exist yet: every run writes into a fresh one'
    USING HINT = 'name another one: psql -v run=FOLDER';
END
$noren$;
\endif

-- the mask key, from the environment; no statement holds it
CREATE TEMPORARY TABLE pg_temp.noren_key (
  hex text
);
\copy pg_temp.noren_key (hex) from program 'printf %s "$NOREN_MASK_KEY" | od -An -v -tx1 | tr -d '' \n''' WITH (FORMAT text)
DO LANGUAGE plpgsql $noren$
BEGIN
  IF (
    SELECT count(*) <> 1 OR NOT coalesce(bool_and(length(hex) >= 64 AND hex ~ '^(2[0-9a-f]|[3-6][0-9a-f]|7[0-9a-e])+$'), false)
    FROM pg_temp.noren_key
  ) THEN
    RAISE EXCEPTION 'the environment variable NOREN_MASK_KEY must hold a key of at least 32 printable ASCII characters'
      USING HINT = 'for example what "openssl rand -hex 32" prints; it is read by psql and sent to no log';
  END IF;
END
$noren$;

-- what the files were compiled for; compared with the live catalog below
CREATE TEMPORARY TABLE pg_temp.noren_shape (
  kind text,
  schema_name text,
  table_name text,
  item text,
  value text
);
INSERT INTO pg_temp.noren_shape (kind, schema_name, table_name, item, value)
VALUES
  ('table', 'archive', 'legacy_orders', '', 'ordinary'),
  ('table', 'public', 'CorporateCards', '', 'ordinary'),
  ('table', 'public', 'api_keys', '', 'ordinary'),
  ('table', 'public', 'approvals', '', 'ordinary'),
  ('table', 'public', 'attachments', '', 'ordinary'),
  ('table', 'public', 'bank_accounts', '', 'ordinary'),
  ('table', 'public', 'card_transactions', '', 'partitioned'),
  ('table', 'public', 'companies', '', 'ordinary'),
  ('table', 'public', 'currencies', '', 'ordinary'),
  ('table', 'public', 'departments', '', 'ordinary'),
  ('table', 'public', 'expense_categories', '', 'ordinary'),
  ('table', 'public', 'expense_items', '', 'ordinary'),
  ('table', 'public', 'expense_reports', '', 'ordinary'),
  ('table', 'public', 'expenses', '', 'ordinary'),
  ('table', 'public', 'mileage_rates', '', 'ordinary'),
  ('table', 'public', 'notices', '', 'ordinary'),
  ('table', 'public', 'order', '', 'ordinary'),
  ('table', 'public', 'roles_of_staff', '', 'ordinary'),
  ('table', 'public', 'users', '', 'ordinary'),
  ('table', 'public', 'vouchers', '', 'ordinary'),
  ('table', 'public', '取引先', '', 'ordinary'),
  ('column', 'archive', 'legacy_orders', 'Note', 'pg_catalog.text'),
  ('column', 'archive', 'legacy_orders', 'company_id', 'pg_catalog.uuid not null'),
  ('column', 'archive', 'legacy_orders', 'customer', 'pg_catalog.text'),
  ('column', 'archive', 'legacy_orders', 'id', 'pg_catalog.int4 not null'),
  ('column', 'archive', 'legacy_orders', 'total', 'pg_catalog.numeric(12,2)'),
  ('column', 'public', 'CorporateCards', 'CardId', 'pg_catalog.int4 not null identity by default'),
  ('column', 'public', 'CorporateCards', 'CardNumber', 'pg_catalog.varchar(19) not null'),
  ('column', 'public', 'CorporateCards', 'expiresOn', 'pg_catalog.date not null'),
  ('column', 'public', 'CorporateCards', 'holderId', 'pg_catalog.int8'),
  ('column', 'public', 'CorporateCards', 'isActive', 'pg_catalog.bool not null'),
  ('column', 'public', 'CorporateCards', 'last4', 'pg_catalog.bpchar(4) generated stored'),
  ('column', 'public', 'CorporateCards', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'api_keys', 'id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'api_keys', 'issued_by', 'pg_catalog.int8'),
  ('column', 'public', 'api_keys', 'key_digest', 'pg_catalog.text not null'),
  ('column', 'public', 'api_keys', 'label', 'pg_catalog.varchar(60) not null'),
  ('column', 'public', 'api_keys', 'scopes', 'pg_catalog.text[] not null'),
  ('column', 'public', 'api_keys', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'approvals', 'approved', 'pg_catalog.bool'),
  ('column', 'public', 'approvals', 'approver_id', 'pg_catalog.int8 not null'),
  ('column', 'public', 'approvals', 'comment', 'pg_catalog.text'),
  ('column', 'public', 'approvals', 'decided_at', 'pg_catalog.timestamptz'),
  ('column', 'public', 'approvals', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'public', 'approvals', 'report_id', 'pg_catalog.int8 not null'),
  ('column', 'public', 'approvals', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'attachments', 'checksum', 'pg_catalog.bytea'),
  ('column', 'public', 'attachments', 'content', 'pg_catalog.bytea'),
  ('column', 'public', 'attachments', 'file_name', 'pg_catalog.varchar(120) not null'),
  ('column', 'public', 'attachments', 'id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'attachments', 'item_id', 'pg_catalog.int8 not null'),
  ('column', 'public', 'attachments', 'mime_type', 'pg_catalog.text not null'),
  ('column', 'public', 'attachments', 'ocr_search', 'pg_catalog.tsvector generated stored'),
  ('column', 'public', 'attachments', 'ocr_text', 'pg_catalog.text'),
  ('column', 'public', 'attachments', 'uploaded_at', 'pg_catalog.timestamptz not null'),
  ('column', 'public', 'bank_accounts', 'bank_code', 'pg_catalog.bpchar(4) not null'),
  ('column', 'public', 'bank_accounts', 'branch_code', 'pg_catalog.bpchar(3) not null'),
  ('column', 'public', 'bank_accounts', 'holder_kana', 'pg_catalog.varchar(48) not null'),
  ('column', 'public', 'bank_accounts', 'id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'bank_accounts', 'is_default', 'pg_catalog.bool not null'),
  ('column', 'public', 'bank_accounts', 'number', 'public.account_number not null'),
  ('column', 'public', 'bank_accounts', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'bank_accounts', 'user_id', 'pg_catalog.int8 not null'),
  ('column', 'public', 'card_transactions', 'amount', 'public.yen not null'),
  ('column', 'public', 'card_transactions', 'card_id', 'pg_catalog.int4 not null'),
  ('column', 'public', 'card_transactions', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'public', 'card_transactions', 'merchant', 'pg_catalog.text not null'),
  ('column', 'public', 'card_transactions', 'raw', 'pg_catalog.jsonb'),
  ('column', 'public', 'card_transactions', 'settled', 'pg_catalog.bool not null'),
  ('column', 'public', 'card_transactions', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'card_transactions', 'used_at', 'pg_catalog.timestamptz not null'),
  ('column', 'public', 'companies', 'contact_email', 'public.email_address'),
  ('column', 'public', 'companies', 'country_code', 'pg_catalog.bpchar(2) not null'),
  ('column', 'public', 'companies', 'created_at', 'pg_catalog.timestamptz not null'),
  ('column', 'public', 'companies', 'id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'companies', 'name', 'pg_catalog.text not null'),
  ('column', 'public', 'companies', 'name_kana', 'pg_catalog.text'),
  ('column', 'public', 'companies', 'plan', 'public.plan not null'),
  ('column', 'public', 'companies', 'settings', 'pg_catalog.jsonb not null'),
  ('column', 'public', 'currencies', 'code', 'pg_catalog.bpchar(3) not null'),
  ('column', 'public', 'currencies', 'minor_unit', 'pg_catalog.int2 not null'),
  ('column', 'public', 'currencies', 'name', 'pg_catalog.text not null'),
  ('column', 'public', 'departments', 'head_user_id', 'pg_catalog.int8'),
  ('column', 'public', 'departments', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'public', 'departments', 'name', 'pg_catalog.text not null'),
  ('column', 'public', 'departments', 'parent_id', 'pg_catalog.int8'),
  ('column', 'public', 'departments', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'expense_categories', 'account_code', 'pg_catalog.varchar(8) not null'),
  ('column', 'public', 'expense_categories', 'id', 'pg_catalog.int4 not null identity always'),
  ('column', 'public', 'expense_categories', 'name', 'pg_catalog.text not null'),
  ('column', 'public', 'expense_categories', 'tax_rate', 'pg_catalog.numeric(4,3) not null'),
  ('column', 'public', 'expense_categories', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'expense_items', 'description', 'pg_catalog.text not null'),
  ('column', 'public', 'expense_items', 'expense_id', 'pg_catalog.int8 not null'),
  ('column', 'public', 'expense_items', 'id', 'pg_catalog.int8 not null'),
  ('column', 'public', 'expense_items', 'line_no', 'pg_catalog.int2 not null'),
  ('column', 'public', 'expense_items', 'quantity', 'pg_catalog.numeric(8,2) not null'),
  ('column', 'public', 'expense_items', 'unit_price', 'public.yen not null'),
  ('column', 'public', 'expense_reports', 'applicant_id', 'pg_catalog.int8 not null'),
  ('column', 'public', 'expense_reports', 'closed_on', 'pg_catalog.date'),
  ('column', 'public', 'expense_reports', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'public', 'expense_reports', 'latest_approval_id', 'pg_catalog.int8'),
  ('column', 'public', 'expense_reports', 'period', 'pg_catalog.tstzrange'),
  ('column', 'public', 'expense_reports', 'status', 'public.expense_status not null'),
  ('column', 'public', 'expense_reports', 'submitted_at', 'pg_catalog.timestamptz'),
  ('column', 'public', 'expense_reports', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'expense_reports', 'title', 'pg_catalog.text not null'),
  ('column', 'public', 'expense_reports', 'total', 'public.yen not null'),
  ('column', 'public', 'expenses', 'amount', 'public.yen not null'),
  ('column', 'public', 'expenses', 'attendees', 'public.attendee[]'),
  ('column', 'public', 'expenses', 'category_id', 'pg_catalog.int4'),
  ('column', 'public', 'expenses', 'created_at', 'pg_catalog.timestamptz not null'),
  ('column', 'public', 'expenses', 'created_by', 'pg_catalog.int8 not null'),
  ('column', 'public', 'expenses', 'currency_code', 'pg_catalog.bpchar(3) not null'),
  ('column', 'public', 'expenses', 'exchange_rate', 'pg_catalog.float8'),
  ('column', 'public', 'expenses', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'public', 'expenses', 'memo', 'pg_catalog.text'),
  ('column', 'public', 'expenses', 'payee', 'pg_catalog.text'),
  ('column', 'public', 'expenses', 'report_id', 'pg_catalog.int8'),
  ('column', 'public', 'expenses', 'spent_on', 'pg_catalog.date not null'),
  ('column', 'public', 'expenses', 'status', 'public.expense_status not null'),
  ('column', 'public', 'expenses', 'tags', 'pg_catalog.text[] not null'),
  ('column', 'public', 'expenses', 'tax_amount', 'pg_catalog.numeric(14,2) generated stored'),
  ('column', 'public', 'expenses', 'tax_rate', 'pg_catalog.numeric(4,3) not null'),
  ('column', 'public', 'expenses', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'expenses', '取引先番号', 'pg_catalog.int4'),
  ('column', 'public', 'mileage_rates', 'id', 'pg_catalog.int4 not null'),
  ('column', 'public', 'mileage_rates', 'rate_per_km', 'pg_catalog.numeric(6,2) not null'),
  ('column', 'public', 'mileage_rates', 'valid', 'pg_catalog.daterange not null'),
  ('column', 'public', 'mileage_rates', 'vehicle', 'pg_catalog.text not null'),
  ('column', 'public', 'notices', 'audience', 'pg_catalog.text not null'),
  ('column', 'public', 'notices', 'body', 'pg_catalog.text not null'),
  ('column', 'public', 'notices', 'id', 'pg_catalog.int4 not null identity always'),
  ('column', 'public', 'notices', 'published_at', 'pg_catalog.timestamptz'),
  ('column', 'public', 'notices', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'notices', 'title', 'pg_catalog.text not null'),
  ('column', 'public', 'order', 'desc', 'pg_catalog.text'),
  ('column', 'public', 'order', 'group', 'pg_catalog.int4 not null'),
  ('column', 'public', 'order', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'public', 'order', 'ordered_at', 'pg_catalog.timestamptz not null'),
  ('column', 'public', 'order', 'ship_to', 'public.住所型'),
  ('column', 'public', 'order', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'order', 'user', 'pg_catalog.int8 not null'),
  ('column', 'public', 'roles_of_staff', 'id', 'pg_catalog.int4 not null'),
  ('column', 'public', 'roles_of_staff', 'name', 'pg_catalog.text not null'),
  ('column', 'public', 'roles_of_staff', 'permissions', 'pg_catalog.text[] not null'),
  ('column', 'public', 'roles_of_staff', 'tenant_id', 'pg_catalog.uuid'),
  ('column', 'public', 'users', 'backup_email', 'pg_catalog.varchar(120)'),
  ('column', 'public', 'users', 'birth_date', 'pg_catalog.date'),
  ('column', 'public', 'users', 'created_at', 'pg_catalog.timestamptz not null'),
  ('column', 'public', 'users', 'deleted_at', 'pg_catalog.timestamptz'),
  ('column', 'public', 'users', 'department_id', 'pg_catalog.int8'),
  ('column', 'public', 'users', 'email', 'public.email_address not null'),
  ('column', 'public', 'users', 'failed_logins', 'pg_catalog.int4 not null'),
  ('column', 'public', 'users', 'gender_code', 'pg_catalog.int2'),
  ('column', 'public', 'users', 'id', 'pg_catalog.int8 not null identity by default'),
  ('column', 'public', 'users', 'last_session_id', 'pg_catalog.uuid'),
  ('column', 'public', 'users', 'locale', 'pg_catalog.varchar(8) not null'),
  ('column', 'public', 'users', 'manager_id', 'pg_catalog.int8'),
  ('column', 'public', 'users', 'memo', 'pg_catalog.text'),
  ('column', 'public', 'users', 'name', 'pg_catalog.text not null'),
  ('column', 'public', 'users', 'name_kana', 'pg_catalog.text not null'),
  ('column', 'public', 'users', 'nickname', 'pg_catalog.varchar(40)'),
  ('column', 'public', 'users', 'password_digest', 'pg_catalog.text not null'),
  ('column', 'public', 'users', 'phone', 'pg_catalog.varchar(20)'),
  ('column', 'public', 'users', 'profile', 'pg_catalog.json'),
  ('column', 'public', 'users', 'roles', 'pg_catalog.text[] not null'),
  ('column', 'public', 'users', 'search_key', 'pg_catalog.text not null'),
  ('column', 'public', 'users', 'settings', 'pg_catalog.jsonb not null'),
  ('column', 'public', 'users', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', 'users', 'visibility', 'public.visibility not null'),
  ('column', 'public', 'vouchers', 'barcode', 'pg_catalog.varchar(32)'),
  ('column', 'public', 'vouchers', 'expense_id', 'pg_catalog.int8'),
  ('column', 'public', 'vouchers', 'number', 'pg_catalog.int4 not null'),
  ('column', 'public', 'vouchers', 'printed_at', 'pg_catalog.time'),
  ('column', 'public', 'vouchers', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', '取引先', 'tenant_id', 'pg_catalog.uuid not null'),
  ('column', 'public', '取引先', 'メール', 'public.email_address'),
  ('column', 'public', '取引先', '会社名', 'pg_catalog.text not null'),
  ('column', 'public', '取引先', '住所', 'public.住所型'),
  ('column', 'public', '取引先', '備考', 'pg_catalog.text'),
  ('column', 'public', '取引先', '担当者', 'pg_catalog.text'),
  ('column', 'public', '取引先', '番号', 'pg_catalog.int4 not null identity always'),
  ('column', 'public', '取引先', '登録日', 'pg_catalog.date not null'),
  ('column', 'public', '取引先', '電話番号', 'pg_catalog.varchar(20)');

-- locks first: the snapshot is taken by the statement after
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
LOCK TABLE
  ONLY archive.legacy_orders,
  ONLY public."CorporateCards",
  ONLY public.api_keys,
  ONLY public.approvals,
  ONLY public.attachments,
  ONLY public.bank_accounts,
  public.card_transactions,
  ONLY public.companies,
  ONLY public.currencies,
  ONLY public.departments,
  ONLY public.expense_categories,
  ONLY public.expense_items,
  ONLY public.expense_reports,
  ONLY public.expenses,
  ONLY public.mileage_rates,
  ONLY public.notices,
  ONLY public."order",
  ONLY public.roles_of_staff,
  ONLY public.users,
  ONLY public.vouchers,
  ONLY public."取引先"
IN ACCESS SHARE MODE;
DO LANGUAGE plpgsql $noren$
DECLARE
  differences text;
BEGIN
  WITH expected AS (
    SELECT kind, schema_name, table_name, item, value
    FROM pg_temp.noren_shape
    WHERE kind IN ('table', 'column')
  ), tables AS (
    SELECT c.oid, n.nspname::text AS schema_name, c.relname::text AS table_name, c.relkind
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN expected AS e ON e.kind = 'table' AND e.schema_name = n.nspname AND e.table_name = c.relname
  ), live AS (
    SELECT 'table' AS kind, schema_name, table_name, '' AS item,
           CASE relkind WHEN 'r' THEN 'ordinary' WHEN 'p' THEN 'partitioned' ELSE 'another kind' END AS value
    FROM tables
    UNION ALL
    -- The element type of an array, with the modifiers that PostgreSQL prints for its own types.
    SELECT 'column', schema_name, table_name, a.attname::text,
           n.nspname || '.' || coalesce(element.typname, own.typname)
           || CASE WHEN n.nspname = 'pg_catalog'
                   THEN coalesce(substring(format_type(a.atttypid, a.atttypmod) FROM '\([-0-9,]+\)'), '') ELSE '' END
           || CASE WHEN element.oid IS NULL THEN '' ELSE '[]' END
           || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
           || CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity by default' ELSE '' END
           || CASE a.attgenerated WHEN 's' THEN ' generated stored' WHEN 'v' THEN ' generated virtual' ELSE '' END
    FROM tables
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = tables.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS own ON own.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type AS element ON element.typarray = own.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = coalesce(element.typnamespace, own.typnamespace)
  ), compared AS (
    SELECT format('%s %s.%s%s: expected %s, found %s', kind, schema_name, table_name,
                  CASE WHEN item = '' THEN '' ELSE '.' || item END,
                  coalesce(expected.value, 'nothing'), coalesce(live.value, 'nothing')) AS difference
    FROM expected FULL JOIN live USING (kind, schema_name, table_name, item)
    WHERE expected.value IS DISTINCT FROM live.value
    ORDER BY kind, schema_name, table_name, item
    LIMIT 20
  )
  SELECT string_agg(difference, E'\n') INTO differences FROM compared;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'this database is not as the schema that these files were compiled from'
      USING DETAIL = differences, HINT = 'dump the schema again, compile again, and review what changed';
  END IF;
END
$noren$;

SELECT set_config(
    'noren.mask_key',
    convert_from(decode(hex, 'hex'), 'UTF8'),
    true
  ) IS NOT NULL AS noren_key_is_set
FROM pg_temp.noren_key AS noren_key
\gset
WITH noren_key AS MATERIALIZED (
  SELECT
    string_agg(
      set_byte('\x00'::bytea, 0, get_byte(key.bytes, place.at) # 54),
      ''::bytea
      ORDER BY place.at
    ) AS inner_pad,
    string_agg(
      set_byte('\x00'::bytea, 0, get_byte(key.bytes, place.at) # 92),
      ''::bytea
      ORDER BY place.at
    ) AS outer_pad
  FROM (
    SELECT substr(
        CASE WHEN octet_length(given.bytes) > 64 THEN sha256(given.bytes) ELSE given.bytes END
          || decode(repeat('00', 64), 'hex'),
        1,
        64
      ) AS bytes
    FROM (SELECT convert_to(current_setting('noren.mask_key', true), 'UTF8') AS bytes) AS given
    WHERE octet_length(given.bytes) >= 32
  ) AS key
  CROSS JOIN generate_series(0, 63) AS place (at)
)
SELECT encode(
    substr(
      (
        SELECT sha256(
            (SELECT outer_pad FROM noren_key)
              || sha256(
                (SELECT inner_pad FROM noren_key)
                  || convert_to('10:developers,0:,6:secret,11:fingerprint,', 'UTF8')
              )
          )
      ),
      1,
      8
    ),
    'hex'
  ) AS noren_fingerprint
\gset

\o :run/manifest.tmp
\qecho 'noren\t1\t-\t-\t-'
\qecho 'export\tdevelopers\t-\t-\t-'
\qecho 'policy\tf2a4df274d242f44e2f42eca112c47802e0a3a34328cfb13de1806d15e114626\t-\t-\t-'
\qecho 'key\t':noren_fingerprint'\t-\t-\t-'
\ir tables/public.companies.sql
\ir tables/archive.legacy_orders.sql
\ir tables/public.currencies.sql
\ir tables/public.departments.sql
\ir tables/public.users.sql
\ir 'tables/public.%43orporate%43ards.sql'
\ir tables/public.api_keys.sql
\ir tables/public.approvals.sql
\ir tables/public.expense_reports.sql
\ir tables/public.bank_accounts.sql
\ir tables/public.card_transactions.sql
\ir tables/public.expense_categories.sql
\ir tables/public.mileage_rates.sql
\ir tables/public.notices.sql
\ir tables/public.order.sql
\ir tables/public.roles_of_staff.sql
\ir 'tables/public.%e5%8f%96%e5%bc%95%e5%85%88.sql'
\ir tables/public.expenses.sql
\ir tables/public.expense_items.sql
\ir tables/public.attachments.sql
\ir tables/public.vouchers.sql
\o
COMMIT;
DROP TABLE pg_temp.noren_key;
DROP TABLE pg_temp.noren_shape;

-- the manifest gets its name last: without it nothing is imported
\set noren_written `m=:'run''/manifest.tmp'; n="$(awk -F '\t' '$1 == "table" && NF == 5 && $3 ~ /^[0-9]+$/ && ($4 == "-" || length($4) == 64) { n++ } END { print n + 0 }' "$m")"; if [ "$n" -eq '21' ] && mv -- "$m" :'run''/manifest'; then echo on; else echo off; fi`
\if :noren_written
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'a file of this run is missing or shorter than its table: no manifest was written'
    USING HINT = 'look for a full disk, then run again into a fresh folder';
END
$noren$;
\endif
\echo 'written:' :run
