-- clinic.encounters: a table
-- access.noren:9  scoped by organisation_id
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

-- access.noren:32  delete of rows of the session's tenant
CREATE POLICY noren_delete_to_clinic_app ON clinic.encounters
  AS PERMISSIVE FOR DELETE TO clinic_app
  USING (encounters.organisation_id = ANY ((SELECT noren.app_tenant_ids())::uuid[]));
COMMENT ON POLICY noren_delete_to_clinic_app ON clinic.encounters
  IS 'noren: delete of rows of the session''s tenant [compile:033a7a4d0d93888d]';

-- access.noren:9  floor: only rows of the session's tenant
CREATE POLICY noren_floor ON clinic.encounters
  AS RESTRICTIVE FOR ALL TO PUBLIC
  USING (encounters.organisation_id = ANY ((SELECT noren.app_tenant_ids())::uuid[]))
  WITH CHECK (encounters.organisation_id = ANY ((SELECT noren.app_tenant_ids())::uuid[]));
COMMENT ON POLICY noren_floor ON clinic.encounters
  IS 'noren: floor: only rows of the session''s tenant [compile:fb6e1a845c0eccff]';

-- access.noren:32  insert of rows of the session's tenant
CREATE POLICY noren_insert_to_clinic_app ON clinic.encounters
  AS PERMISSIVE FOR INSERT TO clinic_app
  WITH CHECK (encounters.organisation_id = ANY ((SELECT noren.app_tenant_ids())::uuid[]));
COMMENT ON POLICY noren_insert_to_clinic_app ON clinic.encounters
  IS 'noren: insert of rows of the session''s tenant [compile:9e6a9a14ec531ce0]';

-- access.noren:32  select of rows of the session's tenant
CREATE POLICY noren_select_to_clinic_app ON clinic.encounters
  AS PERMISSIVE FOR SELECT TO clinic_app
  USING (encounters.organisation_id = ANY ((SELECT noren.app_tenant_ids())::uuid[]));
COMMENT ON POLICY noren_select_to_clinic_app ON clinic.encounters
  IS 'noren: select of rows of the session''s tenant [compile:db9b414dfb63583a]';

-- access.noren:32  update of rows of the session's tenant
CREATE POLICY noren_update_to_clinic_app ON clinic.encounters
  AS PERMISSIVE FOR UPDATE TO clinic_app
  USING (encounters.organisation_id = ANY ((SELECT noren.app_tenant_ids())::uuid[]))
  WITH CHECK (encounters.organisation_id = ANY ((SELECT noren.app_tenant_ids())::uuid[]));
COMMENT ON POLICY noren_update_to_clinic_app ON clinic.encounters
  IS 'noren: update of rows of the session''s tenant [compile:c96d7a9d43ef760c]';

-- access.noren:40  policy notes_by_their_author because a note is changed by nobody but who wrote it
CREATE POLICY notes_by_their_author_update ON clinic.encounters
  AS RESTRICTIVE FOR UPDATE TO clinic_app
  USING (("encounters"."seen_by" = (SELECT noren.app_user_id())))
  WITH CHECK (("encounters"."seen_by" = (SELECT noren.app_user_id())));
COMMENT ON POLICY notes_by_their_author_update ON clinic.encounters
  IS 'noren: policy notes_by_their_author because a note is changed by nobody but who wrote it [compile:635735c7d323b156]';

-- what the catalog holds now, for 90_assert.sql
DO LANGUAGE plpgsql $noren$
DECLARE
  sealed record;
BEGIN
  -- The search path decides how PostgreSQL prints a predicate; 90_assert.sql uses the same.
  SET LOCAL search_path = pg_catalog, pg_temp;
  FOR sealed IN
    SELECT of.polname, of.polrelid, obj_description(of.oid, 'pg_policy') AS comment,
           left(encode(sha256(convert_to(jsonb_build_array(
             of.polcmd, of.polpermissive,
             ARRAY(SELECT CASE member WHEN 0 THEN 'public' ELSE pg_get_userbyid(member) END
                   FROM unnest(of.polroles) AS member ORDER BY 1),
             pg_get_expr(of.polqual, of.polrelid), pg_get_expr(of.polwithcheck, of.polrelid)
           )::text, 'UTF8')), 'hex'), 16) AS digest
    FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') ~ '^noren: .*\[compile:[0-9a-f]{16}\]$'
  LOOP
    EXECUTE format('COMMENT ON POLICY %I ON %s IS %L', sealed.polname, sealed.polrelid::regclass,
                   left(sealed.comment, -1) || ' live:' || sealed.digest || ']');
  END LOOP;
END
$noren$;

-- what is not granted here is taken away
REVOKE ALL
  ON TABLE clinic.encounters
  FROM PUBLIC, billing, clinic_app, exporter, frontdesk, importer, researcher;
-- access.noren:32  select, insert, update, delete to clinic_app
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE clinic.encounters TO clinic_app;
-- exports.noren:4, exports.noren:12  select to exporter
GRANT SELECT ON TABLE clinic.encounters TO exporter;

ALTER TABLE clinic.encounters ENABLE ROW LEVEL SECURITY;
COMMIT;
