CREATE OR REPLACE FUNCTION noren_run.belongs_to_export(of_policy text, of_attempt text, fingerprint text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Nothing of another compilation or another key gets between the rows of this attempt.
BEGIN
  IF (
    SELECT count(*) <> 2
    FROM noren_run.manifest AS line
    WHERE line.attempt = of_attempt
      AND (line.kind = 'policy' AND line.name = of_policy OR line.kind = 'key' AND line.name = fingerprint)
  ) THEN
    RAISE EXCEPTION 'this attempt was not begun by statements of this compilation with this mask key'
      USING HINT = 'begin with a new attempt, and go on with the same statements and the same key';
  END IF;
END
$noren$
