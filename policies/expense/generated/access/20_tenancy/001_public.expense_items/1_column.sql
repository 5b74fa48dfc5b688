-- The column, empty: with a default, each row that is there would get today's tenant.
-- access.noren:17  public.expense_items scoped via expense_id
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
SET noren."table" = '"public"."expense_items"';
SET noren.parent = '"public"."expenses"';
SET noren."column" = 'tenant_id';

BEGIN;
SET LOCAL noren.locked = '"public"."expense_items"';
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
ALTER TABLE public.expense_items ADD COLUMN IF NOT EXISTS tenant_id uuid;
SELECT set_config('noren.type', pg_typeof(NULL::uuid)::text, true) AS noren_type
\gset
DO LANGUAGE plpgsql $noren$
-- IF NOT EXISTS says nothing of a column that somebody else made.
DECLARE
  found text;
BEGIN
  SELECT format('%s%s', atttypid::regtype, CASE WHEN attgenerated <> '' THEN ' generated' ELSE '' END) INTO found
  FROM pg_catalog.pg_attribute
  WHERE attrelid = current_setting('noren.table')::regclass AND attname = current_setting('noren.column');
  IF found IS DISTINCT FROM current_setting('noren.type') THEN
    RAISE EXCEPTION 'expected column % of % to be %, found %', current_setting('noren.column'),
      current_setting('noren.table'), current_setting('noren.type'), coalesce(found, 'none')
      USING HINT = 'the schema is not the one that this was compiled from: dump it again, compile again';
  END IF;
END
$noren$;

-- new rows get the tenant of the session that writes them
ALTER TABLE public.expense_items ALTER COLUMN tenant_id SET DEFAULT noren.app_tenant_id();
COMMENT ON COLUMN public.expense_items.tenant_id
  IS 'noren: a copy of the tenant of public.expenses, by expense_id';
COMMIT;
