-- The stand-in's objects on a server of S3, by requests that are signed here (AWS's Signature Version 4) and sent by curl.
-- More settings say where the server is and who asks:
--   emulation.endpoint     http://127.0.0.1:PORT
--   emulation.login        ACCESS_KEY:SECRET, for the role of this cluster
--   emulation.token        the token of its session

CREATE FUNCTION aws_s3_emulation.hmac(key bytea, said text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  inner_pad bytea := decode(repeat('36', 64), 'hex');
  outer_pad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
  FOR i IN 0 .. length(key) - 1 LOOP
    inner_pad := set_byte(inner_pad, i, get_byte(inner_pad, i) # get_byte(key, i));
    outer_pad := set_byte(outer_pad, i, get_byte(outer_pad, i) # get_byte(key, i));
  END LOOP;
  RETURN sha256(outer_pad || sha256(inner_pad || convert_to(said, 'UTF8')));
END $$;

-- The header that signs a request; the others are sorted and as they are sent.
CREATE FUNCTION aws_s3_emulation.authorization(method text, path text, headers text[], stamp text) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  login text := current_setting('emulation.login');
  scope text[] := ARRAY[left(stamp, 8), current_setting('emulation.region'), 's3', 'aws4_request'];
  names text := (SELECT string_agg(split_part(header, ':', 1), ';' ORDER BY place)
                 FROM unnest(headers) WITH ORDINALITY AS given (header, place));
  canonical text := concat_ws(E'\n', method, path, '', array_to_string(headers, E'\n'), '', names, 'UNSIGNED-PAYLOAD');
  key bytea := convert_to('AWS4' || split_part(login, ':', 2), 'UTF8');
  word text;
BEGIN
  FOREACH word IN ARRAY scope LOOP
    key := aws_s3_emulation.hmac(key, word);
  END LOOP;
  RETURN format('authorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s',
    split_part(login, ':', 1), array_to_string(scope, '/'), names,
    encode(aws_s3_emulation.hmac(key, concat_ws(E'\n', 'AWS4-HMAC-SHA256', stamp, array_to_string(scope, '/'),
                                                encode(sha256(convert_to(canonical, 'UTF8')), 'hex'))), 'hex'));
END $$;

-- Sends a file, or asks for an object without one; the body of the answer goes into a file. Gives nothing, or the status
-- of a failure.
CREATE FUNCTION aws_s3_emulation.ask(bucket text, key text, sent text, more text[], answer text) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  endpoint text := current_setting('emulation.endpoint');
  path text := format('/%s/%s', bucket, key);
  stamp text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"');
  headers text[] := ARRAY['host:' || split_part(endpoint, '/', 3), 'x-amz-content-sha256:UNSIGNED-PAYLOAD',
                          'x-amz-date:' || stamp, 'x-amz-security-token:' || current_setting('emulation.token')] || more;
  signed text[] := headers || aws_s3_emulation.authorization(CASE WHEN sent IS NULL THEN 'GET' ELSE 'PUT' END, path, headers, stamp);
BEGIN
  PERFORM aws_s3_emulation.check_names(bucket, key);
  PERFORM aws_s3_emulation.shell(concat_ws(' ',
    'status=$(curl -q -s --noproxy "*" --fail-with-body -w "%{http_code}" -H "expect:"',
    (SELECT string_agg('-H ' || aws_s3_emulation.quoted(header), ' ') FROM unnest(signed) AS header),
    '-o', aws_s3_emulation.quoted(answer), '-T ' || aws_s3_emulation.quoted(sent), aws_s3_emulation.quoted(endpoint || path) || ')',
    '|| { printf %s "$status" >', aws_s3_emulation.quoted(answer || '.status') || '; exit 1; }'));
  RETURN NULL;
EXCEPTION WHEN external_routine_exception THEN
  RETURN pg_read_file(answer || '.status');
END $$;
REVOKE ALL ON FUNCTION aws_s3_emulation.ask(text, text, text, text[], text) FROM PUBLIC;

CREATE FUNCTION aws_s3_emulation.store(file text, bucket text, key text, kms_key text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  answer text := aws_s3_emulation.spool('answer');
  encrypted text[] := CASE WHEN kms_key IS NULL THEN '{}' ELSE ARRAY['x-amz-server-side-encryption:aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id:' || kms_key] END;
  status text := aws_s3_emulation.ask(bucket, key, file, encrypted, answer);
BEGIN
  IF status IS NOT NULL THEN
    RAISE EXCEPTION 'could not upload to Amazon S3' USING DETAIL =
      format('Amazon S3 client returned ''%s''.', coalesce(substring(pg_read_file(answer) FROM '<Code>([A-Za-z]+)'), status));
  END IF;
END $$;

-- A file with what an object holds.
CREATE FUNCTION aws_s3_emulation.fetch(bucket text, key text) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  answer text := aws_s3_emulation.spool('answer');
  status text := aws_s3_emulation.ask(bucket, key, NULL, '{}', answer);
BEGIN
  IF status IS NOT NULL THEN
    RAISE EXCEPTION 'HTTP %. Check your arguments and try again.', status;
  END IF;
  RETURN answer;
END $$;
