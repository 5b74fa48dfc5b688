tenancy AS (
  SELECT * FROM jsonb_to_recordset(current_setting('noren.tenancy')::jsonb) AS wanted (tenant_column text)
),
child AS (
  -- Partitions and inheritance children of what the policy secures, to any depth.
  SELECT relation.oid AS root, relation.word AS root_word, relation.enabled, relation.forced, heir.inhrelid AS oid
  FROM relation
  JOIN pg_inherits AS heir ON heir.inhparent = relation.oid
  WHERE relation.secured
  UNION
  SELECT child.root, child.root_word, child.enabled, child.forced, heir.inhrelid
  FROM child
  JOIN pg_inherits AS heir ON heir.inhparent = child.oid
),
found AS (
  SELECT relation.word, relation.enabled, relation.forced, live.relrowsecurity, live.relforcerowsecurity
  FROM relation
  JOIN pg_class AS live USING (oid)
  WHERE live.relkind IN ('r', 'p')
  UNION
  SELECT live.oid::regclass::text, child.enabled, child.forced, live.relrowsecurity, live.relforcerowsecurity
  FROM child
  JOIN pg_class AS live USING (oid)
  WHERE live.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM relation WHERE relation.oid = child.oid)
)
SELECT 'relation' AS what, word AS object,
       CASE kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'p' THEN 'partitioned table'
                 WHEN 'r' THEN 'table' WHEN 'rf' THEN 'table' ELSE 'partition' END AS expected,
       'no such relation' AS found, 'dump the schema again and compile again' AS repair
FROM relation
WHERE oid IS NULL
UNION ALL
SELECT 'row security', word, CASE WHEN enabled THEN 'enabled' ELSE 'disabled' END,
       CASE WHEN relrowsecurity THEN 'enabled' ELSE 'disabled' END,
       format('ALTER TABLE %s %s ROW LEVEL SECURITY', word, CASE WHEN enabled THEN 'ENABLE' ELSE 'DISABLE' END)
FROM found
WHERE enabled <> relrowsecurity
UNION ALL
SELECT 'row security of the owner', word, CASE WHEN forced THEN 'forced' ELSE 'not forced' END,
       CASE WHEN relforcerowsecurity THEN 'forced' ELSE 'not forced' END,
       format('ALTER TABLE %s %s ROW LEVEL SECURITY', word, CASE WHEN forced THEN 'FORCE' ELSE 'NO FORCE' END)
FROM found
WHERE forced <> relforcerowsecurity
UNION ALL
SELECT 'foreign table', child.oid::regclass::text, format('no foreign child of %s, which row security cannot protect', root_word),
       'a foreign table', format('ALTER TABLE %s DETACH PARTITION %s', root_word, child.oid::regclass)
FROM child
JOIN pg_class AS live USING (oid)
WHERE live.relkind = 'f'
UNION ALL
-- A table that was added since the schema was compiled.
SELECT 'table that the policy does not know', live.oid::regclass::text,
       format('no column %I outside the tables of the policy', tenancy.tenant_column),
       CASE live.relkind WHEN 'f' THEN 'a foreign table' WHEN 'm' THEN 'a materialized view' ELSE 'a table' END
       || ' with the tenant column', 'dump the schema again and compile again'
FROM tenancy
JOIN pg_attribute AS column_of ON column_of.attname = tenancy.tenant_column AND NOT column_of.attisdropped
  AND column_of.attnum > 0
JOIN pg_class AS live ON live.oid = column_of.attrelid AND live.relkind IN ('r', 'p', 'f', 'm')
  AND live.relpersistence <> 't'
JOIN pg_namespace AS space ON space.oid = live.relnamespace
  AND space.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'noren')
WHERE NOT EXISTS (SELECT FROM relation WHERE relation.oid = live.oid)
  AND NOT EXISTS (SELECT FROM child WHERE child.oid = live.oid)
ORDER BY what, object, expected
