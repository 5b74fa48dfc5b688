
BEGIN
  RAISE EXCEPTION 'this changes settings of the whole database, for every new session'
    USING HINT = 'run it on a clone that nobody else uses, and say so: psql -X -v clone=on -f prepare.sql';
END
