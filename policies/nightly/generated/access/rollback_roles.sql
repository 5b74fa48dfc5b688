-- Drops the roles that 00_roles.sql made, after rollback.sql was run in every database of the cluster that has them.
-- A role that was there before stays, with the attributes and memberships that it has now.
-- Run as the role that ran 00_roles.sql: psql -X -f rollback_roles.sql. Safe to run again.

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
CREATE TEMPORARY TABLE pg_temp.noren_role (
  name text
) ON COMMIT DROP;
COPY pg_temp.noren_role (name) FROM STDIN WITH (FORMAT text);
mask_exporter
mask_importer
\.
DO LANGUAGE plpgsql $noren$
DECLARE
  named record;
BEGIN
  FOR named IN
    SELECT live.rolname, coalesce(shobj_description(live.oid, 'pg_authid'), '') LIKE 'noren: %' AS ours
    FROM pg_temp.noren_role AS wanted
    JOIN pg_roles AS live ON live.rolname = wanted.name
    ORDER BY live.rolname DESC
  LOOP
    IF NOT named.ours THEN
      RAISE WARNING 'role % was there before 00_roles.sql and stays', quote_ident(named.rolname);
      CONTINUE;
    END IF;
    BEGIN
      EXECUTE format('DROP ROLE %I', named.rolname);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE EXCEPTION 'role % still owns something or has rights', quote_ident(named.rolname)
        USING DETAIL = SQLERRM, HINT = 'run rollback.sql in each database of the cluster first';
    END;
  END LOOP;
END
$noren$;
COMMIT;
