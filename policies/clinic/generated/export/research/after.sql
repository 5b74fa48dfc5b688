-- Run after import.sql, as the tables' owner: looks for values that no mask can have given, says how many
-- rows are alone with what is kept of them, and refreshes what was computed from the old rows.
-- Run as: psql -X -f after.sql, with -v report=off to leave the report out. Safe to run again.
-- exports.noren:10  export research

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
SET search_path = pg_catalog, clinic, pg_temp;
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
-- exports.noren:13  as importer
SET ROLE importer;

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
      CASE
        WHEN NOT (
          (t.practitioner_id::text COLLATE pg_catalog."C")
            ~ '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
        )
          THEN 1
      END
    ) AS practitioner_id,
    count(
      CASE WHEN NOT ((t.slot::text COLLATE pg_catalog."C") = 'empty'::tstzrange::text) THEN 1 END
    ) AS slot,
    count(CASE WHEN NOT (t.reason IS NULL) THEN 1 END) AS reason
  FROM ONLY clinic.appointments AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.appointments.practitioner_id', found.practitioner_id),
  ('clinic.appointments.slot', found.slot), ('clinic.appointments.reason', found.reason)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(CASE WHEN NOT (t.signature IS NULL) THEN 1 END) AS signature,
    count(
      CASE
        WHEN NOT (
          t.given_at
            = CASE
              WHEN NOT isfinite(t.given_at) THEN t.given_at
              WHEN t.given_at < '4713-01-01 00:00:00+00 BC'::timestamptz
                THEN '4713-01-01 00:00:00+00 BC'::timestamptz
              ELSE date_trunc('month', t.given_at, 'UTC')
            END
        )
          THEN 1
      END
    ) AS given_at
  FROM ONLY clinic.consents AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.consents.signature', found.signature), ('clinic.consents.given_at', found.given_at)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(CASE WHEN NOT (t.remark IS NULL) THEN 1 END) AS remark
  FROM ONLY clinic.diagnoses AS t
) AS found
CROSS JOIN LATERAL (VALUES ('clinic.diagnoses.remark', found.remark)) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE
        WHEN NOT (
          (t.seen_by::text COLLATE pg_catalog."C")
            ~ '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
        )
          THEN 1
      END
    ) AS seen_by,
    count(
      CASE
        WHEN NOT (
          t.started_at
            = CASE
              WHEN NOT isfinite(t.started_at) THEN t.started_at
              WHEN t.started_at < '4713-01-01 00:00:00+00 BC'::timestamptz
                THEN '4713-01-01 00:00:00+00 BC'::timestamptz
              ELSE date_trunc('month', t.started_at, 'UTC')
            END
        )
          THEN 1
      END
    ) AS started_at,
    count(CASE WHEN NOT (t.notes IS NULL) THEN 1 END) AS notes,
    count(CASE WHEN NOT (t.vitals IS NULL) THEN 1 END) AS vitals
  FROM ONLY clinic.encounters AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.encounters.seen_by', found.seen_by), ('clinic.encounters.started_at', found.started_at),
  ('clinic.encounters.notes', found.notes), ('clinic.encounters.vitals', found.vitals)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.invoice_number::text COLLATE pg_catalog."C") ~ '^[0-9a-f]{24}$') THEN 1 END
    ) AS invoice_number,
    count(CASE WHEN NOT (t.sent_to IS NULL) THEN 1 END) AS sent_to,
    count(
      CASE
        WHEN NOT (
          t.sent_at
            = CASE
              WHEN NOT isfinite(t.sent_at) THEN t.sent_at
              WHEN t.sent_at < '4713-01-01 00:00:00+00 BC'::timestamptz
                THEN '4713-01-01 00:00:00+00 BC'::timestamptz
              ELSE date_trunc('month', t.sent_at, 'UTC')
            END
        )
          THEN 1
      END
    ) AS sent_at
  FROM ONLY clinic.invoice_reminders AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.invoice_reminders.invoice_number', found.invoice_number),
  ('clinic.invoice_reminders.sent_to', found.sent_to),
  ('clinic.invoice_reminders.sent_at', found.sent_at)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.number::text COLLATE pg_catalog."C") ~ '^[0-9a-f]{24}$') THEN 1 END
    ) AS number,
    count(
      CASE
        WHEN NOT (
          t.issued_on
            = CASE
              WHEN NOT isfinite(t.issued_on) THEN t.issued_on
              WHEN t.issued_on < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
              WHEN t.issued_on > '294276-12-31'::date THEN '294276-01-01'::date
              ELSE date_trunc('month', t.issued_on::timestamp)::date
            END
        )
          THEN 1
      END
    ) AS issued_on
  FROM ONLY clinic.invoices AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.invoices.number', found.number), ('clinic.invoices.issued_on', found.issued_on)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE
        WHEN NOT (
          t.taken_at
            = CASE
              WHEN NOT isfinite(t.taken_at) THEN t.taken_at
              WHEN t.taken_at < '4713-01-01 00:00:00+00 BC'::timestamptz
                THEN '4713-01-01 00:00:00+00 BC'::timestamptz
              ELSE date_trunc('month', t.taken_at, 'UTC')
            END
        )
          THEN 1
      END
    ) AS taken_at,
    count(CASE WHEN NOT (t.document IS NULL) THEN 1 END) AS document
  FROM ONLY clinic.lab_results AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.lab_results.taken_at', found.taken_at), ('clinic.lab_results.document', found.document)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE
        WHEN NOT (
          (t.user_id::text COLLATE pg_catalog."C")
            ~ '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
        )
          THEN 1
      END
    ) AS user_id,
    count(CASE WHEN NOT (t.invited_by IS NULL) THEN 1 END) AS invited_by,
    count(
      CASE
        WHEN NOT (
          t.joined_on
            = CASE
              WHEN NOT isfinite(t.joined_on) THEN t.joined_on
              WHEN t.joined_on < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
              WHEN t.joined_on > '294276-12-31'::date THEN '294276-01-01'::date
              ELSE date_trunc('month', t.joined_on::timestamp)::date
            END
        )
          THEN 1
      END
    ) AS joined_on
  FROM ONLY clinic.memberships AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.memberships.user_id', found.user_id),
  ('clinic.memberships.invited_by', found.invited_by),
  ('clinic.memberships.joined_on', found.joined_on)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.name::text COLLATE pg_catalog."C") = 'A practice'::text::text) THEN 1 END
    ) AS name,
    count(
      CASE WHEN NOT ((t.registration_no::text COLLATE pg_catalog."C") ~ '^[0-9a-f]{16}$') THEN 1 END
    ) AS registration_no,
    count(
      CASE WHEN NOT ((t.region::text COLLATE pg_catalog."C") = '(region)'::text::text) THEN 1 END
    ) AS region,
    count(
      CASE
        WHEN NOT (
          t.created_at
            = CASE
              WHEN NOT isfinite(t.created_at) THEN t.created_at
              WHEN t.created_at < '4713-01-01 00:00:00+00 BC'::timestamptz
                THEN '4713-01-01 00:00:00+00 BC'::timestamptz
              ELSE date_trunc('month', t.created_at, 'UTC')
            END
        )
          THEN 1
      END
    ) AS created_at
  FROM ONLY clinic.organisations AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.organisations.name', found.name),
  ('clinic.organisations.registration_no', found.registration_no),
  ('clinic.organisations.region', found.region),
  ('clinic.organisations.created_at', found.created_at)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.chart_no::text COLLATE pg_catalog."C") ~ '^[0-9a-f]{20}$') THEN 1 END
    ) AS chart_no,
    count(
      CASE WHEN NOT ((t.full_name::text COLLATE pg_catalog."C") = '(name)'::text::text) THEN 1 END
    ) AS full_name,
    count(CASE WHEN NOT (t.full_name_kana IS NULL) THEN 1 END) AS full_name_kana,
    count(
      CASE
        WHEN NOT (
          t.birth_date
            = CASE
              WHEN NOT isfinite(t.birth_date) THEN t.birth_date
              WHEN t.birth_date < '4713-01-01 BC'::date THEN '4713-01-01 BC'::date
              WHEN t.birth_date > '294276-12-31'::date THEN '294276-01-01'::date
              ELSE date_trunc('year', t.birth_date::timestamp)::date
            END
        )
          THEN 1
      END
    ) AS birth_date,
    count(CASE WHEN NOT (t.phone IS NULL) THEN 1 END) AS phone,
    count(
      CASE
        WHEN NOT ((t.email::text COLLATE pg_catalog."C") ~ '^u[0-9a-f]{16}@example[.]invalid$')
          THEN 1
      END
    ) AS email,
    count(CASE WHEN NOT (t.address IS NULL) THEN 1 END) AS address,
    count(CASE WHEN NOT (t.insurance_no IS NULL) THEN 1 END) AS insurance_no,
    count(
      CASE
        WHEN NOT (
          t.allergies IS NULL
          OR ((t.allergies::text COLLATE pg_catalog."C") = ('{}'::text[])::text[]::text) IS TRUE
        )
          THEN 1
      END
    ) AS allergies,
    count(
      CASE
        WHEN NOT (
          (t.general_practitioner_id::text COLLATE pg_catalog."C")
            ~ '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
        )
          THEN 1
      END
    ) AS general_practitioner_id,
    count(
      CASE
        WHEN NOT (
          t.created_at
            = CASE
              WHEN NOT isfinite(t.created_at) THEN t.created_at
              WHEN t.created_at < '4713-01-01 00:00:00+00 BC'::timestamptz
                THEN '4713-01-01 00:00:00+00 BC'::timestamptz
              ELSE date_trunc('month', t.created_at, 'UTC')
            END
        )
          THEN 1
      END
    ) AS created_at,
    count(CASE WHEN NOT (t.deceased_on IS NULL) THEN 1 END) AS deceased_on
  FROM ONLY clinic.patients AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.patients.chart_no', found.chart_no), ('clinic.patients.full_name', found.full_name),
  ('clinic.patients.full_name_kana', found.full_name_kana),
  ('clinic.patients.birth_date', found.birth_date), ('clinic.patients.phone', found.phone),
  ('clinic.patients.email', found.email), ('clinic.patients.address', found.address),
  ('clinic.patients.insurance_no', found.insurance_no),
  ('clinic.patients.allergies', found.allergies),
  ('clinic.patients.general_practitioner_id', found.general_practitioner_id),
  ('clinic.patients.created_at', found.created_at),
  ('clinic.patients.deceased_on', found.deceased_on)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE WHEN NOT ((t.drug::text COLLATE pg_catalog."C") = '(drug)'::text::text) THEN 1 END
    ) AS drug,
    count(CASE WHEN NOT (t.dose_mg = '1'::numeric(8, 3)) THEN 1 END) AS dose_mg,
    count(CASE WHEN NOT (t.instructions IS NULL) THEN 1 END) AS instructions
  FROM ONLY clinic.prescriptions AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.prescriptions.drug', found.drug), ('clinic.prescriptions.dose_mg', found.dose_mg),
  ('clinic.prescriptions.instructions', found.instructions)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT
    count(
      CASE
        WHEN NOT (
          (t.id::text COLLATE pg_catalog."C")
            ~ '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
        )
          THEN 1
      END
    ) AS id,
    count(
      CASE
        WHEN NOT ((t.email::text COLLATE pg_catalog."C") ~ '^u[0-9a-f]{16}@example[.]invalid$')
          THEN 1
      END
    ) AS email,
    count(
      CASE WHEN NOT ((t.full_name::text COLLATE pg_catalog."C") = '(name)'::text::text) THEN 1 END
    ) AS full_name,
    count(CASE WHEN NOT (t.phone IS NULL) THEN 1 END) AS phone,
    count(CASE WHEN NOT (t.mfa_secret IS NULL) THEN 1 END) AS mfa_secret,
    count(
      CASE
        WHEN NOT (
          t.last_seen_at
            = CASE
              WHEN NOT isfinite(t.last_seen_at) THEN t.last_seen_at
              WHEN t.last_seen_at < '4713-01-01 00:00:00+00 BC'::timestamptz
                THEN '4713-01-01 00:00:00+00 BC'::timestamptz
              ELSE date_trunc('month', t.last_seen_at, 'UTC')
            END
        )
          THEN 1
      END
    ) AS last_seen_at,
    count(
      CASE
        WHEN NOT (
          t.created_at
            = CASE
              WHEN NOT isfinite(t.created_at) THEN t.created_at
              WHEN t.created_at < '4713-01-01 00:00:00+00 BC'::timestamptz
                THEN '4713-01-01 00:00:00+00 BC'::timestamptz
              ELSE date_trunc('month', t.created_at, 'UTC')
            END
        )
          THEN 1
      END
    ) AS created_at
  FROM ONLY clinic.users AS t
) AS found
CROSS JOIN LATERAL (VALUES
  ('clinic.users.id', found.id), ('clinic.users.email', found.email),
  ('clinic.users.full_name', found.full_name), ('clinic.users.phone', found.phone),
  ('clinic.users.mfa_secret', found.mfa_secret), ('clinic.users.last_seen_at', found.last_seen_at),
  ('clinic.users.created_at', found.created_at)
) AS leak (name, rows);
INSERT INTO pg_temp.noren_leak (name, rows)
SELECT
  leak.name,
  leak.rows
