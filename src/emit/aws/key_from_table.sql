
BEGIN
  IF NOT EXISTS (SELECT FROM pg_temp.noren_key WHERE hex <> '') AND to_regclass('noren_run.mask_key') IS NOT NULL THEN
    DELETE FROM pg_temp.noren_key;
    INSERT INTO pg_temp.noren_key (hex) SELECT hex FROM noren_run.mask_key;
  END IF;
END
