-- Exports the masked rows of one audience into a fresh folder. Changes nothing in the database.
-- Run as: psql -X -v run=FOLDER -f run.sql
-- exports.noren:2  export training

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
\set run data/training
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
  ('table', 'clinic', 'appointments', '', 'ordinary'),
  ('table', 'clinic', 'consents', '', 'ordinary'),
  ('table', 'clinic', 'diagnoses', '', 'ordinary'),
  ('table', 'clinic', 'disease_codes', '', 'ordinary'),
  ('table', 'clinic', 'encounters', '', 'ordinary'),
  ('table', 'clinic', 'invoice_reminders', '', 'ordinary'),
  ('table', 'clinic', 'invoices', '', 'ordinary'),
  ('table', 'clinic', 'lab_results', '', 'ordinary'),
  ('table', 'clinic', 'memberships', '', 'ordinary'),
  ('table', 'clinic', 'organisations', '', 'ordinary'),
  ('table', 'clinic', 'patients', '', 'ordinary'),
  ('table', 'clinic', 'prescriptions', '', 'ordinary'),
  ('table', 'clinic', 'users', '', 'ordinary'),
  ('table', 'clinic', 'workspaces', '', 'ordinary'),
  ('column', 'clinic', 'appointments', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'clinic', 'appointments', 'organisation_id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'appointments', 'patient_id', 'pg_catalog.int8 not null'),
  ('column', 'clinic', 'appointments', 'practitioner_id', 'pg_catalog.uuid'),
  ('column', 'clinic', 'appointments', 'reason', 'pg_catalog.text'),
  ('column', 'clinic', 'appointments', 'slot', 'pg_catalog.tstzrange not null'),
  ('column', 'clinic', 'appointments', 'status', 'clinic.appointment_status not null'),
  ('column', 'clinic', 'appointments', 'workspace_id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'consents', 'given', 'pg_catalog.bool not null'),
  ('column', 'clinic', 'consents', 'given_at', 'pg_catalog.timestamptz not null'),
  ('column', 'clinic', 'consents', 'kind', 'pg_catalog.text not null'),
  ('column', 'clinic', 'consents', 'patient_id', 'pg_catalog.int8 not null'),
  ('column', 'clinic', 'consents', 'signature', 'pg_catalog.bytea'),
  ('column', 'clinic', 'diagnoses', 'disease_code', 'pg_catalog.varchar(8) not null'),
  ('column', 'clinic', 'diagnoses', 'encounter_id', 'pg_catalog.int8 not null'),
  ('column', 'clinic', 'diagnoses', 'position', 'pg_catalog.int2 not null'),
  ('column', 'clinic', 'diagnoses', 'remark', 'pg_catalog.text'),
  ('column', 'clinic', 'disease_codes', 'chapter', 'pg_catalog.int2 not null'),
  ('column', 'clinic', 'disease_codes', 'code', 'pg_catalog.varchar(8) not null'),
  ('column', 'clinic', 'disease_codes', 'title', 'pg_catalog.text not null'),
  ('column', 'clinic', 'encounters', 'appointment_id', 'pg_catalog.int8'),
  ('column', 'clinic', 'encounters', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'clinic', 'encounters', 'notes', 'pg_catalog.text'),
  ('column', 'clinic', 'encounters', 'organisation_id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'encounters', 'patient_id', 'pg_catalog.int8 not null'),
  ('column', 'clinic', 'encounters', 'pulse', 'clinic.pulse'),
  ('column', 'clinic', 'encounters', 'seen_by', 'pg_catalog.uuid'),
  ('column', 'clinic', 'encounters', 'started_at', 'pg_catalog.timestamptz not null'),
  ('column', 'clinic', 'encounters', 'temperature', 'pg_catalog.numeric(3,1)'),
  ('column', 'clinic', 'encounters', 'vitals', 'pg_catalog.jsonb'),
  ('column', 'clinic', 'invoice_reminders', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'clinic', 'invoice_reminders', 'invoice_number', 'pg_catalog.varchar(24) not null'),
  ('column', 'clinic', 'invoice_reminders', 'sent_at', 'pg_catalog.timestamptz'),
  ('column', 'clinic', 'invoice_reminders', 'sent_to', 'pg_catalog.text'),
  ('column', 'clinic', 'invoices', 'amount', 'pg_catalog.numeric(12,0) not null'),
  ('column', 'clinic', 'invoices', 'issued_on', 'pg_catalog.date not null'),
  ('column', 'clinic', 'invoices', 'number', 'pg_catalog.varchar(24) not null'),
  ('column', 'clinic', 'invoices', 'organisation_id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'invoices', 'paid', 'pg_catalog.bool not null'),
  ('column', 'clinic', 'invoices', 'patient_id', 'pg_catalog.int8 not null'),
  ('column', 'clinic', 'lab_results', 'document', 'pg_catalog.xml'),
  ('column', 'clinic', 'lab_results', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'clinic', 'lab_results', 'organisation_id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'lab_results', 'patient_id', 'pg_catalog.int8 not null'),
  ('column', 'clinic', 'lab_results', 'taken_at', 'pg_catalog.timestamptz not null'),
  ('column', 'clinic', 'lab_results', 'test_name', 'pg_catalog.text not null'),
  ('column', 'clinic', 'lab_results', 'unit', 'pg_catalog.text'),
  ('column', 'clinic', 'lab_results', 'value', 'pg_catalog.float8'),
  ('column', 'clinic', 'memberships', 'invited_by', 'pg_catalog.uuid'),
  ('column', 'clinic', 'memberships', 'joined_on', 'pg_catalog.date not null'),
  ('column', 'clinic', 'memberships', 'organisation_id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'memberships', 'role', 'clinic.staff_role not null'),
  ('column', 'clinic', 'memberships', 'user_id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'organisations', 'created_at', 'pg_catalog.timestamptz not null'),
  ('column', 'clinic', 'organisations', 'id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'organisations', 'name', 'pg_catalog.text not null'),
  ('column', 'clinic', 'organisations', 'region', 'pg_catalog.text not null'),
  ('column', 'clinic', 'organisations', 'registration_no', 'pg_catalog.varchar(16) not null'),
  ('column', 'clinic', 'patients', 'address', 'pg_catalog.text'),
  ('column', 'clinic', 'patients', 'allergies', 'pg_catalog.text[] not null'),
  ('column', 'clinic', 'patients', 'birth_date', 'pg_catalog.date not null'),
  ('column', 'clinic', 'patients', 'chart_no', 'pg_catalog.varchar(20) not null'),
  ('column', 'clinic', 'patients', 'created_at', 'pg_catalog.timestamptz not null'),
  ('column', 'clinic', 'patients', 'deceased_on', 'pg_catalog.date'),
  ('column', 'clinic', 'patients', 'email', 'pg_catalog.text'),
  ('column', 'clinic', 'patients', 'emergency_contact', 'pg_catalog.jsonb'),
  ('column', 'clinic', 'patients', 'full_name', 'pg_catalog.text not null'),
  ('column', 'clinic', 'patients', 'full_name_kana', 'pg_catalog.text'),
  ('column', 'clinic', 'patients', 'general_practitioner_id', 'pg_catalog.uuid'),
  ('column', 'clinic', 'patients', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'clinic', 'patients', 'insurance_no', 'clinic.insurance_number'),
  ('column', 'clinic', 'patients', 'mother_id', 'pg_catalog.int8'),
  ('column', 'clinic', 'patients', 'organisation_id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'patients', 'phone', 'pg_catalog.varchar(24)'),
  ('column', 'clinic', 'patients', 'sex', 'clinic.sex_at_birth not null'),
  ('column', 'clinic', 'prescriptions', 'days', 'pg_catalog.int2 not null'),
  ('column', 'clinic', 'prescriptions', 'dose_mg', 'pg_catalog.numeric(8,3) not null'),
  ('column', 'clinic', 'prescriptions', 'drug', 'pg_catalog.text not null'),
  ('column', 'clinic', 'prescriptions', 'encounter_id', 'pg_catalog.int8 not null'),
  ('column', 'clinic', 'prescriptions', 'id', 'pg_catalog.int8 not null identity always'),
  ('column', 'clinic', 'prescriptions', 'instructions', 'pg_catalog.text'),
  ('column', 'clinic', 'users', 'created_at', 'pg_catalog.timestamptz not null'),
  ('column', 'clinic', 'users', 'email', 'pg_catalog.text not null'),
  ('column', 'clinic', 'users', 'full_name', 'pg_catalog.text not null'),
  ('column', 'clinic', 'users', 'id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'users', 'last_seen_at', 'pg_catalog.timestamptz'),
  ('column', 'clinic', 'users', 'mfa_secret', 'pg_catalog.bytea'),
  ('column', 'clinic', 'users', 'password_hash', 'pg_catalog.text not null'),
  ('column', 'clinic', 'users', 'phone', 'pg_catalog.varchar(24)'),
  ('column', 'clinic', 'workspaces', 'id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'workspaces', 'name', 'pg_catalog.text not null'),
  ('column', 'clinic', 'workspaces', 'organisation_id', 'pg_catalog.uuid not null'),
  ('column', 'clinic', 'workspaces', 'timezone', 'pg_catalog.text not null');

-- locks first: the snapshot is taken by the statement after
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
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
                  || convert_to('8:training,0:,6:secret,11:fingerprint,', 'UTF8')
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
\qecho 'export\ttraining\t-\t-\t-'
\qecho 'policy\tf76f6394232aeb6ac0e223d6cb05a3bb2570c9e5b2334a73f44198251fcb3db1\t-\t-\t-'
\qecho 'key\t':noren_fingerprint'\t-\t-\t-'
\ir tables/clinic.disease_codes.sql
\ir tables/clinic.organisations.sql
\ir tables/clinic.users.sql
\ir tables/clinic.memberships.sql
\ir tables/clinic.patients.sql
\ir tables/clinic.consents.sql
\ir tables/clinic.invoices.sql
\ir tables/clinic.invoice_reminders.sql
\ir tables/clinic.lab_results.sql
\ir tables/clinic.workspaces.sql
\ir tables/clinic.appointments.sql
\ir tables/clinic.encounters.sql
\ir tables/clinic.diagnoses.sql
\ir tables/clinic.prescriptions.sql
\o
COMMIT;
DROP TABLE pg_temp.noren_key;
DROP TABLE pg_temp.noren_shape;

-- the manifest gets its name last: without it nothing is imported
\set noren_written `m=:'run''/manifest.tmp'; n="$(awk -F '\t' '$1 == "table" && NF == 5 && $3 ~ /^[0-9]+$/ && ($4 == "-" || length($4) == 64) { n++ } END { print n + 0 }' "$m")"; if [ "$n" -eq '14' ] && mv -- "$m" :'run''/manifest'; then echo on; else echo off; fi`
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
