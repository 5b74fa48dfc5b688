
DECLARE
  sealed record;
BEGIN
  -- The search path decides how PostgreSQL prints a predicate; 90_assert.sql uses the same.
  SET LOCAL search_path = pg_catalog, pg_temp;
  FOR sealed IN
    SELECT of.polname, of.polrelid, obj_description(of.oid, 'pg_policy') AS comment,
           left(encode(sha256(convert_to(jsonb_build_array(
             of.polcmd, of.polpermissive,
             ARRAY(SELECT CASE member WHEN 0 THEN 'public' ELSE pg_get_userbyid(member) END
                   FROM unnest(of.polroles) AS member ORDER BY 1),
             pg_get_expr(of.polqual, of.polrelid), pg_get_expr(of.polwithcheck, of.polrelid)
           )::text, 'UTF8')), 'hex'), 16) AS digest
    FROM pg_policy AS of
    WHERE of.polrelid = current_setting('noren.table')::regclass
      AND obj_description(of.oid, 'pg_policy') ~ '^noren: .*\[compile:[0-9a-f]{16}\]$'
  LOOP
    EXECUTE format('COMMENT ON POLICY %I ON %s IS %L', sealed.polname, sealed.polrelid::regclass,
                   left(sealed.comment, -1) || ' live:' || sealed.digest || ']');
  END LOOP;
END
