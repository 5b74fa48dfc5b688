
BEGIN
  -- The largest first and in turns: no two shares differ by more than a piece.
  INSERT INTO noren_run.piece (attempt, share, stem, schema_name, table_name, part, low, high)
  SELECT current_setting('noren.attempt'),
         (row_number() OVER (ORDER BY cut.bytes DESC, cut.stem, cut.part) - 1) % current_setting('noren.shares')::integer,
         cut.stem, cut.schema_name, cut.table_name, cut.part, cut.low, cut.high
  FROM (
    SELECT own.stem, own.schema_name, own.table_name, coalesce(piece.part, 0) AS part,
           coalesce(piece.low, '(0,0)'::tid) AS low, coalesce(piece.high, '(4294967295,65535)'::tid) AS high,
           sized.bytes / count(*) OVER (PARTITION BY own.stem) AS bytes
    FROM pg_temp.noren_table AS own
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(pg_catalog.pg_table_size(leaf.oid)), 0) AS bytes
      FROM (
        SELECT tree.relid::oid
        FROM pg_catalog.pg_partition_tree(format('%I.%I', own.schema_name, own.table_name)::regclass) AS tree
        UNION
        SELECT format('%I.%I', own.schema_name, own.table_name)::regclass::oid
      ) AS leaf (oid)
    ) AS sized
    LEFT JOIN pg_temp.noren_piece AS piece
      ON own.in_pieces = 'yes' AND piece.schema_name = own.schema_name AND piece.table_name = own.table_name
  ) AS cut;
END
