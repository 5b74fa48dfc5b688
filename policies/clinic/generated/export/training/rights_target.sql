-- In the copy only: gives the tables to the importing role, and opens them to those who read masked rows.
-- Run in the copy as a superuser or a member of both owners: psql -X -f rights_target.sql. Safe to run again.
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

BEGIN;

-- the target says that it may be overwritten by this export
DO LANGUAGE plpgsql $noren$
BEGIN
  IF to_regclass('noren.import_target') IS NULL THEN
    RAISE EXCEPTION 'this database has no table noren.import_target, so nothing says that it may be overwritten'
      USING HINT = 'put the marker by hand into a database that may lose all its rows; the README says how';
  END IF;
END
$noren$;
SELECT count(*) = 1 AND bool_and(marker.export::text = 'training') AS noren_marked
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

-- exports.noren:5  import as importer
SELECT set_config('noren.role', 'importer', false) IS NOT NULL AS noren_role_is_set
\gset
DO LANGUAGE plpgsql $noren$
BEGIN
  -- the database's name is not the policy's business: it differs between environments
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_setting('noren.role'));
END
$noren$;
SET noren.role = DEFAULT;
GRANT USAGE, CREATE ON SCHEMA clinic TO importer;
GRANT USAGE ON SCHEMA noren TO importer;
GRANT SELECT ON TABLE noren.import_target TO importer;
ALTER TABLE clinic.appointments OWNER TO importer;
ALTER TABLE clinic.consents OWNER TO importer;
ALTER TABLE clinic.diagnoses OWNER TO importer;
ALTER TABLE clinic.disease_codes OWNER TO importer;
ALTER TABLE clinic.encounters OWNER TO importer;
ALTER TABLE clinic.invoice_reminders OWNER TO importer;
ALTER TABLE clinic.invoices OWNER TO importer;
ALTER TABLE clinic.lab_results OWNER TO importer;
ALTER TABLE clinic.memberships OWNER TO importer;
ALTER TABLE clinic.organisations OWNER TO importer;
ALTER TABLE clinic.patients OWNER TO importer;
ALTER TABLE clinic.prescriptions OWNER TO importer;
ALTER TABLE clinic.users OWNER TO importer;
ALTER TABLE clinic.workspaces OWNER TO importer;
COMMIT;
