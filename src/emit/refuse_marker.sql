
BEGIN
  RAISE EXCEPTION 'the marker noren.import_target must hold one row, the name of this export'
    USING HINT = 'put the marker by hand into a database that may lose all its rows; the README says how';
END
