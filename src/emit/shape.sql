
DECLARE
  differences text;
BEGIN
  WITH expected AS (
    SELECT kind, schema_name, table_name, item, value
    FROM pg_temp.noren_shape
    WHERE kind IN ('table', 'column')
  ), tables AS (
    SELECT c.oid, n.nspname::text AS schema_name, c.relname::text AS table_name, c.relkind
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN expected AS e ON e.kind = 'table' AND e.schema_name = n.nspname AND e.table_name = c.relname
  ), live AS (
    SELECT 'table' AS kind, schema_name, table_name, '' AS item,
           CASE relkind WHEN 'r' THEN 'ordinary' WHEN 'p' THEN 'partitioned' ELSE 'another kind' END AS value
    FROM tables
    UNION ALL
    -- The element type of an array, with the modifiers that PostgreSQL prints for its own types.
    SELECT 'column', schema_name, table_name, a.attname::text,
           n.nspname || '.' || coalesce(element.typname, own.typname)
           || CASE WHEN n.nspname = 'pg_catalog'
                   THEN coalesce(substring(format_type(a.atttypid, a.atttypmod) FROM '\([-0-9,]+\)'), '') ELSE '' END
           || CASE WHEN element.oid IS NULL THEN '' ELSE '[]' END
           || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
           || CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity by default' ELSE '' END
           || CASE a.attgenerated WHEN 's' THEN ' generated stored' WHEN 'v' THEN ' generated virtual' ELSE '' END
    FROM tables
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = tables.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS own ON own.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type AS element ON element.typarray = own.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = coalesce(element.typnamespace, own.typnamespace)
  ), compared AS (
    SELECT format('%s %s.%s%s: expected %s, found %s', kind, schema_name, table_name,
                  CASE WHEN item = '' THEN '' ELSE '.' || item END,
                  coalesce(expected.value, 'nothing'), coalesce(live.value, 'nothing')) AS difference
    FROM expected FULL JOIN live USING (kind, schema_name, table_name, item)
    WHERE expected.value IS DISTINCT FROM live.value
    ORDER BY kind, schema_name, table_name, item
    LIMIT 20
  )
  SELECT string_agg(difference, E'\n') INTO differences FROM compared;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'this database is not as the schema that these files were compiled from'
      USING DETAIL = differences, HINT = 'dump the schema again, compile again, and review what changed';
  END IF;
END
