-- Only for runners that can send nothing but SQL: puts the mask key into a table that the exporting role alone may
-- read. It comes from the environment variable NOREN_MASK_KEY of psql; no statement and no log holds it.
-- Run in the source, after rights_source.sql and as the same: psql -X -f key.sql. Run it again for a new key.
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

BEGIN;
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
DO LANGUAGE plpgsql $noren$
DECLARE
  reader text;
BEGIN
  CREATE TABLE IF NOT EXISTS noren_run.mask_key (hex text NOT NULL);
  LOCK TABLE noren_run.mask_key IN ACCESS EXCLUSIVE MODE;
  -- Default privileges may have opened the new table to others.
  FOR reader IN
    SELECT DISTINCT CASE own.grantee WHEN 0 THEN 'PUBLIC' ELSE format('%I', pg_catalog.pg_get_userbyid(own.grantee)) END
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS own
    WHERE c.oid = 'noren_run.mask_key'::regclass AND own.grantee <> c.relowner
  LOOP
    EXECUTE format('REVOKE ALL ON noren_run.mask_key FROM %s', reader);
  END LOOP;
  DELETE FROM noren_run.mask_key;
  INSERT INTO noren_run.mask_key (hex) SELECT hex FROM pg_temp.noren_key;
END
$noren$;
-- policy.noren:43  as mask_exporter
GRANT SELECT ON TABLE noren_run.mask_key TO mask_exporter;
COMMIT;
DROP TABLE pg_temp.noren_key;
