-- Makes the roles of the policy with all their attributes, and grants the memberships among them. Apart from the
-- other files because roles belong to the whole cluster, and making them takes CREATEROLE; making one with BYPASSRLS
-- takes a superuser up to PostgreSQL 15. Existing roles are only asserted. No passwords: give them by hand.
-- Run as: psql -X -f 00_roles.sql. Safe to run again.

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
-- policy.noren:38  role mask_exporter: nologin, acts for one tenant
-- policy.noren:39  role mask_importer: nologin, acts for one tenant
CREATE TEMPORARY TABLE pg_temp.noren_role (
  name text,
  existing text,
  login text,
  bypassrls text
) ON COMMIT DROP;
COPY pg_temp.noren_role (name, existing, login, bypassrls) FROM STDIN WITH (FORMAT text);
mask_exporter	false	false	false
mask_importer	false	false	false
\.
DO LANGUAGE plpgsql $noren$
-- Roles belong to the cluster, so another environment's files, or somebody's hand, may have made them before. All that
-- is only asserted is asserted before anything changes.
DECLARE
  wanted record;
  live record;
  changes text[];
  wrong text[] := '{}';
BEGIN
  FOR wanted IN
    SELECT name, existing::boolean AS existing, nullif(login, '')::boolean AS login, bypassrls::boolean AS bypassrls
    FROM pg_temp.noren_role ORDER BY name COLLATE "C"
  LOOP
    SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolinherit, rolcanlogin, rolbypassrls INTO live
    FROM pg_roles WHERE rolname = wanted.name;
    IF NOT FOUND THEN
      IF wanted.existing THEN
        wrong := wrong || format('role %I: expected to exist, it does not', wanted.name);
      END IF;
      CONTINUE;
    END IF;
    SELECT array_agg(CASE WHEN expected THEN word ELSE 'NO' || word END ORDER BY place) INTO changes
    FROM (VALUES
      (1, 'SUPERUSER', false, live.rolsuper),
      (2, 'CREATEDB', false, live.rolcreatedb),
      (3, 'CREATEROLE', false, live.rolcreaterole),
      (4, 'REPLICATION', false, live.rolreplication),
      (5, 'LOGIN', wanted.login, live.rolcanlogin),
      (6, 'BYPASSRLS', wanted.bypassrls, live.rolbypassrls)
    ) AS attribute (place, word, expected, held)
    WHERE expected <> held;
    IF wanted.existing AND changes IS NOT NULL THEN
      wrong := wrong || format('role %I: expected %s', wanted.name, array_to_string(changes, ' '));
    END IF;
  END LOOP;
  IF cardinality(wrong) > 0 THEN
    RAISE EXCEPTION 'existing roles are not as the policy says; nothing was changed'
      USING DETAIL = array_to_string(wrong, E'\n'), HINT = 'change them by hand, or change the policy';
  END IF;

  FOR wanted IN
    SELECT name, login::boolean AS login, bypassrls::boolean AS bypassrls
    FROM pg_temp.noren_role WHERE NOT existing::boolean ORDER BY name COLLATE "C"
  LOOP
    SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolinherit, rolcanlogin, rolbypassrls INTO live
    FROM pg_roles WHERE rolname = wanted.name;
    BEGIN
      IF NOT FOUND THEN
        EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT NOREPLICATION %s %s', wanted.name,
                       CASE WHEN wanted.login THEN 'LOGIN' ELSE 'NOLOGIN' END,
                       CASE WHEN wanted.bypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END);
        -- By this rollback_roles.sql knows what was made here.
        EXECUTE format('COMMENT ON ROLE %I IS %L', wanted.name, 'noren: made by 00_roles.sql');
        CONTINUE;
      END IF;
      -- Up to PostgreSQL 15 naming some of these takes a superuser even where nothing changes.
      SELECT array_agg(CASE WHEN expected THEN word ELSE 'NO' || word END ORDER BY place) INTO changes
      FROM (VALUES
        (1, 'SUPERUSER', false, live.rolsuper),
        (2, 'CREATEDB', false, live.rolcreatedb),
        (3, 'CREATEROLE', false, live.rolcreaterole),
        (4, 'REPLICATION', false, live.rolreplication),
        (5, 'INHERIT', true, live.rolinherit),
        (6, 'LOGIN', wanted.login, live.rolcanlogin),
        (7, 'BYPASSRLS', wanted.bypassrls, live.rolbypassrls)
      ) AS attribute (place, word, expected, held)
      WHERE expected <> held;
      IF changes IS NOT NULL THEN
        EXECUTE format('ALTER ROLE %I %s', wanted.name, array_to_string(changes, ' '));
      END IF;
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'role % cannot be made or changed by %: %', quote_ident(wanted.name), quote_ident(current_user), SQLERRM
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'run this file as a superuser; where BYPASSRLS cannot be had at all, write bypass = "policy" in noren.toml';
    END;
  END LOOP;
END
$noren$;
COMMIT;
