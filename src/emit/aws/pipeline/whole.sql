
DECLARE
  missing text;
BEGIN
  SELECT string_agg(format('%s, part %s, of share %s', lost.stem, lost.part, lost.share), E'\n' ORDER BY lost.stem, lost.part)
  INTO missing
  FROM (
    SELECT piece.stem, piece.part, piece.share
    FROM noren_run.piece AS piece
    LEFT JOIN noren_run.manifest AS line
      ON line.attempt = piece.attempt AND line.kind = 'part' AND line.name = piece.stem AND line.part = piece.part
    WHERE piece.attempt = current_setting('noren.attempt') AND line.attempt IS NULL
    LIMIT 20
  ) AS lost;
  IF missing IS NULL THEN
    -- No table at all among the pieces, though the attempt has some.
    SELECT string_agg(line.name, E'\n') INTO missing
    FROM noren_run.manifest AS line
    WHERE line.attempt = current_setting('noren.attempt') AND line.kind = 'table'
      AND NOT EXISTS (SELECT FROM noren_run.piece AS piece WHERE piece.attempt = line.attempt AND piece.stem = line.name);
  END IF;
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'not every piece of this run was exported'
      USING DETAIL = missing, HINT = 'run share.sql for the shares that are missing, then this file again';
  END IF;
END
