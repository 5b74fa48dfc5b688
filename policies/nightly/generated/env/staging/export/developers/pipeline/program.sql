-- For a pipeline by the Data API: puts the statements of the export into the source, where calls name them.
-- Run in the source, after rights_source.sql and as the same: psql -X -f program.sql. Again for each compilation.
-- policy.noren:41  export developers

-- psql's own switches, whatever a start-up file made of them
\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT on
\set SINGLELINE off
\set SINGLESTEP off
\set FETCH_COUNT 0
\set ECHO none
\set ECHO_HIDDEN off
\set QUIET on
-- limits of this role or database that are meant for applications
SET statement_timeout = '0';
SET idle_in_transaction_session_timeout = '0';
SET default_transaction_read_only = 'off';
-- names mean what they mean here, and values are written and read back exactly
SET standard_conforming_strings = on;
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET timezone = 'UTC';
SET bytea_output = 'hex';
SET lc_monetary = 'C';
SET xmloption = 'content';
SET array_nulls = 'on';
SET transform_null_equals = 'off';
SET synchronize_seqscans = 'off';
SET row_security = 'off';
SET extra_float_digits = 1;

-- what the statements were compiled for; each call compares it with the live catalog
CREATE TEMPORARY TABLE pg_temp.noren_shape (
  kind text,
  schema_name text,
  table_name text,
  item text,
  value text
);
\ir ../../../../../export/developers/shape.sql

BEGIN;
DO LANGUAGE plpgsql $noren$
DECLARE
  squatter text;
BEGIN
  SELECT coalesce(min(pg_catalog.pg_get_userbyid(found.owner)), '') INTO squatter
  FROM (
    SELECT n.nspowner AS owner FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'noren_run'
    UNION ALL
    SELECT c.relowner FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'noren_run'
  ) AS found
  JOIN pg_catalog.pg_roles AS role ON role.oid = found.owner
  -- A trigger of somebody else would run with the exporting role's rights.
  WHERE role.rolname <> current_user AND NOT role.rolsuper
    AND role.oid <> (SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database());
  IF squatter <> '' THEN
    RAISE EXCEPTION 'the schema noren_run, or a table in it, belongs to "%", which is not you', squatter
      USING HINT = 'run this file as that role if it made them so; else see why, drop them, and run this file again';
  END IF;
  CREATE SCHEMA IF NOT EXISTS noren_run;
  CREATE TABLE IF NOT EXISTS noren_run.manifest (
    attempt text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    part integer NOT NULL,
    rows_uploaded bigint,
    files_uploaded bigint,
    bytes_uploaded bigint,
    columns text NOT NULL,
    PRIMARY KEY (attempt, kind, name, part),
    -- The service goes on in a second object at about 6 GB, and the import reads the first.
    CONSTRAINT expected_one_object_a_part_make_chunk_smaller
      CHECK (files_uploaded = 1 OR coalesce(rows_uploaded, 0) = 0 AND coalesce(files_uploaded, 0) <= 1)
  );
END
$noren$;
DO LANGUAGE plpgsql $noren$
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
$noren$;
SELECT set_config('noren.export', 'developers', true) IS NOT NULL AS noren_is_set
\gset
DO LANGUAGE plpgsql $noren$
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
$noren$;
CREATE OR REPLACE FUNCTION noren_run.open_export(of_export text, of_program text, of_run text, of_attempt text)
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- What each call begins with, until the end of its transaction, which is the end of the call. Returns which mask key
-- it is, without telling it.
DECLARE
  program noren_run.program;
  is_key boolean;
  fingerprint text := 'none';
