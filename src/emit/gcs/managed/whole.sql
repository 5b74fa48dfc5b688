
DECLARE
  differences text;
BEGIN
  WITH compared AS (
    SELECT format('%s: expected one line "%s", found %s', e.name, e.about,
                  coalesce((SELECT string_agg(format('"%s"', line.about), ', ') FROM pg_temp.noren_about AS line WHERE line.name = e.name),
                           'none')) AS difference
    FROM pg_temp.noren_expected AS e
    WHERE (SELECT array_agg(line.about) FROM pg_temp.noren_about AS line WHERE line.name = e.name) IS DISTINCT FROM ARRAY[e.about]
    UNION ALL
    SELECT format('%s: exported %s, brought %s', name, total, staged)
    FROM pg_temp.noren_about
    WHERE total IS DISTINCT FROM staged
  )
  SELECT string_agg(difference, E'\n') INTO differences
  FROM (SELECT difference FROM compared ORDER BY difference LIMIT 20) AS first_ones;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'what import.sh brought is not a whole export of the policy that these files were compiled from'
      USING DETAIL = differences, HINT = 'run stage.sql and import.sh again, or export again with the files of the same compilation';
  END IF;
  INSERT INTO pg_temp.noren_manifest (kind, name, rows) SELECT 'table', name, total FROM pg_temp.noren_about;
END
