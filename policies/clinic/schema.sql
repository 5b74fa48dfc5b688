--
-- PostgreSQL database dump
--

\restrict Y0vG9DBES04OsXJUCMlIdwGdVKkWLYva0lBUwHz3UrcNKokpS72z2bgaaxdQ5Vg

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: clinic; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA clinic;


--
-- Name: appointment_status; Type: TYPE; Schema: clinic; Owner: -
--

CREATE TYPE clinic.appointment_status AS ENUM (
    'booked',
    'arrived',
    'done',
    'cancelled',
    'no_show'
);


--
-- Name: insurance_number; Type: DOMAIN; Schema: clinic; Owner: -
--

CREATE DOMAIN clinic.insurance_number AS character varying(12)
	CONSTRAINT insurance_number_check CHECK (((VALUE)::text ~ '^[0-9]{8,12}$'::text));


--
-- Name: pulse; Type: DOMAIN; Schema: clinic; Owner: -
--

CREATE DOMAIN clinic.pulse AS smallint
	CONSTRAINT pulse_check CHECK (((VALUE >= 0) AND (VALUE <= 400)));


--
-- Name: sex_at_birth; Type: TYPE; Schema: clinic; Owner: -
--

CREATE TYPE clinic.sex_at_birth AS ENUM (
    'female',
    'male',
    'unknown'
);


--
-- Name: staff_role; Type: TYPE; Schema: clinic; Owner: -
--

CREATE TYPE clinic.staff_role AS ENUM (
    'doctor',
    'nurse',
    'reception',
    'billing'
);


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: appointments; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.appointments (
    id bigint NOT NULL,
    organisation_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    patient_id bigint NOT NULL,
    practitioner_id uuid,
    status clinic.appointment_status DEFAULT 'booked'::clinic.appointment_status NOT NULL,
    slot tstzrange NOT NULL,
    reason text
);


--
-- Name: appointments_id_seq; Type: SEQUENCE; Schema: clinic; Owner: -
--

ALTER TABLE clinic.appointments ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clinic.appointments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: consents; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.consents (
    patient_id bigint NOT NULL,
    kind text NOT NULL,
    given boolean NOT NULL,
    signature bytea,
    given_at timestamp with time zone NOT NULL
);


--
-- Name: diagnoses; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.diagnoses (
    encounter_id bigint NOT NULL,
    "position" smallint NOT NULL,
    disease_code character varying(8) NOT NULL,
    remark text
);


--
-- Name: disease_codes; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.disease_codes (
    code character varying(8) NOT NULL,
    title text NOT NULL,
    chapter smallint NOT NULL
);


--
-- Name: encounters; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.encounters (
    id bigint NOT NULL,
    organisation_id uuid NOT NULL,
    appointment_id bigint,
    patient_id bigint NOT NULL,
    seen_by uuid,
    started_at timestamp with time zone NOT NULL,
    notes text,
    vitals jsonb,
    pulse clinic.pulse,
    temperature numeric(3,1)
);


--
-- Name: encounters_id_seq; Type: SEQUENCE; Schema: clinic; Owner: -
--

ALTER TABLE clinic.encounters ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clinic.encounters_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: invoice_reminders; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.invoice_reminders (
    id bigint NOT NULL,
    invoice_number character varying(24) NOT NULL,
    sent_to text,
    sent_at timestamp with time zone
);


--
-- Name: invoice_reminders_id_seq; Type: SEQUENCE; Schema: clinic; Owner: -
--

ALTER TABLE clinic.invoice_reminders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clinic.invoice_reminders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: invoices; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.invoices (
    number character varying(24) NOT NULL,
    organisation_id uuid NOT NULL,
    patient_id bigint NOT NULL,
    amount numeric(12,0) NOT NULL,
    paid boolean DEFAULT false NOT NULL,
    issued_on date DEFAULT CURRENT_DATE NOT NULL
);


--
-- Name: lab_results; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.lab_results (
    id bigint NOT NULL,
    organisation_id uuid NOT NULL,
    patient_id bigint NOT NULL,
    test_name text NOT NULL,
    value double precision,
    unit text,
    taken_at timestamp with time zone NOT NULL,
    document xml
);


--
-- Name: lab_results_id_seq; Type: SEQUENCE; Schema: clinic; Owner: -
--

ALTER TABLE clinic.lab_results ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clinic.lab_results_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: memberships; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.memberships (
    organisation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role clinic.staff_role NOT NULL,
    invited_by uuid,
    joined_on date DEFAULT CURRENT_DATE NOT NULL
);


--
-- Name: open_invoices; Type: VIEW; Schema: clinic; Owner: -
--

