-- Empties the exported tables of a marked database and loads the files of one run. One transaction: nobody
-- reads these tables until it ends, and stopped anywhere it leaves everything as it was.
-- Run as the tables' owner: psql -X -v run=FOLDER -f import.sql
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
SET search_path = pg_catalog, public, archive, pg_temp;
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
-- exports.noren:7  as importer
SET ROLE importer;
\if :{?run}
\else
\set run data/developers
\endif

BEGIN;

-- what these files were compiled for; compared with the live catalog below
CREATE TEMPORARY TABLE pg_temp.noren_shape (
  kind text,
  schema_name text,
  table_name text,
  item text,
  value text
) ON COMMIT DROP;
\ir shape.sql
COPY pg_temp.noren_shape (kind, schema_name, table_name, item, value) FROM STDIN WITH (FORMAT text);
trigger	public	expenses	expenses_once	D
trigger	public	expenses	expenses_sum	O
trigger	public	notices	notices_always	A
trigger	public	notices	notices_replica	R
trigger	public	users	users_search_key	O
foreign key	public	approvals	approvals_report_fkey	not deferrable
foreign key	public	departments	departments_head_user_id_fkey	not deferrable
foreign key	public	users	users_department_id_fkey	not deferrable
row security	archive	legacy_orders		not forced
row security	public	CorporateCards		not forced
row security	public	api_keys		not forced
row security	public	approvals		not forced
row security	public	attachments		not forced
row security	public	bank_accounts		forced
row security	public	card_transactions		not forced
row security	public	companies		not forced
row security	public	currencies		not forced
row security	public	departments		not forced
row security	public	expense_categories		not forced
row security	public	expense_items		not forced
row security	public	expense_reports		not forced
row security	public	expenses		not forced
row security	public	mileage_rates		not forced
row security	public	notices		not forced
row security	public	order		not forced
row security	public	roles_of_staff		not forced
row security	public	users		not forced
row security	public	vouchers		not forced
row security	public	取引先		not forced
setting			session_replication_role	origin
\.
\cd :run

-- the target says that it may be overwritten by this export
DO LANGUAGE plpgsql $noren$
BEGIN
  IF to_regclass('noren.import_target') IS NULL THEN
    RAISE EXCEPTION 'this database has no table noren.import_target, so nothing says that it may be overwritten'
      USING HINT = 'put the marker by hand into a database that may lose all its rows; the README says how';
  END IF;
END
$noren$;
SELECT count(*) = 1 AND bool_and(marker.export::text = 'developers') AS noren_marked
FROM noren.import_target AS marker (export)
\gset
\if :noren_marked
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'the marker noren.import_target must hold one row, the name of this export'
    USING HINT = 'put the marker by hand into a database that may lose all its rows; the README says how';
END
$noren$;
\endif

