-- public.events: a table
-- Policies, row security and grants in one transaction. Run as the owner; safe to run again.

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
SET LOCAL noren.enabled = off;
SET LOCAL noren.forced = off;
DO LANGUAGE plpgsql $noren$
-- A table that an earlier policy put under row security, and this one does not. One that never was is not even locked.
DECLARE
  target regclass := current_setting('noren.table')::regclass;
  earlier record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_policy AS of WHERE of.polrelid = target AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %') THEN
    RETURN;
  END IF;
  PERFORM set_config('lock_timeout', '10s', true);
  FOR earlier IN
    SELECT of.polname FROM pg_policy AS of
    WHERE of.polrelid = target AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, target);
  END LOOP;
  EXECUTE format('ALTER TABLE %s %s ROW LEVEL SECURITY, %s ROW LEVEL SECURITY', target,
                 CASE current_setting('noren.enabled') WHEN 'on' THEN 'ENABLE' ELSE 'DISABLE' END,
                 CASE current_setting('noren.forced') WHEN 'on' THEN 'FORCE' ELSE 'NO FORCE' END);
END
$noren$;
-- what is not granted here is taken away
REVOKE ALL ON TABLE public.events FROM PUBLIC, mask_exporter, mask_importer;
-- policy.noren:43  select to mask_exporter
GRANT SELECT ON TABLE public.events TO mask_exporter;

COMMIT;
