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

-- clinic.workspaces
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."workspaces"';
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
  ON TABLE clinic.workspaces
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.workspaces;
DROP POLICY IF EXISTS noren_floor ON clinic.workspaces;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.workspaces;
DROP POLICY IF EXISTS noren_select_to_clinic_app ON clinic.workspaces;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.workspaces;
ALTER TABLE clinic.workspaces NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.workspaces DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.users
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."users"';
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
  ON TABLE clinic.users
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.users;
DROP POLICY IF EXISTS noren_floor ON clinic.users;
DROP POLICY IF EXISTS noren_select_to_clinic_app ON clinic.users;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.users;
ALTER TABLE clinic.users NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.users DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.schema_version
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."schema_version"';
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
  ON TABLE clinic.schema_version
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
COMMIT;

-- clinic.prescriptions
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."prescriptions"';
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
  ON TABLE clinic.prescriptions
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.prescriptions;
DROP POLICY IF EXISTS noren_floor ON clinic.prescriptions;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.prescriptions;
DROP POLICY IF EXISTS noren_select_to_clinic_app ON clinic.prescriptions;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.prescriptions;
ALTER TABLE clinic.prescriptions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.prescriptions DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.patients
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."patients"';
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
  ON TABLE clinic.patients
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.patients;
DROP POLICY IF EXISTS noren_floor ON clinic.patients;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.patients;
DROP POLICY IF EXISTS noren_select_to_clinic_app_frontdesk ON clinic.patients;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.patients;
ALTER TABLE clinic.patients NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.patients ENABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.organisations
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."organisations"';
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
  ON TABLE clinic.organisations
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.organisations;
DROP POLICY IF EXISTS noren_floor ON clinic.organisations;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.organisations;
DROP POLICY IF EXISTS noren_select_to_clinic_app ON clinic.organisations;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.organisations;
ALTER TABLE clinic.organisations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.organisations DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.open_invoices
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."open_invoices"';
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
  ON TABLE clinic.open_invoices
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
COMMIT;

-- clinic.memberships
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."memberships"';
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
  ON TABLE clinic.memberships
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.memberships;
DROP POLICY IF EXISTS noren_floor ON clinic.memberships;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.memberships;
DROP POLICY IF EXISTS noren_select_to_clinic_app ON clinic.memberships;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.memberships;
ALTER TABLE clinic.memberships NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.memberships DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.lab_results
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."lab_results"';
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
  ON TABLE clinic.lab_results
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.lab_results;
DROP POLICY IF EXISTS noren_floor ON clinic.lab_results;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.lab_results;
DROP POLICY IF EXISTS noren_select_to_clinic_app ON clinic.lab_results;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.lab_results;
ALTER TABLE clinic.lab_results NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.lab_results DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.invoices
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."invoices"';
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
  ON TABLE clinic.invoices
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.invoices;
DROP POLICY IF EXISTS noren_floor ON clinic.invoices;
DROP POLICY IF EXISTS noren_insert_to_billing_clinic_app ON clinic.invoices;
DROP POLICY IF EXISTS noren_select_to_billing_clinic_app ON clinic.invoices;
DROP POLICY IF EXISTS noren_update_to_billing_clinic_app ON clinic.invoices;
ALTER TABLE clinic.invoices NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.invoices DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.invoice_reminders
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."invoice_reminders"';
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
  ON TABLE clinic.invoice_reminders
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.invoice_reminders;
DROP POLICY IF EXISTS noren_floor ON clinic.invoice_reminders;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.invoice_reminders;
DROP POLICY IF EXISTS noren_select_to_billing_clinic_app ON clinic.invoice_reminders;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.invoice_reminders;
ALTER TABLE clinic.invoice_reminders NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.invoice_reminders DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.encounters
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."encounters"';
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
  ON TABLE clinic.encounters
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.encounters;
DROP POLICY IF EXISTS noren_floor ON clinic.encounters;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.encounters;
DROP POLICY IF EXISTS noren_select_to_clinic_app ON clinic.encounters;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.encounters;
DROP POLICY IF EXISTS notes_by_their_author_update ON clinic.encounters;
ALTER TABLE clinic.encounters NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.encounters DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.disease_codes
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."disease_codes"';
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
  ON TABLE clinic.disease_codes
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
COMMIT;

-- clinic.diagnoses
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."diagnoses"';
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
  ON TABLE clinic.diagnoses
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.diagnoses;
DROP POLICY IF EXISTS noren_floor ON clinic.diagnoses;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.diagnoses;
DROP POLICY IF EXISTS noren_select_to_clinic_app ON clinic.diagnoses;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.diagnoses;
ALTER TABLE clinic.diagnoses NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.diagnoses DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.consents
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."consents"';
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
  ON TABLE clinic.consents
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.consents;
DROP POLICY IF EXISTS noren_floor ON clinic.consents;
DROP POLICY IF EXISTS noren_insert_to_clinic_app ON clinic.consents;
DROP POLICY IF EXISTS noren_select_to_clinic_app ON clinic.consents;
DROP POLICY IF EXISTS noren_update_to_clinic_app ON clinic.consents;
ALTER TABLE clinic.consents NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.consents DISABLE ROW LEVEL SECURITY;
COMMIT;

-- clinic.appointments
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL noren."table" = '"clinic"."appointments"';
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
  ON TABLE clinic.appointments
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
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
DROP POLICY IF EXISTS noren_delete_to_clinic_app ON clinic.appointments;
DROP POLICY IF EXISTS noren_floor ON clinic.appointments;
DROP POLICY IF EXISTS noren_insert_to_clinic_app_frontdesk ON clinic.appointments;
DROP POLICY IF EXISTS noren_select_to_clinic_app_frontdesk ON clinic.appointments;
DROP POLICY IF EXISTS noren_update_to_clinic_app_frontdesk ON clinic.appointments;
ALTER TABLE clinic.appointments NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clinic.appointments DISABLE ROW LEVEL SECURITY;
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
billing
clinic_app
exporter
frontdesk
importer
researcher
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
