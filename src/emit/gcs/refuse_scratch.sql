
BEGIN
  RAISE EXCEPTION 'psql could not make a folder for temporary files'
    USING HINT = 'let the environment variable TMPDIR name a folder that you may write to';
END
