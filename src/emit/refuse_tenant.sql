
BEGIN
  RAISE EXCEPTION 'this export is of one tenant: name it'
    USING HINT = 'psql -v tenant=ID -v run=FOLDER -f run.sql';
END
