routine AS (
  -- Functions of the policy with who may call them; oid is NULL where the database has none of that name and types.
  SELECT wanted.*, live.oid
  FROM jsonb_to_recordset(current_setting('noren.routine')::jsonb)
    AS wanted (schema text, name text, arguments text[], roles text[])
  LEFT JOIN LATERAL (
    SELECT of.oid
    FROM pg_proc AS of
    JOIN pg_namespace AS space ON space.oid = of.pronamespace
    WHERE of.proname = wanted.name AND space.nspname = wanted.schema AND wanted.arguments = ARRAY(
      SELECT type_space.nspname || '.' || coalesce(element.typname, own.typname)
        || CASE WHEN element.oid IS NULL THEN '' ELSE '[]' END
      FROM unnest(of.proargtypes::oid[]) WITH ORDINALITY AS argument (type, place)
      JOIN pg_type AS own ON own.oid = argument.type
      LEFT JOIN pg_type AS element ON element.typarray = own.oid
      JOIN pg_namespace AS type_space ON type_space.oid = coalesce(element.typnamespace, own.typnamespace)
      ORDER BY argument.place
    )
  ) AS live ON true
),
