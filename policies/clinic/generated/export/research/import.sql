-- Empties the exported tables of a marked database and loads the files of one run. One transaction: nobody
-- reads these tables until it ends, and stopped anywhere it leaves everything as it was.
-- Run as the tables' owner: psql -X -v run=FOLDER -f import.sql
-- exports.noren:10  export research

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
SET search_path = pg_catalog, clinic, pg_temp;
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
-- exports.noren:13  as importer
SET ROLE importer;
\if :{?run}
\else
\set run data/research
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
row security	clinic	appointments		not forced
row security	clinic	consents		not forced
row security	clinic	diagnoses		not forced
row security	clinic	disease_codes		not forced
row security	clinic	encounters		not forced
row security	clinic	invoice_reminders		not forced
row security	clinic	invoices		not forced
row security	clinic	lab_results		not forced
row security	clinic	memberships		not forced
row security	clinic	organisations		not forced
row security	clinic	patients		not forced
row security	clinic	prescriptions		not forced
row security	clinic	users		not forced
row security	clinic	workspaces		not forced
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
SELECT count(*) = 1 AND bool_and(marker.export::text = 'research') AS noren_marked
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
export	research	-
policy	f76f6394232aeb6ac0e223d6cb05a3bb2570c9e5b2334a73f44198251fcb3db1	-
key	fingerprint	-
table	clinic.disease_codes	code,title,chapter
table	clinic.organisations	id,name,registration_no,region,created_at
table	clinic.users	id,email,full_name,phone,password_hash,last_seen_at,created_at
table	clinic.memberships	organisation_id,user_id,role,invited_by,joined_on
table	clinic.patients	id,organisation_id,chart_no,full_name,full_name_kana,sex,birth_date,phone,email,address,insurance_no,emergency_contact,allergies,general_practitioner_id,mother_id,created_at
table	clinic.consents	patient_id,kind,given,given_at
table	clinic.invoices	number,organisation_id,patient_id,amount,paid,issued_on
table	clinic.invoice_reminders	id,invoice_number,sent_to,sent_at
table	clinic.lab_results	id,organisation_id,patient_id,test_name,value,unit,taken_at,document
table	clinic.workspaces	id,organisation_id,name,timezone
table	clinic.appointments	id,organisation_id,workspace_id,patient_id,practitioner_id,status,slot,reason
table	clinic.encounters	id,organisation_id,appointment_id,patient_id,seen_by,started_at,notes,vitals,pulse,temperature
table	clinic.diagnoses	encounter_id,position,disease_code,remark
table	clinic.prescriptions	id,encounter_id,drug,dose_mg,days,instructions
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
  ONLY clinic.appointments,
  ONLY clinic.consents,
  ONLY clinic.diagnoses,
  ONLY clinic.disease_codes,
  ONLY clinic.encounters,
  ONLY clinic.invoice_reminders,
  ONLY clinic.invoices,
  ONLY clinic.lab_results,
  ONLY clinic.memberships,
  ONLY clinic.organisations,
  ONLY clinic.patients,
  ONLY clinic.prescriptions,
  ONLY clinic.users,
  ONLY clinic.workspaces
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
  ONLY clinic.appointments,
  ONLY clinic.consents,
  ONLY clinic.diagnoses,
  ONLY clinic.disease_codes,
  ONLY clinic.encounters,
  ONLY clinic.invoice_reminders,
  ONLY clinic.invoices,
  ONLY clinic.lab_results,
  ONLY clinic.memberships,
  ONLY clinic.organisations,
  ONLY clinic.patients,
  ONLY clinic.prescriptions,
  ONLY clinic.users,
  ONLY clinic.workspaces
RESTART IDENTITY;

