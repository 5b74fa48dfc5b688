relation AS (
  -- Tables, partitions and views of the policy; oid is NULL where the database has none of that name and kind.
  SELECT wanted.*, live.oid, live.relkind, live.relowner, format('%I.%I', wanted.schema, wanted.name) AS word
  FROM jsonb_to_recordset(current_setting('noren.relation')::jsonb)
    AS wanted (schema text, name text, kind text, file text, secured boolean, enabled boolean, forced boolean,
               as_caller boolean)
  LEFT JOIN pg_namespace AS space ON space.nspname = wanted.schema
  LEFT JOIN pg_class AS live ON live.relnamespace = space.oid AND live.relname = wanted.name
    AND strpos(wanted.kind, live.relkind::text) > 0
),
