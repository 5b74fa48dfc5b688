
DECLARE
  differences text;
BEGIN
  SELECT string_agg(format('file %s: expected %s, found %s', name, coalesce(sent, 'no such file'), coalesce(seen, 'no such file')),
                    E'\n' ORDER BY name)
  INTO differences
  FROM (
    SELECT coalesce(file.name, line.name || '.txt') AS name, line.digest AS sent, file.digest AS seen
    FROM (SELECT name, digest FROM pg_temp.noren_manifest WHERE kind = 'table' AND digest <> '-') AS line
    FULL JOIN (SELECT name, digest FROM pg_temp.noren_file WHERE name <> 'manifest') AS file
      ON file.name = line.name || '.txt'
    WHERE file.digest IS DISTINCT FROM line.digest
    ORDER BY 1
    LIMIT 20
  ) AS first_ones;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'the files of this run are not those that its manifest names'
      USING DETAIL = differences, HINT = 'run the export again with the files of the same compilation';
  END IF;
END
