CREATE OR REPLACE FUNCTION noren_run.check_export(of_export text, of_stem text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Locks a table, or all of them, and compares it with what the statements were compiled for.
DECLARE
  program noren_run.program;
  own noren_run.program_table;
BEGIN
  SELECT found.* INTO STRICT program FROM noren_run.program AS found WHERE found.export = of_export;
  FOR own IN
    SELECT found.* FROM noren_run.program_table AS found
    WHERE found.export = of_export AND found.stem = coalesce(of_stem, found.stem)
    ORDER BY found.schema_name, found.table_name
  LOOP
    EXECUTE format('LOCK TABLE %s%I.%I IN ACCESS SHARE MODE', CASE WHEN own.partitioned THEN '' ELSE 'ONLY ' END,
                   own.schema_name, own.table_name);
  END LOOP;
  DELETE FROM pg_temp.noren_shape;
  INSERT INTO pg_temp.noren_shape (kind, schema_name, table_name, item, value)
  SELECT fact.kind, fact.schema_name, fact.table_name, fact.item, fact.value
  FROM noren_run.program_shape AS fact
  WHERE fact.export = of_export
    AND (of_stem IS NULL OR EXISTS (
      SELECT FROM noren_run.program_table AS found
      WHERE found.export = of_export AND found.stem = of_stem
        AND found.schema_name = fact.schema_name AND found.table_name = fact.table_name
    ));
  EXECUTE program.same_shape;
  IF program.all_rows IS NOT NULL THEN
    EXECUTE program.all_rows;
  END IF;
END
$noren$
