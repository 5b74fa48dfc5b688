-- public.companies: a table
-- access.noren:16  scoped by id
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

-- access.noren:34  delete of rows of the session's tenant
CREATE POLICY noren_delete_to_app ON public.companies
  AS PERMISSIVE FOR DELETE TO app
  USING (companies.id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_delete_to_app ON public.companies
  IS 'noren: delete of rows of the session''s tenant [compile:397bf923b75d0815]';

-- access.noren:16  floor: only rows of the session's tenant
CREATE POLICY noren_floor ON public.companies
  AS RESTRICTIVE FOR ALL TO PUBLIC
  USING (companies.id = (SELECT noren.app_tenant_id()))
  WITH CHECK (companies.id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_floor ON public.companies
  IS 'noren: floor: only rows of the session''s tenant [compile:4d4a4b293b3d0d7e]';

-- access.noren:34  insert of rows of the session's tenant
CREATE POLICY noren_insert_to_app ON public.companies
  AS PERMISSIVE FOR INSERT TO app
  WITH CHECK (companies.id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_insert_to_app ON public.companies
  IS 'noren: insert of rows of the session''s tenant [compile:1872eac3ea2d773a]';

-- access.noren:34  select of rows of the session's tenant
CREATE POLICY noren_select_to_app ON public.companies
  AS PERMISSIVE FOR SELECT TO app
  USING (companies.id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_select_to_app ON public.companies
  IS 'noren: select of rows of the session''s tenant [compile:fb60cdef61f3349f]';

-- access.noren:34  update of rows of the session's tenant
CREATE POLICY noren_update_to_app ON public.companies
  AS PERMISSIVE FOR UPDATE TO app
  USING (companies.id = (SELECT noren.app_tenant_id()))
  WITH CHECK (companies.id = (SELECT noren.app_tenant_id()));
COMMENT ON POLICY noren_update_to_app ON public.companies
  IS 'noren: update of rows of the session''s tenant [compile:b32d8ebfbf7f0add]';

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
  ON TABLE public.companies
  FROM PUBLIC, app, exporter, importer, investigator, reporting, support;
-- access.noren:34  select, insert, update, delete to app
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.companies TO app;
-- exports.noren:6, exports.noren:15  select to exporter
GRANT SELECT ON TABLE public.companies TO exporter;

ALTER TABLE public.companies ENABLE ROW LEVEL SECURITY;
COMMIT;
