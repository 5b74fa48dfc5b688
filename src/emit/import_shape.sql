
DECLARE
  differences text;
BEGIN
  WITH expected AS (
    SELECT kind, schema_name, table_name, item, value
    FROM pg_temp.noren_shape
    WHERE kind IN ('row security', 'row security beside', 'trigger', 'foreign key', 'setting')
  ), roots AS (
    SELECT c.oid, c.relkind, c.relforcerowsecurity, n.nspname::text AS schema_name, c.relname::text AS table_name
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN expected AS e ON e.kind = 'row security' AND e.schema_name = n.nspname AND e.table_name = c.relname
  ), tables AS (
    SELECT roots.oid, schema_name, table_name, relkind FROM roots
    UNION ALL
    SELECT c.oid, n.nspname::text, c.relname::text, c.relkind
    FROM roots
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(roots.oid) AS tree
    JOIN pg_catalog.pg_class AS c ON c.oid = tree.relid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE tree.level > 0
  ), live AS (
    SELECT 'row security' AS kind, schema_name, table_name, '' AS item,
           CASE WHEN relforcerowsecurity THEN 'forced' ELSE 'not forced' END AS value
    FROM roots
    UNION ALL
    SELECT 'row security beside', n.nspname::text, c.relname::text, '',
           CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'not forced' END
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN expected AS e ON e.kind = 'row security beside' AND e.schema_name = n.nspname AND e.table_name = c.relname
    UNION ALL
    -- TRUNCATE would reach through a foreign partition and empty the table on the other server.
    SELECT 'table', schema_name, table_name, '', 'a foreign partition' FROM tables WHERE relkind = 'f'
    UNION ALL
    -- A partition's copy of its parent's trigger follows the parent; it is named here only if it differs.
    SELECT 'trigger', schema_name, table_name, own.tgname::text, own.tgenabled::text
    FROM tables
    JOIN pg_catalog.pg_trigger AS own ON own.tgrelid = tables.oid
    LEFT JOIN pg_catalog.pg_trigger AS parent ON parent.oid = own.tgparentid
    LEFT JOIN pg_catalog.pg_constraint AS key ON key.oid = own.tgconstraint
    WHERE (parent.oid IS NULL AND NOT own.tgisinternal)
       OR (parent.oid IS NOT NULL AND parent.tgenabled <> own.tgenabled AND coalesce(key.contype, 't') = 't')
    UNION ALL
    SELECT 'foreign key', schema_name, table_name, key.conname::text,
           CASE WHEN NOT key.condeferrable THEN 'not deferrable'
                WHEN key.condeferred THEN 'deferrable initially deferred' ELSE 'deferrable initially immediate' END
    FROM tables
    JOIN pg_catalog.pg_constraint AS key ON key.conrelid = tables.oid AND key.contype = 'f'
    WHERE (schema_name, table_name, key.conname) IN
          (SELECT e.schema_name, e.table_name, e.item FROM expected AS e WHERE e.kind = 'foreign key')
    UNION ALL
    SELECT 'setting', '', '', 'session_replication_role',
           CASE current_setting('session_replication_role') WHEN 'replica' THEN 'replica' ELSE 'origin' END
  ), compared AS (
    SELECT format('%s %s.%s %s: expected %s, found %s', kind, schema_name, table_name, item,
                  coalesce(expected.value, 'nothing'), coalesce(live.value, 'nothing')) AS difference
    FROM expected FULL JOIN live USING (kind, schema_name, table_name, item)
    WHERE expected.value IS DISTINCT FROM live.value
    ORDER BY kind, schema_name, table_name, item
    LIMIT 20
  )
  SELECT string_agg(difference, E'\n') INTO differences FROM compared;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'this database is not as the schema that these files were compiled from'
      USING DETAIL = differences, HINT = 'what the import turns off it could not turn on again as it was';
  END IF;
END
