
DECLARE
  differences text;
BEGIN
  SELECT string_agg(format('%s: exported %s, loaded %s', name, line.rows, loaded.rows), E'\n' ORDER BY name)
  INTO differences
  FROM (SELECT name, rows FROM pg_temp.noren_manifest WHERE kind = 'table') AS line
  FULL JOIN pg_temp.noren_loaded AS loaded USING (name)
  WHERE line.rows IS DISTINCT FROM loaded.rows;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'not every row was loaded' USING DETAIL = differences;
  END IF;
END
