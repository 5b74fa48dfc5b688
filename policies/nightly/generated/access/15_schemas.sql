-- Rights on schemas and functions, and default privileges, which here only take away: nothing that is made later is
-- open to a role of the policy before the policy says so. Run as the owner of the tables: psql -X -f 15_schemas.sql

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
CREATE TEMPORARY TABLE pg_temp.noren_touched (
  kind text,
  object text
) ON COMMIT DROP;
COPY pg_temp.noren_touched (kind, object) FROM STDIN WITH (FORMAT text);
schema	public
\.
CREATE TEMPORARY TABLE pg_temp.noren_grantee (
  name text
) ON COMMIT DROP;
COPY pg_temp.noren_grantee (name) FROM STDIN WITH (FORMAT text);
mask_exporter
mask_importer
\.
DO LANGUAGE plpgsql $noren$
-- What is about to be taken away that no dump tells: rollback.sql gives it back. It is written down in the comment on
-- schema noren, once an object, so that a later run does not take what these files gave for what was there before.
DECLARE
  told jsonb := coalesce(substring(obj_description(to_regnamespace('noren'), 'pg_namespace') FROM '^noren: (\[.*)$')::jsonb, '[]');
BEGIN
  WITH fresh AS (
    SELECT touched.kind, touched.object FROM pg_temp.noren_touched AS touched
    WHERE NOT told @> jsonb_build_array(jsonb_build_object('kind', touched.kind, 'object', touched.object))
  ),
  acl AS (
    SELECT fresh.kind, fresh.object, held.*
    FROM fresh
    JOIN pg_proc AS live ON fresh.kind = 'function' AND live.oid = to_regprocedure(fresh.object)
    CROSS JOIN LATERAL aclexplode(coalesce(live.proacl, acldefault('f', live.proowner))) AS held
    WHERE held.grantee <> live.proowner
    UNION ALL
    SELECT fresh.kind, fresh.object, held.*
    FROM fresh
    JOIN pg_namespace AS live ON fresh.kind = 'schema' AND live.nspname = fresh.object
    CROSS JOIN LATERAL aclexplode(live.nspacl) AS held
    WHERE held.grantee <> live.nspowner
    UNION ALL
    -- default privileges: the object is the owner, the letter of the kind, and maybe the schema, by blanks that no letter is
    SELECT fresh.kind, fresh.object || E'\t' || live.defaclobjtype::text || E'\t' || coalesce(space.nspname, ''), held.*
    FROM fresh
    JOIN pg_default_acl AS live ON fresh.kind = 'default' AND pg_get_userbyid(live.defaclrole) = fresh.object
      AND live.defaclobjtype IN ('r', 'S', 'f')
    LEFT JOIN pg_namespace AS space ON space.oid = live.defaclnamespace
    CROSS JOIN LATERAL aclexplode(live.defaclacl) AS held
    WHERE held.grantee <> live.defaclrole
    UNION ALL
    -- What holds where nobody said otherwise: everybody may call a new function.
    SELECT fresh.kind, fresh.object || E'\tf\t', owner.oid, 0, 'EXECUTE', false
    FROM fresh
    JOIN pg_roles AS owner ON fresh.kind = 'default' AND owner.rolname = fresh.object
    WHERE NOT EXISTS (
      SELECT FROM pg_default_acl AS live
      WHERE live.defaclrole = owner.oid AND live.defaclobjtype = 'f' AND live.defaclnamespace = 0
    )
  ),
  named AS (
    SELECT acl.kind, acl.object, CASE acl.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(acl.grantee)::text END AS grantee,
           acl.privilege_type AS privilege, acl.is_grantable AS grantable
    FROM acl
  ),
  line AS (
    SELECT fresh.kind, fresh.object, '' AS grantee, '' AS privilege, false AS grantable FROM fresh
    UNION ALL
    SELECT named.* FROM named
    WHERE named.grantee = '' OR named.grantee IN (SELECT name FROM pg_temp.noren_grantee)
  )
  SELECT told || coalesce(jsonb_agg(to_jsonb(line) ORDER BY line.kind, line.object, line.grantee, line.privilege), '[]') INTO told
  FROM line;
  EXECUTE format('COMMENT ON SCHEMA noren IS %L', 'noren: ' || told::text);
END
$noren$;

-- policy.noren:43  schema public
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM mask_exporter, mask_importer;
GRANT USAGE ON SCHEMA public TO mask_exporter;

COMMIT;
