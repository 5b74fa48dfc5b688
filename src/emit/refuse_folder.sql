
BEGIN
  RAISE EXCEPTION 'the run folder must not exist yet: every run writes into a fresh one'
    USING HINT = 'name another one: psql -v run=FOLDER';
END
