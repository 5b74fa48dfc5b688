-- The stand-in's objects as files of the server: one each in the folder of its bucket, and one beside it that names the
-- key that encrypts it.

CREATE FUNCTION aws_s3_emulation.file(bucket text, key text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM aws_s3_emulation.check_names(bucket, key);
  RETURN format('%s/%s/%s', current_setting('emulation.folder'), bucket, replace(key, '/', '%'));
END $$;

CREATE FUNCTION aws_s3_emulation.store(file text, bucket text, key text, kms_key text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  object text := aws_s3_emulation.file(bucket, key);
BEGIN
  IF (pg_stat_file(format('%s/%s', current_setting('emulation.folder'), bucket), true)).isdir IS NULL THEN
    RAISE EXCEPTION 'could not upload to Amazon S3' USING DETAIL = 'Amazon S3 client returned ''NoSuchBucket''.';
  END IF;
  PERFORM aws_s3_emulation.shell(format('mv -- %s %s && printf %%s %s > %s', aws_s3_emulation.quoted(file),
    aws_s3_emulation.quoted(object), aws_s3_emulation.quoted(coalesce(kms_key, '-')),
    aws_s3_emulation.quoted(regexp_replace(object, '/([^/]*)$', '/.\1.kms'))));
END $$;

-- The file of an object that is there.
CREATE FUNCTION aws_s3_emulation.fetch(bucket text, key text) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  file text := aws_s3_emulation.file(bucket, key);
BEGIN
  IF (pg_stat_file(file, true)).size IS NULL THEN
    RAISE EXCEPTION 'HTTP 404. Check your arguments and try again.';
  END IF;
  RETURN file;
END $$;
