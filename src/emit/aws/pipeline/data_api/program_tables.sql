
BEGIN
  CREATE TABLE IF NOT EXISTS noren_run.program (
    export text PRIMARY KEY,
    program text NOT NULL,
    policy text NOT NULL,
    role text NOT NULL,
    settings jsonb NOT NULL,
    key_setting text,
    pads text,
    fingerprint text,
    same_shape text NOT NULL,
    all_rows text,
    pieces text NOT NULL,
    shares text NOT NULL,
    is_whole text NOT NULL,
    manifest text NOT NULL,
    options text NOT NULL
  );
  CREATE TABLE IF NOT EXISTS noren_run.program_table (
    export text NOT NULL,
    stem text NOT NULL,
    object text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    partitioned boolean NOT NULL,
    in_pieces boolean NOT NULL,
    columns text NOT NULL,
    any_leaves text NOT NULL,
    query text NOT NULL,
    PRIMARY KEY (export, stem)
  );
  CREATE TABLE IF NOT EXISTS noren_run.program_shape (
    export text NOT NULL,
    kind text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    item text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (export, kind, schema_name, table_name, item)
  );
  LOCK TABLE noren_run.program, noren_run.program_table, noren_run.program_shape IN ACCESS EXCLUSIVE MODE;
  DELETE FROM noren_run.program WHERE export = current_setting('noren.export');
  DELETE FROM noren_run.program_table WHERE export = current_setting('noren.export');
  DELETE FROM noren_run.program_shape WHERE export = current_setting('noren.export');
END
