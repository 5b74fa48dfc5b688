
BEGIN
  RAISE EXCEPTION 'a file of this run is missing or shorter than its table: no manifest was written'
    USING HINT = 'look for a full disk, then run again into a fresh folder';
END
