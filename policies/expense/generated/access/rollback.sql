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

-- public.取引先
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."取引先"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public."取引先"
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public."取引先";
DROP POLICY IF EXISTS noren_floor ON public."取引先";
DROP POLICY IF EXISTS noren_insert_to_app ON public."取引先";
DROP POLICY IF EXISTS noren_select_to_app ON public."取引先";
DROP POLICY IF EXISTS noren_update_to_app ON public."取引先";
ALTER TABLE public."取引先" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public."取引先" DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.vouchers
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."vouchers"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.vouchers
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
REVOKE ALL
  ON SEQUENCE public.voucher_numbers
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.vouchers;
DROP POLICY IF EXISTS noren_floor ON public.vouchers;
DROP POLICY IF EXISTS noren_insert_to_app ON public.vouchers;
DROP POLICY IF EXISTS noren_select_to_app ON public.vouchers;
DROP POLICY IF EXISTS noren_update_to_app ON public.vouchers;
ALTER TABLE public.vouchers NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.vouchers DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.users
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."users"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.users
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.users;
DROP POLICY IF EXISTS noren_floor ON public.users;
DROP POLICY IF EXISTS noren_insert_to_app ON public.users;
DROP POLICY IF EXISTS noren_select_to_app ON public.users;
DROP POLICY IF EXISTS noren_update_to_app ON public.users;
ALTER TABLE public.users NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.users DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.sessions
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."sessions"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.sessions
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.sessions;
DROP POLICY IF EXISTS noren_floor ON public.sessions;
DROP POLICY IF EXISTS noren_insert_to_app ON public.sessions;
DROP POLICY IF EXISTS noren_select_to_app ON public.sessions;
DROP POLICY IF EXISTS noren_update_to_app ON public.sessions;
ALTER TABLE public.sessions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.sessions DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.schema_migrations
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."schema_migrations"';
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
REVOKE ALL
  ON TABLE public.schema_migrations
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
COMMIT;

-- public.roles_of_staff
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."roles_of_staff"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.roles_of_staff
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
REVOKE ALL
  ON SEQUENCE public.roles_of_staff_id_seq
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.roles_of_staff;
DROP POLICY IF EXISTS noren_floor_delete ON public.roles_of_staff;
DROP POLICY IF EXISTS noren_floor_insert ON public.roles_of_staff;
DROP POLICY IF EXISTS noren_floor_select ON public.roles_of_staff;
DROP POLICY IF EXISTS noren_floor_update ON public.roles_of_staff;
DROP POLICY IF EXISTS noren_insert_to_app ON public.roles_of_staff;
DROP POLICY IF EXISTS noren_select_to_app ON public.roles_of_staff;
DROP POLICY IF EXISTS noren_update_to_app ON public.roles_of_staff;
ALTER TABLE public.roles_of_staff NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.roles_of_staff DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.order
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."order"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public."order"
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public."order";
DROP POLICY IF EXISTS noren_floor ON public."order";
DROP POLICY IF EXISTS noren_insert_to_app ON public."order";
DROP POLICY IF EXISTS noren_select_to_app ON public."order";
DROP POLICY IF EXISTS noren_update_to_app ON public."order";
ALTER TABLE public."order" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public."order" DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.open_reports
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."open_reports"';
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
REVOKE ALL
  ON TABLE public.open_reports
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
COMMIT;

-- public.notices
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."notices"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.notices
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.notices;
DROP POLICY IF EXISTS noren_floor_delete ON public.notices;
DROP POLICY IF EXISTS noren_floor_insert ON public.notices;
DROP POLICY IF EXISTS noren_floor_select ON public.notices;
DROP POLICY IF EXISTS noren_floor_select_across ON public.notices;
DROP POLICY IF EXISTS noren_floor_update ON public.notices;
DROP POLICY IF EXISTS noren_guard ON public.notices;
DROP POLICY IF EXISTS noren_insert_to_app ON public.notices;
DROP POLICY IF EXISTS noren_select_to_app ON public.notices;
DROP POLICY IF EXISTS noren_update_to_app ON public.notices;
DROP POLICY IF EXISTS notices_to_all_select ON public.notices;
ALTER TABLE public.notices NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.notices DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.monthly_totals
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."monthly_totals"';
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
REVOKE ALL
  ON TABLE public.monthly_totals
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
COMMIT;

-- public.mileage_rates
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."mileage_rates"';
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
REVOKE ALL
  ON TABLE public.mileage_rates
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
REVOKE ALL
  ON SEQUENCE public.mileage_rates_id_seq
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
COMMIT;

