
DECLARE
  leaks text;
BEGIN
  SELECT string_agg(format('%s: %s', name, rows), E'\n' ORDER BY name) INTO leaks FROM pg_temp.noren_leak WHERE rows <> '0';
  IF leaks IS NOT NULL THEN
    RAISE EXCEPTION 'these columns hold values that their masks never give; so many rows of each may be raw'
      USING DETAIL = leaks, HINT = 'keep everybody out of the copy until you know how they came there: by a changed file, by a trigger, or by somebody who works in it';
  END IF;
END
