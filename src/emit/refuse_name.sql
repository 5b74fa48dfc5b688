
BEGIN
  RAISE EXCEPTION 'the name of a run must be 1 to 128 letters, digits or any of "_ . = -", and begin with a letter or a digit'
    USING HINT = 'it is a part of the keys of all objects: -v run=2030-01-31';
END
