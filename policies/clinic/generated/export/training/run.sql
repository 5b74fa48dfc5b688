-- Exports the masked rows of one audience into a fresh folder. Changes nothing in the database.
-- Run as: psql -X -v run=FOLDER -f run.sql
-- exports.noren:2  export training

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
-- exports.noren:4  as exporter
SET ROLE exporter;
\if :{?run}
\else
\set run data/training
\endif
\set noren_fresh `mkdir -p -- "$(dirname -- :'run')" && mkdir -m 700 -- :'run' && echo on || echo off`
\if :noren_fresh
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'the run folder must not exist yet: every run writes into a fresh one'
    USING HINT = 'name another one: psql -v run=FOLDER';
END
$noren$;
\endif

-- the mask key, from the environment; no statement holds it
CREATE TEMPORARY TABLE pg_temp.noren_key (
  hex text
);
\copy pg_temp.noren_key (hex) from program 'printf %s "$NOREN_MASK_KEY" | od -An -v -tx1 | tr -d '' \n''' WITH (FORMAT text)
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
\ir shape.sql

-- locks first: the snapshot is taken by the statement after
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
LOCK TABLE
  ONLY clinic.appointments,
  ONLY clinic.consents,
  ONLY clinic.diagnoses,
  ONLY clinic.disease_codes,
  ONLY clinic.encounters,
  ONLY clinic.invoice_reminders,
  ONLY clinic.invoices,
  ONLY clinic.lab_results,
  ONLY clinic.memberships,
  ONLY clinic.organisations,
  ONLY clinic.patients,
  ONLY clinic.prescriptions,
  ONLY clinic.users,
  ONLY clinic.workspaces
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
                  SELECT inner_pad || convert_to('8:training,0:,6:secret,11:fingerprint,', 'UTF8')
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

\o :run/manifest.tmp
\qecho 'noren\t1\t-\t-\t-'
\qecho 'export\ttraining\t-\t-\t-'
\qecho 'policy\tf76f6394232aeb6ac0e223d6cb05a3bb2570c9e5b2334a73f44198251fcb3db1\t-\t-\t-'
\qecho 'key\t':noren_fingerprint'\t-\t-\t-'
\ir tables/clinic.disease_codes.sql
\ir tables/clinic.organisations.sql
\ir tables/clinic.users.sql
\ir tables/clinic.memberships.sql
\ir tables/clinic.patients.sql
\ir tables/clinic.consents.sql
\ir tables/clinic.invoices.sql
\ir tables/clinic.invoice_reminders.sql
\ir tables/clinic.lab_results.sql
\ir tables/clinic.workspaces.sql
\ir tables/clinic.appointments.sql
\ir tables/clinic.encounters.sql
\ir tables/clinic.diagnoses.sql
\ir tables/clinic.prescriptions.sql
\o
COMMIT;
DROP TABLE pg_temp.noren_key;
DROP TABLE pg_temp.noren_pads;
DROP TABLE pg_temp.noren_shape;

-- the manifest gets its name last: without it nothing is imported
\set noren_written `m=:'run''/manifest.tmp'; n="$(awk -F '\t' '$1 == "table" && NF == 5 && $3 ~ /^[0-9]+$/ && ($4 == "-" || length($4) == 64) { n++ } END { print n + 0 }' "$m")"; if [ "$n" -eq '14' ] && mv -- "$m" :'run''/manifest'; then echo on; else echo off; fi`
\if :noren_written
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'a file of this run is missing or shorter than its table: no manifest was written'
    USING HINT = 'look for a full disk, then run again into a fresh folder';
END
$noren$;
\endif
\echo 'written:' :run
