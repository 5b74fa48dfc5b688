-- From now on every row has a tenant. Rows that came meanwhile are filled too.
-- access.noren:14  clinic.consents scoped via patient_id
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

SELECT NOT EXISTS (
    SELECT 1
    FROM pg_catalog.pg_attribute AS found
    WHERE found.attrelid = '"clinic"."consents"'::regclass
      AND found.attname = 'organisation_id'
      AND found.attnotnull
  ) AS noren_open
\gset
\if :noren_open
-- first for what is written from now on: nobody waits while old rows are looked at
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
ALTER TABLE clinic.consents
  ADD CONSTRAINT consents_organisation_id_is_set CHECK (organisation_id IS NOT NULL)
  NOT VALID;
COMMIT;

SET noren.part = '"clinic"."consents"';
PREPARE noren_backfill (tid, tid) AS
WITH filled AS (
  UPDATE ONLY clinic.consents AS child
  SET organisation_id = parent.organisation_id
  FROM ONLY clinic.patients AS parent
  WHERE child.ctid >= $1
    AND child.ctid < $2
    AND child.organisation_id IS NULL
    AND parent.id = child.patient_id
    AND parent.organisation_id IS NOT NULL
  RETURNING 1
)
SELECT count(*) FROM filled;
DO LANGUAGE plpgsql $noren$
-- Runs noren_backfill over 128 pages after the other, each in a transaction of its own: stopped anywhere, what is filled
-- stays filled, and another run goes on. Within a batch, triggers that the change would fire are off and row security
-- binds no owner; both are as before when the batch is committed.
DECLARE
  part CONSTANT regclass := current_setting('noren.part')::regclass;
  step CONSTANT bigint := 128;
  page bigint;
  filled bigint;
  in_pass bigint;
  total bigint := 0;
  attempt integer;
  forced regclass[];
  owners regclass[];
  names name[];
  modes text[];
BEGIN
  -- A row that is changed meanwhile moves, maybe to where the pass has been.
  FOR pass IN 1..3 LOOP
    page := 0;
    in_pass := 0;
    WHILE page < pg_relation_size(part) / current_setting('block_size')::bigint LOOP
      attempt := 0;
      LOOP
        BEGIN
          SELECT coalesce(array_agg(c.oid::regclass ORDER BY c.oid), '{}') INTO forced
          FROM pg_catalog.pg_class AS c
          WHERE c.oid IN (part, current_setting('noren.parent')::regclass)
            AND c.relforcerowsecurity AND row_security_active(c.oid);
          -- Before 15 a partition's copy of a trigger is changed at its original only.
          WITH RECURSIVE fired AS (
            SELECT t.oid, t.tgname, t.tgenabled, t.tgrelid, t.tgparentid, t.tgisinternal
            FROM pg_catalog.pg_trigger AS t
            WHERE t.tgrelid = part AND t.tgconstraint = 0 AND t.tgenabled IN ('O', 'A') AND t.tgtype & 16 <> 0
              AND (NOT t.tgisinternal OR t.tgparentid <> 0)
              AND (t.tgattr::text = '' OR (
                SELECT a.attnum FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = part AND a.attname = current_setting('noren.column')) = ANY (t.tgattr))
          ), above AS (
            SELECT * FROM fired
            UNION ALL
            SELECT above.oid, t.tgname, t.tgenabled, t.tgrelid, t.tgparentid, t.tgisinternal
            FROM above JOIN pg_catalog.pg_trigger AS t ON t.oid = above.tgparentid
            WHERE above.tgisinternal
          )
          SELECT coalesce(array_agg(tgrelid::regclass ORDER BY tgname), '{}'),
                 coalesce(array_agg(tgname ORDER BY tgname), '{}'),
                 coalesce(array_agg(CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END ORDER BY tgname), '{}')
          INTO owners, names, modes
          FROM above WHERE NOT tgisinternal;
          FOR at IN 1..cardinality(forced) LOOP
            EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', forced[at]);
          END LOOP;
          FOR at IN 1..cardinality(names) LOOP
            EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', owners[at], names[at]);
          END LOOP;
          EXECUTE format('EXECUTE noren_backfill (%L, %L)', format('(%s,0)', page), format('(%s,0)', page + step))
            INTO filled;
          SET CONSTRAINTS ALL IMMEDIATE;
          FOR at IN 1..cardinality(names) LOOP
            EXECUTE format('ALTER TABLE %s %s TRIGGER %I', owners[at], modes[at], names[at]);
          END LOOP;
          FOR at IN 1..cardinality(forced) LOOP
            EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', forced[at]);
          END LOOP;
          EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
          attempt := attempt + 1;
          IF attempt = 30 THEN
            RAISE;
          END IF;
        END;
        COMMIT;
        PERFORM pg_sleep(least(attempt, 10) * 0.2);
      END LOOP;
      COMMIT;
      page := page + step;
      in_pass := in_pass + filled;
      total := total + filled;
      IF filled > 0 THEN
        RAISE NOTICE '%: % rows filled, % in all', part, filled, total;
      END IF;
    END LOOP;
    EXIT WHEN in_pass = 0;
  END LOOP;
