
BEGIN
  RAISE EXCEPTION 'which run is to be loaded is not said'
    USING HINT = 'name it as run.sql said at its end: psql -X -v run=NAME -f import.sql';
END
