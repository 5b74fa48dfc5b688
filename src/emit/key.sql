
BEGIN
  IF (
    SELECT count(*) <> 1 OR NOT coalesce(bool_and(length(hex) >= 64 AND hex ~ '^(2[0-9a-f]|[3-6][0-9a-f]|7[0-9a-e])+$'), false)
    FROM pg_temp.noren_key
  ) THEN
    RAISE EXCEPTION 'the environment variable NOREN_MASK_KEY must hold a key of at least 32 printable ASCII characters'
      USING HINT = 'for example what "openssl rand -hex 32" prints; it is read by psql and sent to no log';
  END IF;
END
