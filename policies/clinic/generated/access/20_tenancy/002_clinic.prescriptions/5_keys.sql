-- No row can belong to another tenant than its parent. Before FORCE: under it, an owner who validates a key sees
-- only the rows that policies show him, and calls the rest valid.
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

BEGIN;
DO LANGUAGE plpgsql $noren$
-- An owner under FORCE ROW LEVEL SECURITY sees and changes only what policies let him: until the end of this
-- transaction nothing here is forced. What was is written down, and noren.held says it.
DECLARE
  forced regclass[];
BEGIN
  SELECT coalesce(array_agg(c.oid::regclass ORDER BY c.oid), '{}') INTO forced
  FROM pg_catalog.pg_class AS c
  WHERE c.relforcerowsecurity AND row_security_active(c.oid)
    AND (c.oid IN (current_setting('noren.table')::regclass, current_setting('noren.parent')::regclass)
      OR c.oid IN (SELECT relid FROM pg_partition_tree(current_setting('noren.table')::regclass)));
  FOR attempt IN 1..30 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '2s', true);
      FOR at IN 1..cardinality(forced) LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', forced[at]);
      END LOOP;
      PERFORM set_config('noren.held', forced::text, true);
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 30 THEN
        RAISE;
      END IF;
    END;
    PERFORM pg_sleep(least(attempt, 10) * 0.2);
  END LOOP;
END
$noren$;
SELECT
  set_config(
    'noren.other_tenant',
    count(
      CASE
        WHEN NOT (parent.ctid IS NULL)
        AND child.organisation_id IS DISTINCT FROM parent.organisation_id
          THEN 1
      END
    )::text,
    true
  ) AS noren_other_tenant,
  set_config(
    'noren.dangling',
    count(CASE WHEN parent.ctid IS NULL AND NOT (child.encounter_id IS NULL) THEN 1 END)::text,
    true
  ) AS noren_dangling
FROM clinic.prescriptions AS child
LEFT JOIN ONLY clinic.encounters AS parent ON parent.id = child.encounter_id
WHERE child.organisation_id IS NOT NULL
\gset
DO LANGUAGE plpgsql $noren$
-- Forced again is what was forced.
DECLARE
  forced regclass[] := current_setting('noren.held')::regclass[];
BEGIN
  FOR at IN 1..cardinality(forced) LOOP
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', forced[at]);
  END LOOP;
END
$noren$;
DO LANGUAGE plpgsql $noren$
DECLARE
  of_table CONSTANT text := current_setting('noren.table')::regclass::text;
  other_tenant CONSTANT bigint := current_setting('noren.other_tenant')::bigint;
  dangling CONSTANT bigint := current_setting('noren.dangling')::bigint;
  wrong text[] := '{}';
BEGIN
  IF other_tenant > 0 THEN
    wrong := wrong || format('%s rows whose tenant is not that of the row they reference', other_tenant);
  END IF;
  IF dangling > 0 THEN
    wrong := wrong || format('%s rows whose foreign key leads to no row', dangling);
  END IF;
  IF cardinality(wrong) > 0 THEN
    RAISE EXCEPTION 'expected every row of % to belong to the tenant of the row it references, found others', of_table
      USING DETAIL = array_to_string(wrong, E'\n'),
            HINT = 'they were written since the column was filled; mend or remove them, then run this folder again';
  END IF;
END
$noren$;
COMMIT;

SELECT NOT EXISTS (
    SELECT 1
    FROM pg_catalog.pg_constraint AS found
    WHERE found.conrelid = '"clinic"."prescriptions"'::regclass
      AND found.conname = 'prescriptions_organisation_id_encounter_id_fkey'
  ) AS noren_missing
