
-- IF NOT EXISTS says nothing of a column that somebody else made.
DECLARE
  found text;
BEGIN
  SELECT format('%s%s', atttypid::regtype, CASE WHEN attgenerated <> '' THEN ' generated' ELSE '' END) INTO found
  FROM pg_catalog.pg_attribute
  WHERE attrelid = current_setting('noren.table')::regclass AND attname = current_setting('noren.column');
  IF found IS DISTINCT FROM current_setting('noren.type') THEN
    RAISE EXCEPTION 'expected column % of % to be %, found %', current_setting('noren.column'),
      current_setting('noren.table'), current_setting('noren.type'), coalesce(found, 'none')
      USING HINT = 'the schema is not the one that this was compiled from: dump it again, compile again';
  END IF;
END