-- the run folder holds a whole export of this very policy
CREATE TEMPORARY TABLE pg_temp.noren_manifest (
  kind text,
  name text,
  rows text,
  digest text,
  columns text
) ON COMMIT DROP;
\copy pg_temp.noren_manifest (kind, name, rows, digest, columns) from 'manifest' WITH (FORMAT text)
CREATE TEMPORARY TABLE pg_temp.noren_file (
  digest text,
  name text
) ON COMMIT DROP;
\copy pg_temp.noren_file (digest, name) from program 'sha256sum -- * | tr -s '' '' ''\t''' WITH (FORMAT text)
CREATE TEMPORARY TABLE pg_temp.noren_expected (
  kind text,
  name text,
  columns text
) ON COMMIT DROP;
COPY pg_temp.noren_expected (kind, name, columns) FROM STDIN WITH (FORMAT text);
noren	1	-
export	developers	-
policy	8816366d58c0f2843d5cd1cc01db73d262f835b28d8c0ac8f16516993e3dbf24	-
key	fingerprint	-
table	public.companies	id,name,name_kana,plan,country_code,contact_email,settings,created_at
table	archive.legacy_orders	id,company_id,customer,total
table	public.currencies	code,name,minor_unit
table	public.departments	id,tenant_id,name,parent_id,head_user_id
table	public.users	id,tenant_id,department_id,manager_id,last_session_id,email,backup_email,name,name_kana,nickname,phone,birth_date,settings,profile,memo,visibility,roles,password_digest,locale,failed_logins,created_at,deleted_at
table	public.%43orporate%43ards	%43ard%49d,tenant_id,holder%49d,%43ard%4eumber,expires%4fn,is%41ctive
table	public.api_keys	id,tenant_id,label,key_digest,scopes,issued_by
table	public.approvals	id,tenant_id,report_id,approver_id,approved,comment,decided_at
table	public.expense_reports	id,tenant_id,title,applicant_id,status,total,latest_approval_id,submitted_at,closed_on,period
table	public.bank_accounts	id,tenant_id,user_id,bank_code,branch_code,number,holder_kana,is_default
table	public.card_transactions	id,tenant_id,card_id,used_at,merchant,amount,settled,raw
table	public.expense_categories	id,tenant_id,name,account_code,tax_rate
table	public.mileage_rates	id,vehicle,rate_per_km,valid
table	public.notices	id,tenant_id,audience,title,body,published_at
table	public.order	id,tenant_id,user,desc,group,ship_to,ordered_at
table	public.roles_of_staff	id,tenant_id,name,permissions
table	public.%e5%8f%96%e5%bc%95%e5%85%88	%e7%95%aa%e5%8f%b7,tenant_id,%e4%bc%9a%e7%a4%be%e5%90%8d,%e6%8b%85%e5%bd%93%e8%80%85,%e9%9b%bb%e8%a9%b1%e7%95%aa%e5%8f%b7,%e3%83%a1%e3%83%bc%e3%83%ab,%e4%bd%8f%e6%89%80,%e5%82%99%e8%80%83,%e7%99%bb%e9%8c%b2%e6%97%a5
table	public.expenses	id,tenant_id,report_id,category_id,created_by,%e5%8f%96%e5%bc%95%e5%85%88%e7%95%aa%e5%8f%b7,spent_on,payee,amount,tax_rate,currency_code,exchange_rate,status,attendees,tags,memo,created_at
table	public.expense_items	id,expense_id,line_no,description,unit_price,quantity
table	public.attachments	id,item_id,file_name,mime_type,ocr_text,uploaded_at
table	public.vouchers	number,tenant_id,expense_id,printed_at,barcode
\.
DO LANGUAGE plpgsql $noren$
DECLARE
  differences text;
BEGIN
  WITH lines AS (
    SELECT kind, name, columns FROM pg_temp.noren_manifest WHERE kind NOT IN ('key', 'attempt')
  ), compared AS (
    SELECT format('%s %s: expected %s, found %s', kind, name,
                  coalesce(expected.columns, 'nothing'), coalesce(lines.columns, 'nothing')) AS difference
    FROM (SELECT kind, name, columns FROM pg_temp.noren_expected WHERE kind <> 'key') AS expected
    FULL JOIN lines USING (kind, name)
    WHERE expected.columns IS DISTINCT FROM lines.columns
    UNION ALL
    SELECT format('key: expected %s, found %s', expected.name, coalesce(line.name, 'nothing'))
    FROM pg_temp.noren_expected AS expected
    LEFT JOIN pg_temp.noren_manifest AS line ON line.kind = 'key'
    WHERE expected.kind = 'key'
      AND NOT coalesce(line.name ~ CASE expected.name WHEN 'fingerprint' THEN '^[0-9a-f]{16}$' ELSE '^none$' END, false)
    UNION ALL
    SELECT format('table %s: expected a number of rows and a digest, found %s and %s', name, rows, digest)
    FROM pg_temp.noren_manifest
    WHERE kind = 'table'
      AND NOT (rows ~ '^[0-9]{1,18}$' AND CASE WHEN rows = '0' THEN digest = '-' ELSE digest ~ '^[0-9a-f]{64}$' END)
    UNION ALL
    SELECT format('%s %s: listed %s times', kind, min(name), count(*))
    FROM pg_temp.noren_manifest
    GROUP BY kind, CASE kind WHEN 'table' THEN name END
    HAVING count(*) > 1
  )
  SELECT string_agg(difference, E'\n') INTO differences
  FROM (SELECT difference FROM compared ORDER BY difference LIMIT 20) AS first_ones;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'this run is not a whole export of the policy that these files were compiled from'
      USING DETAIL = differences, HINT = 'run the export again with the files of the same compilation';
  END IF;
