-- Empties the exported tables of a marked database and loads the files of one run. One transaction: nobody
-- reads these tables until it ends, and stopped anywhere it leaves everything as it was.
-- Run as the tables' owner: psql -X -v run=FOLDER -f import.sql
-- policy.noren:84  export support

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
\if :{?run}
\else
\set run data/support
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
row security	public	addresses		not forced
row security	public	categories		not forced
row security	public	coupons		not forced
row security	public	customers		not forced
row security	public	order_lines		not forced
row security	public	orders		not forced
row security	public	payments		not forced
row security	public	products		not forced
row security	public	reviews		not forced
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
SELECT count(*) = 1 AND bool_and(marker.export::text = 'support') AS noren_marked
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
export	support	-
policy	8d7bb4905dbbe6b2c64d4be40031f4258f4c82bf3dd1b381ce5f09fb185ea992	-
key	none	-
table	public.categories	id,parent_id,name
table	public.coupons	code,percent,valid
table	public.customers	id,customer_no,email,name,phone,country,newsletter,referred_by,signed_up_at
table	public.addresses	id,customer_id,recipient,line1,line2,city,postcode,country
table	public.orders	id,customer_id,ship_to_id,coupon_code,state,total,gift_note,placed_at
table	public.payments	id,order_id,amount,provider_payload,paid_at
table	public.products	sku,category_id,title,description,price,attributes,listed
table	public.order_lines	order_id,line_no,sku,quantity,unit_price,engraving
table	public.reviews	id,sku,customer_id,stars,body,published
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
  ONLY public.addresses,
  ONLY public.categories,
  ONLY public.coupons,
  ONLY public.customers,
  ONLY public.order_lines,
  ONLY public.orders,
  ONLY public.payments,
  ONLY public.products,
  ONLY public.reviews
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

-- exactly the exported tables, and those beside them that were found empty
TRUNCATE TABLE
  ONLY public.addresses,
  ONLY public.categories,
  ONLY public.coupons,
  ONLY public.customers,
  ONLY public.order_lines,
  ONLY public.orders,
  ONLY public.payments,
  ONLY public.products,
  ONLY public.reviews
RESTART IDENTITY;

-- referenced tables first; a table that was empty has no file
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.categories'
\gset
\if :noren_present
\copy public.categories (id, parent_id, name) from 'public.categories.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.coupons'
\gset
\if :noren_present
\copy public.coupons (code, percent, valid) from 'public.coupons.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.customers'
\gset
\if :noren_present
\copy public.customers (id, customer_no, email, name, phone, country, newsletter, referred_by, signed_up_at) from 'public.customers.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.addresses'
\gset
\if :noren_present
\copy public.addresses (id, customer_id, recipient, line1, line2, city, postcode, country) from 'public.addresses.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.orders'
\gset
\if :noren_present
\copy public.orders (id, customer_id, ship_to_id, coupon_code, state, total, gift_note, placed_at) from 'public.orders.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.payments'
\gset
\if :noren_present
\copy public.payments (id, order_id, amount, provider_payload, paid_at) from 'public.payments.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.products'
\gset
\if :noren_present
\copy public.products (sku, category_id, title, description, price, attributes, listed) from 'public.products.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.order_lines'
\gset
\if :noren_present
\copy public.order_lines (order_id, line_no, sku, quantity, unit_price, engraving) from 'public.order_lines.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'public.reviews'
\gset
\if :noren_present
\copy public.reviews (id, sku, customer_id, stars, body, published) from 'public.reviews.txt' WITH (FORMAT text, HEADER MATCH)
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
  'public.categories',
  count(*)
FROM ONLY public.categories AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.coupons',
  count(*)
FROM ONLY public.coupons AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.customers',
  count(*)
FROM ONLY public.customers AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.addresses',
  count(*)
FROM ONLY public.addresses AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.orders',
  count(*)
FROM ONLY public.orders AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.payments',
  count(*)
FROM ONLY public.payments AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.products',
  count(*)
FROM ONLY public.products AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.order_lines',
  count(*)
FROM ONLY public.order_lines AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'public.reviews',
  count(*)
FROM ONLY public.reviews AS t;
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
ALTER SEQUENCE public.addresses_id_seq RESTART;
SELECT setval(
    '"public"."addresses_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.addresses AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.customers_id_seq RESTART;
SELECT setval(
    '"public"."customers_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.customers AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.orders_id_seq RESTART;
SELECT setval(
    '"public"."orders_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.orders AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE public.reviews_id_seq RESTART;
SELECT setval(
    '"public"."reviews_id_seq"'::regclass,
    (SELECT max(t.id) FROM public.reviews AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
COMMIT;
\echo 'loaded:' :run
