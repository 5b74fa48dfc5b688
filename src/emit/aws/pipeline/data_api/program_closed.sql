
DECLARE
  opened record;
BEGIN
  -- Default privileges may have opened what is new to others, and everybody may call a new function.
  FOR opened IN
    SELECT DISTINCT format('%s %s', found.kind, found.name) AS object,
           CASE own.grantee WHEN 0 THEN 'PUBLIC' ELSE format('%I', pg_catalog.pg_get_userbyid(own.grantee)) END AS grantee
    FROM (
      SELECT 'TABLE' AS kind, format('%s', c.oid::regclass) AS name, c.relowner AS owner, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl
      FROM pg_catalog.pg_class AS c
      WHERE c.oid IN ('noren_run.program'::regclass, 'noren_run.program_table'::regclass, 'noren_run.program_shape'::regclass)
      UNION ALL
      SELECT 'FUNCTION', format('%s', p.oid::regprocedure), p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
      FROM pg_catalog.pg_proc AS p
      WHERE p.pronamespace = 'noren_run'::regnamespace
    ) AS found
    CROSS JOIN LATERAL pg_catalog.aclexplode(found.acl) AS own
    WHERE own.grantee <> found.owner
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM %s', opened.object, opened.grantee);
  END LOOP;
END
