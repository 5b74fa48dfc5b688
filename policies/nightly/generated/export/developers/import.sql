-- Empties the exported tables of a marked database and loads the files of one run. One transaction: nobody
-- reads these tables until it ends, and stopped anywhere it leaves everything as it was.
-- Run as the tables' owner: psql -X -v run=NAME -f import.sql
-- policy.noren:41  export developers

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
SET search_path = pg_catalog, public, pg_temp;
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
-- policy.noren:44  as mask_importer
SET ROLE mask_importer;

-- where the objects are: noren.toml says so; the database's own role may write or read there
\set bucket masked-exports
\set prefix nightly
\set region ap-northeast-1
\if :{?run}
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'which run is to be loaded is not said'
    USING HINT = 'name it as run.sql said at its end: psql -X -v run=NAME -f import.sql';
END
$noren$;
\endif
SELECT :'run' ~ '^[A-Za-z0-9][A-Za-z0-9_.=-]{0,127}$' AS noren_is_name
\gset
\if :noren_is_name
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'the name of a run must be 1 to 128 letters, digits or any of "_ . = -", and begin with a letter or a digit'
    USING HINT = 'it is a part of the keys of all objects: -v run=2030-01-31';
END
$noren$;
\endif
\pset format unaligned
\pset tuples_only on
\pset pager off

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
foreign key	public	departments	departments_head_id_fkey	not deferrable
foreign key	public	employees	employees_department_id_fkey	not deferrable
row security	public	customers		not forced
row security	public	departments		not forced
row security	public	employees		not forced
row security	public	events		not forced
row security	public	orders		not forced
setting			session_replication_role	origin
\.

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

-- the run is a whole export of this very policy
CREATE TEMPORARY TABLE pg_temp.noren_part (
  kind text,
  name text,
  part text,
  rows text,
  bytes text,
  columns text
) ON COMMIT DROP;
SELECT aws_s3.table_import_from_s3(
    'pg_temp.noren_part',
    'kind, name, part, rows, bytes, columns',
    '(format csv, header match, encoding ''UTF8'')',
    aws_commons.create_s3_uri(
      :'bucket',
      concat_ws('/', nullif(:'prefix', ''), :'run', 'manifest.csv'),
      :'region'
    )
  ) AS loaded;
CREATE TEMPORARY TABLE pg_temp.noren_manifest (
  kind text,
  name text,
  rows text
) ON COMMIT DROP;
CREATE TEMPORARY TABLE pg_temp.noren_expected (
  kind text,
  name text,
  columns text
) ON COMMIT DROP;
COPY pg_temp.noren_expected (kind, name, columns) FROM STDIN WITH (FORMAT text);
noren	1	-
export	developers	-
policy	148cde44960ff15d2f3233e43e0ebd0393f3fe3db52661767bcdda3ce29d0b6d	-
key	fingerprint	-
table	public.customers	id,name,email,phone,joined_on
table	public.departments	id,name,head_id
table	public.employees	id,department_id,name,salary
table	public.orders	id,customer_id,total,note
table	public.events	id,order_id,what,payload,happened_at
\.
DO LANGUAGE plpgsql $noren$
DECLARE
  differences text;
BEGIN
  WITH compared AS (
    SELECT format('%s %s: expected %s, found %s', kind, name,
                  coalesce(expected.columns, 'nothing'), coalesce(lines.columns, 'nothing')) AS difference
    FROM (SELECT kind, name, columns FROM pg_temp.noren_expected WHERE kind <> 'key') AS expected
    FULL JOIN (SELECT kind, name, columns FROM pg_temp.noren_part WHERE kind NOT IN ('key', 'attempt', 'part')) AS lines
      USING (kind, name)
    WHERE expected.columns IS DISTINCT FROM lines.columns
    UNION ALL
    SELECT format('key: expected %s, found %s', expected.name, coalesce(line.name, 'nothing'))
    FROM pg_temp.noren_expected AS expected
    LEFT JOIN pg_temp.noren_part AS line ON line.kind = 'key'
    WHERE expected.kind = 'key'
      AND NOT coalesce(line.name ~ CASE expected.name WHEN 'fingerprint' THEN '^[0-9a-f]{16}$' ELSE '^none$' END, false)
    UNION ALL
    SELECT format('attempt: expected one name, found %s', count(*))
    FROM pg_temp.noren_part
    WHERE kind = 'attempt' AND name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    HAVING count(*) <> 1
    UNION ALL
    SELECT format('part %s of %s: expected a number of rows, found %s', part, name, coalesce(rows, 'nothing'))
    FROM pg_temp.noren_part
    WHERE kind = 'part' AND NOT coalesce(part ~ '^[0-9]{1,9}$' AND rows ~ '^[0-9]{1,18}$', false)
    UNION ALL
    SELECT format('part %s of %s: there is no such table', part, name)
    FROM pg_temp.noren_part AS line
    WHERE kind = 'part' AND NOT EXISTS (
      SELECT FROM pg_temp.noren_expected AS e WHERE e.kind = 'table' AND e.name = line.name
    )
    UNION ALL
    SELECT format('%s %s: listed %s times', kind, min(name), count(*))
    FROM pg_temp.noren_part
    GROUP BY kind, CASE WHEN kind IN ('table', 'part') THEN name END, CASE kind WHEN 'part' THEN part END
    HAVING count(*) > 1
  )
  SELECT string_agg(difference, E'\n') INTO differences
  FROM (SELECT difference FROM compared ORDER BY difference LIMIT 20) AS first_ones;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'this run is not a whole export of the policy that these files were compiled from'
      USING DETAIL = differences, HINT = 'run the export again with the files of the same compilation';
  END IF;
  INSERT INTO pg_temp.noren_manifest (kind, name, rows)
  SELECT 'table', tables.name, coalesce(sum(parts.rows::bigint), 0)::text
  FROM pg_temp.noren_part AS tables
  LEFT JOIN pg_temp.noren_part AS parts ON parts.kind = 'part' AND parts.name = tables.name
  WHERE tables.kind = 'table'
  GROUP BY tables.name;