BEGIN
  SELECT own.* INTO program FROM noren_run.program AS own WHERE own.export = of_export AND own.program = of_program;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the source does not have the statements of this compilation'
      USING HINT = 'run its program.sql in the source: a clone has what its source has';
  END IF;
  IF of_run !~ '^[A-Za-z0-9][A-Za-z0-9_.=-]{0,127}$' THEN
    RAISE EXCEPTION 'the name of a run must be 1 to 128 letters, digits or any of "_ . = -", and begin with a letter or a digit'
      USING HINT = 'it is a part of the keys of all objects, and called as its execution';
  END IF;
  IF of_attempt !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    RAISE EXCEPTION 'an attempt must be a UUID in small letters'
      USING HINT = 'all calls of one run are given the same, and no other run had it';
  END IF;
  PERFORM set_config(own.key, own.value, true) FROM jsonb_each_text(program.settings) AS own;
  PERFORM set_config('role', program.role, true);
  PERFORM set_config('row_security', CASE WHEN program.all_rows IS NULL THEN 'off' ELSE 'on' END, true);
  PERFORM set_config('noren.attempt', of_attempt, true);
  CREATE TEMPORARY TABLE pg_temp.noren_shape (kind text, schema_name text, table_name text, item text, value text) ON COMMIT DROP;
  IF program.key_setting IS NULL THEN
    RETURN fingerprint;
  END IF;
  is_key := to_regclass('noren_run.mask_key') IS NOT NULL;
  IF is_key THEN
    SELECT count(*) = 1 AND coalesce(bool_and(length(hex) >= 64 AND hex ~ '^(2[0-9a-f]|[3-6][0-9a-f]|7[0-9a-e])+$'), false)
    INTO is_key
    FROM noren_run.mask_key;
  END IF;
  IF NOT is_key THEN
    RAISE EXCEPTION 'noren_run.mask_key does not hold a key of at least 32 printable ASCII characters'
      USING HINT = 'key.sql puts it there, in the source';
  END IF;
  -- From the table to the setting by one statement, so that no variable and no message holds it.
  PERFORM set_config(program.key_setting, convert_from(decode(own.hex, 'hex'), 'UTF8'), true) IS NOT NULL FROM noren_run.mask_key AS own;
  CREATE TEMPORARY TABLE pg_temp.noren_pads (inner_pad bytea, outer_pad bytea) ON COMMIT DROP;
  EXECUTE program.pads;
  EXECUTE program.fingerprint INTO STRICT fingerprint;
  RETURN fingerprint;
