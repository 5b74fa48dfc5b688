
BEGIN
  RAISE EXCEPTION 'this attempt was not opened by begin.sql of this compilation with this mask key'
    USING HINT = 'run begin.sql with a new attempt, and then everything with the same files and the same key';
END
