
BEGIN
  RAISE EXCEPTION 'the manifest does not say where the objects of this run are'
    USING HINT = 'run the export again with the files of the same compilation';
END
