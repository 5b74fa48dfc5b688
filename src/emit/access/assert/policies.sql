wanted AS (
  SELECT wanted.*, relation.oid, relation.word, relation.file
  FROM jsonb_to_recordset(current_setting('noren.policy')::jsonb)
    AS wanted (schema text, table_name text, name text, digest text)
  JOIN relation ON relation.schema = wanted.schema AND relation.name = wanted.table_name
  WHERE relation.oid IS NOT NULL
),
live AS (
  SELECT of.polrelid, of.polname::text AS name, of.polpermissive, of.polcmd, of.polroles,
         pg_get_expr(of.polqual, of.polrelid) AS shown,
         coalesce(obj_description(of.oid, 'pg_policy'), '') AS comment,
         -- What the policy says, as 30_tables wrote it down when it made it.
         left(encode(sha256(convert_to(jsonb_build_array(
           of.polcmd, of.polpermissive,
           ARRAY(SELECT CASE member WHEN 0 THEN 'public' ELSE pg_get_userbyid(member) END
                 FROM unnest(of.polroles) AS member ORDER BY 1),
           pg_get_expr(of.polqual, of.polrelid), pg_get_expr(of.polwithcheck, of.polrelid)
         )::text, 'UTF8')), 'hex'), 16) AS digest
  FROM pg_policy AS of
),
compared AS (
  SELECT wanted.name IS NOT NULL AS planned, live.name IS NOT NULL AS there, wanted.digest AS compiled, wanted.file, live.*,
         format('%s: %I', coalesce(wanted.word, live.polrelid::regclass::text), coalesce(wanted.name, live.name)) AS object
  FROM wanted
  FULL JOIN live ON live.polrelid = wanted.oid AND live.name = wanted.name
)
SELECT 'policy' AS what, object, 'the policy' AS expected, 'no such policy' AS found,
       format('run 30_tables/%s.sql', file) AS repair
FROM compared
WHERE planned AND NOT there
UNION ALL
SELECT 'policy', object, 'as these files make it',
       CASE WHEN comment !~ '\[compile:[0-9a-f]{16} live:[0-9a-f]{16}\]$' THEN 'without its digests'
            WHEN comment NOT LIKE '%[compile:' || compiled || ' live:%' THEN 'from other files'
            ELSE 'changed since it was made' END,
       format('run 30_tables/%s.sql', file)
FROM compared
WHERE planned AND there AND comment NOT LIKE '%[compile:' || compiled || ' live:' || digest || ']'
UNION ALL
SELECT 'policy', object, 'no policy that the policy files do not name',
       CASE WHEN polpermissive THEN 'a permissive policy' ELSE 'a restrictive policy' END,
       format('DROP POLICY %I ON %s', name, polrelid::regclass)
FROM compared
WHERE NOT planned AND (polrelid IN (SELECT oid FROM relation) OR comment LIKE 'noren: %')
  -- rights_source.sql of an export makes these, and nothing but these.
  AND NOT EXISTS (
    SELECT
    FROM jsonb_to_recordset(current_setting('noren.exporter')::jsonb)
      AS exporter (schema text, table_name text, name text, role text)
    WHERE compared.polrelid = to_regclass(format('%I.%I', exporter.schema, exporter.table_name))
      AND compared.name = exporter.name AND polpermissive AND polcmd = 'r' AND shown = 'true'
      AND ARRAY(SELECT pg_get_userbyid(member)::text FROM unnest(polroles) AS member) = ARRAY[exporter.role]
  )
ORDER BY what, object, expected
