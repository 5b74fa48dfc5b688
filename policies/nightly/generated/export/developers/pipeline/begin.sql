-- Opens one run for the tasks of a pipeline: says what it is, and which piece is whose.
-- Run in a clone that nobody writes to: psql -X -v run=RUN -v attempt=ATTEMPT -f begin.sql
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

\if :{?run}
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'which run, which attempt or which share this is was not said'
    USING HINT = 'the file says at its head how it is run';
END
$noren$;
\endif
\if :{?attempt}
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'which run, which attempt or which share this is was not said'
    USING HINT = 'the file says at its head how it is run';
END
$noren$;
\endif
-- where the objects are: noren.toml says so; the database's own role may write or read there
\set bucket masked-exports
\set prefix nightly
\set region ap-northeast-1
\set kms_key 'arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000000'
\set chunk_bytes 2147483648

-- policy.noren:43  as mask_exporter
SET ROLE mask_exporter;
-- policies show this role every row, which is asserted below
SET row_security = on;
SELECT :'run' ~ '^[A-Za-z0-9][A-Za-z0-9_.=-]{0,127}$' AS noren_is_name
\gset
\if :noren_is_name
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'the name of a run must be 1 to 128 letters, digits or any of "_ . = -", and begin with a letter or a digit'
    USING HINT = 'it is a part of the keys of all objects: -v run=2030-01-31';
END
$noren$;
\endif
-- the attempt's name is a part of the keys of all objects
SELECT :'attempt' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AS noren_is_attempt
\gset
\if :noren_is_attempt
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'an attempt must be a UUID in small letters'
    USING HINT = 'all files of one run are given the same, and no other run had it: uuidgen makes one';
END
$noren$;
\endif
SELECT concat_ws('/', nullif(:'prefix', ''), :'run', :'attempt') AS folder
\gset

\set shares 8
-- the mask key, from the environment; no statement holds it
CREATE TEMPORARY TABLE pg_temp.noren_key (
  hex text
);
\copy pg_temp.noren_key (hex) from program 'printf %s "$NOREN_MASK_KEY" | od -An -v -tx1 | tr -d '' \n''' WITH (FORMAT text)
-- where the environment has none, the source may: key.sql puts it there
DO LANGUAGE plpgsql $noren$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_temp.noren_key WHERE hex <> '') AND to_regclass('noren_run.mask_key') IS NOT NULL THEN
    DELETE FROM pg_temp.noren_key;
    INSERT INTO pg_temp.noren_key (hex) SELECT hex FROM noren_run.mask_key;
  END IF;
END
$noren$;
DO LANGUAGE plpgsql $noren$
BEGIN
  IF (
    SELECT count(*) <> 1 OR NOT coalesce(bool_and(length(hex) >= 64 AND hex ~ '^(2[0-9a-f]|[3-6][0-9a-f]|7[0-9a-e])+$'), false)
    FROM pg_temp.noren_key
  ) THEN
    RAISE EXCEPTION 'the environment variable NOREN_MASK_KEY must hold a key of at least 32 printable ASCII characters'
      USING HINT = 'for example what "openssl rand -hex 32" prints; it is read by psql and sent to no log';
  END IF;
END
$noren$;

-- what HMAC makes of the key, computed once for all tables
CREATE TEMPORARY TABLE pg_temp.noren_pads (
  inner_pad bytea,
  outer_pad bytea
);

-- what the files were compiled for; compared with the live catalog below
CREATE TEMPORARY TABLE pg_temp.noren_shape (
  kind text,
  schema_name text,
  table_name text,
  item text,
  value text
);
\ir ../shape.sql

-- locks first: the snapshot is taken by the statement after
BEGIN ISOLATION LEVEL REPEATABLE READ;
LOCK TABLE
  ONLY public.customers,
  ONLY public.departments,
  ONLY public.employees,
  ONLY public.events,
  ONLY public.orders
IN ACCESS SHARE MODE;
DO LANGUAGE plpgsql $noren$
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
$noren$;
DO LANGUAGE plpgsql $noren$
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
$noren$;

SELECT set_config(
    'noren.mask_key',
    convert_from(decode(hex, 'hex'), 'UTF8'),
    true
  ) IS NOT NULL AS noren_key_is_set
FROM pg_temp.noren_key
\gset
INSERT INTO pg_temp.noren_pads (inner_pad, outer_pad)
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
CROSS JOIN generate_series(0, 63) AS place (at);
SELECT encode(
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
  ) AS noren_fingerprint
\gset

-- what this is: the lines of the manifest that are no rows
INSERT INTO noren_run.manifest (
  attempt,
  kind,
  name,
  part,
  rows_uploaded,
  files_uploaded,
  bytes_uploaded,
  columns
)
VALUES
  (:'attempt', 'noren', '1', 0, NULL, NULL, NULL, '-'),
  (:'attempt', 'export', 'developers', 0, NULL, NULL, NULL, '-'),
  (
    :'attempt',
    'policy',
    '148cde44960ff15d2f3233e43e0ebd0393f3fe3db52661767bcdda3ce29d0b6d',
    0,
    NULL,
    NULL,
    NULL,
    '-'
  ),
  (:'attempt', 'key', :'noren_fingerprint', 0, NULL, NULL, NULL, '-'),
  (:'attempt', 'attempt', :'attempt', 0, NULL, NULL, NULL, '-'),
  (:'attempt', 'table', 'public.customers', 0, NULL, NULL, NULL, 'id,name,email,phone,joined_on'),
  (:'attempt', 'table', 'public.departments', 0, NULL, NULL, NULL, 'id,name,head_id'),
  (:'attempt', 'table', 'public.employees', 0, NULL, NULL, NULL, 'id,department_id,name,salary'),
  (:'attempt', 'table', 'public.orders', 0, NULL, NULL, NULL, 'id,customer_id,total,note'),
  (
    :'attempt',
    'table',
    'public.events',
    0,
    NULL,
    NULL,
    NULL,
    'id,order_id,what,payload,happened_at'
  );

-- which tables there are, and which piece goes into whose share
CREATE TEMPORARY TABLE pg_temp.noren_table (
  stem text,
  schema_name text,
  table_name text,
  in_pieces text
) ON COMMIT DROP;
COPY pg_temp.noren_table (stem, schema_name, table_name, in_pieces) FROM STDIN WITH (FORMAT text);
public.customers	public	customers	yes
public.departments	public	departments	yes
public.employees	public	employees	yes
public.orders	public	orders	yes
public.events	public	events	yes
\.
CREATE TEMPORARY TABLE pg_temp.noren_piece (
  schema_name text NOT NULL,
  table_name text NOT NULL,
  part integer NOT NULL,
  low tid NOT NULL,
  high tid NOT NULL
) ON COMMIT DROP;
SELECT set_config('noren.chunk_bytes', :'chunk_bytes', true) IS NOT NULL AS noren_chunk_is_set
\gset
DO LANGUAGE plpgsql $noren$
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
$noren$;
SELECT set_config('noren.attempt', :'attempt', true) IS NOT NULL AS noren_is_set
\gset
SELECT set_config('noren.shares', :'shares', true) IS NOT NULL AS noren_is_set
\gset
DO LANGUAGE plpgsql $noren$
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
$noren$;
COMMIT;
DROP TABLE pg_temp.noren_key;
DROP TABLE pg_temp.noren_pads;
DROP TABLE pg_temp.noren_shape;
