-- A stand-in for the managed extensions aws_commons and aws_s3 on a stock PostgreSQL of any version, for tests: the same
-- names, argument names, order and defaults, OUT columns and returned text, and the caller's rights. Where objects are is
-- for another file to say: folder.sql beside this one, or s3.sql of the tests of pipelines. What the service's documents
-- leave open is a setting, so that files can be run under each answer:
--   emulation.folder       a folder of the server, for files on their way
--   emulation.region       the region that the cluster is in
--   emulation.part_bytes   from how many bytes on an export goes on in KEY_part2, KEY_part3, …
--   emulation.empty_export what an export of no bytes does: put (an object of 0 bytes) or skip (no object)
--   emulation.header_only  what an import of a header alone does: ok (0 rows) or error, as for 0 bytes
--   emulation.pause        how many seconds an export takes at least; 0 unless it is set
-- It is stricter than the service where that is not known: nothing of it is open to PUBLIC.
--
-- A role that calls the functions needs pg_read_server_files and pg_write_server_files here, which give no right on any
-- table and do not touch row security.

CREATE SCHEMA aws_commons;
CREATE SCHEMA aws_s3;
CREATE SCHEMA aws_s3_emulation;

CREATE TYPE aws_commons._s3_uri_1 AS (bucket text, file_path text, region text);

CREATE FUNCTION aws_commons.create_s3_uri(bucket text, file_path text, region text) RETURNS aws_commons._s3_uri_1
  LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(bucket, file_path, region)::aws_commons._s3_uri_1 $$;

-- A key's characters that a shell or a file system could take for something else are refused: the files under test make
-- no others.
CREATE FUNCTION aws_s3_emulation.check_names(bucket text, key text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF bucket !~ '^[a-z0-9.-]+$' OR key !~ '^[A-Za-z0-9_./-]+$' THEN
    RAISE EXCEPTION 'the emulation has no object "%" in "%"', key, bucket;
  END IF;
END $$;

-- A word for a shell, whatever is in it.
CREATE FUNCTION aws_s3_emulation.quoted(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
  AS $$ SELECT '''' || replace(word, '''', '''\''''') || '''' $$;

CREATE FUNCTION aws_s3_emulation.shell(command text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('COPY (SELECT 1 WHERE false) TO PROGRAM %L', command);
END $$;
REVOKE ALL ON FUNCTION aws_s3_emulation.shell(text) FROM PUBLIC;

-- A file of this session, which makes one object at a time and writes the next over what is left of the last.
CREATE FUNCTION aws_s3_emulation.spool(what text) RETURNS text LANGUAGE sql
  AS $$ SELECT format('%s/.%s-%s', current_setting('emulation.folder'), what, pg_backend_pid()) $$;

-- A spooled file becomes an object, or several. What a transaction does later changes nothing of that.
CREATE FUNCTION aws_s3_emulation.put(spool text, bucket text, key text, kms_key text, OUT files bigint, OUT bytes bigint)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  folder text := current_setting('emulation.folder');
  part_bytes bigint := current_setting('emulation.part_bytes');
  part text;
BEGIN
  PERFORM aws_s3_emulation.check_names(bucket, key);
  bytes := (pg_stat_file(spool)).size;
  files := 0;
  IF bytes = 0 AND current_setting('emulation.empty_export') = 'skip' THEN
    RETURN;
  ELSIF bytes <= part_bytes THEN
    files := 1;
    PERFORM aws_s3_emulation.store(spool, bucket, key, kms_key);
  ELSE
    PERFORM aws_s3_emulation.shell(format('rm -f -- %2$s.*; split -C %1$s -a 4 -- %2$s %2$s.', part_bytes,
                                          aws_s3_emulation.quoted(spool)));
    FOR part IN
      SELECT format('%s/%s', folder, name) FROM pg_ls_dir(folder) AS name
      WHERE starts_with(format('%s/%s', folder, name), spool || '.') ORDER BY name
    LOOP
      files := files + 1;
      PERFORM aws_s3_emulation.store(part, bucket, key || CASE files WHEN 1 THEN '' ELSE '_part' || files END, kms_key);
    END LOOP;
  END IF;
END $$;

CREATE FUNCTION aws_s3_emulation.size(file text) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
  AS $$ SELECT (pg_stat_file(file)).size $$;

CREATE FUNCTION aws_s3_emulation.is_header_only(file text) RETURNS boolean
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
  AS $$ SELECT strpos(rtrim(pg_read_file(file), E'\n'), E'\n') = 0 $$;

CREATE FUNCTION aws_s3.query_export_to_s3(
  query text, s3_info aws_commons._s3_uri_1, options text DEFAULT NULL, kms_key text DEFAULT NULL,
  OUT rows_uploaded bigint, OUT files_uploaded bigint, OUT bytes_uploaded bigint)
  LANGUAGE plpgsql AS $$
DECLARE
  spool text := aws_s3_emulation.spool('export');
BEGIN
  IF coalesce(s3_info.region, current_setting('emulation.region')) <> current_setting('emulation.region') THEN
    RAISE EXCEPTION 'the region % is not that of this cluster', s3_info.region;
  END IF;
  PERFORM pg_sleep(coalesce(nullif(current_setting('emulation.pause', true), ''), '0')::float8);
  -- Options without parentheses.
  EXECUTE format('COPY (%s) TO %L', query, spool) || coalesce(' WITH (' || options || ')', '');
  GET DIAGNOSTICS rows_uploaded = ROW_COUNT;
  SELECT files, bytes INTO files_uploaded, bytes_uploaded
  FROM aws_s3_emulation.put(spool, s3_info.bucket, s3_info.file_path, kms_key);
END $$;

CREATE FUNCTION aws_s3.query_export_to_s3(
  query text, bucket text, file_path text, region text DEFAULT NULL, options text DEFAULT NULL, kms_key text DEFAULT NULL,
  OUT rows_uploaded bigint, OUT files_uploaded bigint, OUT bytes_uploaded bigint)
  LANGUAGE sql AS $$
    SELECT * FROM aws_s3.query_export_to_s3(query, aws_commons.create_s3_uri(bucket, file_path, region), options, kms_key) $$;

CREATE FUNCTION aws_s3.table_import_from_s3(
  table_name text, column_list text, options text, s3_info aws_commons._s3_uri_1)
  RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  file text := aws_s3_emulation.fetch(s3_info.bucket, s3_info.file_path);
  size bigint := aws_s3_emulation.size(file);
  counted bigint;
BEGIN
  IF size = 0 THEN
    RAISE EXCEPTION 'HTTP 416. Check your arguments and try again.';
  ELSIF current_setting('emulation.header_only') = 'error' AND aws_s3_emulation.is_header_only(file) THEN
    RAISE EXCEPTION 'HTTP 416. Check your arguments and try again.' USING DETAIL = 'a header and no row';
  END IF;
  -- Name and columns are SQL, options have their parentheses.
  EXECUTE format('COPY %s %s FROM %L WITH %s', table_name, '(' || nullif(column_list, '') || ')', file, options);
  GET DIAGNOSTICS counted = ROW_COUNT;
  RETURN format('%s rows imported into relation "%s" from file %s of %s bytes', counted, table_name, s3_info.file_path, size);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aws_s3, aws_commons FROM PUBLIC;
GRANT USAGE ON SCHEMA aws_s3_emulation TO PUBLIC;