\gset
\if :noren_missing
BEGIN;
SET LOCAL noren.locked = '"clinic"."prescriptions"';
SET LOCAL noren.locked_too = '"clinic"."encounters"';
SET LOCAL noren.lock = 'SHARE ROW EXCLUSIVE';
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
ALTER TABLE clinic.prescriptions
  ADD CONSTRAINT prescriptions_organisation_id_encounter_id_fkey
  FOREIGN KEY (organisation_id, encounter_id)
  REFERENCES clinic.encounters (organisation_id, id)
  ON UPDATE NO ACTION ON DELETE CASCADE
  NOT VALID;
COMMIT;
\endif
-- reads every row, and keeps nobody from reading or writing meanwhile unless a table is forced
BEGIN;
SET LOCAL noren.locked = '"clinic"."prescriptions"';
SET LOCAL noren.lock = 'SHARE UPDATE EXCLUSIVE';
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
DO LANGUAGE plpgsql $noren$
-- An owner under FORCE ROW LEVEL SECURITY sees and changes only what policies let him: until the end of this
-- transaction nothing here is forced. What was is written down, and noren.held says it.
DECLARE
  forced regclass[];
BEGIN
  SELECT coalesce(array_agg(c.oid::regclass ORDER BY c.oid), '{}') INTO forced
  FROM pg_catalog.pg_class AS c
  WHERE c.relforcerowsecurity AND row_security_active(c.oid)
    AND (c.oid IN (current_setting('noren.table')::regclass, current_setting('noren.parent')::regclass)
      OR c.oid IN (SELECT relid FROM pg_partition_tree(current_setting('noren.table')::regclass)));
  FOR attempt IN 1..30 LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '2s', true);
      FOR at IN 1..cardinality(forced) LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', forced[at]);
      END LOOP;
      PERFORM set_config('noren.held', forced::text, true);
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 30 THEN
        RAISE;
      END IF;
    END;
    PERFORM pg_sleep(least(attempt, 10) * 0.2);
  END LOOP;
END
$noren$;
ALTER TABLE clinic.prescriptions
  VALIDATE CONSTRAINT prescriptions_organisation_id_encounter_id_fkey;
DO LANGUAGE plpgsql $noren$
-- Forced again is what was forced.
DECLARE
  forced regclass[] := current_setting('noren.held')::regclass[];
BEGIN
  FOR at IN 1..cardinality(forced) LOOP
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', forced[at]);
  END LOOP;
END
$noren$;
COMMIT;

-- what the folder promised is there
SET noren.index = '"clinic"."prescriptions_organisation_id_encounter_id_idx"';
SET noren.key = 'prescriptions_organisation_id_encounter_id_fkey';
SET noren.nullable = 'off';
DO LANGUAGE plpgsql $noren$
-- IF NOT EXISTS says nothing of an index or a constraint that somebody else made under the name.
DECLARE
  of_table CONSTANT regclass := current_setting('noren.table')::regclass;
  parent CONSTANT regclass := current_setting('noren.parent')::regclass;
  wrong text[] := '{}';
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indexrelid = to_regclass(current_setting('noren.index')) AND i.indrelid = of_table
      AND i.indisvalid AND i.indpred IS NULL AND a.attname = current_setting('noren.column')
  ) THEN
    wrong := wrong || format('no valid index %s that leads with the tenant', current_setting('noren.index'));
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    WHERE k.conrelid = of_table AND k.conname = current_setting('noren.key') AND k.contype = 'f' AND k.convalidated
      AND k.confrelid = parent AND a.attname = current_setting('noren.column')
  ) THEN
    wrong := wrong || format('no valid foreign key %s that holds the tenant', current_setting('noren.key'));
  END IF;
  IF current_setting('noren.nullable') = 'off' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = of_table AND a.attname = current_setting('noren.column') AND a.attnotnull
  ) THEN
    wrong := wrong || 'the column may be NULL'::text;
  END IF;
  IF cardinality(wrong) > 0 THEN
    RAISE EXCEPTION 'the tenant column of % is not whole', of_table
      USING DETAIL = array_to_string(wrong, E'\n'),
            HINT = 'run this folder from its first file; an index of a partitioned table is valid when each partition has its own, so dump again if there is a new one';
  END IF;
END
$noren$;
