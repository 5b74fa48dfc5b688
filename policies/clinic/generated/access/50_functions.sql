-- Drops the functions of settings that the policy no longer has, and those that 10_functions.sql put aside because
-- their setting has another type: no policy calls them any more. Run as the owner: psql -X -f 50_functions.sql

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
DECLARE
  spent regprocedure;
BEGIN
  FOR spent IN
    SELECT live.oid FROM pg_proc AS live
    JOIN pg_namespace AS space ON space.oid = live.pronamespace AND space.nspname = 'noren'
    WHERE obj_description(live.oid, 'pg_proc') LIKE 'noren: %'
      AND NOT EXISTS (SELECT FROM pg_temp.noren_helper AS wanted WHERE wanted.name = live.proname AND live.pronargs = 0)
    ORDER BY live.proname
  LOOP
    BEGIN
      EXECUTE format('DROP FUNCTION %s', spent);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE WARNING '% stays: a column or a policy still calls it', spent
        USING DETAIL = SQLERRM, HINT = 'give the column another default, then run 50_functions.sql again';
    END;
  END LOOP;
END
$noren$;
COMMIT;
