
BEGIN
  CREATE TABLE IF NOT EXISTS noren_run.piece (
    attempt text NOT NULL,
    share integer NOT NULL,
    stem text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    part integer NOT NULL,
    low tid NOT NULL,
    high tid NOT NULL,
    PRIMARY KEY (attempt, stem, part)
  );
END