END
$noren$;
DO LANGUAGE plpgsql $noren$
DECLARE
  differences text;
BEGIN
  SELECT string_agg(format('file %s: expected %s, found %s', name, coalesce(sent, 'no such file'), coalesce(seen, 'no such file')),
                    E'\n' ORDER BY name)
  INTO differences
  FROM (
    SELECT coalesce(file.name, line.name || '.txt') AS name, line.digest AS sent, file.digest AS seen
    FROM (SELECT name, digest FROM pg_temp.noren_manifest WHERE kind = 'table' AND digest <> '-') AS line
    FULL JOIN (SELECT name, digest FROM pg_temp.noren_file WHERE name <> 'manifest') AS file
      ON file.name = line.name || '.txt'
    WHERE file.digest IS DISTINCT FROM line.digest
    ORDER BY 1
    LIMIT 20
  ) AS first_ones;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'the files of this run are not those that its manifest names'
      USING DETAIL = differences, HINT = 'run the export again with the files of the same compilation';
  END IF;
END
$noren$;

-- the target is as the schema that these files were compiled from
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
IN ACCESS EXCLUSIVE MODE;
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
DO LANGUAGE plpgsql $noren$
DECLARE
  differences text;
BEGIN
  WITH expected AS (
    SELECT kind, schema_name, table_name, item, value
    FROM pg_temp.noren_shape
    WHERE kind IN ('row security', 'row security beside', 'trigger', 'foreign key', 'setting')
  ), roots AS (
    SELECT c.oid, c.relkind, c.relforcerowsecurity, n.nspname::text AS schema_name, c.relname::text AS table_name
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN expected AS e ON e.kind = 'row security' AND e.schema_name = n.nspname AND e.table_name = c.relname
  ), tables AS (
    SELECT roots.oid, schema_name, table_name, relkind FROM roots
    UNION ALL
    SELECT c.oid, n.nspname::text, c.relname::text, c.relkind
    FROM roots
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(roots.oid) AS tree
    JOIN pg_catalog.pg_class AS c ON c.oid = tree.relid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE tree.level > 0
  ), live AS (
    SELECT 'row security' AS kind, schema_name, table_name, '' AS item,
           CASE WHEN relforcerowsecurity THEN 'forced' ELSE 'not forced' END AS value
    FROM roots
    UNION ALL
    SELECT 'row security beside', n.nspname::text, c.relname::text, '',
           CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'not forced' END
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN expected AS e ON e.kind = 'row security beside' AND e.schema_name = n.nspname AND e.table_name = c.relname
    UNION ALL
    -- TRUNCATE would reach through a foreign partition and empty the table on the other server.
    SELECT 'table', schema_name, table_name, '', 'a foreign partition' FROM tables WHERE relkind = 'f'
    UNION ALL
    -- A partition's copy of its parent's trigger follows the parent; it is named here only if it differs.
    SELECT 'trigger', schema_name, table_name, own.tgname::text, own.tgenabled::text
    FROM tables
    JOIN pg_catalog.pg_trigger AS own ON own.tgrelid = tables.oid
    LEFT JOIN pg_catalog.pg_trigger AS parent ON parent.oid = own.tgparentid
    LEFT JOIN pg_catalog.pg_constraint AS key ON key.oid = own.tgconstraint
    WHERE (parent.oid IS NULL AND NOT own.tgisinternal)
       OR (parent.oid IS NOT NULL AND parent.tgenabled <> own.tgenabled AND coalesce(key.contype, 't') = 't')
    UNION ALL
    SELECT 'foreign key', schema_name, table_name, key.conname::text,
           CASE WHEN NOT key.condeferrable THEN 'not deferrable'
                WHEN key.condeferred THEN 'deferrable initially deferred' ELSE 'deferrable initially immediate' END
    FROM tables
    JOIN pg_catalog.pg_constraint AS key ON key.conrelid = tables.oid AND key.contype = 'f'
    WHERE (schema_name, table_name, key.conname) IN
          (SELECT e.schema_name, e.table_name, e.item FROM expected AS e WHERE e.kind = 'foreign key')
    UNION ALL
    SELECT 'setting', '', '', 'session_replication_role',
           CASE current_setting('session_replication_role') WHEN 'replica' THEN 'replica' ELSE 'origin' END
  ), compared AS (
    SELECT format('%s %s.%s %s: expected %s, found %s', kind, schema_name, table_name, item,
                  coalesce(expected.value, 'nothing'), coalesce(live.value, 'nothing')) AS difference
    FROM expected FULL JOIN live USING (kind, schema_name, table_name, item)
    WHERE expected.value IS DISTINCT FROM live.value
    ORDER BY kind, schema_name, table_name, item
    LIMIT 20
  )
  SELECT string_agg(difference, E'\n') INTO differences FROM compared;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'this database is not as the schema that these files were compiled from'
      USING DETAIL = differences, HINT = 'what the import turns off it could not turn on again as it was';
  END IF;
