
-- IF NOT EXISTS says nothing of an index or a constraint that somebody else made under the name.
DECLARE
  of_table CONSTANT regclass := current_setting('noren.table')::regclass;
  parent CONSTANT regclass := current_setting('noren.parent')::regclass;
  wrong text[] := '{}';
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indexrelid = to_regclass(current_setting('noren.index')) AND i.indrelid = of_table
      AND i.indisvalid AND i.indpred IS NULL AND a.attname = current_setting('noren.column')
  ) THEN
    wrong := wrong || format('no valid index %s that leads with the tenant', current_setting('noren.index'));
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    WHERE k.conrelid = of_table AND k.conname = current_setting('noren.key') AND k.contype = 'f' AND k.convalidated
      AND k.confrelid = parent AND a.attname = current_setting('noren.column')
  ) THEN
    wrong := wrong || format('no valid foreign key %s that holds the tenant', current_setting('noren.key'));
  END IF;
  IF current_setting('noren.nullable') = 'off' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = of_table AND a.attname = current_setting('noren.column') AND a.attnotnull
  ) THEN
    wrong := wrong || 'the column may be NULL'::text;
  END IF;
  IF cardinality(wrong) > 0 THEN
    RAISE EXCEPTION 'the tenant column of % is not whole', of_table
      USING DETAIL = array_to_string(wrong, E'\n'),
            HINT = 'run this folder from its first file; an index of a partitioned table is valid when each partition has its own, so dump again if there is a new one';
  END IF;
END
