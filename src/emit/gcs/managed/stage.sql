
DECLARE
  owner text;
  staged record;
  importer text := current_setting('noren.role');
BEGIN
  SELECT pg_catalog.pg_get_userbyid(n.nspowner) INTO owner FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'noren_load';
  IF owner <> current_user THEN
    RAISE EXCEPTION 'the schema noren_load belongs to "%", which is not you', owner
      USING HINT = 'run this file as that role if it made the schema so; else see why, drop it, and run this file again';
  END IF;
  CREATE SCHEMA IF NOT EXISTS noren_load;
  FOR staged IN SELECT c.relname FROM pg_catalog.pg_class AS c WHERE c.relnamespace = 'noren_load'::regnamespace AND c.relkind = 'r' LOOP
    EXECUTE format('DROP TABLE noren_load.%I', staged.relname);
  END LOOP;
  -- Every value is text, so that the service's COPY has nothing to read in its own way.
  FOR staged IN SELECT name, columns::integer AS columns FROM pg_temp.noren_staged LOOP
    EXECUTE format('CREATE UNLOGGED TABLE noren_load.%I (kind text NOT NULL, about text NOT NULL, total text NOT NULL, %s)', staged.name,
                   (SELECT string_agg(format('c%s text NOT NULL', number), ', ') FROM generate_series(1, staged.columns) AS number));
    IF importer <> '' THEN
      EXECUTE format('GRANT SELECT, INSERT, TRUNCATE ON noren_load.%I TO %I', staged.name, importer);
    END IF;
  END LOOP;
  IF importer <> '' THEN
    EXECUTE format('GRANT USAGE ON SCHEMA noren_load TO %I', importer);
  END IF;
END
