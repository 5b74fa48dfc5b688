
BEGIN
  RAISE EXCEPTION 'an attempt must be a UUID in small letters'
    USING HINT = 'all files of one run are given the same, and no other run had it: uuidgen makes one';
END
