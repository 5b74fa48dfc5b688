
DECLARE
  reader text;
BEGIN
  CREATE TABLE IF NOT EXISTS noren_run.mask_key (hex text NOT NULL);
  LOCK TABLE noren_run.mask_key IN ACCESS EXCLUSIVE MODE;
  -- Default privileges may have opened the new table to others.
  FOR reader IN
    SELECT DISTINCT CASE own.grantee WHEN 0 THEN 'PUBLIC' ELSE format('%I', pg_catalog.pg_get_userbyid(own.grantee)) END
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS own
    WHERE c.oid = 'noren_run.mask_key'::regclass AND own.grantee <> c.relowner
  LOOP
    EXECUTE format('REVOKE ALL ON noren_run.mask_key FROM %s', reader);
  END LOOP;
  DELETE FROM noren_run.mask_key;
  INSERT INTO noren_run.mask_key (hex) SELECT hex FROM pg_temp.noren_key;
END
