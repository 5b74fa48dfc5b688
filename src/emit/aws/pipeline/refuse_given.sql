
BEGIN
  RAISE EXCEPTION 'which run, which attempt or which share this is was not said'
    USING HINT = 'the file says at its head how it is run';
END