FROM (
  SELECT count(
      CASE WHEN NOT ((t.name::text COLLATE pg_catalog."C") = 'A place'::text::text) THEN 1 END
    ) AS name
  FROM ONLY clinic.workspaces AS t
) AS found
CROSS JOIN LATERAL (VALUES ('clinic.workspaces.name', found.name)) AS leak (name, rows);
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
    'clinic.appointments: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (status)'
  )
FROM (SELECT count(*) AS size FROM ONLY clinic.appointments AS t GROUP BY t.status) AS alike;
SELECT concat(
    'clinic.consents: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (given)'
  )
FROM (SELECT count(*) AS size FROM ONLY clinic.consents AS t GROUP BY t.given) AS alike;
SELECT concat(
    'clinic.disease_codes: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (title, chapter)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY clinic.disease_codes AS t
  GROUP BY t.title, t.chapter
) AS alike;
SELECT concat(
    'clinic.encounters: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (pulse)'
  )
FROM (SELECT count(*) AS size FROM ONLY clinic.encounters AS t GROUP BY t.pulse) AS alike;
SELECT concat(
    'clinic.invoices: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (paid)'
  )
FROM (SELECT count(*) AS size FROM ONLY clinic.invoices AS t GROUP BY t.paid) AS alike;
SELECT concat(
    'clinic.lab_results: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (test_name, unit)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY clinic.lab_results AS t
  GROUP BY t.test_name, t.unit
) AS alike;
SELECT concat(
    'clinic.memberships: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (role)'
  )
