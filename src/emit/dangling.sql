
DECLARE
  differences text;
BEGIN
  SELECT string_agg(format('%s: %s rows', name, rows), E'\n' ORDER BY name) INTO differences
  FROM pg_temp.noren_dangling
  WHERE rows <> '0';
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'references without their rows were loaded' USING DETAIL = differences;
  END IF;
END