END
$noren$;

-- off for the load; the same is on again before the commit
ALTER TABLE ONLY public.expenses DISABLE TRIGGER expenses_sum;
ALTER TABLE ONLY public.notices DISABLE TRIGGER notices_always;
ALTER TABLE ONLY public.notices DISABLE TRIGGER notices_replica;
ALTER TABLE public.bank_accounts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.approvals ALTER CONSTRAINT approvals_report_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE public.departments
  ALTER CONSTRAINT departments_head_user_id_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE public.users ALTER CONSTRAINT users_department_id_fkey DEFERRABLE INITIALLY IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

-- exactly the exported tables, and those beside them that were found empty
TRUNCATE TABLE
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
RESTART IDENTITY;

-- referenced tables first; a table that was empty has no file
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.companies'
\gset
\if :noren_present
\copy public.companies (id, name, name_kana, plan, country_code, contact_email, settings, created_at) from 'public.companies.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'archive.legacy_orders'
\gset
\if :noren_present
\copy archive.legacy_orders (id, company_id, customer, total) from 'archive.legacy_orders.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.currencies'
\gset
\if :noren_present
\copy public.currencies (code, name, minor_unit) from 'public.currencies.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.departments'
\gset
\if :noren_present
\copy public.departments (id, tenant_id, name, parent_id, head_user_id) from 'public.departments.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.users'
\gset
\if :noren_present
\copy public.users (id, tenant_id, department_id, manager_id, last_session_id, email, backup_email, name, name_kana, nickname, phone, birth_date, settings, profile, memo, visibility, roles, password_digest, locale, failed_logins, created_at, deleted_at) from 'public.users.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.%43orporate%43ards'
\gset
\if :noren_present
\copy public."CorporateCards" ("CardId", tenant_id, "holderId", "CardNumber", "expiresOn", "isActive") from 'public.%43orporate%43ards.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.api_keys'
\gset
\if :noren_present
\copy public.api_keys (id, tenant_id, label, key_digest, scopes, issued_by) from 'public.api_keys.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.approvals'
\gset
\if :noren_present
\copy public.approvals (id, tenant_id, report_id, approver_id, approved, comment, decided_at) from 'public.approvals.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.expense_reports'
\gset
\if :noren_present
\copy public.expense_reports (id, tenant_id, title, applicant_id, status, total, latest_approval_id, submitted_at, closed_on, period) from 'public.expense_reports.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.bank_accounts'
\gset
\if :noren_present
\copy public.bank_accounts (id, tenant_id, user_id, bank_code, branch_code, number, holder_kana, is_default) from 'public.bank_accounts.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.card_transactions'
\gset
\if :noren_present
\copy public.card_transactions (id, tenant_id, card_id, used_at, merchant, amount, settled, raw) from 'public.card_transactions.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.expense_categories'
\gset
\if :noren_present
\copy public.expense_categories (id, tenant_id, name, account_code, tax_rate) from 'public.expense_categories.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.mileage_rates'
\gset
\if :noren_present
\copy public.mileage_rates (id, vehicle, rate_per_km, valid) from 'public.mileage_rates.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.notices'
\gset
\if :noren_present
\copy public.notices (id, tenant_id, audience, title, body, published_at) from 'public.notices.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.order'
\gset
\if :noren_present
\copy public."order" (id, tenant_id, "user", "desc", "group", ship_to, ordered_at) from 'public.order.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.roles_of_staff'
\gset
\if :noren_present
\copy public.roles_of_staff (id, tenant_id, name, permissions) from 'public.roles_of_staff.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.%e5%8f%96%e5%bc%95%e5%85%88'
\gset
\if :noren_present
\copy public."取引先" ("番号", tenant_id, "会社名", "担当者", "電話番号", "メール", "住所", "備考", "登録日") from 'public.%e5%8f%96%e5%bc%95%e5%85%88.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.expenses'
\gset
\if :noren_present
\copy public.expenses (id, tenant_id, report_id, category_id, created_by, "取引先番号", spent_on, payee, amount, tax_rate, currency_code, exchange_rate, status, attendees, tags, memo, created_at) from 'public.expenses.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.expense_items'
\gset
\if :noren_present
\copy public.expense_items (id, expense_id, line_no, description, unit_price, quantity) from 'public.expense_items.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.attachments'
\gset
\if :noren_present
\copy public.attachments (id, item_id, file_name, mime_type, ocr_text, uploaded_at) from 'public.attachments.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.vouchers'
\gset
\if :noren_present
\copy public.vouchers (number, tenant_id, expense_id, printed_at, barcode) from 'public.vouchers.txt' WITH (FORMAT text, HEADER MATCH)
\endif

