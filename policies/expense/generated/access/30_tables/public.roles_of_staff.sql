-- public.roles_of_staff: a table
-- access.noren:22  scoped by tenant_id or null because built-in roles belong to no company
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

-- access.noren:34  delete of rows of the session's tenant
CREATE POLICY noren_delete_to_app ON public.roles_of_staff
  AS PERMISSIVE FOR DELETE TO app
  USING (roles_of_staff.tenant_id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_delete_to_app ON public.roles_of_staff
  IS 'noren: delete of rows of the session''s tenant [compile:c362ea7807884c0c]';

-- access.noren:22  floor: only rows of the session's tenant
CREATE POLICY noren_floor_delete ON public.roles_of_staff
  AS RESTRICTIVE FOR DELETE TO PUBLIC
  USING (roles_of_staff.tenant_id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_floor_delete ON public.roles_of_staff
  IS 'noren: floor: only rows of the session''s tenant [compile:27e37d420f05c661]';

-- access.noren:22  floor: only rows of the session's tenant
CREATE POLICY noren_floor_insert ON public.roles_of_staff
  AS RESTRICTIVE FOR INSERT TO PUBLIC
  WITH CHECK (roles_of_staff.tenant_id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_floor_insert ON public.roles_of_staff
  IS 'noren: floor: only rows of the session''s tenant [compile:95b58a19eef1a8ca]';

-- access.noren:22  floor: only rows of the session's tenant
CREATE POLICY noren_floor_select ON public.roles_of_staff
  AS RESTRICTIVE FOR SELECT TO PUBLIC
  USING (
    roles_of_staff.tenant_id = (SELECT noren.app_tenant_id())
    OR (roles_of_staff.tenant_id IS NULL AND (SELECT noren.app_tenant_id()) IS NOT NULL)
  );
COMMENT ON POLICY noren_floor_select ON public.roles_of_staff
  IS 'noren: floor: only rows of the session''s tenant [compile:dd333345f15b9681]';

-- access.noren:22  floor: only rows of the session's tenant
CREATE POLICY noren_floor_update ON public.roles_of_staff
  AS RESTRICTIVE FOR UPDATE TO PUBLIC
  USING (roles_of_staff.tenant_id = (SELECT noren.app_tenant_id()))
  WITH CHECK (roles_of_staff.tenant_id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_floor_update ON public.roles_of_staff
  IS 'noren: floor: only rows of the session''s tenant [compile:6b5715644232619e]';

-- access.noren:34  insert of rows of the session's tenant
CREATE POLICY noren_insert_to_app ON public.roles_of_staff
  AS PERMISSIVE FOR INSERT TO app
  WITH CHECK (roles_of_staff.tenant_id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_insert_to_app ON public.roles_of_staff
  IS 'noren: insert of rows of the session''s tenant [compile:fe19d8a343c9b6cc]';

-- access.noren:34  select of rows of the session's tenant
CREATE POLICY noren_select_to_app ON public.roles_of_staff
  AS PERMISSIVE FOR SELECT TO app
  USING (
    roles_of_staff.tenant_id = (SELECT noren.app_tenant_id())
    OR (roles_of_staff.tenant_id IS NULL AND (SELECT noren.app_tenant_id()) IS NOT NULL)
  );
COMMENT ON POLICY noren_select_to_app ON public.roles_of_staff
  IS 'noren: select of rows of the session''s tenant [compile:16adf85c390c61c3]';

-- access.noren:34  update of rows of the session's tenant
CREATE POLICY noren_update_to_app ON public.roles_of_staff
  AS PERMISSIVE FOR UPDATE TO app
  USING (roles_of_staff.tenant_id = (SELECT noren.app_tenant_id()))
  WITH CHECK (roles_of_staff.tenant_id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_update_to_app ON public.roles_of_staff
  IS 'noren: update of rows of the session''s tenant [compile:7767f5e9baf4a20b]';

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
  ON TABLE public.roles_of_staff
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
-- access.noren:34  select, insert, update, delete to app
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.roles_of_staff TO app;
-- exports.noren:6, exports.noren:15  select to exporter
GRANT SELECT ON TABLE public.roles_of_staff TO exporter;
-- public.roles_of_staff_id_seq follows from INSERT
REVOKE ALL
  ON SEQUENCE public.roles_of_staff_id_seq
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
GRANT USAGE ON SEQUENCE public.roles_of_staff_id_seq TO app;

ALTER TABLE public.roles_of_staff ENABLE ROW LEVEL SECURITY;
COMMIT;