-- public.expenses
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."expenses"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.expenses
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.expenses;
DROP POLICY IF EXISTS noren_floor ON public.expenses;
DROP POLICY IF EXISTS noren_insert_to_app ON public.expenses;
DROP POLICY IF EXISTS noren_select_to_app ON public.expenses;
DROP POLICY IF EXISTS noren_update_to_app ON public.expenses;
ALTER TABLE public.expenses NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.expenses DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.expense_reports
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."expense_reports"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.expense_reports
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS closed_reports_stay_closed_update ON public.expense_reports;
DROP POLICY IF EXISTS noren_delete_to_app ON public.expense_reports;
DROP POLICY IF EXISTS noren_floor ON public.expense_reports;
DROP POLICY IF EXISTS noren_insert_to_app ON public.expense_reports;
DROP POLICY IF EXISTS noren_select_to_app ON public.expense_reports;
DROP POLICY IF EXISTS noren_update_to_app ON public.expense_reports;
ALTER TABLE public.expense_reports NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.expense_reports DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.expense_items
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."expense_items"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.expense_items
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
REVOKE ALL
  ON SEQUENCE public.expense_items_id_seq
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.expense_items;
DROP POLICY IF EXISTS noren_floor ON public.expense_items;
DROP POLICY IF EXISTS noren_insert_to_app ON public.expense_items;
DROP POLICY IF EXISTS noren_select_to_app ON public.expense_items;
DROP POLICY IF EXISTS noren_update_to_app ON public.expense_items;
ALTER TABLE public.expense_items NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.expense_items DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.expense_categories
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."expense_categories"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.expense_categories
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.expense_categories;
DROP POLICY IF EXISTS noren_floor ON public.expense_categories;
DROP POLICY IF EXISTS noren_insert_to_app ON public.expense_categories;
DROP POLICY IF EXISTS noren_select_to_app ON public.expense_categories;
DROP POLICY IF EXISTS noren_update_to_app ON public.expense_categories;
ALTER TABLE public.expense_categories NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.expense_categories DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.departments
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."departments"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.departments
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.departments;
DROP POLICY IF EXISTS noren_floor ON public.departments;
DROP POLICY IF EXISTS noren_insert_to_app ON public.departments;
DROP POLICY IF EXISTS noren_select_to_app ON public.departments;
DROP POLICY IF EXISTS noren_update_to_app ON public.departments;
ALTER TABLE public.departments NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.departments DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.currencies
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."currencies"';
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
REVOKE ALL
  ON TABLE public.currencies
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
COMMIT;

-- public.companies
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."companies"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.companies
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.companies;
DROP POLICY IF EXISTS noren_floor ON public.companies;
DROP POLICY IF EXISTS noren_insert_to_app ON public.companies;
DROP POLICY IF EXISTS noren_select_to_app ON public.companies;
DROP POLICY IF EXISTS noren_update_to_app ON public.companies;
ALTER TABLE public.companies NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.companies DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.card_transactions_rest
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."card_transactions_rest"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.card_transactions_rest
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
ALTER TABLE public.card_transactions_rest NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.card_transactions_rest DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.card_transactions_2026_01
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."card_transactions_2026_01"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.card_transactions_2026_01
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
ALTER TABLE public.card_transactions_2026_01 NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.card_transactions_2026_01 DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.card_transactions_2025_12
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."card_transactions_2025_12"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.card_transactions_2025_12
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
ALTER TABLE public.card_transactions_2025_12 NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.card_transactions_2025_12 DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.card_transactions_2025_11
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."card_transactions_2025_11"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.card_transactions_2025_11
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
ALTER TABLE public.card_transactions_2025_11 NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.card_transactions_2025_11 DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.card_transactions
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."card_transactions"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.card_transactions
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.card_transactions;
DROP POLICY IF EXISTS noren_floor ON public.card_transactions;
DROP POLICY IF EXISTS noren_insert_to_app ON public.card_transactions;
DROP POLICY IF EXISTS noren_select_to_app ON public.card_transactions;
DROP POLICY IF EXISTS noren_update_to_app ON public.card_transactions;
ALTER TABLE public.card_transactions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.card_transactions DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.bank_accounts
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."bank_accounts"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.bank_accounts
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.bank_accounts;
DROP POLICY IF EXISTS noren_floor ON public.bank_accounts;
DROP POLICY IF EXISTS noren_insert_to_app ON public.bank_accounts;
DROP POLICY IF EXISTS noren_select_to_app ON public.bank_accounts;
DROP POLICY IF EXISTS noren_update_to_app ON public.bank_accounts;
DROP POLICY IF EXISTS own_accounts ON public.bank_accounts;
CREATE POLICY own_accounts ON public.bank_accounts
  AS PERMISSIVE FOR SELECT TO PUBLIC
  USING (
    (
      tenant_id = (
        SELECT
          NULLIF(current_setting('app.tenant_id'::text, true), ''::text)::uuid AS "nullif"
      )
    )
  );
