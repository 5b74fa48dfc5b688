wanted AS (
  SELECT relation.oid, relation.word, wanted.column_name, wanted.type
  FROM jsonb_to_recordset(current_setting('noren.column')::jsonb)
    AS wanted (schema text, name text, column_name text, type text)
  JOIN relation ON relation.schema = wanted.schema AND relation.name = wanted.name AND relation.oid IS NOT NULL
)
SELECT 'column' AS what, format('%s.%I', word, column_name) AS object, wanted.type AS expected,
       coalesce(live.type, 'no such column') AS found, 'dump the schema again and compile again' AS repair
FROM wanted
LEFT JOIN LATERAL (
  -- The element type of an array, by schema and internal name.
  SELECT space.nspname || '.' || coalesce(element.typname, own.typname) || CASE WHEN element.oid IS NULL THEN '' ELSE '[]' END AS type
  FROM pg_attribute AS column_of
  JOIN pg_type AS own ON own.oid = column_of.atttypid
  LEFT JOIN pg_type AS element ON element.typarray = own.oid
  JOIN pg_namespace AS space ON space.oid = coalesce(element.typnamespace, own.typnamespace)
  WHERE column_of.attrelid = wanted.oid AND column_of.attname = wanted.column_name AND NOT column_of.attisdropped
    AND column_of.attnum > 0
) AS live ON true
WHERE wanted.type IS DISTINCT FROM live.type
ORDER BY object
