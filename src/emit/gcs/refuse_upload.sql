
BEGIN
  RAISE EXCEPTION 'the storage CLI did not take every row of this table: no manifest is written'
    USING HINT = 'it said why above; what is in the bucket is read by no import, and a lifecycle rule takes it away';
END
