
BEGIN
  -- the database's name is not the policy's business: it differs between environments
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_setting('noren.role'));
END
