-- The way back: drops what this folder added, never CASCADE. The column holds nothing but copies of the parent's
-- tenant. A policy that reads the column keeps it: rollback.sql first. Folders with higher numbers first.
-- access.noren:17  clinic.consents scoped via patient_id
-- Run as the owner of the tables: psql -X -f

\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT on
\set SINGLELINE off
\set SINGLESTEP off
\set FETCH_COUNT 0
\set ECHO none
\set ECHO_HIDDEN off
\set QUIET on
SET statement_timeout = '0';
SET idle_in_transaction_session_timeout = '0';
SET default_transaction_read_only = 'off';
SET standard_conforming_strings = on;
SET search_path = pg_catalog, pg_temp;
SET client_min_messages = 'notice';
SET row_security = off;
SET lock_timeout = '2s';
SET plan_cache_mode = 'force_custom_plan';
SET noren."table" = '"clinic"."consents"';
SET noren.parent = '"clinic"."patients"';
SET noren."column" = 'organisation_id';

BEGIN;
SET LOCAL noren.locked = '"clinic"."consents"';
SET LOCAL noren.locked_too = '"clinic"."patients"';
SET LOCAL noren.lock = 'ACCESS EXCLUSIVE';
DO LANGUAGE plpgsql $noren$
-- Waits for its locks two seconds at a time, so that nobody queues behind it for longer.
DECLARE
  names text;
BEGIN
  SELECT string_agg(DISTINCT name::regclass::text, ', ' ORDER BY name::regclass::text) INTO names
  FROM unnest(ARRAY[current_setting('noren.locked'), current_setting('noren.locked_too', true)]) AS name
  WHERE name <> '';
  FOR attempt IN 1..30 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '2s', true);
      EXECUTE format('LOCK TABLE %s IN %s MODE', names, current_setting('noren.lock'));
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 30 THEN
        RAISE EXCEPTION 'a lock on % was not to be had', names
          USING ERRCODE = 'lock_not_available', HINT = 'find what holds it in pg_stat_activity, then run this file again';
      END IF;
    END;
    PERFORM pg_sleep(least(attempt, 10) * 0.2);
  END LOOP;
END
$noren$;
ALTER TABLE clinic.consents DROP CONSTRAINT IF EXISTS consents_organisation_id_patient_id_fkey;
COMMIT;

BEGIN;
SET LOCAL noren.locked = '"clinic"."patients"';
SET LOCAL noren.lock = 'ACCESS EXCLUSIVE';
DO LANGUAGE plpgsql $noren$
-- Waits for its locks two seconds at a time, so that nobody queues behind it for longer.
DECLARE
  names text;
BEGIN
  SELECT string_agg(DISTINCT name::regclass::text, ', ' ORDER BY name::regclass::text) INTO names
  FROM unnest(ARRAY[current_setting('noren.locked'), current_setting('noren.locked_too', true)]) AS name
  WHERE name <> '';
  FOR attempt IN 1..30 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '2s', true);
      EXECUTE format('LOCK TABLE %s IN %s MODE', names, current_setting('noren.lock'));
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 30 THEN
        RAISE EXCEPTION 'a lock on % was not to be had', names
          USING ERRCODE = 'lock_not_available', HINT = 'find what holds it in pg_stat_activity, then run this file again';
      END IF;
    END;
    PERFORM pg_sleep(least(attempt, 10) * 0.2);
  END LOOP;
END
$noren$;
ALTER TABLE clinic.patients DROP CONSTRAINT IF EXISTS patients_organisation_id_id_key;
COMMIT;
DROP INDEX CONCURRENTLY IF EXISTS clinic.patients_organisation_id_id_key;

DROP INDEX CONCURRENTLY IF EXISTS clinic.consents_organisation_id_patient_id_idx;

BEGIN;
SET LOCAL noren.locked = '"clinic"."consents"';
SET LOCAL noren.lock = 'ACCESS EXCLUSIVE';
DO LANGUAGE plpgsql $noren$
-- Waits for its locks two seconds at a time, so that nobody queues behind it for longer.
DECLARE
  names text;
BEGIN
  SELECT string_agg(DISTINCT name::regclass::text, ', ' ORDER BY name::regclass::text) INTO names
  FROM unnest(ARRAY[current_setting('noren.locked'), current_setting('noren.locked_too', true)]) AS name
  WHERE name <> '';
  FOR attempt IN 1..30 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '2s', true);
      EXECUTE format('LOCK TABLE %s IN %s MODE', names, current_setting('noren.lock'));
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 30 THEN
        RAISE EXCEPTION 'a lock on % was not to be had', names
          USING ERRCODE = 'lock_not_available', HINT = 'find what holds it in pg_stat_activity, then run this file again';
      END IF;
    END;
    PERFORM pg_sleep(least(attempt, 10) * 0.2);
  END LOOP;
END
$noren$;
ALTER TABLE clinic.consents DROP CONSTRAINT IF EXISTS consents_organisation_id_is_set;
ALTER TABLE clinic.consents DROP COLUMN IF EXISTS organisation_id;
COMMIT;