END
$noren$;
-- where the objects of this attempt are
SELECT concat_ws('/', nullif(:'prefix', ''), :'run', line.name) AS folder
FROM pg_temp.noren_part AS line
WHERE line.kind = 'attempt'
\gset

-- the target is as the schema that these files were compiled from
LOCK TABLE
  ONLY public.customers,
  ONLY public.departments,
  ONLY public.employees,
  ONLY public.events,
  ONLY public.orders
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
ALTER TABLE public.departments
  ALTER CONSTRAINT departments_head_id_fkey DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE public.employees
  ALTER CONSTRAINT employees_department_id_fkey DEFERRABLE INITIALLY IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

-- exactly the exported tables, and those beside them that were found empty
TRUNCATE TABLE
  ONLY public.customers,
  ONLY public.departments,
  ONLY public.employees,
  ONLY public.events,
  ONLY public.orders
RESTART IDENTITY;

-- referenced tables first; a table that was empty has no file
SELECT aws_s3.table_import_from_s3(
    'public.customers',
    'id, name, email, phone, joined_on',
    '(format csv, header match, encoding ''UTF8'')',
    aws_commons.create_s3_uri(
      :'bucket',
      :'folder'
        || '/public.customers/'
        || lpad(line.part, greatest(5, length(line.part)), '0')
        || '.csv',
      :'region'
    )
  ) AS loaded
FROM pg_temp.noren_part AS line
WHERE line.kind = 'part' AND line.name = 'public.customers' AND line.rows <> '0'
ORDER BY line.part::integer;
SELECT aws_s3.table_import_from_s3(
    'public.departments',
    'id, name, head_id',
    '(format csv, header match, encoding ''UTF8'')',
    aws_commons.create_s3_uri(
      :'bucket',
      :'folder'
        || '/public.departments/'
        || lpad(line.part, greatest(5, length(line.part)), '0')
        || '.csv',
      :'region'
    )
  ) AS loaded
FROM pg_temp.noren_part AS line
WHERE line.kind = 'part' AND line.name = 'public.departments' AND line.rows <> '0'
ORDER BY line.part::integer;
SELECT aws_s3.table_import_from_s3(
    'public.employees',
    'id, department_id, name, salary',
    '(format csv, header match, encoding ''UTF8'')',
    aws_commons.create_s3_uri(
      :'bucket',
      :'folder'
        || '/public.employees/'
        || lpad(line.part, greatest(5, length(line.part)), '0')
        || '.csv',
      :'region'
    )
  ) AS loaded
FROM pg_temp.noren_part AS line
WHERE line.kind = 'part' AND line.name = 'public.employees' AND line.rows <> '0'
ORDER BY line.part::integer;
SELECT aws_s3.table_import_from_s3(
    'public.orders',
    'id, customer_id, total, note',
    '(format csv, header match, encoding ''UTF8'')',
    aws_commons.create_s3_uri(
      :'bucket',
      :'folder'
        || '/public.orders/'
        || lpad(line.part, greatest(5, length(line.part)), '0')
        || '.csv',
      :'region'
    )
  ) AS loaded
FROM pg_temp.noren_part AS line
WHERE line.kind = 'part' AND line.name = 'public.orders' AND line.rows <> '0'
ORDER BY line.part::integer;
SELECT aws_s3.table_import_from_s3(
    'public.events',
    'id, order_id, what, payload, happened_at',
    '(format csv, header match, encoding ''UTF8'')',
    aws_commons.create_s3_uri(
      :'bucket',
      :'folder'
        || '/public.events/'
        || lpad(line.part, greatest(5, length(line.part)), '0')
        || '.csv',
      :'region'
    )
  ) AS loaded
FROM pg_temp.noren_part AS line
WHERE line.kind = 'part' AND line.name = 'public.events' AND line.rows <> '0'
ORDER BY line.part::integer;

-- whatever was left to the end of the transaction is checked now
SET CONSTRAINTS ALL IMMEDIATE;
-- every row of the manifest is there
CREATE TEMPORARY TABLE pg_temp.noren_loaded (
  name text,
  rows text
) ON COMMIT DROP;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.customers',
  count(*)
FROM ONLY public.customers AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.departments',
  count(*)
FROM ONLY public.departments AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.employees',
  count(*)
FROM ONLY public.employees AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.orders',
  count(*)
FROM ONLY public.orders AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.events',
  count(*)
FROM ONLY public.events AS t;
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
ALTER SEQUENCE public.customers_id_seq RESTART;
SELECT setval(
    '"public"."customers_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.customers AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
-- what was off is on again, each in the mode that it had
ALTER TABLE public.departments ALTER CONSTRAINT departments_head_id_fkey NOT DEFERRABLE;
ALTER TABLE public.employees ALTER CONSTRAINT employees_department_id_fkey NOT DEFERRABLE;
COMMIT;
\echo 'loaded:' :run
