
DECLARE
  differences text;
BEGIN
  WITH lines AS (
    SELECT kind, name, columns FROM pg_temp.noren_manifest WHERE kind NOT IN ('key', 'attempt')
  ), compared AS (
    SELECT format('%s %s: expected %s, found %s', kind, name,
                  coalesce(expected.columns, 'nothing'), coalesce(lines.columns, 'nothing')) AS difference
    FROM (SELECT kind, name, columns FROM pg_temp.noren_expected WHERE kind <> 'key') AS expected
    FULL JOIN lines USING (kind, name)
    WHERE expected.columns IS DISTINCT FROM lines.columns
    UNION ALL
    SELECT format('key: expected %s, found %s', expected.name, coalesce(line.name, 'nothing'))
    FROM pg_temp.noren_expected AS expected
    LEFT JOIN pg_temp.noren_manifest AS line ON line.kind = 'key'
    WHERE expected.kind = 'key'
      AND NOT coalesce(line.name ~ CASE expected.name WHEN 'fingerprint' THEN '^[0-9a-f]{16}$' ELSE '^none$' END, false)
    UNION ALL
    SELECT format('table %s: expected a number of rows and a digest, found %s and %s', name, rows, digest)
    FROM pg_temp.noren_manifest
    WHERE kind = 'table'
      AND NOT (rows ~ '^[0-9]{1,18}$' AND CASE WHEN rows = '0' THEN digest = '-' ELSE digest ~ '^[0-9a-f]{64}$' END)
    UNION ALL
    SELECT format('%s %s: listed %s times', kind, min(name), count(*))
    FROM pg_temp.noren_manifest
    GROUP BY kind, CASE kind WHEN 'table' THEN name END
    HAVING count(*) > 1
  )
  SELECT string_agg(difference, E'\n') INTO differences
  FROM (SELECT difference FROM compared ORDER BY difference LIMIT 20) AS first_ones;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'this run is not a whole export of the policy that these files were compiled from'
      USING DETAIL = differences, HINT = 'run the export again with the files of the same compilation';
  END IF;
END
