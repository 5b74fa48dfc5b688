
-- What is about to be taken away that no dump tells: rollback.sql gives it back. Written down once, so that a later run
-- does not take what these files gave for what was there before.
BEGIN
  CREATE TABLE IF NOT EXISTS noren.taken (
    kind text NOT NULL,
    object text NOT NULL,
    grantee text NOT NULL,
    privilege text NOT NULL,
    grantable boolean NOT NULL
  );
  WITH fresh AS (
    SELECT touched.kind, touched.object FROM pg_temp.noren_touched AS touched
    WHERE NOT EXISTS (SELECT FROM noren.taken WHERE taken.kind = touched.kind AND taken.object = touched.object)
  ),
  acl AS (
    SELECT fresh.kind, fresh.object, held.*
    FROM fresh
    JOIN pg_proc AS live ON fresh.kind = 'function' AND live.oid = to_regprocedure(fresh.object)
    CROSS JOIN LATERAL aclexplode(coalesce(live.proacl, acldefault('f', live.proowner))) AS held
    WHERE held.grantee <> live.proowner
    UNION ALL
    SELECT fresh.kind, fresh.object, held.*
    FROM fresh
    JOIN pg_namespace AS live ON fresh.kind = 'schema' AND live.nspname = fresh.object
    CROSS JOIN LATERAL aclexplode(live.nspacl) AS held
    WHERE held.grantee <> live.nspowner
    UNION ALL
    -- default privileges: the object is the owner, the letter of the kind, and maybe the schema, by blanks that no letter is
    SELECT fresh.kind, fresh.object || E'\t' || live.defaclobjtype::text || E'\t' || coalesce(space.nspname, ''), held.*
    FROM fresh
    JOIN pg_default_acl AS live ON fresh.kind = 'default' AND pg_get_userbyid(live.defaclrole) = fresh.object
      AND live.defaclobjtype IN ('r', 'S', 'f')
    LEFT JOIN pg_namespace AS space ON space.oid = live.defaclnamespace
    CROSS JOIN LATERAL aclexplode(live.defaclacl) AS held
    WHERE held.grantee <> live.defaclrole
    UNION ALL
    -- What holds where nobody said otherwise: everybody may call a new function.
    SELECT fresh.kind, fresh.object || E'\tf\t', owner.oid, 0, 'EXECUTE', false
    FROM fresh
    JOIN pg_roles AS owner ON fresh.kind = 'default' AND owner.rolname = fresh.object
    WHERE NOT EXISTS (
      SELECT FROM pg_default_acl AS live
      WHERE live.defaclrole = owner.oid AND live.defaclobjtype = 'f' AND live.defaclnamespace = 0
    )
  ),
  told AS (
    SELECT acl.kind, acl.object, CASE acl.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(acl.grantee)::text END AS grantee,
           acl.privilege_type AS privilege, acl.is_grantable AS grantable
    FROM acl
  )
  INSERT INTO noren.taken (kind, object, grantee, privilege, grantable)
  SELECT fresh.kind, fresh.object, '', '', false FROM fresh
  UNION ALL
  SELECT told.kind, told.object, told.grantee, told.privilege, told.grantable FROM told
  WHERE told.grantee = '' OR told.grantee IN (SELECT name FROM pg_temp.noren_grantee);
END
