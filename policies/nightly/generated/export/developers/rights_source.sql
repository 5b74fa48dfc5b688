-- What an export to S3 needs in the source: a table for the list of what left, and rights for the exporting role.
-- Run in the source as the tables' owner or a superuser: psql -X -f rights_source.sql. Safe to run again.
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

DO LANGUAGE plpgsql $noren$
DECLARE
  squatter text;
BEGIN
  SELECT coalesce(min(pg_catalog.pg_get_userbyid(found.owner)), '') INTO squatter
  FROM (
    SELECT n.nspowner AS owner FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'noren_run'
    UNION ALL
    SELECT c.relowner FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'noren_run'
  ) AS found
  JOIN pg_catalog.pg_roles AS role ON role.oid = found.owner
  -- A trigger of somebody else would run with the exporting role's rights.
  WHERE role.rolname <> current_user AND NOT role.rolsuper
    AND role.oid <> (SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database());
  IF squatter <> '' THEN
    RAISE EXCEPTION 'the schema noren_run, or a table in it, belongs to "%", which is not you', squatter
      USING HINT = 'run this file as that role if it made them so; else see why, drop them, and run this file again';
  END IF;
  CREATE SCHEMA IF NOT EXISTS noren_run;
  CREATE TABLE IF NOT EXISTS noren_run.manifest (
    attempt text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    part integer NOT NULL,
    rows_uploaded bigint,
    files_uploaded bigint,
    bytes_uploaded bigint,
    columns text NOT NULL,
    PRIMARY KEY (attempt, kind, name, part),
    -- The service goes on in a second object at about 6 GB, and the import reads the first.
    CONSTRAINT expected_one_object_a_part_make_chunk_smaller
      CHECK (files_uploaded = 1 OR coalesce(rows_uploaded, 0) = 0 AND coalesce(files_uploaded, 0) <= 1)
  );
END
$noren$;
-- for the pipeline: which task has which piece
DO LANGUAGE plpgsql $noren$
BEGIN
  CREATE TABLE IF NOT EXISTS noren_run.piece (
    attempt text NOT NULL,
    share integer NOT NULL,
    stem text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    part integer NOT NULL,
    low tid NOT NULL,
    high tid NOT NULL,
    PRIMARY KEY (attempt, stem, part)
  );
END
$noren$;
GRANT SELECT, INSERT ON TABLE noren_run.piece TO mask_exporter;
GRANT USAGE ON SCHEMA aws_s3 TO mask_exporter;
GRANT USAGE ON SCHEMA aws_commons TO mask_exporter;
SELECT set_config('noren.role', 'mask_exporter', false) IS NOT NULL AS noren_is_set
\gset
SELECT set_config(
    'noren.functions',
    'aws_s3.query_export_to_s3,aws_commons.create_s3_uri',
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
GRANT USAGE ON SCHEMA noren_run TO mask_exporter;
GRANT SELECT, INSERT ON TABLE noren_run.manifest TO mask_exporter;
-- policy.noren:43  as mask_exporter
SELECT set_config('noren.role', 'mask_exporter', false) IS NOT NULL AS noren_role_is_set
\gset
DO LANGUAGE plpgsql $noren$
BEGIN
  -- the database's name is not the policy's business: it differs between environments
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_setting('noren.role'));
END
$noren$;
SET noren.role = DEFAULT;
GRANT USAGE ON SCHEMA public TO mask_exporter;
GRANT SELECT ON TABLE public.customers TO mask_exporter;
GRANT SELECT ON TABLE public.departments TO mask_exporter;
GRANT SELECT ON TABLE public.employees TO mask_exporter;
GRANT SELECT ON TABLE public.events TO mask_exporter;
GRANT SELECT ON TABLE public.orders TO mask_exporter;
