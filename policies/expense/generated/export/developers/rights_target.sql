-- In the copy only: gives the tables to the importing role, and opens them to those who read masked rows.
-- Run in the copy as a superuser or a member of both owners: psql -X -f rights_target.sql. Safe to run again.
-- exports.noren:4  export developers

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

BEGIN;

-- the target says that it may be overwritten by this export
DO LANGUAGE plpgsql $noren$
BEGIN
  IF to_regclass('noren.import_target') IS NULL THEN
    RAISE EXCEPTION 'this database has no table noren.import_target, so nothing says that it may be overwritten'
      USING HINT = 'put the marker by hand into a database that may lose all its rows; the README says how';
  END IF;
END
$noren$;
SELECT count(*) = 1 AND bool_and(marker.export::text = 'developers') AS noren_marked
FROM noren.import_target AS marker (export)
\gset
\if :noren_marked
\else
DO LANGUAGE plpgsql $noren$
BEGIN
  RAISE EXCEPTION 'the marker noren.import_target must hold one row, the name of this export'
    USING HINT = 'put the marker by hand into a database that may lose all its rows; the README says how';
END
$noren$;
\endif

-- exports.noren:7  import as importer
SELECT set_config('noren.role', 'importer', false) IS NOT NULL AS noren_role_is_set
\gset
DO LANGUAGE plpgsql $noren$
BEGIN
  -- the database's name is not the policy's business: it differs between environments
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_setting('noren.role'));
END
$noren$;
SET noren.role = DEFAULT;
GRANT USAGE, CREATE ON SCHEMA archive TO importer;
GRANT USAGE, CREATE ON SCHEMA public TO importer;
GRANT USAGE ON SCHEMA noren TO importer;
GRANT SELECT ON TABLE noren.import_target TO importer;
ALTER TABLE archive.legacy_orders OWNER TO importer;
ALTER TABLE public."CorporateCards" OWNER TO importer;
ALTER TABLE public.api_keys OWNER TO importer;
ALTER TABLE public.approvals OWNER TO importer;
ALTER TABLE public.attachments OWNER TO importer;
ALTER TABLE public.bank_accounts OWNER TO importer;
ALTER TABLE public.card_transactions OWNER TO importer;
ALTER TABLE public.card_transactions_2025_11 OWNER TO importer;
ALTER TABLE public.card_transactions_2025_12 OWNER TO importer;
ALTER TABLE public.card_transactions_2026_01 OWNER TO importer;
ALTER TABLE public.card_transactions_rest OWNER TO importer;
ALTER TABLE public.companies OWNER TO importer;
ALTER TABLE public.currencies OWNER TO importer;
ALTER TABLE public.departments OWNER TO importer;
ALTER TABLE public.expense_categories OWNER TO importer;
ALTER TABLE public.expense_items OWNER TO importer;
ALTER TABLE public.expense_reports OWNER TO importer;
ALTER TABLE public.expenses OWNER TO importer;
ALTER TABLE public.mileage_rates OWNER TO importer;
ALTER TABLE public.notices OWNER TO importer;
ALTER TABLE public."order" OWNER TO importer;
ALTER TABLE public.roles_of_staff OWNER TO importer;
ALTER TABLE public.users OWNER TO importer;
ALTER TABLE public.vouchers OWNER TO importer;
ALTER TABLE public."取引先" OWNER TO importer;
ALTER MATERIALIZED VIEW public.monthly_totals OWNER TO importer;
COMMIT;