END
$noren$;
CREATE OR REPLACE FUNCTION noren_run.check_export(of_export text, of_stem text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Locks a table, or all of them, and compares it with what the statements were compiled for.
DECLARE
  program noren_run.program;
  own noren_run.program_table;
BEGIN
  SELECT found.* INTO STRICT program FROM noren_run.program AS found WHERE found.export = of_export;
  FOR own IN
    SELECT found.* FROM noren_run.program_table AS found
    WHERE found.export = of_export AND found.stem = coalesce(of_stem, found.stem)
    ORDER BY found.schema_name, found.table_name
  LOOP
    EXECUTE format('LOCK TABLE %s%I.%I IN ACCESS SHARE MODE', CASE WHEN own.partitioned THEN '' ELSE 'ONLY ' END,
                   own.schema_name, own.table_name);
  END LOOP;
  DELETE FROM pg_temp.noren_shape;
  INSERT INTO pg_temp.noren_shape (kind, schema_name, table_name, item, value)
  SELECT fact.kind, fact.schema_name, fact.table_name, fact.item, fact.value
  FROM noren_run.program_shape AS fact
  WHERE fact.export = of_export
    AND (of_stem IS NULL OR EXISTS (
      SELECT FROM noren_run.program_table AS found
      WHERE found.export = of_export AND found.stem = of_stem
        AND found.schema_name = fact.schema_name AND found.table_name = fact.table_name
    ));
  EXECUTE program.same_shape;
  IF program.all_rows IS NOT NULL THEN
    EXECUTE program.all_rows;
  END IF;
END
$noren$;
CREATE OR REPLACE FUNCTION noren_run.belongs_to_export(of_policy text, of_attempt text, fingerprint text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Nothing of another compilation or another key gets between the rows of this attempt.
BEGIN
  IF (
    SELECT count(*) <> 2
    FROM noren_run.manifest AS line
    WHERE line.attempt = of_attempt
      AND (line.kind = 'policy' AND line.name = of_policy OR line.kind = 'key' AND line.name = fingerprint)
  ) THEN
    RAISE EXCEPTION 'this attempt was not begun by statements of this compilation with this mask key'
      USING HINT = 'begin with a new attempt, and go on with the same statements and the same key';
  END IF;
END
$noren$;
CREATE OR REPLACE FUNCTION noren_run.begin_export(
  of_export text, of_program text, of_run text, of_attempt text, of_shares text, of_chunk_bytes text
)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Opens an attempt and deals its pieces out. A call whose answer was lost may be made again.
DECLARE
  program noren_run.program;
  fingerprint text := noren_run.open_export(of_export, of_program, of_run, of_attempt);
  large text;
BEGIN
  IF EXISTS (SELECT FROM noren_run.piece AS piece WHERE piece.attempt = of_attempt) THEN
    RETURN true;
  END IF;
  SELECT own.* INTO STRICT program FROM noren_run.program AS own WHERE own.export = of_export;
  PERFORM noren_run.check_export(of_export, NULL);
  SELECT string_agg(format('%I.%I has %s', sized.schema_name, sized.table_name, pg_size_pretty(sized.bytes)), E'\n'
                    ORDER BY sized.bytes DESC)
  INTO large
  FROM (
    SELECT own.schema_name, own.table_name,
           (SELECT coalesce(sum(pg_table_size(leaf.oid)), 0)
            FROM (
              SELECT tree.relid::oid FROM pg_partition_tree(format('%I.%I', own.schema_name, own.table_name)::regclass) AS tree
              UNION
              SELECT format('%I.%I', own.schema_name, own.table_name)::regclass::oid
            ) AS leaf (oid)) AS bytes
    FROM noren_run.program_table AS own
    WHERE own.export = of_export AND NOT own.in_pieces
  ) AS sized
  WHERE sized.bytes > of_chunk_bytes::bigint;
  IF large IS NOT NULL THEN
    RAISE EXCEPTION 'a table that leaves as a whole is larger than a piece may be'
      USING DETAIL = large, HINT = 'a call has 45 seconds: runner = "ecs" has no such limit, or say a larger chunk';
  END IF;
  INSERT INTO noren_run.manifest (attempt, kind, name, part, columns)
  VALUES (of_attempt, 'noren', '1', 0, '-'), (of_attempt, 'export', of_export, 0, '-'), (of_attempt, 'policy', program.policy, 0, '-'),
         (of_attempt, 'key', fingerprint, 0, '-'), (of_attempt, 'attempt', of_attempt, 0, '-');
  INSERT INTO noren_run.manifest (attempt, kind, name, part, columns)
  SELECT of_attempt, 'table', own.stem, 0, own.columns FROM noren_run.program_table AS own WHERE own.export = of_export;
  CREATE TEMPORARY TABLE pg_temp.noren_table (stem text, schema_name text, table_name text, in_pieces text) ON COMMIT DROP;
  INSERT INTO pg_temp.noren_table (stem, schema_name, table_name, in_pieces)
  SELECT own.stem, own.schema_name, own.table_name, CASE WHEN own.in_pieces THEN 'yes' ELSE 'no' END
  FROM noren_run.program_table AS own
  WHERE own.export = of_export;
  CREATE TEMPORARY TABLE pg_temp.noren_piece (
    schema_name text NOT NULL, table_name text NOT NULL, part integer NOT NULL, low tid NOT NULL, high tid NOT NULL
  ) ON COMMIT DROP;
  PERFORM set_config('noren.chunk_bytes', of_chunk_bytes, true), set_config('noren.shares', of_shares, true);
  EXECUTE program.pieces;
  EXECUTE program.shares;
  RETURN true;
END
$noren$;
CREATE OR REPLACE FUNCTION noren_run.export_share(
  of_export text, of_program text, of_run text, of_attempt text, of_share text,
  to_bucket text, to_prefix text, to_region text, to_kms_key text
)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Exports pieces of a share for a while. True when nothing of it is left. What is done is what this transaction leaves
-- behind: a line of the manifest a piece, all of them or none.
DECLARE
  fingerprint text := noren_run.open_export(of_export, of_program, of_run, of_attempt);
  policy text;
  options text;
  checked text := '';
  target text;
  leaves boolean;
  sent_rows bigint;
  sent_files bigint;
  sent_bytes bigint;
  piece record;
BEGIN
  SELECT own.policy, own.options INTO STRICT policy, options FROM noren_run.program AS own WHERE own.export = of_export;
  PERFORM noren_run.belongs_to_export(policy, of_attempt, fingerprint);
  -- A call that outlived its limit may still run: what it does is neither done twice nor taken for done.
  IF NOT pg_try_advisory_xact_lock(hashtext(of_attempt), of_share::integer) THEN
    RAISE EXCEPTION 'a call before this one still exports share % of this attempt', of_share
      USING HINT = 'it ran into the limit of 45 seconds and goes on: call again later';
  END IF;
  FOR piece IN
    SELECT own.stem, own.object, own.any_leaves, own.query, dealt.part, dealt.low, dealt.high
    FROM noren_run.piece AS dealt
    JOIN noren_run.program_table AS own ON own.export = of_export AND own.stem = dealt.stem
    WHERE dealt.attempt = of_attempt AND dealt.share = of_share::integer
      AND NOT EXISTS (
        SELECT FROM noren_run.manifest AS line
        WHERE line.attempt = dealt.attempt AND line.kind = 'part' AND line.name = dealt.stem AND line.part = dealt.part
      )
    ORDER BY own.stem, dealt.part
  LOOP
    -- What begins now has to end within the limit too.
    IF checked <> '' AND clock_timestamp() > statement_timestamp() + interval '10 seconds' THEN
      RETURN false;
    END IF;
    IF checked <> piece.stem THEN
      PERFORM noren_run.check_export(of_export, piece.stem);
      checked := piece.stem;
    END IF;
    PERFORM set_config('noren.low', piece.low::text, true), set_config('noren.high', piece.high::text, true);
    EXECUTE piece.any_leaves INTO STRICT leaves;
    target := concat_ws('/', nullif(to_prefix, ''), of_run, of_attempt, piece.object)
              || '/' || lpad(piece.part::text, greatest(5, length(piece.part::text)), '0') || '.csv';
    IF NOT leaves THEN
      -- No call for what is empty; its line says that nothing was left out.
      sent_rows := 0;
      sent_files := 0;
      sent_bytes := 0;
    ELSIF to_kms_key = '' THEN
      SELECT own.rows_uploaded, own.files_uploaded, own.bytes_uploaded INTO STRICT sent_rows, sent_files, sent_bytes
      FROM aws_s3.query_export_to_s3(piece.query, aws_commons.create_s3_uri(to_bucket, target, to_region), options) AS own;
    ELSE
      SELECT own.rows_uploaded, own.files_uploaded, own.bytes_uploaded INTO STRICT sent_rows, sent_files, sent_bytes
      FROM aws_s3.query_export_to_s3(piece.query, aws_commons.create_s3_uri(to_bucket, target, to_region), options, to_kms_key) AS own;
    END IF;
    INSERT INTO noren_run.manifest (attempt, kind, name, part, rows_uploaded, files_uploaded, bytes_uploaded, columns)
    VALUES (of_attempt, 'part', piece.stem, piece.part, sent_rows, sent_files, sent_bytes, '-');
  END LOOP;
  RETURN true;
END
$noren$;
CREATE OR REPLACE FUNCTION noren_run.end_export(
  of_export text, of_program text, of_run text, of_attempt text,
  to_bucket text, to_prefix text, to_region text, to_kms_key text
)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $noren$
-- Writes the manifest when every piece has its line: without it nothing is imported.
DECLARE
  fingerprint text := noren_run.open_export(of_export, of_program, of_run, of_attempt);
  program noren_run.program;
  target text;
BEGIN
  SELECT own.* INTO STRICT program FROM noren_run.program AS own WHERE own.export = of_export;
  PERFORM noren_run.belongs_to_export(program.policy, of_attempt, fingerprint);
  EXECUTE program.is_whole;
  target := concat_ws('/', nullif(to_prefix, ''), of_run, 'manifest.csv');
  IF to_kms_key = '' THEN
    PERFORM own.rows_uploaded
    FROM aws_s3.query_export_to_s3(program.manifest, aws_commons.create_s3_uri(to_bucket, target, to_region), program.options) AS own;
  ELSE
    PERFORM own.rows_uploaded
    FROM aws_s3.query_export_to_s3(program.manifest, aws_commons.create_s3_uri(to_bucket, target, to_region), program.options, to_kms_key) AS own;
  END IF;
  RETURN true;
END
$noren$;
DO LANGUAGE plpgsql $noren$
DECLARE
  opened record;
BEGIN
  -- Default privileges may have opened what is new to others, and everybody may call a new function.
  FOR opened IN
    SELECT DISTINCT format('%s %s', found.kind, found.name) AS object,
           CASE own.grantee WHEN 0 THEN 'PUBLIC' ELSE format('%I', pg_catalog.pg_get_userbyid(own.grantee)) END AS grantee
    FROM (
      SELECT 'TABLE' AS kind, format('%s', c.oid::regclass) AS name, c.relowner AS owner, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl
      FROM pg_catalog.pg_class AS c
      WHERE c.oid IN ('noren_run.program'::regclass, 'noren_run.program_table'::regclass, 'noren_run.program_shape'::regclass)
      UNION ALL
      SELECT 'FUNCTION', format('%s', p.oid::regprocedure), p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
      FROM pg_catalog.pg_proc AS p
      WHERE p.pronamespace = 'noren_run'::regnamespace
    ) AS found
    CROSS JOIN LATERAL pg_catalog.aclexplode(found.acl) AS own
    WHERE own.grantee <> found.owner
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM %s', opened.object, opened.grantee);
  END LOOP;
END
$noren$;

-- policy.noren:10  customers.id is keep
-- policy.noren:14  customers.name is person_name
-- policy.noren:15  customers.email is email
-- policy.noren:16  customers.phone is mask partial(last => 4)
-- policy.noren:10  customers.joined_on is keep
INSERT INTO noren_run.program_table (
  export,
  stem,
  object,
  schema_name,
  table_name,
  partitioned,
  in_pieces,
  columns,
  any_leaves,
  query
)
VALUES
  (
    'developers',
    'public.customers',
    'public.customers',
    'public',
    'customers',
    false,
    true,
    'id,name,email,phone,joined_on',
    $noren$SELECT EXISTS (
    SELECT 1
    FROM ONLY public.customers AS t
    WHERE t.ctid >= current_setting('noren.low')::tid
      AND t.ctid < current_setting('noren.high')::tid
  ) AS any_leaves$noren$,
    $noren$SELECT
  t.id AS id,
  (CASE WHEN t.name IS NOT NULL THEN '****'::text END)::text AS name,
  (
    CASE
      WHEN t.email IS NOT NULL
        THEN 'u' || encode(substr(t.noren_hash_1, 1, 8), 'hex') || '@example.invalid'
    END
  )::text AS email,
  (
    CASE
      WHEN length(t.phone::text) >= 8 THEN '****' || right(t.phone::text, 4)
      WHEN t.phone IS NOT NULL THEN '****'
    END
  )::text AS phone,
  t.joined_on AS joined_on
FROM (
  SELECT
    t.id,
    t.name,
    t.email,
    t.phone,
    t.joined_on,
    sha256(
      (SELECT outer_pad FROM pg_temp.noren_pads)
        || sha256(
          (
            SELECT inner_pad || convert_to('10:developers,11:class:email,5:value,', 'UTF8')
            FROM pg_temp.noren_pads
          )
            || textsend(t.email::text)
        )
    ) AS noren_hash_1
  FROM ONLY public.customers AS t
  WHERE t.ctid >= current_setting('noren.low')::tid AND t.ctid < current_setting('noren.high')::tid
) AS t$noren$
  );

-- policy.noren:10  departments.id is keep
-- policy.noren:20  departments.name is keep because "the same on every door"
-- policy.noren:10  departments.head_id is keep
INSERT INTO noren_run.program_table (
  export,
  stem,
  object,
  schema_name,
  table_name,
  partitioned,
  in_pieces,
  columns,
  any_leaves,
  query
)
VALUES
  (
    'developers',
    'public.departments',
    'public.departments',
    'public',
    'departments',
    false,
    true,
    'id,name,head_id',
    $noren$SELECT EXISTS (
    SELECT 1
    FROM ONLY public.departments AS t
    WHERE t.ctid >= current_setting('noren.low')::tid
      AND t.ctid < current_setting('noren.high')::tid
  ) AS any_leaves$noren$,
    $noren$SELECT
  t.id AS id,
  t.name AS name,
  t.head_id AS head_id
FROM ONLY public.departments AS t
WHERE t.ctid >= current_setting('noren.low')::tid AND t.ctid < current_setting('noren.high')::tid$noren$
  );

-- policy.noren:10  employees.id is keep
-- policy.noren:10  employees.department_id is keep
-- policy.noren:24  employees.name is person_name
-- policy.noren:25  employees.salary is mask noise(0.1, by => id)
INSERT INTO noren_run.program_table (
  export,
  stem,
  object,
  schema_name,
  table_name,
  partitioned,
  in_pieces,
  columns,
  any_leaves,
  query
)
VALUES
  (
    'developers',
    'public.employees',
    'public.employees',
    'public',
    'employees',
    false,
    true,
    'id,department_id,name,salary',
    $noren$SELECT EXISTS (
    SELECT 1
    FROM ONLY public.employees AS t
    WHERE t.ctid >= current_setting('noren.low')::tid
      AND t.ctid < current_setting('noren.high')::tid
  ) AS any_leaves$noren$,
    $noren$SELECT
  t.id AS id,
  t.department_id AS department_id,
  (CASE WHEN t.name IS NOT NULL THEN '****'::text END)::text AS name,
  (
    CASE
      WHEN t.salary = 'NaN'::numeric THEN 'NaN'::numeric
      WHEN t.salary IS NOT NULL AND t.noren_hash_1 IS NOT NULL
        THEN least(
          greatest(
            round(
              t.salary
                * (
                  1
                    + (
                      (
                        (
                          ((get_byte(t.noren_hash_1, 0) * 256) + get_byte(t.noren_hash_1, 1))
                            - 32768
                        )
                          / 32768.0
                      )
                        * 0.1
                    )
                ),
              2
            ),
            (-9999999999.99)
          ),
          9999999999.99
        )
    END
  )::numeric(12, 2) AS salary
FROM (
  SELECT
    t.id,
    t.department_id,
    t.name,
    t.salary,
    sha256(
      (SELECT outer_pad FROM pg_temp.noren_pads)
        || sha256(
          (
            SELECT inner_pad
                || convert_to('10:developers,30:column:public.employees.salary,5:value,', 'UTF8')
            FROM pg_temp.noren_pads
          )
            || textsend(trim_scale(t.id::numeric)::text)
        )
    ) AS noren_hash_1
  FROM ONLY public.employees AS t
  WHERE t.ctid >= current_setting('noren.low')::tid AND t.ctid < current_setting('noren.high')::tid
  OFFSET 0
) AS t$noren$
  );

-- policy.noren:10  orders.id is keep
-- policy.noren:10  orders.customer_id is keep
-- policy.noren:29  orders.total is keep
-- policy.noren:30  orders.note is free_text
INSERT INTO noren_run.program_table (
  export,
  stem,
  object,
  schema_name,
  table_name,
  partitioned,
  in_pieces,
  columns,
  any_leaves,
  query
)
VALUES
  (
    'developers',
    'public.orders',
    'public.orders',
    'public',
    'orders',
    false,
    true,
    'id,customer_id,total,note',
    $noren$SELECT EXISTS (
    SELECT 1
    FROM ONLY public.orders AS t
    WHERE t.ctid >= current_setting('noren.low')::tid
      AND t.ctid < current_setting('noren.high')::tid
  ) AS any_leaves$noren$,
    $noren$SELECT
  t.id AS id,
  t.customer_id AS customer_id,
  t.total AS total,
  NULL::text AS note
FROM ONLY public.orders AS t
WHERE t.ctid >= current_setting('noren.low')::tid AND t.ctid < current_setting('noren.high')::tid$noren$
  );

-- policy.noren:10  events.id is keep
-- policy.noren:10  events.order_id is keep
-- policy.noren:34  events.what is keep because "one of twenty words of the program"
-- policy.noren:35  events.payload is free_text
-- policy.noren:10  events.happened_at is keep
INSERT INTO noren_run.program_table (
  export,
  stem,
  object,
  schema_name,
  table_name,
  partitioned,
  in_pieces,
  columns,
  any_leaves,
  query
)
VALUES
  (
    'developers',
    'public.events',
    'public.events',
    'public',
    'events',
    false,
    true,
    'id,order_id,what,payload,happened_at',
    $noren$SELECT EXISTS (
    SELECT 1
    FROM ONLY public.events AS t
    WHERE t.ctid >= current_setting('noren.low')::tid
      AND t.ctid < current_setting('noren.high')::tid
  ) AS any_leaves$noren$,
    $noren$SELECT
  t.id AS id,
  t.order_id AS order_id,
  t.what AS what,
  NULL::jsonb AS payload,
  t.happened_at AS happened_at
FROM ONLY public.events AS t
WHERE t.ctid >= current_setting('noren.low')::tid AND t.ctid < current_setting('noren.high')::tid$noren$
  );

INSERT INTO noren_run.program_shape (export, kind, schema_name, table_name, item, value)
SELECT
  'developers' AS export,
  fact.kind AS kind,
  fact.schema_name AS schema_name,
  fact.table_name AS table_name,
  fact.item AS item,
  fact.value AS value
FROM pg_temp.noren_shape AS fact;

INSERT INTO noren_run.program (
  export,
  program,
  policy,
  role,
  settings,
  key_setting,
  pads,
  fingerprint,
  same_shape,
  all_rows,
  pieces,
  shares,
  is_whole,
  manifest,
  options
)
VALUES
  (
    'developers',
    '933f1170bc27b57b10d1108d5ecc5082188444db01bad783d8b75f00c0452f28',
    '148cde44960ff15d2f3233e43e0ebd0393f3fe3db52661767bcdda3ce29d0b6d',
    'mask_exporter',
    '{"array_nulls":"on","bytea_output":"hex","client_encoding":"UTF8","datestyle":"ISO, YMD","extra_float_digits":"1","intervalstyle":"postgres","lc_monetary":"C","row_security":"off","standard_conforming_strings":"on","synchronize_seqscans":"off","timezone":"UTC","transform_null_equals":"off","xmloption":"content"}',
    'noren.mask_key',
    $noren$INSERT INTO pg_temp.noren_pads (inner_pad, outer_pad)
SELECT
  string_agg(
    set_byte('\x00'::bytea, 0, get_byte(key.bytes, place.at) # 54),
    ''::bytea
    ORDER BY place.at
  ),
  string_agg(
    set_byte('\x00'::bytea, 0, get_byte(key.bytes, place.at) # 92),
    ''::bytea
    ORDER BY place.at
  )
FROM (
  SELECT substr(
      CASE WHEN octet_length(given.bytes) > 64 THEN sha256(given.bytes) ELSE given.bytes END
        || decode(repeat('00', 64), 'hex'),
      1,
      64
    ) AS bytes
  FROM (SELECT convert_to(current_setting('noren.mask_key', true), 'UTF8') AS bytes) AS given
  WHERE octet_length(given.bytes) >= 32
) AS key
CROSS JOIN generate_series(0, 63) AS place (at)$noren$,
    $noren$SELECT encode(
    substr(
      (
        SELECT sha256(
            (SELECT outer_pad FROM pg_temp.noren_pads)
              || sha256(
                (
                  SELECT inner_pad
                      || convert_to('10:developers,0:,6:secret,11:fingerprint,', 'UTF8')
                  FROM pg_temp.noren_pads
                )
              )
          )
      ),
      1,
      8
    ),
    'hex'
  ) AS noren_fingerprint$noren$,
    $noren_1$DO LANGUAGE plpgsql $noren$
DECLARE
  differences text;
BEGIN
  WITH expected AS (
    SELECT kind, schema_name, table_name, item, value
    FROM pg_temp.noren_shape
    WHERE kind IN ('table', 'column')
  ), tables AS (
    SELECT c.oid, n.nspname::text AS schema_name, c.relname::text AS table_name, c.relkind
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN expected AS e ON e.kind = 'table' AND e.schema_name = n.nspname AND e.table_name = c.relname
  ), live AS (
    SELECT 'table' AS kind, schema_name, table_name, '' AS item,
           CASE relkind WHEN 'r' THEN 'ordinary' WHEN 'p' THEN 'partitioned' ELSE 'another kind' END AS value
    FROM tables
    UNION ALL
    -- The element type of an array, with the modifiers that PostgreSQL prints for its own types.
    SELECT 'column', schema_name, table_name, a.attname::text,
           n.nspname || '.' || coalesce(element.typname, own.typname)
           || CASE WHEN n.nspname = 'pg_catalog'
                   THEN coalesce(substring(format_type(a.atttypid, a.atttypmod) FROM '\([-0-9,]+\)'), '') ELSE '' END
           || CASE WHEN element.oid IS NULL THEN '' ELSE '[]' END
           || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
           || CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity by default' ELSE '' END
           || CASE a.attgenerated WHEN 's' THEN ' generated stored' WHEN 'v' THEN ' generated virtual' ELSE '' END
    FROM tables
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = tables.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS own ON own.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type AS element ON element.typarray = own.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = coalesce(element.typnamespace, own.typnamespace)
  ), compared AS (
    SELECT format('%s %s.%s%s: expected %s, found %s', kind, schema_name, table_name,
                  CASE WHEN item = '' THEN '' ELSE '.' || item END,
                  coalesce(expected.value, 'nothing'), coalesce(live.value, 'nothing')) AS difference
    FROM expected FULL JOIN live USING (kind, schema_name, table_name, item)
    WHERE expected.value IS DISTINCT FROM live.value
    ORDER BY kind, schema_name, table_name, item
    LIMIT 20
  )
  SELECT string_agg(difference, E'\n') INTO differences FROM compared;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'this database is not as the schema that these files were compiled from'
      USING DETAIL = differences, HINT = 'dump the schema again, compile again, and review what changed';
  END IF;
END
$noren$$noren_1$,
    $noren_1$DO LANGUAGE plpgsql $noren$
DECLARE
  differences text;
BEGIN
  -- The files must hold every row, and row security would leave some out without a word: a policy for this role must
  -- show all of each table, and nothing may take rows away but the guard.
  WITH tables AS (
    SELECT c.oid
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_temp.noren_shape AS e ON e.kind = 'table' AND e.schema_name = n.nspname AND e.table_name = c.relname
    WHERE c.relrowsecurity
  ), applying AS (
    SELECT t.oid AS table_oid, p.polname, p.polpermissive, pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS qual
    FROM tables AS t
    JOIN pg_catalog.pg_policy AS p ON p.polrelid = t.oid AND p.polcmd IN ('r', '*')
    WHERE EXISTS (
      SELECT FROM unnest(p.polroles) AS member
      WHERE member = 0 OR pg_catalog.pg_has_role(current_user, member, 'USAGE')
    )
  ), found AS (
    SELECT format('%s: no policy shows %I all rows', t.oid::regclass, current_user) AS difference
    FROM tables AS t
    WHERE NOT EXISTS (SELECT FROM applying AS a WHERE a.table_oid = t.oid AND a.polpermissive AND a.qual = 'true')
    UNION ALL
    SELECT format('%s: the policy %I may take rows away', a.table_oid::regclass, a.polname)
    FROM applying AS a
    WHERE NOT a.polpermissive AND a.polname <> 'noren_guard'
  )
  SELECT string_agg(difference, E'\n' ORDER BY difference) INTO differences FROM found;
  IF differences IS NOT NULL THEN
    RAISE EXCEPTION 'row security would keep rows from this export'
      USING DETAIL = differences, HINT = 'apply the access files of this environment, or take away what they do not have';
  END IF;
END
$noren$$noren_1$,
    $noren_1$DO LANGUAGE plpgsql $noren$
BEGIN
  -- A partitioned table has the pages of all its partitions; a piece takes the same range of each. The last piece of a
  -- table has no end: what is written meanwhile is not of this snapshot, but no page may be left out.
  INSERT INTO pg_temp.noren_piece (schema_name, table_name, part, low, high)
  SELECT sized.schema_name, sized.table_name, piece.part,
         format('(%s,0)', piece.part * sized.step)::tid,
         CASE WHEN (piece.part + 1) * sized.step < sized.pages
              THEN format('(%s,0)', (piece.part + 1) * sized.step) ELSE '(4294967295,65535)' END::tid
  FROM (
    SELECT e.schema_name, e.table_name, live.pages,
           greatest(1, ceil(live.pages / greatest(1, ceil(live.bytes / current_setting('noren.chunk_bytes')::numeric))))::bigint AS step
    FROM pg_temp.noren_shape AS e
    CROSS JOIN LATERAL (
      SELECT coalesce(max(pg_catalog.pg_relation_size(leaf.oid)), 0)::numeric / current_setting('block_size')::numeric AS pages,
             coalesce(sum(pg_catalog.pg_table_size(leaf.oid)), 0) AS bytes
      FROM (
        -- The tree of a table without partitions has not even the table.
        SELECT tree.relid::oid FROM pg_catalog.pg_partition_tree(format('%I.%I', e.schema_name, e.table_name)::regclass) AS tree
        UNION
        SELECT format('%I.%I', e.schema_name, e.table_name)::regclass::oid
      ) AS own (oid)
      JOIN pg_catalog.pg_class AS leaf ON leaf.oid = own.oid AND leaf.relkind = 'r'
    ) AS live
    WHERE e.kind = 'table'
  ) AS sized
  CROSS JOIN LATERAL generate_series(0, greatest(0, ceil(sized.pages / sized.step)::bigint - 1)) AS piece (part);
END
$noren$$noren_1$,
    $noren_1$DO LANGUAGE plpgsql $noren$
BEGIN
  -- The largest first and in turns: no two shares differ by more than a piece.
  INSERT INTO noren_run.piece (attempt, share, stem, schema_name, table_name, part, low, high)
  SELECT current_setting('noren.attempt'),
         (row_number() OVER (ORDER BY cut.bytes DESC, cut.stem, cut.part) - 1) % current_setting('noren.shares')::integer,
         cut.stem, cut.schema_name, cut.table_name, cut.part, cut.low, cut.high
  FROM (
    SELECT own.stem, own.schema_name, own.table_name, coalesce(piece.part, 0) AS part,
           coalesce(piece.low, '(0,0)'::tid) AS low, coalesce(piece.high, '(4294967295,65535)'::tid) AS high,
           sized.bytes / count(*) OVER (PARTITION BY own.stem) AS bytes
    FROM pg_temp.noren_table AS own
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(pg_catalog.pg_table_size(leaf.oid)), 0) AS bytes
      FROM (
        SELECT tree.relid::oid
        FROM pg_catalog.pg_partition_tree(format('%I.%I', own.schema_name, own.table_name)::regclass) AS tree
        UNION
        SELECT format('%I.%I', own.schema_name, own.table_name)::regclass::oid
      ) AS leaf (oid)
    ) AS sized
    LEFT JOIN pg_temp.noren_piece AS piece
      ON own.in_pieces = 'yes' AND piece.schema_name = own.schema_name AND piece.table_name = own.table_name
  ) AS cut;
END
$noren$$noren_1$,
    $noren_1$DO LANGUAGE plpgsql $noren$
DECLARE
  missing text;
BEGIN
  SELECT string_agg(format('%s, part %s, of share %s', lost.stem, lost.part, lost.share), E'\n' ORDER BY lost.stem, lost.part)
  INTO missing
  FROM (
    SELECT piece.stem, piece.part, piece.share
    FROM noren_run.piece AS piece
    LEFT JOIN noren_run.manifest AS line
      ON line.attempt = piece.attempt AND line.kind = 'part' AND line.name = piece.stem AND line.part = piece.part
    WHERE piece.attempt = current_setting('noren.attempt') AND line.attempt IS NULL
    LIMIT 20
  ) AS lost;
  IF missing IS NULL THEN
    -- No table at all among the pieces, though the attempt has some.
    SELECT string_agg(line.name, E'\n') INTO missing
    FROM noren_run.manifest AS line
    WHERE line.attempt = current_setting('noren.attempt') AND line.kind = 'table'
      AND NOT EXISTS (SELECT FROM noren_run.piece AS piece WHERE piece.attempt = line.attempt AND piece.stem = line.name);
  END IF;
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'not every piece of this run was exported'
      USING DETAIL = missing, HINT = 'run share.sql for the shares that are missing, then this file again';
  END IF;
END
$noren$$noren_1$,
    $noren$SELECT
  line.kind AS kind,
  line.name AS name,
  line.part AS part,
  line.rows_uploaded AS rows,
  line.bytes_uploaded AS bytes,
  line.columns AS columns
FROM noren_run.manifest AS line
WHERE line.attempt = current_setting('noren.attempt')
ORDER BY line.kind, line.name, line.part$noren$,
    'format csv, header true, encoding ''UTF8'''
  );
DO LANGUAGE plpgsql $noren$
DECLARE
  reader text;
BEGIN
  -- Of every export whose program is here.
  FOR reader IN SELECT DISTINCT role FROM noren_run.program LOOP
    EXECUTE format('GRANT SELECT ON noren_run.program, noren_run.program_table, noren_run.program_shape TO %I', reader);
    EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA noren_run TO %I', reader);
  END LOOP;
END
$noren$;
COMMIT;
DROP TABLE pg_temp.noren_shape;
