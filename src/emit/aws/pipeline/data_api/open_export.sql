CREATE OR REPLACE FUNCTION noren_run.open_export(of_export text, of_program text, of_run text, of_attempt text)
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- What each call begins with, until the end of its transaction, which is the end of the call. Returns which mask key
-- it is, without telling it.
DECLARE
  program noren_run.program;
  is_key boolean;
  fingerprint text := 'none';
BEGIN
  SELECT own.* INTO program FROM noren_run.program AS own WHERE own.export = of_export AND own.program = of_program;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the source does not have the statements of this compilation'
      USING HINT = 'run its program.sql in the source: a clone has what its source has';
  END IF;
  IF of_run !~ '^[A-Za-z0-9][A-Za-z0-9_.=-]{0,127}$' THEN
    RAISE EXCEPTION 'the name of a run must be 1 to 128 letters, digits or any of "_ . = -", and begin with a letter or a digit'
      USING HINT = 'it is a part of the keys of all objects, and called as its execution';
  END IF;
  IF of_attempt !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    RAISE EXCEPTION 'an attempt must be a UUID in small letters'
      USING HINT = 'all calls of one run are given the same, and no other run had it';
  END IF;
  PERFORM set_config(own.key, own.value, true) FROM jsonb_each_text(program.settings) AS own;
  PERFORM set_config('role', program.role, true);
  PERFORM set_config('row_security', CASE WHEN program.all_rows IS NULL THEN 'off' ELSE 'on' END, true);
  PERFORM set_config('noren.attempt', of_attempt, true);
  CREATE TEMPORARY TABLE pg_temp.noren_shape (kind text, schema_name text, table_name text, item text, value text) ON COMMIT DROP;
  IF program.key_setting IS NULL THEN
    RETURN fingerprint;
  END IF;
  is_key := to_regclass('noren_run.mask_key') IS NOT NULL;
  IF is_key THEN
    SELECT count(*) = 1 AND coalesce(bool_and(length(hex) >= 64 AND hex ~ '^(2[0-9a-f]|[3-6][0-9a-f]|7[0-9a-e])+$'), false)
    INTO is_key
    FROM noren_run.mask_key;
  END IF;
  IF NOT is_key THEN
    RAISE EXCEPTION 'noren_run.mask_key does not hold a key of at least 32 printable ASCII characters'
      USING HINT = 'key.sql puts it there, in the source';
  END IF;
  -- From the table to the setting by one statement, so that no variable and no message holds it.
  PERFORM set_config(program.key_setting, convert_from(decode(own.hex, 'hex'), 'UTF8'), true) IS NOT NULL FROM noren_run.mask_key AS own;
  CREATE TEMPORARY TABLE pg_temp.noren_pads (inner_pad bytea, outer_pad bytea) ON COMMIT DROP;
  EXECUTE program.pads;
  EXECUTE program.fingerprint INTO STRICT fingerprint;
  RETURN fingerprint;
END
$noren$