CREATE VIEW clinic.open_invoices AS
 SELECT invoices.organisation_id,
    count(*) AS invoices,
    sum(invoices.amount) AS amount
   FROM clinic.invoices
  WHERE (NOT invoices.paid)
  GROUP BY invoices.organisation_id;


--
-- Name: organisations; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.organisations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    registration_no character varying(16) NOT NULL,
    region text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: patients; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.patients (
    id bigint NOT NULL,
    organisation_id uuid NOT NULL,
    chart_no character varying(20) NOT NULL,
    full_name text NOT NULL,
    full_name_kana text,
    sex clinic.sex_at_birth DEFAULT 'unknown'::clinic.sex_at_birth NOT NULL,
    birth_date date NOT NULL,
    phone character varying(24),
    email text,
    address text,
    insurance_no clinic.insurance_number,
    emergency_contact jsonb,
    allergies text[] DEFAULT '{}'::text[] NOT NULL,
    general_practitioner_id uuid,
    mother_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deceased_on date,
    CONSTRAINT patients_check CHECK (((deceased_on IS NULL) OR (deceased_on >= birth_date)))
);


--
-- Name: patients_id_seq; Type: SEQUENCE; Schema: clinic; Owner: -
--

ALTER TABLE clinic.patients ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clinic.patients_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: prescriptions; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.prescriptions (
    id bigint NOT NULL,
    encounter_id bigint NOT NULL,
    drug text NOT NULL,
    dose_mg numeric(8,3) NOT NULL,
    days smallint DEFAULT 7 NOT NULL,
    instructions text
);


--
-- Name: prescriptions_id_seq; Type: SEQUENCE; Schema: clinic; Owner: -
--

ALTER TABLE clinic.prescriptions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clinic.prescriptions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: schema_version; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.schema_version (
    version integer NOT NULL
);


--
-- Name: users; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text NOT NULL,
    full_name text NOT NULL,
    phone character varying(24),
    password_hash text NOT NULL,
    mfa_secret bytea,
    last_seen_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: workspaces; Type: TABLE; Schema: clinic; Owner: -
--

CREATE TABLE clinic.workspaces (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    timezone text DEFAULT 'Asia/Tokyo'::text NOT NULL
);


--
-- Name: appointments appointments_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.appointments
    ADD CONSTRAINT appointments_pkey PRIMARY KEY (id);


--
-- Name: consents consents_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.consents
    ADD CONSTRAINT consents_pkey PRIMARY KEY (patient_id, kind);


--
-- Name: diagnoses diagnoses_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.diagnoses
    ADD CONSTRAINT diagnoses_pkey PRIMARY KEY (encounter_id, "position");


--
-- Name: disease_codes disease_codes_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.disease_codes
    ADD CONSTRAINT disease_codes_pkey PRIMARY KEY (code);


--
-- Name: encounters encounters_appointment_id_key; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.encounters
    ADD CONSTRAINT encounters_appointment_id_key UNIQUE (appointment_id);


--
-- Name: encounters encounters_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.encounters
    ADD CONSTRAINT encounters_pkey PRIMARY KEY (id);


--
-- Name: invoice_reminders invoice_reminders_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.invoice_reminders
    ADD CONSTRAINT invoice_reminders_pkey PRIMARY KEY (id);


--
-- Name: invoices invoices_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (number);


--
-- Name: lab_results lab_results_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.lab_results
    ADD CONSTRAINT lab_results_pkey PRIMARY KEY (id);


--
-- Name: memberships memberships_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.memberships
    ADD CONSTRAINT memberships_pkey PRIMARY KEY (organisation_id, user_id);


--
-- Name: organisations organisations_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.organisations
    ADD CONSTRAINT organisations_pkey PRIMARY KEY (id);


--
-- Name: organisations organisations_registration_no_key; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.organisations
    ADD CONSTRAINT organisations_registration_no_key UNIQUE (registration_no);


--
-- Name: patients patients_organisation_id_chart_no_key; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.patients
    ADD CONSTRAINT patients_organisation_id_chart_no_key UNIQUE (organisation_id, chart_no);


--
-- Name: patients patients_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.patients
    ADD CONSTRAINT patients_pkey PRIMARY KEY (id);


--
-- Name: prescriptions prescriptions_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.prescriptions
    ADD CONSTRAINT prescriptions_pkey PRIMARY KEY (id);


--
-- Name: schema_version schema_version_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);


--
-- Name: users users_email_key; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.users
    ADD CONSTRAINT users_email_key UNIQUE (email);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: workspaces workspaces_organisation_id_id_key; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.workspaces
    ADD CONSTRAINT workspaces_organisation_id_id_key UNIQUE (organisation_id, id);


