
BEGIN
  -- A partitioned table has the pages of all its partitions; a piece takes the same range of each. The last piece of a
  -- table has no end: what is written meanwhile is not of this snapshot, but no page may be left out.
  INSERT INTO pg_temp.noren_piece (schema_name, table_name, part, low, high)
  SELECT sized.schema_name, sized.table_name, piece.part,
         format('(%s,0)', piece.part * sized.step)::tid,
         CASE WHEN (piece.part + 1) * sized.step < sized.pages
              THEN format('(%s,0)', (piece.part + 1) * sized.step) ELSE '(4294967295,65535)' END::tid
  FROM (
    SELECT e.schema_name, e.table_name, live.pages,
           greatest(1, ceil(live.pages / greatest(1, ceil(live.bytes / current_setting('noren.chunk_bytes')::numeric))))::bigint AS step
    FROM pg_temp.noren_shape AS e
    CROSS JOIN LATERAL (
      SELECT coalesce(max(pg_catalog.pg_relation_size(leaf.oid)), 0)::numeric / current_setting('block_size')::numeric AS pages,
             coalesce(sum(pg_catalog.pg_table_size(leaf.oid)), 0) AS bytes
      FROM (
        -- The tree of a table without partitions has not even the table.
        SELECT tree.relid::oid FROM pg_catalog.pg_partition_tree(format('%I.%I', e.schema_name, e.table_name)::regclass) AS tree
        UNION
        SELECT format('%I.%I', e.schema_name, e.table_name)::regclass::oid
      ) AS own (oid)
      JOIN pg_catalog.pg_class AS leaf ON leaf.oid = own.oid AND leaf.relkind = 'r'
    ) AS live
    WHERE e.kind = 'table'
  ) AS sized
  CROSS JOIN LATERAL generate_series(0, greatest(0, ceil(sized.pages / sized.step)::bigint - 1)) AS piece (part);
END
