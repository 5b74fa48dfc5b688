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
\ir 20_tenancy/001_clinic.consents/1_column.sql
\ir 20_tenancy/001_clinic.consents/2_backfill.sql
\ir 20_tenancy/001_clinic.consents/3_not_null.sql
\ir 20_tenancy/001_clinic.consents/4_index.sql
\ir 20_tenancy/001_clinic.consents/5_keys.sql
\ir 20_tenancy/002_clinic.prescriptions/1_column.sql
\ir 20_tenancy/002_clinic.prescriptions/2_backfill.sql
\ir 20_tenancy/002_clinic.prescriptions/3_not_null.sql
\ir 20_tenancy/002_clinic.prescriptions/4_index.sql
\ir 20_tenancy/002_clinic.prescriptions/5_keys.sql
\ir 30_tables/clinic.appointments.sql
\ir 30_tables/clinic.consents.sql
\ir 30_tables/clinic.diagnoses.sql
\ir 30_tables/clinic.disease_codes.sql
\ir 30_tables/clinic.encounters.sql
\ir 30_tables/clinic.invoice_reminders.sql
\ir 30_tables/clinic.invoices.sql
\ir 30_tables/clinic.lab_results.sql
\ir 30_tables/clinic.memberships.sql
\ir 30_tables/clinic.open_invoices.sql
\ir 30_tables/clinic.organisations.sql
\ir 30_tables/clinic.patients.sql
\ir 30_tables/clinic.prescriptions.sql
\ir 30_tables/clinic.schema_version.sql
\ir 30_tables/clinic.users.sql
\ir 30_tables/clinic.workspaces.sql
\ir 40_force.sql
\ir 50_functions.sql
\ir 90_assert.sql
