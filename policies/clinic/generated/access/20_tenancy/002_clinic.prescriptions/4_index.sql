-- Built while everybody works, outside a transaction: it may take long, and waits for transactions that are open.
-- What a stopped run left half built is dropped first.
-- access.noren:19  clinic.prescriptions scoped via encounter_id
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
SET noren."table" = '"clinic"."prescriptions"';
SET noren.parent = '"clinic"."encounters"';
SET noren."column" = 'organisation_id';

SET lock_timeout = 0;

SELECT NOT EXISTS (
    SELECT 1
    FROM pg_catalog.pg_index AS found
    WHERE found.indexrelid
        = to_regclass('"clinic"."prescriptions_organisation_id_encounter_id_idx"')
      AND NOT found.indisvalid
  ) AS noren_valid
\gset
\if :noren_valid
\else
DROP INDEX CONCURRENTLY IF EXISTS clinic.prescriptions_organisation_id_encounter_id_idx;
\endif
CREATE INDEX CONCURRENTLY IF NOT EXISTS prescriptions_organisation_id_encounter_id_idx
  ON clinic.prescriptions (organisation_id, encounter_id);

-- the key of clinic.encounters that the foreign key of the next file needs
SELECT NOT EXISTS (
    SELECT 1
    FROM pg_catalog.pg_constraint AS found
    WHERE found.conrelid = '"clinic"."encounters"'::regclass
      AND found.conname = 'encounters_organisation_id_id_key'
  ) AS noren_missing
\gset
\if :noren_missing
SELECT NOT EXISTS (
    SELECT 1
    FROM pg_catalog.pg_index AS found
    WHERE found.indexrelid = to_regclass('"clinic"."encounters_organisation_id_id_key"')
      AND NOT found.indisvalid
  ) AS noren_valid
\gset
\if :noren_valid
\else
DROP INDEX CONCURRENTLY IF EXISTS clinic.encounters_organisation_id_id_key;
\endif
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS encounters_organisation_id_id_key
  ON clinic.encounters (organisation_id, id);
BEGIN;
SET LOCAL noren.locked = '"clinic"."encounters"';
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
ALTER TABLE clinic.encounters
  ADD CONSTRAINT encounters_organisation_id_id_key UNIQUE USING INDEX encounters_organisation_id_id_key;
COMMIT;
\endif
