-- Run after import.sql, as the tables' owner: looks for values that no mask can have given, says how many
-- rows are alone with what is kept of them, and refreshes what was computed from the old rows.
-- Run as: psql -X -f after.sql, with -v report=off to leave the report out. Safe to run again.
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
SET search_path = pg_catalog, public, pg_temp;
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
-- policy.noren:44  as mask_importer
SET ROLE mask_importer;

BEGIN;

-- leak probes: no row may hold what its mask cannot have given; one scan a table
CREATE TEMPORARY TABLE pg_temp.noren_leak (
  name text,
  rows text
) ON COMMIT DROP;
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.name::text COLLATE pg_catalog."C") = '****'::text::text) THEN 1 END
    ) AS name,
    count(
      CASE
        WHEN NOT ((t.email::text COLLATE pg_catalog."C") ~ '^u[0-9a-f]{16}@example[.]invalid$')
          THEN 1
      END
    ) AS email,
    count(
      CASE
        WHEN NOT (
          strpos(t.phone::text COLLATE pg_catalog."C", '****') > 0 AND length(t.phone::text) <= 8
        )
          THEN 1
      END
    ) AS phone
  FROM ONLY public.customers AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.customers.name', found.name), ('public.customers.email', found.email),
  ('public.customers.phone', found.phone)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(
      CASE WHEN NOT ((t.name::text COLLATE pg_catalog."C") = '****'::text::text) THEN 1 END
    ) AS name
  FROM ONLY public.employees AS t
) AS found
CROSS JOIN LATERAL (VALUES ('public.employees.name', found.name)) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(CASE WHEN NOT (t.payload IS NULL) THEN 1 END) AS payload
  FROM ONLY public.events AS t
) AS found
CROSS JOIN LATERAL (VALUES ('public.events.payload', found.payload)) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(CASE WHEN NOT (t.note IS NULL) THEN 1 END) AS note
  FROM ONLY public.orders AS t
) AS found
CROSS JOIN LATERAL (VALUES ('public.orders.note', found.note)) AS leak (name, rows);
DO LANGUAGE plpgsql $noren$
DECLARE
  leaks text;
BEGIN
  SELECT string_agg(format('%s: %s', name, rows), E'\n' ORDER BY name) INTO leaks FROM pg_temp.noren_leak WHERE rows <> '0';
  IF leaks IS NOT NULL THEN
    RAISE EXCEPTION 'these columns hold values that their masks never give; so many rows of each may be raw'
      USING DETAIL = leaks, HINT = 'keep everybody out of the copy until you know how they came there: by a changed file, by a trigger, or by somebody who works in it';
  END IF;
END
$noren$;

-- who is singled out by the combination of what is kept; numbers only
\if :{?report}
\else
\set report on
\endif
\if :report
\pset format unaligned
\pset tuples_only on
\pset pager off
SELECT concat(
    'public.customers: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (joined_on)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.customers AS t GROUP BY t.joined_on) AS alike;
SELECT concat(
    'public.departments: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (name)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.departments AS t GROUP BY t.name) AS alike;
SELECT concat(
    'public.events: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (what)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.events AS t GROUP BY t.what) AS alike;
\endif

COMMIT;
ANALYZE public.customers, public.departments, public.employees, public.events, public.orders;
