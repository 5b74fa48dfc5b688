
DECLARE
  setting record;
BEGIN
  FOR setting IN SELECT name, value FROM pg_temp.noren_setting LOOP
    EXECUTE format('ALTER DATABASE %I SET %s = %s', current_database(), setting.name,
                   CASE setting.name WHEN 'search_path' THEN setting.value ELSE quote_literal(setting.value) END);
  END LOOP;
END
