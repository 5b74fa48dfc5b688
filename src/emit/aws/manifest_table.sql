
DECLARE
  squatter text;
BEGIN
  SELECT coalesce(min(pg_catalog.pg_get_userbyid(found.owner)), '') INTO squatter
  FROM (
    SELECT n.nspowner AS owner FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'noren_run'
    UNION ALL
    SELECT c.relowner FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'noren_run'
  ) AS found
  JOIN pg_catalog.pg_roles AS role ON role.oid = found.owner
  -- A trigger of somebody else would run with the exporting role's rights.
  WHERE role.rolname <> current_user AND NOT role.rolsuper
    AND role.oid <> (SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database());
  IF squatter <> '' THEN
    RAISE EXCEPTION 'the schema noren_run, or a table in it, belongs to "%", which is not you', squatter
      USING HINT = 'run this file as that role if it made them so; else see why, drop them, and run this file again';
  END IF;
  CREATE SCHEMA IF NOT EXISTS noren_run;
  CREATE TABLE IF NOT EXISTS noren_run.manifest (
    attempt text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    part integer NOT NULL,
    rows_uploaded bigint,
    files_uploaded bigint,
    bytes_uploaded bigint,
    columns text NOT NULL,
    PRIMARY KEY (attempt, kind, name, part),
    -- The service goes on in a second object at about 6 GB, and the import reads the first.
    CONSTRAINT expected_one_object_a_part_make_chunk_smaller
      CHECK (files_uploaded = 1 OR coalesce(rows_uploaded, 0) = 0 AND coalesce(files_uploaded, 0) <= 1)
  );
END
