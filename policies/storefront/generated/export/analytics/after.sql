-- Run after import.sql, as the tables' owner: looks for values that no mask can have given, says how many
-- rows are alone with what is kept of them, and refreshes what was computed from the old rows.
-- Run as: psql -X -f after.sql, with -v report=off to leave the report out. Safe to run again.
-- policy.noren:76  export analytics

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
      CASE WHEN NOT ((t.recipient::text COLLATE pg_catalog."C") = 'Customer'::text::text) THEN 1 END
    ) AS recipient,
    count(
      CASE WHEN NOT ((t.line1::text COLLATE pg_catalog."C") = '-'::text::text) THEN 1 END
    ) AS line1,
    count(CASE WHEN NOT (t.line2 IS NULL) THEN 1 END) AS line2,
    count(
      CASE WHEN NOT ((t.city::text COLLATE pg_catalog."C") = '-'::text::text) THEN 1 END
    ) AS city,
    count(CASE WHEN NOT (t.postcode IS NULL) THEN 1 END) AS postcode
  FROM ONLY public.addresses AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.addresses.recipient', found.recipient), ('public.addresses.line1', found.line1),
  ('public.addresses.line2', found.line2), ('public.addresses.city', found.city),
  ('public.addresses.postcode', found.postcode)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.customer_no::text COLLATE pg_catalog."C") ~ '^[0-9a-f]{16}$') THEN 1 END
    ) AS customer_no,
    count(CASE WHEN NOT (t.email IS NULL) THEN 1 END) AS email,
    count(
      CASE WHEN NOT ((t.name::text COLLATE pg_catalog."C") = 'Customer'::text::text) THEN 1 END
    ) AS name,
    count(CASE WHEN NOT (t.phone IS NULL) THEN 1 END) AS phone,
    count(
      CASE
        WHEN NOT (
          t.birthday
            = CASE
              WHEN NOT isfinite(t.birthday) THEN t.birthday
              WHEN t.birthday < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
              WHEN t.birthday > '294276-12-31'::date THEN '294276-01-01'::date
              ELSE date_trunc('year', t.birthday::timestamp)::date
            END
        )
          THEN 1
      END
    ) AS birthday
  FROM ONLY public.customers AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.customers.customer_no', found.customer_no), ('public.customers.email', found.email),
  ('public.customers.name', found.name), ('public.customers.phone', found.phone),
  ('public.customers.birthday', found.birthday)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(CASE WHEN NOT (t.engraving IS NULL) THEN 1 END) AS engraving
  FROM ONLY public.order_lines AS t
) AS found
CROSS JOIN LATERAL (VALUES ('public.order_lines.engraving', found.engraving)) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(CASE WHEN NOT (t.remote_address IS NULL) THEN 1 END) AS remote_address,
    count(CASE WHEN NOT (t.gift_note IS NULL) THEN 1 END) AS gift_note
  FROM ONLY public.orders AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.orders.remote_address', found.remote_address),
  ('public.orders.gift_note', found.gift_note)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(CASE WHEN NOT (t.card_last4 IS NULL) THEN 1 END) AS card_last4,
    count(CASE WHEN NOT (t.card_holder IS NULL) THEN 1 END) AS card_holder
  FROM ONLY public.payments AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('public.payments.card_last4', found.card_last4),
  ('public.payments.card_holder', found.card_holder)
) AS leak (name, rows);
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
    'public.addresses: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (country)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.addresses AS t GROUP BY t.country) AS alike;
SELECT concat(
    'public.categories: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (name)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.categories AS t GROUP BY t.name) AS alike;
SELECT concat(
    'public.coupons: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (percent)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.coupons AS t GROUP BY t.percent) AS alike;
SELECT concat(
    'public.customers: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (country, newsletter)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.customers AS t
  GROUP BY t.country, t.newsletter
) AS alike;
SELECT concat(
    'public.orders: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (state)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.orders AS t GROUP BY t.state) AS alike;
SELECT concat(
    'public.payments: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (provider_payload.payer.country, provider_payload.risk.score)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.payments AS t
  GROUP BY jsonb_extract_path_text(t.provider_payload, 'payer', 'country'),
    jsonb_extract_path_text(t.provider_payload, 'risk', 'score')
) AS alike;
SELECT concat(
    'public.products: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (title, description, listed)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY public.products AS t
  GROUP BY t.title, t.description, t.listed
) AS alike;
SELECT concat(
    'public.reviews: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (stars, published)'
  )
FROM (SELECT count(*) AS size FROM ONLY public.reviews AS t GROUP BY t.stars, t.published) AS alike;
\endif

REFRESH MATERIALIZED VIEW public.sales_by_country;
COMMIT;
ANALYZE
  public.addresses,
  public.categories,
  public.coupons,
  public.customers,
  public.order_lines,
  public.orders,
  public.payments,
  public.products,
  public.reviews,
  public.sales_by_country;