END
$noren$;
DEALLOCATE noren_backfill;

-- no row is left without a tenant
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
  set_config('noren.last', 'on', true) AS noren_last,
  set_config('noren.nullable', 'off', true) AS noren_nullable,
  set_config(
    'noren.unreferenced',
    count(CASE WHEN child.patient_id IS NULL THEN 1 END)::text,
    true
  ) AS noren_unreferenced,
  set_config(
    'noren.dangling',
    count(CASE WHEN NOT (child.patient_id IS NULL) AND parent.ctid IS NULL THEN 1 END)::text,
    true
  ) AS noren_dangling,
  set_config(
    'noren.without_tenant',
    count(CASE WHEN NOT (parent.ctid IS NULL) AND parent.organisation_id IS NULL THEN 1 END)::text,
    true
  ) AS noren_without_tenant,
  set_config(
    'noren.unfilled',
    count(
      CASE WHEN NOT (parent.ctid IS NULL) AND parent.organisation_id IS NOT NULL THEN 1 END
    )::text,
    true
  ) AS noren_unfilled
FROM clinic.consents AS child
LEFT JOIN ONLY clinic.patients AS parent ON parent.id = child.patient_id
WHERE child.organisation_id IS NULL
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
  unreferenced CONSTANT bigint := current_setting('noren.unreferenced')::bigint;
  dangling CONSTANT bigint := current_setting('noren.dangling')::bigint;
  without_tenant CONSTANT bigint := current_setting('noren.without_tenant')::bigint;
  unfilled CONSTANT bigint := current_setting('noren.unfilled')::bigint;
  wrong text[] := '{}';
BEGIN
  IF unreferenced > 0 AND current_setting('noren.nullable') = 'on' THEN
    RAISE NOTICE '%: % rows reference nothing and belong to nobody, as the policy says', of_table, unreferenced;
  ELSIF unreferenced > 0 THEN
    wrong := wrong || format('%s rows whose foreign key is NULL', unreferenced);
  END IF;
  IF dangling > 0 THEN
    wrong := wrong || format('%s rows whose foreign key leads to no row', dangling);
  END IF;
  IF without_tenant > 0 THEN
    wrong := wrong || format('%s rows that reference a row without a tenant', without_tenant);
  END IF;
  IF unfilled > 0 AND current_setting('noren.last') = 'on' THEN
    wrong := wrong || format('%s rows that are still to be filled', unfilled);
  ELSIF unfilled > 0 THEN
    RAISE NOTICE '%: % rows came meanwhile without a tenant; the next step fills them', of_table, unfilled;
  END IF;
  IF cardinality(wrong) > 0 THEN
    RAISE EXCEPTION 'expected a tenant for every row of %, found rows that get none', of_table
      USING DETAIL = array_to_string(wrong, E'\n'),
            HINT = 'mend or remove these rows, then run this folder again: what is filled stays filled';
  END IF;
END
$noren$;
COMMIT;

-- reads every row, and keeps nobody from reading or writing meanwhile
BEGIN;
SET LOCAL noren.locked = '"clinic"."consents"';
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
ALTER TABLE clinic.consents VALIDATE CONSTRAINT consents_organisation_id_is_set;
COMMIT;

-- reads no row: the check proves it
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
ALTER TABLE clinic.consents ALTER COLUMN organisation_id SET NOT NULL;
ALTER TABLE clinic.consents DROP CONSTRAINT IF EXISTS consents_organisation_id_is_set;
COMMIT;
\endif
