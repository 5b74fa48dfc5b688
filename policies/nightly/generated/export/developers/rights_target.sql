-- In the copy only: gives the tables to the importing role, and opens them to those who read masked rows.
-- Run in the copy as a superuser or a member of both owners: psql -X -f rights_target.sql. Safe to run again.
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

-- policy.noren:44  import as mask_importer
SELECT set_config('noren.role', 'mask_importer', false) IS NOT NULL AS noren_role_is_set
\gset
DO LANGUAGE plpgsql $noren$
BEGIN
  -- the database's name is not the policy's business: it differs between environments
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_setting('noren.role'));
END
$noren$;
SET noren.role = DEFAULT;
GRANT USAGE, CREATE ON SCHEMA public TO mask_importer;
GRANT USAGE ON SCHEMA noren TO mask_importer;
GRANT SELECT ON TABLE noren.import_target TO mask_importer;
ALTER TABLE public.customers OWNER TO mask_importer;
ALTER TABLE public.departments OWNER TO mask_importer;
ALTER TABLE public.employees OWNER TO mask_importer;
ALTER TABLE public.events OWNER TO mask_importer;
ALTER TABLE public.orders OWNER TO mask_importer;
GRANT USAGE ON SCHEMA aws_s3 TO mask_importer;
GRANT USAGE ON SCHEMA aws_commons TO mask_importer;
SELECT set_config('noren.role', 'mask_importer', false) IS NOT NULL AS noren_is_set
\gset
SELECT set_config(
    'noren.functions',
    'aws_s3.table_import_from_s3,aws_commons.create_s3_uri',
    false
  ) IS NOT NULL AS noren_is_set
\gset
DO LANGUAGE plpgsql $noren$
DECLARE
  found_function regprocedure;
  wanted text;
BEGIN
  -- The argument lists differ between versions of the extension, so the functions are found by their names.
  FOREACH wanted IN ARRAY string_to_array(current_setting('noren.functions'), ',') LOOP
    PERFORM 1 FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname || '.' || p.proname = wanted;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the function % is not there', wanted
        USING HINT = 'a member of rds_superuser installs it, on the writer: CREATE EXTENSION aws_s3 CASCADE';
    END IF;
    FOR found_function IN
      SELECT p.oid FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
      WHERE n.nspname || '.' || p.proname = wanted
    LOOP
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', found_function, current_setting('noren.role'));
    END LOOP;
  END LOOP;
END
$noren$;
SET noren.role = DEFAULT;
SET noren.functions = DEFAULT;
COMMIT;
