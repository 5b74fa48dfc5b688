
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
