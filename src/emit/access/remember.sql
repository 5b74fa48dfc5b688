
-- What is about to be taken away that no dump tells: rollback.sql gives it back. It is written down in the comment on
-- schema noren, once an object, so that a later run does not take what these files gave for what was there before.
DECLARE
  told jsonb := coalesce(substring(obj_description(to_regnamespace('noren'), 'pg_namespace') FROM '^noren: (\[.*)$')::jsonb, '[]');
BEGIN
  WITH fresh AS (
    SELECT touched.kind, touched.object FROM pg_temp.noren_touched AS touched
    WHERE NOT told @> jsonb_build_array(jsonb_build_object('kind', touched.kind, 'object', touched.object))
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
  named AS (
    SELECT acl.kind, acl.object, CASE acl.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(acl.grantee)::text END AS grantee,
           acl.privilege_type AS privilege, acl.is_grantable AS grantable
    FROM acl
  ),
  line AS (
    SELECT fresh.kind, fresh.object, '' AS grantee, '' AS privilege, false AS grantable FROM fresh
    UNION ALL
    SELECT named.* FROM named
    WHERE named.grantee = '' OR named.grantee IN (SELECT name FROM pg_temp.noren_grantee)
  )
  SELECT told || coalesce(jsonb_agg(to_jsonb(line) ORDER BY line.kind, line.object, line.grantee, line.privilege), '[]') INTO told
  FROM line;
  EXECUTE format('COMMENT ON SCHEMA noren IS %L', 'noren: ' || told::text);
END
