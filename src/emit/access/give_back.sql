
-- What 15_schemas.sql wrote down, as it was.
DECLARE
  told jsonb := substring(obj_description(to_regnamespace('noren'), 'pg_namespace') FROM '^noren: (\[.*)$')::jsonb;
  taken record;
BEGIN
  IF told IS NULL THEN
    RETURN;
  END IF;
  -- First what these files gave. Without the comment it was given back before, and nothing is taken.
  FOR taken IN
    SELECT of.kind, of.object, quote_ident(role.name) AS grantee
    FROM jsonb_to_recordset(told) AS of (kind text, object text, privilege text)
    CROSS JOIN pg_temp.noren_grantee AS role
    JOIN pg_roles AS live ON live.rolname = role.name
    WHERE of.privilege = ''
    ORDER BY of.kind, of.object, role.name
  LOOP
    IF taken.kind = 'function' AND to_regprocedure(taken.object) IS NOT NULL THEN
      EXECUTE format('REVOKE ALL ON ROUTINE %s FROM %s', to_regprocedure(taken.object), taken.grantee);
    ELSIF taken.kind = 'schema' AND to_regnamespace(quote_ident(taken.object)) IS NOT NULL THEN
      EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %s', taken.object, taken.grantee);
    END IF;
  END LOOP;
  FOR taken IN
    SELECT of.kind, of.object, of.privilege, of.grantable, string_to_array(of.object, E'\t') AS parts,
           CASE of.grantee WHEN '' THEN 'PUBLIC' ELSE quote_ident(of.grantee) END AS grantee
    FROM jsonb_to_recordset(told) AS of (kind text, object text, grantee text, privilege text, grantable boolean)
    WHERE of.privilege <> '' AND (of.grantee = '' OR EXISTS (SELECT FROM pg_roles WHERE rolname = of.grantee))
    ORDER BY of.kind, of.object, of.grantee, of.privilege
  LOOP
    CASE taken.kind
      WHEN 'function' THEN
        IF to_regprocedure(taken.object) IS NOT NULL THEN
          EXECUTE format('GRANT %s ON ROUTINE %s TO %s', taken.privilege, to_regprocedure(taken.object), taken.grantee)
            || CASE WHEN taken.grantable THEN ' WITH GRANT OPTION' ELSE '' END;
        END IF;
      WHEN 'schema' THEN
        IF EXISTS (SELECT FROM pg_namespace WHERE nspname = taken.object) THEN
          EXECUTE format('GRANT %s ON SCHEMA %I TO %s', taken.privilege, taken.object, taken.grantee)
            || CASE WHEN taken.grantable THEN ' WITH GRANT OPTION' ELSE '' END;
        END IF;
      ELSE
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %s GRANT %s ON %s TO %s', taken.parts[1],
                       CASE taken.parts[3] WHEN '' THEN '' ELSE format('IN SCHEMA %I', taken.parts[3]) END, taken.privilege,
                       CASE taken.parts[2] WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' ELSE 'FUNCTIONS' END, taken.grantee)
          || CASE WHEN taken.grantable THEN ' WITH GRANT OPTION' ELSE '' END;
    END CASE;
  END LOOP;
  -- The comment goes with the schema: should that stay for now, another run does the same again.
END