-- whatever was left to the end of the transaction is checked now
SET CONSTRAINTS ALL IMMEDIATE;
-- every row of the manifest is there
CREATE TEMPORARY TABLE pg_temp.noren_loaded (
  name text,
  rows text
) ON COMMIT DROP;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.companies',
  count(*)
FROM ONLY public.companies AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'archive.legacy_orders',
  count(*)
FROM ONLY archive.legacy_orders AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.currencies',
  count(*)
FROM ONLY public.currencies AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.departments',
  count(*)
FROM ONLY public.departments AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.users',
  count(*)
FROM ONLY public.users AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.%43orporate%43ards',
  count(*)
FROM ONLY public."CorporateCards" AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.api_keys',
  count(*)
FROM ONLY public.api_keys AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.approvals',
  count(*)
FROM ONLY public.approvals AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.expense_reports',
  count(*)
FROM ONLY public.expense_reports AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.bank_accounts',
  count(*)
FROM ONLY public.bank_accounts AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.card_transactions',
  count(*)
FROM public.card_transactions AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.expense_categories',
  count(*)
FROM ONLY public.expense_categories AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.mileage_rates',
  count(*)
FROM ONLY public.mileage_rates AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.notices',
  count(*)
FROM ONLY public.notices AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.order',
  count(*)
FROM ONLY public."order" AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.roles_of_staff',
  count(*)
FROM ONLY public.roles_of_staff AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.%e5%8f%96%e5%bc%95%e5%85%88',
  count(*)
FROM ONLY public."取引先" AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.expenses',
  count(*)
FROM ONLY public.expenses AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.expense_items',
  count(*)
FROM ONLY public.expense_items AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.attachments',
  count(*)
FROM ONLY public.attachments AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.vouchers',
  count(*)
FROM ONLY public.vouchers AS t;
DO LANGUAGE plpgsql $noren$
DECLARE
  differences text;
BEGIN
  SELECT string_agg(format('%s: exported %s, loaded %s', name, line.rows, loaded.rows), E'\n' ORDER BY name)
  INTO differences
  FROM (SELECT name, rows FROM pg_temp.noren_manifest WHERE kind = 'table') AS line
  FULL JOIN pg_temp.noren_loaded AS loaded USING (name)
  WHERE line.rows IS DISTINCT FROM loaded.rows;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'not every row was loaded' USING DETAIL = differences;
  END IF;
