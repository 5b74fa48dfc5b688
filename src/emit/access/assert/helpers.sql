helper AS (
  SELECT wanted.*, live.oid,
         CASE WHEN is_array THEN type.typarray ELSE type.oid END AS type_oid
  FROM jsonb_to_recordset(current_setting('noren.helper')::jsonb)
    AS wanted (schema text, name text, setting text, type_schema text, type_name text, is_array boolean)
  LEFT JOIN pg_namespace AS type_space ON type_space.nspname = wanted.type_schema
  LEFT JOIN pg_type AS type ON type.typnamespace = type_space.oid AND type.typname = wanted.type_name
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_proc AS live ON live.pronamespace = space.oid AND live.proname = wanted.name AND live.pronargs = 0
),
body AS (
  -- As PostgreSQL prints the function's own parse tree; a cast to text is none.
  SELECT helper.*,
         'RETURN ' || CASE WHEN type_oid = 'text'::regtype THEN read
                           ELSE format('(%s)::%s', read, format_type(type_oid, NULL)) END AS wanted_body
  FROM helper
  CROSS JOIN LATERAL (VALUES (format('NULLIF(current_setting(%L::text, true), ''''::text)', setting))) AS of (read)
),
fact AS (
  SELECT body.schema, body.name, fact.*
  FROM body
  JOIN pg_proc AS live USING (oid)
  JOIN pg_language AS language ON language.oid = live.prolang
  CROSS JOIN LATERAL (VALUES
    ('kind', 'f', live.prokind::text),
    ('language', 'sql', language.lanname::text),
    ('type', format_type(body.type_oid, NULL), format_type(live.prorettype, NULL)),
    ('set', 'false', live.proretset::text),
    ('body', wanted_body, coalesce(pg_get_function_sqlbody(live.oid), 'text that is read at run time: ' || live.prosrc)),
    ('volatility', 'STABLE', CASE live.provolatile WHEN 's' THEN 'STABLE' WHEN 'i' THEN 'IMMUTABLE' ELSE 'VOLATILE' END),
    ('parallel', 'SAFE', CASE live.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END),
    ('security', 'INVOKER', CASE WHEN live.prosecdef THEN 'DEFINER' ELSE 'INVOKER' END),
    ('leakproof', 'false', live.proleakproof::text),
    ('settings', 'none', coalesce(array_to_string(live.proconfig, ', '), 'none'))
  ) AS fact (item, wanted, found)
)
SELECT 'helper function' AS what, format('%I.%I()', schema, name) AS object, format('reads %s', setting) AS expected,
       'no such function' AS found, 'run 10_functions.sql' AS repair
FROM helper
WHERE oid IS NULL
UNION ALL
SELECT 'helper function', format('%I.%I()', schema, name), item || ': ' || coalesce(wanted, 'no such type'),
       item || ': ' || found, 'run 10_functions.sql'
FROM fact
WHERE wanted IS DISTINCT FROM found
UNION ALL
SELECT 'function in schema noren', live.oid::regprocedure::text, 'no function that the policy does not name',
       format('owned by %I', pg_get_userbyid(live.proowner)), format('DROP ROUTINE %s', live.oid::regprocedure)
FROM pg_proc AS live
JOIN pg_namespace AS space ON space.oid = live.pronamespace AND space.nspname = 'noren'
WHERE NOT EXISTS (SELECT FROM helper WHERE helper.oid = live.oid)
ORDER BY what, object, expected