ALTER TABLE public.bank_accounts FORCE ROW LEVEL SECURITY;
ALTER TABLE public.bank_accounts ENABLE ROW LEVEL SECURITY;
COMMIT;

-- public.audit_logs_2026_01
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."audit_logs_2026_01"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.audit_logs_2026_01
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
ALTER TABLE public.audit_logs_2026_01 NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.audit_logs_2026_01 DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.audit_logs_2025_12
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."audit_logs_2025_12"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.audit_logs_2025_12
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
ALTER TABLE public.audit_logs_2025_12 NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.audit_logs_2025_12 DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.audit_logs
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."audit_logs"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.audit_logs
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_floor ON public.audit_logs;
DROP POLICY IF EXISTS noren_select_to_app ON public.audit_logs;
ALTER TABLE public.audit_logs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.audit_logs DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.attachments
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."attachments"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.attachments
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.attachments;
DROP POLICY IF EXISTS noren_floor ON public.attachments;
DROP POLICY IF EXISTS noren_insert_to_app ON public.attachments;
DROP POLICY IF EXISTS noren_select_to_app ON public.attachments;
DROP POLICY IF EXISTS noren_update_to_app ON public.attachments;
ALTER TABLE public.attachments NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.attachments DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.ar_internal_metadata
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."ar_internal_metadata"';
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
REVOKE ALL
  ON TABLE public.ar_internal_metadata
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
COMMIT;

-- public.approvals
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."approvals"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.approvals
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.approvals;
DROP POLICY IF EXISTS noren_floor ON public.approvals;
DROP POLICY IF EXISTS noren_insert_to_app ON public.approvals;
DROP POLICY IF EXISTS noren_select_to_app ON public.approvals;
DROP POLICY IF EXISTS noren_update_to_app ON public.approvals;
ALTER TABLE public.approvals NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.approvals DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.api_keys
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."api_keys"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public.api_keys
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public.api_keys;
DROP POLICY IF EXISTS noren_floor ON public.api_keys;
DROP POLICY IF EXISTS noren_insert_to_app ON public.api_keys;
DROP POLICY IF EXISTS noren_select_to_app ON public.api_keys;
DROP POLICY IF EXISTS noren_update_to_app ON public.api_keys;
ALTER TABLE public.api_keys NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.api_keys DISABLE ROW LEVEL SECURITY;
COMMIT;

-- public.CorporateCards
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"public"."CorporateCards"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE public."CorporateCards"
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON public."CorporateCards";
DROP POLICY IF EXISTS noren_floor ON public."CorporateCards";
DROP POLICY IF EXISTS noren_insert_to_app ON public."CorporateCards";
DROP POLICY IF EXISTS noren_select_to_app ON public."CorporateCards";
DROP POLICY IF EXISTS noren_update_to_app ON public."CorporateCards";
ALTER TABLE public."CorporateCards" NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public."CorporateCards" DISABLE ROW LEVEL SECURITY;
COMMIT;

-- archive.legacy_orders
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"archive"."legacy_orders"';
SET LOCAL noren.lock = 'table';
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
REVOKE ALL
  ON TABLE archive.legacy_orders
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
SET LOCAL lock_timeout = '2s';
DO LANGUAGE plpgsql $noren$
-- Policies of earlier files, also those that these files no longer have.
DECLARE
  earlier record;
BEGIN
  FOR earlier IN
    SELECT of.polname, of.polrelid FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') LIKE 'noren: %'
    ORDER BY of.polname
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', earlier.polname, earlier.polrelid::regclass);
  END LOOP;
END
$noren$;
DROP POLICY IF EXISTS noren_delete_to_app ON archive.legacy_orders;
DROP POLICY IF EXISTS noren_floor ON archive.legacy_orders;
DROP POLICY IF EXISTS noren_insert_to_app ON archive.legacy_orders;
DROP POLICY IF EXISTS noren_select_to_app ON archive.legacy_orders;
DROP POLICY IF EXISTS noren_update_to_app ON archive.legacy_orders;
ALTER TABLE archive.legacy_orders NO FORCE ROW LEVEL SECURITY;
ALTER TABLE archive.legacy_orders DISABLE ROW LEVEL SECURITY;
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
app
exporter
importer
investigator
reporting
support
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
