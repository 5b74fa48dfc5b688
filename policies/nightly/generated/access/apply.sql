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
\ir 30_tables/public.customers.sql
\ir 30_tables/public.departments.sql
\ir 30_tables/public.employees.sql
\ir 30_tables/public.events.sql
\ir 30_tables/public.orders.sql
\ir 50_functions.sql
\ir 90_assert.sql
