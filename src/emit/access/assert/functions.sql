wanted AS (
  SELECT routine.oid, grantee.oid AS grantee, grantee.word AS to_word
  FROM routine
  CROSS JOIN LATERAL unnest(routine.roles) AS of (role_name)
  JOIN grantee ON grantee.name = of.role_name AND grantee.oid <> 0
  JOIN pg_proc AS live ON live.oid = routine.oid AND live.proowner <> grantee.oid
),
held AS (
  SELECT live.oid, acl.grantee, acl.is_grantable, acl.grantor, live.proowner, grantee.word AS to_word,
         live.oid::regprocedure::text AS word, live.proacl IS NULL AS by_default,
         EXISTS (SELECT FROM routine WHERE routine.oid = live.oid) AS known,
         CASE WHEN acl.grantor <> live.proowner THEN format('SET ROLE %I; ', pg_get_userbyid(acl.grantor)) ELSE '' END AS before,
         CASE WHEN acl.grantor <> live.proowner THEN '; RESET ROLE' ELSE '' END AS after
  FROM pg_proc AS live
  JOIN pg_namespace AS space ON space.oid = live.pronamespace
    AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  CROSS JOIN LATERAL aclexplode(coalesce(live.proacl, acldefault('f', live.proowner))) AS acl
  JOIN grantee ON grantee.oid = acl.grantee
  WHERE acl.grantee <> live.proowner
    -- What program.sql gives to the exporting role, which runs it with its own rights.
    AND NOT (space.nspname = 'noren_run' AND NOT live.prosecdef AND acl.grantee <> 0 AND NOT acl.is_grantable)
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = live.oid AND deptype = 'e')
)
SELECT 'function' AS what, format('%I.%I(%s)', schema, name, array_to_string(arguments, ', ')) AS object,
       'the function' AS expected, 'no such function' AS found,
       CASE schema WHEN 'noren' THEN 'run 10_functions.sql' ELSE 'dump the schema again and compile again' END AS repair
FROM routine
WHERE oid IS NULL
UNION ALL
SELECT 'grant', 'function ' || wanted.oid::regprocedure, format('EXECUTE to %s', to_word), 'no such grant',
       format('GRANT EXECUTE ON ROUTINE %s TO %s', wanted.oid::regprocedure, to_word)
FROM wanted
WHERE NOT EXISTS (SELECT FROM held WHERE held.oid = wanted.oid AND held.grantee = wanted.grantee)
UNION ALL
SELECT 'grant', 'function ' || word, format('no EXECUTE to %s', to_word),
       CASE WHEN by_default THEN 'granted to everybody since the function was made'
            ELSE format('granted by %I%s', pg_get_userbyid(grantor),
                        CASE WHEN is_grantable THEN ' with GRANT OPTION' ELSE '' END) END,
       before || format('REVOKE EXECUTE ON ROUTINE %s FROM %s', word, to_word) || after
FROM held
WHERE (known OR held.grantee <> 0)
  AND (is_grantable OR NOT EXISTS (SELECT FROM wanted WHERE wanted.oid = held.oid AND wanted.grantee = held.grantee))
UNION ALL
-- Runs as its owner, for whoever may call it. One that the policy names is granted to nobody but those it names.
SELECT 'security definer function', live.oid::regprocedure::text,
       format('not callable by %s', string_agg(quote_ident(role.name), ', ' ORDER BY role.name)),
       format('runs as %I', pg_get_userbyid(live.proowner)),
       format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', live.oid::regprocedure)
FROM pg_proc AS live
JOIN pg_namespace AS space ON space.oid = live.pronamespace
  AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
JOIN role ON role.oid IS NOT NULL AND role.tenants_own AND NOT role.owner AND has_function_privilege(role.oid, live.oid, 'EXECUTE')
WHERE live.prosecdef AND NOT EXISTS (SELECT FROM routine WHERE routine.oid = live.oid)
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = live.oid AND deptype = 'e')
GROUP BY live.oid, live.proowner
UNION ALL
-- A trigger's function needs no right of whoever fires it.
SELECT 'security definer trigger', format('%s: %I', relation.word, fired.tgname),
       'no trigger that runs as somebody else and that the policy does not name',
       format('%s runs as %I', live.oid::regprocedure, pg_get_userbyid(live.proowner)),
       format('ALTER FUNCTION %s SECURITY INVOKER', live.oid::regprocedure)
FROM relation
JOIN pg_trigger AS fired ON fired.tgrelid = relation.oid AND NOT fired.tgisinternal
JOIN pg_proc AS live ON live.oid = fired.tgfoid AND live.prosecdef
WHERE NOT EXISTS (SELECT FROM routine WHERE routine.oid = live.oid)
ORDER BY what, object, expected
