-- In the copy only: gives the tables to the importing role, and opens them to those who read masked rows.
-- Run in the copy as a superuser or a member of both owners: psql -X -f rights_target.sql. Safe to run again.
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
SELECT count(*) = 1 AND bool_and(marker.export::text = 'investigations') AS noren_marked
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

-- exports.noren:16  import as importer
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
ALTER TABLE public.audit_logs OWNER TO importer;
ALTER TABLE public.audit_logs_2025_12 OWNER TO importer;
ALTER TABLE public.audit_logs_2026_01 OWNER TO importer;
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

-- what holds in the copy only
GRANT USAGE ON SCHEMA archive TO investigator;
GRANT USAGE ON SCHEMA public TO investigator;
-- access.noren:42  archive.legacy_orders to investigator
REVOKE ALL ON TABLE archive.legacy_orders FROM investigator;
GRANT SELECT ON TABLE archive.legacy_orders TO investigator;
-- access.noren:42  public.CorporateCards to investigator
REVOKE ALL ON TABLE public."CorporateCards" FROM investigator;
GRANT SELECT ON TABLE public."CorporateCards" TO investigator;
-- access.noren:42  public.api_keys to investigator
REVOKE ALL ON TABLE public.api_keys FROM investigator;
GRANT SELECT ON TABLE public.api_keys TO investigator;
-- access.noren:42  public.approvals to investigator
REVOKE ALL ON TABLE public.approvals FROM investigator;
GRANT SELECT ON TABLE public.approvals TO investigator;
-- access.noren:42  public.attachments to investigator
REVOKE ALL ON TABLE public.attachments FROM investigator;
GRANT SELECT ON TABLE public.attachments TO investigator;
-- access.noren:42  public.audit_logs to investigator
REVOKE ALL ON TABLE public.audit_logs FROM investigator;
GRANT SELECT ON TABLE public.audit_logs TO investigator;
-- access.noren:42  public.bank_accounts to investigator
REVOKE ALL ON TABLE public.bank_accounts FROM investigator;
GRANT SELECT ON TABLE public.bank_accounts TO investigator;
DROP POLICY IF EXISTS noren_copy_select_to_investigator ON public.bank_accounts;
CREATE POLICY noren_copy_select_to_investigator ON public.bank_accounts
  AS PERMISSIVE FOR SELECT TO investigator
  USING (true);
-- access.noren:42  public.card_transactions to investigator
REVOKE ALL ON TABLE public.card_transactions FROM investigator;
GRANT SELECT ON TABLE public.card_transactions TO investigator;
-- access.noren:42  public.companies to investigator
REVOKE ALL ON TABLE public.companies FROM investigator;
GRANT SELECT ON TABLE public.companies TO investigator;
-- access.noren:42  public.currencies to investigator
REVOKE ALL ON TABLE public.currencies FROM investigator;
GRANT SELECT ON TABLE public.currencies TO investigator;
-- access.noren:42  public.departments to investigator
REVOKE ALL ON TABLE public.departments FROM investigator;
GRANT SELECT ON TABLE public.departments TO investigator;
-- access.noren:42  public.expense_categories to investigator
REVOKE ALL ON TABLE public.expense_categories FROM investigator;
GRANT SELECT ON TABLE public.expense_categories TO investigator;
-- access.noren:42  public.expense_items to investigator
REVOKE ALL ON TABLE public.expense_items FROM investigator;
GRANT SELECT ON TABLE public.expense_items TO investigator;
-- access.noren:42  public.expense_reports to investigator
REVOKE ALL ON TABLE public.expense_reports FROM investigator;
GRANT SELECT ON TABLE public.expense_reports TO investigator;
-- access.noren:42  public.expenses to investigator
REVOKE ALL ON TABLE public.expenses FROM investigator;
GRANT SELECT ON TABLE public.expenses TO investigator;
-- access.noren:42  public.mileage_rates to investigator
REVOKE ALL ON TABLE public.mileage_rates FROM investigator;
GRANT SELECT ON TABLE public.mileage_rates TO investigator;
-- access.noren:42  public.notices to investigator
REVOKE ALL ON TABLE public.notices FROM investigator;
GRANT SELECT ON TABLE public.notices TO investigator;
-- access.noren:42  public.order to investigator
REVOKE ALL ON TABLE public."order" FROM investigator;
GRANT SELECT ON TABLE public."order" TO investigator;
-- access.noren:42  public.roles_of_staff to investigator
REVOKE ALL ON TABLE public.roles_of_staff FROM investigator;
GRANT SELECT ON TABLE public.roles_of_staff TO investigator;
-- access.noren:42  public.users to investigator
REVOKE ALL ON TABLE public.users FROM investigator;
GRANT SELECT ON TABLE public.users TO investigator;
-- access.noren:42  public.vouchers to investigator
REVOKE ALL ON TABLE public.vouchers FROM investigator;
GRANT SELECT ON TABLE public.vouchers TO investigator;
-- access.noren:42  public.取引先 to investigator
REVOKE ALL ON TABLE public."取引先" FROM investigator;
GRANT SELECT ON TABLE public."取引先" TO investigator;
COMMIT;