FROM (SELECT count(*) AS size FROM ONLY clinic.memberships AS t GROUP BY t.role) AS alike;
SELECT concat(
    'clinic.patients: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (sex, emergency_contact.relation)'
  )
FROM (
  SELECT count(*) AS size
  FROM ONLY clinic.patients AS t
  GROUP BY t.sex, jsonb_extract_path_text(t.emergency_contact, 'relation')
) AS alike;
SELECT concat(
    'clinic.prescriptions: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (days)'
  )
FROM (SELECT count(*) AS size FROM ONLY clinic.prescriptions AS t GROUP BY t.days) AS alike;
SELECT concat(
    'clinic.workspaces: ',
    count(CASE WHEN alike.size = 1 THEN 1 END),
    ' of ',
    coalesce(sum(alike.size), 0),
    ' rows are alone with their (timezone)'
  )
FROM (SELECT count(*) AS size FROM ONLY clinic.workspaces AS t GROUP BY t.timezone) AS alike;
\endif

COMMIT;
ANALYZE
  clinic.appointments,
  clinic.consents,
  clinic.diagnoses,
  clinic.disease_codes,
  clinic.encounters,
  clinic.invoice_reminders,
  clinic.invoices,
  clinic.lab_results,
  clinic.memberships,
  clinic.organisations,
  clinic.patients,
  clinic.prescriptions,
  clinic.users,
  clinic.workspaces;