--
-- Name: workspaces workspaces_pkey; Type: CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (id);


--
-- Name: appointments appointments_organisation_id_workspace_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.appointments
    ADD CONSTRAINT appointments_organisation_id_workspace_id_fkey FOREIGN KEY (organisation_id, workspace_id) REFERENCES clinic.workspaces(organisation_id, id);


--
-- Name: appointments appointments_patient_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.appointments
    ADD CONSTRAINT appointments_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES clinic.patients(id);


--
-- Name: appointments appointments_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.appointments
    ADD CONSTRAINT appointments_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES clinic.users(id);


--
-- Name: consents consents_patient_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.consents
    ADD CONSTRAINT consents_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES clinic.patients(id) ON DELETE CASCADE;


--
-- Name: diagnoses diagnoses_disease_code_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.diagnoses
    ADD CONSTRAINT diagnoses_disease_code_fkey FOREIGN KEY (disease_code) REFERENCES clinic.disease_codes(code);


--
-- Name: diagnoses diagnoses_encounter_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.diagnoses
    ADD CONSTRAINT diagnoses_encounter_id_fkey FOREIGN KEY (encounter_id) REFERENCES clinic.encounters(id) ON DELETE CASCADE;


--
-- Name: encounters encounters_appointment_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.encounters
    ADD CONSTRAINT encounters_appointment_id_fkey FOREIGN KEY (appointment_id) REFERENCES clinic.appointments(id) DEFERRABLE;


--
-- Name: encounters encounters_organisation_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.encounters
    ADD CONSTRAINT encounters_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES clinic.organisations(id);


--
-- Name: encounters encounters_patient_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.encounters
    ADD CONSTRAINT encounters_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES clinic.patients(id);


--
-- Name: encounters encounters_seen_by_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.encounters
    ADD CONSTRAINT encounters_seen_by_fkey FOREIGN KEY (seen_by) REFERENCES clinic.users(id);


--
-- Name: invoice_reminders invoice_reminders_invoice_number_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.invoice_reminders
    ADD CONSTRAINT invoice_reminders_invoice_number_fkey FOREIGN KEY (invoice_number) REFERENCES clinic.invoices(number);


--
-- Name: invoices invoices_organisation_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.invoices
    ADD CONSTRAINT invoices_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES clinic.organisations(id);


--
-- Name: invoices invoices_patient_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.invoices
    ADD CONSTRAINT invoices_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES clinic.patients(id);


--
-- Name: lab_results lab_results_organisation_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.lab_results
    ADD CONSTRAINT lab_results_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES clinic.organisations(id);


--
-- Name: lab_results lab_results_patient_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.lab_results
    ADD CONSTRAINT lab_results_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES clinic.patients(id);


--
-- Name: memberships memberships_invited_by_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.memberships
    ADD CONSTRAINT memberships_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES clinic.users(id);


--
-- Name: memberships memberships_organisation_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.memberships
    ADD CONSTRAINT memberships_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES clinic.organisations(id);


--
-- Name: memberships memberships_user_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.memberships
    ADD CONSTRAINT memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES clinic.users(id);


--
-- Name: patients patients_general_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.patients
    ADD CONSTRAINT patients_general_practitioner_id_fkey FOREIGN KEY (general_practitioner_id) REFERENCES clinic.users(id);


--
-- Name: patients patients_mother_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.patients
    ADD CONSTRAINT patients_mother_id_fkey FOREIGN KEY (mother_id) REFERENCES clinic.patients(id);


--
-- Name: patients patients_organisation_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.patients
    ADD CONSTRAINT patients_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES clinic.organisations(id);


--
-- Name: prescriptions prescriptions_encounter_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.prescriptions
    ADD CONSTRAINT prescriptions_encounter_id_fkey FOREIGN KEY (encounter_id) REFERENCES clinic.encounters(id) ON DELETE CASCADE;


--
-- Name: workspaces workspaces_organisation_id_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: -
--

ALTER TABLE ONLY clinic.workspaces
    ADD CONSTRAINT workspaces_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES clinic.organisations(id);


--
-- Name: patients; Type: ROW SECURITY; Schema: clinic; Owner: -
--

ALTER TABLE clinic.patients ENABLE ROW LEVEL SECURITY;

--
-- PostgreSQL database dump complete
--

\unrestrict Y0vG9DBES04OsXJUCMlIdwGdVKkWLYva0lBUwHz3UrcNKokpS72z2bgaaxdQ5Vg

