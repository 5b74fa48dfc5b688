-- Brings a database to the policy: run 00_roles.sql first, once a cluster, then this as the owner of the tables.
-- Run as: psql -X -f apply.sql. Safe to run again and to stop anywhere; the way back is rollback.sql.

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
-- names and predicates mean what they mean here
SET standard_conforming_strings = on;
SET search_path = pg_catalog, pg_temp;
SET client_encoding = 'UTF8';
SET client_min_messages = 'warning';
SET transform_null_equals = 'off';
SET quote_all_identifiers = 'off';
SET row_security = 'off';
SET lock_timeout = '10s';

\ir 05_preflight.sql
\ir 10_functions.sql
\ir 15_schemas.sql
\ir 20_tenancy/001_public.expense_items/1_column.sql
\ir 20_tenancy/001_public.expense_items/2_backfill.sql
\ir 20_tenancy/001_public.expense_items/3_not_null.sql
\ir 20_tenancy/001_public.expense_items/4_index.sql
\ir 20_tenancy/001_public.expense_items/5_keys.sql
\ir 30_tables/archive.legacy_orders.sql
\ir '30_tables/public.%43orporate%43ards.sql'
\ir '30_tables/public.%e5%8f%96%e5%bc%95%e5%85%88.sql'
\ir 30_tables/public.api_keys.sql
\ir 30_tables/public.approvals.sql
\ir 30_tables/public.ar_internal_metadata.sql
\ir 30_tables/public.attachments.sql
\ir 30_tables/public.audit_logs.sql
\ir 30_tables/public.audit_logs_2025_12.sql
\ir 30_tables/public.audit_logs_2026_01.sql
\ir 30_tables/public.bank_accounts.sql
\ir 30_tables/public.card_transactions.sql
\ir 30_tables/public.card_transactions_2025_11.sql
\ir 30_tables/public.card_transactions_2025_12.sql
\ir 30_tables/public.card_transactions_2026_01.sql
\ir 30_tables/public.card_transactions_rest.sql
\ir 30_tables/public.companies.sql
\ir 30_tables/public.currencies.sql
\ir 30_tables/public.departments.sql
\ir 30_tables/public.expense_categories.sql
\ir 30_tables/public.expense_items.sql
\ir 30_tables/public.expense_reports.sql
\ir 30_tables/public.expenses.sql
\ir 30_tables/public.mileage_rates.sql
\ir 30_tables/public.monthly_totals.sql
\ir 30_tables/public.notices.sql
\ir 30_tables/public.open_reports.sql
\ir 30_tables/public.order.sql
\ir 30_tables/public.roles_of_staff.sql
\ir 30_tables/public.schema_migrations.sql
\ir 30_tables/public.sessions.sql
\ir 30_tables/public.users.sql
\ir 30_tables/public.vouchers.sql
\ir 40_force.sql
\ir 50_functions.sql
\ir 90_assert.sql
