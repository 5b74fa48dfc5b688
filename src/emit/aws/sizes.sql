
DECLARE
  large text;
BEGIN
  SELECT string_agg(format('%I.%I has %s', sized.schema_name, sized.table_name, pg_catalog.pg_size_pretty(sized.bytes)), E'\n'
                    ORDER BY sized.bytes DESC)
  INTO large
  FROM (
    SELECT e.schema_name, e.table_name,
           pg_catalog.pg_table_size(format('%I.%I', e.schema_name, e.table_name)::regclass)
           + (SELECT coalesce(sum(pg_catalog.pg_table_size(tree.relid)), 0)
              FROM pg_catalog.pg_partition_tree(format('%I.%I', e.schema_name, e.table_name)::regclass) AS tree
              WHERE tree.level > 0) AS bytes
    FROM pg_temp.noren_shape AS e
    WHERE e.kind = 'table'
  ) AS sized
  WHERE sized.bytes > 4294967296;
  IF large IS NOT NULL THEN
    RAISE WARNING 'one object may be too small for a table; the run then stops at it'
      USING DETAIL = large, HINT = 'say in noren.toml how large a piece is: chunk = "2GB"';
  END IF;
END
