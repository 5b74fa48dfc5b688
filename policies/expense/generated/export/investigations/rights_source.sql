-- What the exporting role needs: to read the exported tables, and a temporary table for lists.
-- Run in the source as the tables' owner or a superuser: psql -X -f rights_source.sql. Safe to run again.
-- exports.noren:12  export investigations

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

-- exports.noren:15  as exporter
SELECT set_config('noren.role', 'exporter', false) IS NOT NULL AS noren_role_is_set
\gset
DO LANGUAGE plpgsql $noren$
BEGIN
  -- the database's name is not the policy's business: it differs between environments
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), current_setting('noren.role'));
END
$noren$;
SET noren.role = DEFAULT;
GRANT USAGE ON SCHEMA archive TO exporter;
GRANT USAGE ON SCHEMA public TO exporter;
GRANT SELECT ON TABLE archive.legacy_orders TO exporter;
GRANT SELECT ON TABLE public."CorporateCards" TO exporter;
GRANT SELECT ON TABLE public.api_keys TO exporter;
GRANT SELECT ON TABLE public.approvals TO exporter;
GRANT SELECT ON TABLE public.attachments TO exporter;
GRANT SELECT ON TABLE public.audit_logs TO exporter;
GRANT SELECT ON TABLE public.bank_accounts TO exporter;
GRANT SELECT ON TABLE public.card_transactions TO exporter;
GRANT SELECT ON TABLE public.companies TO exporter;
GRANT SELECT ON TABLE public.currencies TO exporter;
GRANT SELECT ON TABLE public.departments TO exporter;
GRANT SELECT ON TABLE public.expense_categories TO exporter;
GRANT SELECT ON TABLE public.expense_items TO exporter;
GRANT SELECT ON TABLE public.expense_reports TO exporter;
GRANT SELECT ON TABLE public.expenses TO exporter;
GRANT SELECT ON TABLE public.mileage_rates TO exporter;
GRANT SELECT ON TABLE public.notices TO exporter;
GRANT SELECT ON TABLE public."order" TO exporter;
GRANT SELECT ON TABLE public.roles_of_staff TO exporter;
GRANT SELECT ON TABLE public.users TO exporter;
GRANT SELECT ON TABLE public.vouchers TO exporter;
GRANT SELECT ON TABLE public."取引先" TO exporter;
