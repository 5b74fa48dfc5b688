wanted AS (
  SELECT wanted.*, relation.oid, relation.word, relation.file
  FROM jsonb_to_recordset(current_setting('noren.policy')::jsonb)
    AS wanted (schema text, table_name text, name text, digest text)
  JOIN relation ON relation.schema = wanted.schema AND relation.name = wanted.table_name
  WHERE relation.oid IS NOT NULL
),
live AS (
  SELECT of.polrelid, of.polname, of.polpermissive,
         coalesce(obj_description(of.oid, 'pg_policy'), '') AS comment,
         -- What the policy says, as 30_tables wrote it down when it made it.
         left(encode(sha256(convert_to(jsonb_build_array(
           of.polcmd, of.polpermissive,
           ARRAY(SELECT CASE member WHEN 0 THEN 'public' ELSE pg_get_userbyid(member) END
                 FROM unnest(of.polroles) AS member ORDER BY 1),
           pg_get_expr(of.polqual, of.polrelid), pg_get_expr(of.polwithcheck, of.polrelid)
         )::text, 'UTF8')), 'hex'), 16) AS digest
  FROM pg_policy AS of
)
SELECT 'policy' AS what, format('%s: %I', wanted.word, wanted.name) AS object, 'the policy' AS expected,
       'no such policy' AS found, format('run 30_tables/%s.sql', wanted.file) AS repair
FROM wanted
LEFT JOIN live ON live.polrelid = wanted.oid AND live.polname = wanted.name
WHERE live.polname IS NULL
UNION ALL
SELECT 'policy', format('%s: %I', wanted.word, wanted.name), 'as these files make it',
       CASE WHEN live.comment !~ '\[compile:[0-9a-f]{16} live:[0-9a-f]{16}\]$' THEN 'without its digests'
            WHEN live.comment NOT LIKE '%[compile:' || wanted.digest || ' live:%' THEN 'from other files'
            ELSE 'changed since it was made' END,
       format('run 30_tables/%s.sql', wanted.file)
FROM wanted
JOIN live ON live.polrelid = wanted.oid AND live.polname = wanted.name
WHERE live.comment NOT LIKE '%[compile:' || wanted.digest || ' live:' || live.digest || ']'
UNION ALL
SELECT 'policy', format('%s: %I', live.polrelid::regclass, live.polname), 'no policy that the policy files do not name',
       CASE WHEN live.polpermissive THEN 'a permissive policy' ELSE 'a restrictive policy' END,
       format('DROP POLICY %I ON %s', live.polname, live.polrelid::regclass)
FROM live
WHERE NOT EXISTS (SELECT FROM wanted WHERE wanted.oid = live.polrelid AND wanted.name = live.polname)
  AND (live.polrelid IN (SELECT oid FROM relation) OR live.comment LIKE 'noren: %')
ORDER BY what, object, expected
