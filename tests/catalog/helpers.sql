CREATE SCHEMA noren_check;
CREATE FUNCTION noren_check.type_name(type oid, modifier int) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(en.nspname || '.' || e.typname, n.nspname || '.' || t.typname)
    || coalesce(replace(substring(format_type(type, modifier) FROM '\([-0-9, ]+\)'), ' ', ''), '')
    || CASE WHEN e.oid IS NULL THEN '' ELSE '[]' END
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_type e ON e.typarray = t.oid LEFT JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace
  WHERE t.oid = type
$$;
CREATE FUNCTION noren_check.columns(relation oid, numbers int2[]) RETURNS text[] LANGUAGE sql AS $$
  SELECT array_agg(a.attname::text ORDER BY n) FROM unnest(numbers) WITH ORDINALITY x (number, n)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attnum = number
$$;
CREATE FUNCTION noren_check.parts(relation oid, numbers int2vector, first int, last int) RETURNS text[] LANGUAGE sql AS $$
  SELECT array_agg(coalesce(a.attname::text, '(expression)') ORDER BY n) FROM unnest(numbers::int2[]) WITH ORDINALITY x (number, n)
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attnum = number AND number <> 0 WHERE n BETWEEN first AND last
$$;
