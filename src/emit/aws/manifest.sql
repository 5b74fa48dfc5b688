
DECLARE
  differences text;
BEGIN
  WITH compared AS (
    SELECT format('%s %s: expected %s, found %s', kind, name,
                  coalesce(expected.columns, 'nothing'), coalesce(lines.columns, 'nothing')) AS difference
    FROM (SELECT kind, name, columns FROM pg_temp.noren_expected WHERE kind <> 'key') AS expected
    FULL JOIN (SELECT kind, name, columns FROM pg_temp.noren_part WHERE kind NOT IN ('key', 'attempt', 'part')) AS lines
      USING (kind, name)
    WHERE expected.columns IS DISTINCT FROM lines.columns
    UNION ALL
    SELECT format('key: expected %s, found %s', expected.name, coalesce(line.name, 'nothing'))
    FROM pg_temp.noren_expected AS expected
    LEFT JOIN pg_temp.noren_part AS line ON line.kind = 'key'
    WHERE expected.kind = 'key'
      AND NOT coalesce(line.name ~ CASE expected.name WHEN 'fingerprint' THEN '^[0-9a-f]{16}$' ELSE '^none$' END, false)
    UNION ALL
    SELECT format('attempt: expected one name, found %s', count(*))
    FROM pg_temp.noren_part
    WHERE kind = 'attempt' AND name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    HAVING count(*) <> 1
    UNION ALL
    SELECT format('part %s of %s: expected a number of rows, found %s', part, name, coalesce(rows, 'nothing'))
    FROM pg_temp.noren_part
    WHERE kind = 'part' AND NOT coalesce(part ~ '^[0-9]{1,9}$' AND rows ~ '^[0-9]{1,18}$', false)
    UNION ALL
    SELECT format('part %s of %s: there is no such table', part, name)
    FROM pg_temp.noren_part AS line
    WHERE kind = 'part' AND NOT EXISTS (
      SELECT FROM pg_temp.noren_expected AS e WHERE e.kind = 'table' AND e.name = line.name
    )
    UNION ALL
    SELECT format('%s %s: listed %s times', kind, min(name), count(*))
    FROM pg_temp.noren_part
    GROUP BY kind, CASE WHEN kind IN ('table', 'part') THEN name END, CASE kind WHEN 'part' THEN part END
    HAVING count(*) > 1
  )
  SELECT string_agg(difference, E'\n') INTO differences
  FROM (SELECT difference FROM compared ORDER BY difference LIMIT 20) AS first_ones;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'this run is not a whole export of the policy that these files were compiled from'
      USING DETAIL = differences, HINT = 'run the export again with the files of the same compilation';
  END IF;
  INSERT INTO pg_temp.noren_manifest (kind, name, rows)
  SELECT 'table', tables.name, coalesce(sum(parts.rows::bigint), 0)::text
  FROM pg_temp.noren_part AS tables
  LEFT JOIN pg_temp.noren_part AS parts ON parts.kind = 'part' AND parts.name = tables.name
  WHERE tables.kind = 'table'
  GROUP BY tables.name;
END
