
BEGIN
  IF to_regclass('noren.import_target') IS NULL THEN
    RAISE EXCEPTION 'this database has no table noren.import_target, so nothing says that it may be overwritten'
      USING HINT = 'put the marker by hand into a database that may lose all its rows; the README says how';
  END IF;
END
