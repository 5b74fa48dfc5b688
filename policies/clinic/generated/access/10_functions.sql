-- The functions that policies read settings with. A setting that is not set, or empty, is NULL: then no row belongs
-- to the session. Run as the owner of the tables, who needs CREATE on the database: psql -X -f 10_functions.sql

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
-- names and predicates mean what they mean here
SET standard_conforming_strings = on;
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
SET client_min_messages = 'warning';
SET transform_null_equals = 'off';
SET quote_all_identifiers = 'off';
SET row_security = 'off';
SET lock_timeout = '10s';

BEGIN ISOLATION LEVEL READ COMMITTED;
DO LANGUAGE plpgsql $noren$
-- One run at a time. A lock is waited for two seconds at a time, so that nobody queues behind it for longer.
DECLARE
  target text := current_setting('noren.table', true);
  lock text := coalesce(current_setting('noren.lock', true), '');
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('noren', 0));
  IF lock = '' THEN
    RETURN;
  END IF;
  PERFORM set_config('lock_timeout', '2s', true);
  FOR attempt IN 1..30 LOOP
    BEGIN
      -- LOCK TABLE on a view would lock the tables that it reads.
      EXECUTE CASE lock
        WHEN 'view' THEN format('ALTER VIEW %s SET (security_barrier = true)', target::regclass)
        ELSE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', target::regclass) END;
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 30 THEN
        RAISE EXCEPTION 'a lock on % was not to be had', target::regclass
          USING ERRCODE = 'lock_not_available', HINT = 'find what holds it in pg_stat_activity, then run this file again';
      END IF;
    END;
    PERFORM pg_sleep(least(attempt, 10) * 0.2);
  END LOOP;
END
$noren$;
CREATE SCHEMA IF NOT EXISTS noren;
CREATE TEMPORARY TABLE pg_temp.noren_helper (
  name text,
  type_schema text,
  type_name text,
  is_array text
) ON COMMIT DROP;
COPY pg_temp.noren_helper (name, type_schema, type_name, is_array) FROM STDIN WITH (FORMAT text);
app_tenant_ids	pg_catalog	uuid	true
app_user_id	pg_catalog	uuid	false
\.
DO LANGUAGE plpgsql $noren$
-- A function keeps its type, and policies and defaults hold on to the function: one of another type makes room under
-- another name, and goes on until nothing calls it any more.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT live.oid, live.proname
    FROM pg_temp.noren_helper AS wanted
    JOIN pg_namespace AS type_space ON type_space.nspname = wanted.type_schema
    JOIN pg_type AS type ON type.typnamespace = type_space.oid AND type.typname = wanted.type_name
    JOIN pg_proc AS live ON live.proname = wanted.name AND live.pronargs = 0
    JOIN pg_namespace AS space ON space.oid = live.pronamespace AND space.nspname = 'noren'
    WHERE live.prorettype <> CASE WHEN wanted.is_array::boolean THEN type.typarray ELSE type.oid END
      AND obj_description(live.oid, 'pg_proc') LIKE 'noren: %'
    ORDER BY live.proname
  LOOP
    EXECUTE format('ALTER FUNCTION %s RENAME TO %I', earlier.oid::regprocedure,
                   left(earlier.proname, 52) || '_' || earlier.oid);
  END LOOP;
END
$noren$;

-- access.noren:3  noren.app_tenant_ids reads setting app.tenant_ids
CREATE OR REPLACE FUNCTION noren.app_tenant_ids() RETURNS uuid[]
  LANGUAGE sql STABLE PARALLEL safe
  RETURN nullif(pg_catalog.current_setting('app.tenant_ids', true), '')::uuid[];
COMMENT ON FUNCTION noren.app_tenant_ids() IS 'noren: reads app.tenant_ids';
REVOKE ALL
  ON FUNCTION noren.app_tenant_ids()
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
GRANT EXECUTE
  ON FUNCTION noren.app_tenant_ids()
  TO billing, clinic_app, frontdesk, importer, migrator, researcher;

-- access.noren:4  noren.app_user_id reads setting app.user_id
CREATE OR REPLACE FUNCTION noren.app_user_id() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL safe
  RETURN nullif(pg_catalog.current_setting('app.user_id', true), '')::uuid;
COMMENT ON FUNCTION noren.app_user_id() IS 'noren: reads app.user_id';
REVOKE ALL
  ON FUNCTION noren.app_user_id()
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
GRANT EXECUTE ON FUNCTION noren.app_user_id() TO clinic_app;

COMMIT;