END
$noren$;

-- sequences go on after the last value of the rows; RESTART makes a rollback undo the setval after it
ALTER SEQUENCE public."CorporateCards_CardId_seq" RESTART;
SELECT setval(
    '"public"."CorporateCards_CardId_seq"'::regclass,
    (
      SELECT max(t."CardId")
      FROM public."CorporateCards" AS t
      WHERE t."CardId" >= 1 AND t."CardId" <= 2147483647
    ),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.approvals_id_seq RESTART;
SELECT setval(
    '"public"."approvals_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.approvals AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.card_transactions_id_seq RESTART;
SELECT setval(
    '"public"."card_transactions_id_seq"'::regclass,
    (
      SELECT max(t.id)
      FROM public.card_transactions AS t
      WHERE t.id >= 1 AND t.id <= 9223372036854775807
    ),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.departments_id_seq RESTART;
SELECT setval(
    '"public"."departments_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.departments AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.expense_categories_id_seq RESTART;
SELECT setval(
    '"public"."expense_categories_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.expense_categories AS t WHERE t.id >= 1 AND t.id <= 2147483647),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.expense_items_id_seq RESTART;
SELECT setval(
    '"public"."expense_items_id_seq"'::regclass,
    (
      SELECT max(t.id)
      FROM public.expense_items AS t
      WHERE t.id >= 1 AND t.id <= 9223372036854775807
    ),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.expense_reports_id_seq RESTART;
SELECT setval(
    '"public"."expense_reports_id_seq"'::regclass,
    (
      SELECT max(t.id)
      FROM public.expense_reports AS t
      WHERE t.id >= 1 AND t.id <= 9223372036854775807
    ),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.expenses_id_seq RESTART;
SELECT setval(
    '"public"."expenses_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.expenses AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.mileage_rates_id_seq RESTART;
SELECT setval(
    '"public"."mileage_rates_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.mileage_rates AS t WHERE t.id >= 1 AND t.id <= 2147483647),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.notices_id_seq RESTART;
SELECT setval(
    '"public"."notices_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.notices AS t WHERE t.id >= 1 AND t.id <= 2147483647),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.order_id_seq RESTART;
SELECT setval(
    '"public"."order_id_seq"'::regclass,
    (SELECT max(t.id) FROM public."order" AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.roles_of_staff_id_seq RESTART;
SELECT setval(
    '"public"."roles_of_staff_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.roles_of_staff AS t WHERE t.id >= 1 AND t.id <= 2147483647),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.users_id_seq RESTART;
SELECT setval(
    '"public"."users_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.users AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.voucher_numbers RESTART;
SELECT setval(
    '"public"."voucher_numbers"'::regclass,
    (SELECT min(t.number) FROM public.vouchers AS t WHERE t.number >= 1 AND t.number <= 999999),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public."取引先_番号_seq" RESTART;
SELECT setval(
    '"public"."取引先_番号_seq"'::regclass,
    (SELECT max(t."番号") FROM public."取引先" AS t WHERE t."番号" >= 1 AND t."番号" <= 2147483647),
    true
  ) AS noren_sequence
\gset
-- what was off is on again, each in the mode that it had
ALTER TABLE public.approvals ALTER CONSTRAINT approvals_report_fkey NOT DEFERRABLE;
ALTER TABLE public.departments ALTER CONSTRAINT departments_head_user_id_fkey NOT DEFERRABLE;
ALTER TABLE public.users ALTER CONSTRAINT users_department_id_fkey NOT DEFERRABLE;
ALTER TABLE public.bank_accounts FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.expenses ENABLE TRIGGER expenses_sum;
ALTER TABLE ONLY public.notices ENABLE ALWAYS TRIGGER notices_always;
ALTER TABLE ONLY public.notices ENABLE REPLICA TRIGGER notices_replica;
COMMIT;
\echo 'loaded:' :run
