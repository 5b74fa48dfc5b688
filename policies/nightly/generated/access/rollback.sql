-- The way back: row security, policies, views and grants as the schema files say they were, a transaction a table.
-- Never touches a row or a column; the columns of 20_tenancy go back in their own folders. Roles stay:
-- rollback_roles.sql drops them. Run as the owner: psql -X -f rollback.sql. Safe to run again and to stop anywhere.

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

-- public.orders
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."orders"';
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
REVOKE ALL ON TABLE public.orders FROM PUBLIC, mask_exporter, mask_importer;
COMMIT;

-- public.events
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."events"';
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
REVOKE ALL ON TABLE public.events FROM PUBLIC, mask_exporter, mask_importer;
COMMIT;

-- public.employees
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."employees"';
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
REVOKE ALL ON TABLE public.employees FROM PUBLIC, mask_exporter, mask_importer;
COMMIT;

-- public.departments
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."departments"';
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
REVOKE ALL ON TABLE public.departments FROM PUBLIC, mask_exporter, mask_importer;
COMMIT;

-- public.customers
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."customers"';
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
REVOKE ALL ON TABLE public.customers FROM PUBLIC, mask_exporter, mask_importer;
COMMIT;

-- schemas, functions, default privileges, and the functions that read settings
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
CREATE TEMPORARY TABLE pg_temp.noren_grantee (
  name text
) ON COMMIT DROP;
COPY pg_temp.noren_grantee (name) FROM STDIN WITH (FORMAT text);
mask_exporter
mask_importer
\.
DO LANGUAGE plpgsql $noren$
-- What 15_schemas.sql wrote down, as it was.
DECLARE
  told jsonb := substring(obj_description(to_regnamespace('noren'), 'pg_namespace') FROM '^noren: (\[.*)$')::jsonb;
  taken record;
BEGIN
  IF told IS NULL THEN
    RETURN;
  END IF;
  -- First what these files gave. Without the comment it was given back before, and nothing is taken.
  FOR taken IN
    SELECT of.kind, of.object, quote_ident(role.name) AS grantee
    FROM jsonb_to_recordset(told) AS of (kind text, object text, privilege text)
    CROSS JOIN pg_temp.noren_grantee AS role
    JOIN pg_roles AS live ON live.rolname = role.name
    WHERE of.privilege = ''
    ORDER BY of.kind, of.object, role.name
  LOOP
    IF taken.kind = 'function' AND to_regprocedure(taken.object) IS NOT NULL THEN
      EXECUTE format('REVOKE ALL ON ROUTINE %s FROM %s', to_regprocedure(taken.object), taken.grantee);
    ELSIF taken.kind = 'schema' AND to_regnamespace(quote_ident(taken.object)) IS NOT NULL THEN
      EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %s', taken.object, taken.grantee);
    END IF;
  END LOOP;
  FOR taken IN
    SELECT of.kind, of.object, of.privilege, of.grantable, string_to_array(of.object, E'\t') AS parts,
           CASE of.grantee WHEN '' THEN 'PUBLIC' ELSE quote_ident(of.grantee) END AS grantee
    FROM jsonb_to_recordset(told) AS of (kind text, object text, grantee text, privilege text, grantable boolean)
    WHERE of.privilege <> '' AND (of.grantee = '' OR EXISTS (SELECT FROM pg_roles WHERE rolname = of.grantee))
    ORDER BY of.kind, of.object, of.grantee, of.privilege
  LOOP
    CASE taken.kind
      WHEN 'function' THEN
        IF to_regprocedure(taken.object) IS NOT NULL THEN
          EXECUTE format('GRANT %s ON ROUTINE %s TO %s', taken.privilege, to_regprocedure(taken.object), taken.grantee)
            || CASE WHEN taken.grantable THEN ' WITH GRANT OPTION' ELSE '' END;
        END IF;
      WHEN 'schema' THEN
        IF EXISTS (SELECT FROM pg_namespace WHERE nspname = taken.object) THEN
          EXECUTE format('GRANT %s ON SCHEMA %I TO %s', taken.privilege, taken.object, taken.grantee)
            || CASE WHEN taken.grantable THEN ' WITH GRANT OPTION' ELSE '' END;
        END IF;
      ELSE
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %s GRANT %s ON %s TO %s', taken.parts[1],
                       CASE taken.parts[3] WHEN '' THEN '' ELSE format('IN SCHEMA %I', taken.parts[3]) END, taken.privilege,
                       CASE taken.parts[2] WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' ELSE 'FUNCTIONS' END, taken.grantee)
          || CASE WHEN taken.grantable THEN ' WITH GRANT OPTION' ELSE '' END;
    END CASE;
  END LOOP;
  -- The comment goes with the schema: should that stay for now, another run does the same again.
END
$noren$;
DO LANGUAGE plpgsql $noren$
-- A function that something else still calls stays, and so does a schema that holds something else.
DECLARE
  helper regprocedure;
BEGIN
  FOR helper IN
    SELECT live.oid FROM pg_proc AS live
    JOIN pg_namespace AS space ON space.oid = live.pronamespace AND space.nspname = 'noren'
    WHERE obj_description(live.oid, 'pg_proc') LIKE 'noren: %'
    ORDER BY live.proname
  LOOP
    BEGIN
      EXECUTE format('DROP FUNCTION %s', helper);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE WARNING '% stays: a column or a policy still calls it', helper
        USING HINT = 'go back in each folder of 20_tenancy, then run rollback.sql again';
    END;
  END LOOP;
  IF to_regnamespace('noren') IS NOT NULL THEN
    BEGIN
      DROP SCHEMA noren;
    EXCEPTION WHEN dependent_objects_still_exist THEN
      NULL;
    END;
  END IF;
END
$noren$;
COMMIT;