-- referenced tables first; a table that was empty has no file
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.disease_codes'
\gset
\if :noren_present
\copy clinic.disease_codes (code, title, chapter) from 'clinic.disease_codes.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.organisations'
\gset
\if :noren_present
\copy clinic.organisations (id, name, registration_no, region, created_at) from 'clinic.organisations.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.users'
\gset
\if :noren_present
\copy clinic.users (id, email, full_name, phone, password_hash, last_seen_at, created_at) from 'clinic.users.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.memberships'
\gset
\if :noren_present
\copy clinic.memberships (organisation_id, user_id, role, invited_by, joined_on) from 'clinic.memberships.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.patients'
\gset
\if :noren_present
\copy clinic.patients (id, organisation_id, chart_no, full_name, full_name_kana, sex, birth_date, phone, email, address, insurance_no, emergency_contact, allergies, general_practitioner_id, mother_id, created_at) from 'clinic.patients.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.consents'
\gset
\if :noren_present
\copy clinic.consents (patient_id, kind, given, given_at) from 'clinic.consents.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.invoices'
\gset
\if :noren_present
\copy clinic.invoices (number, organisation_id, patient_id, amount, paid, issued_on) from 'clinic.invoices.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.invoice_reminders'
\gset
\if :noren_present
\copy clinic.invoice_reminders (id, invoice_number, sent_to, sent_at) from 'clinic.invoice_reminders.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.lab_results'
\gset
\if :noren_present
\copy clinic.lab_results (id, organisation_id, patient_id, test_name, value, unit, taken_at, document) from 'clinic.lab_results.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.workspaces'
\gset
\if :noren_present
\copy clinic.workspaces (id, organisation_id, name, timezone) from 'clinic.workspaces.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.appointments'
\gset
\if :noren_present
\copy clinic.appointments (id, organisation_id, workspace_id, patient_id, practitioner_id, status, slot, reason) from 'clinic.appointments.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.encounters'
\gset
\if :noren_present
\copy clinic.encounters (id, organisation_id, appointment_id, patient_id, seen_by, started_at, notes, vitals, pulse, temperature) from 'clinic.encounters.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.diagnoses'
\gset
\if :noren_present
\copy clinic.diagnoses (encounter_id, "position", disease_code, remark) from 'clinic.diagnoses.txt' WITH (FORMAT text, HEADER MATCH)
\endif
SELECT digest <> '-' AS noren_present
FROM pg_temp.noren_manifest AS manifest
WHERE kind = 'table' AND name = 'clinic.prescriptions'
\gset
\if :noren_present
\copy clinic.prescriptions (id, encounter_id, drug, dose_mg, days, instructions) from 'clinic.prescriptions.txt' WITH (FORMAT text, HEADER MATCH)
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
  'clinic.disease_codes',
  count(*)
FROM ONLY clinic.disease_codes AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.organisations',
  count(*)
FROM ONLY clinic.organisations AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.users',
  count(*)
FROM ONLY clinic.users AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.memberships',
  count(*)
FROM ONLY clinic.memberships AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.patients',
  count(*)
FROM ONLY clinic.patients AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.consents',
  count(*)
FROM ONLY clinic.consents AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.invoices',
  count(*)
FROM ONLY clinic.invoices AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.invoice_reminders',
  count(*)
FROM ONLY clinic.invoice_reminders AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.lab_results',
  count(*)
FROM ONLY clinic.lab_results AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.workspaces',
  count(*)
FROM ONLY clinic.workspaces AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.appointments',
  count(*)
FROM ONLY clinic.appointments AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.encounters',
  count(*)
FROM ONLY clinic.encounters AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.diagnoses',
  count(*)
FROM ONLY clinic.diagnoses AS t;
INSERT INTO pg_temp.noren_loaded (name, rows)
SELECT
  'clinic.prescriptions',
  count(*)
FROM ONLY clinic.prescriptions AS t;
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
ALTER SEQUENCE clinic.appointments_id_seq RESTART;
SELECT setval(
    '"clinic"."appointments_id_seq"'::regclass,
    (
      SELECT max(t.id)
      FROM clinic.appointments AS t
      WHERE t.id >= 1 AND t.id <= 9223372036854775807
    ),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE clinic.encounters_id_seq RESTART;
SELECT setval(
    '"clinic"."encounters_id_seq"'::regclass,
    (SELECT max(t.id) FROM clinic.encounters AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE clinic.invoice_reminders_id_seq RESTART;
SELECT setval(
    '"clinic"."invoice_reminders_id_seq"'::regclass,
    (
      SELECT max(t.id)
      FROM clinic.invoice_reminders AS t
      WHERE t.id >= 1 AND t.id <= 9223372036854775807
    ),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE clinic.lab_results_id_seq RESTART;
SELECT setval(
    '"clinic"."lab_results_id_seq"'::regclass,
    (SELECT max(t.id) FROM clinic.lab_results AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE clinic.patients_id_seq RESTART;
SELECT setval(
    '"clinic"."patients_id_seq"'::regclass,
    (SELECT max(t.id) FROM clinic.patients AS t WHERE t.id >= 1 AND t.id <= 9223372036854775807),
    true
  ) AS noren_sequence
\gset
ALTER SEQUENCE clinic.prescriptions_id_seq RESTART;
SELECT setval(
    '"clinic"."prescriptions_id_seq"'::regclass,
    (
      SELECT max(t.id)
      FROM clinic.prescriptions AS t
      WHERE t.id >= 1 AND t.id <= 9223372036854775807
    ),
    true
  ) AS noren_sequence
\gset
COMMIT;
\echo 'loaded:' :run
