-- What run.sql and import.sql were compiled for: they read this list and compare it with the live catalog.
COPY pg_temp.noren_shape (kind, schema_name, table_name, item, value) FROM STDIN WITH (FORMAT text);
table	clinic	appointments		ordinary
table	clinic	consents		ordinary
table	clinic	diagnoses		ordinary
table	clinic	disease_codes		ordinary
table	clinic	encounters		ordinary
table	clinic	invoice_reminders		ordinary
table	clinic	invoices		ordinary
table	clinic	lab_results		ordinary
table	clinic	memberships		ordinary
table	clinic	organisations		ordinary
table	clinic	patients		ordinary
table	clinic	prescriptions		ordinary
table	clinic	users		ordinary
table	clinic	workspaces		ordinary
column	clinic	appointments	id	pg_catalog.int8 not null identity always
column	clinic	appointments	organisation_id	pg_catalog.uuid not null
column	clinic	appointments	patient_id	pg_catalog.int8 not null
column	clinic	appointments	practitioner_id	pg_catalog.uuid
column	clinic	appointments	reason	pg_catalog.text
column	clinic	appointments	slot	pg_catalog.tstzrange not null
column	clinic	appointments	status	clinic.appointment_status not null
column	clinic	appointments	workspace_id	pg_catalog.uuid not null
column	clinic	consents	given	pg_catalog.bool not null
column	clinic	consents	given_at	pg_catalog.timestamptz not null
column	clinic	consents	kind	pg_catalog.text not null
column	clinic	consents	patient_id	pg_catalog.int8 not null
column	clinic	consents	signature	pg_catalog.bytea
column	clinic	diagnoses	disease_code	pg_catalog.varchar(8) not null
column	clinic	diagnoses	encounter_id	pg_catalog.int8 not null
column	clinic	diagnoses	position	pg_catalog.int2 not null
column	clinic	diagnoses	remark	pg_catalog.text
column	clinic	disease_codes	chapter	pg_catalog.int2 not null
column	clinic	disease_codes	code	pg_catalog.varchar(8) not null
column	clinic	disease_codes	title	pg_catalog.text not null
column	clinic	encounters	appointment_id	pg_catalog.int8
column	clinic	encounters	id	pg_catalog.int8 not null identity always
column	clinic	encounters	notes	pg_catalog.text
column	clinic	encounters	organisation_id	pg_catalog.uuid not null
column	clinic	encounters	patient_id	pg_catalog.int8 not null
column	clinic	encounters	pulse	clinic.pulse
column	clinic	encounters	seen_by	pg_catalog.uuid
column	clinic	encounters	started_at	pg_catalog.timestamptz not null
column	clinic	encounters	temperature	pg_catalog.numeric(3,1)
column	clinic	encounters	vitals	pg_catalog.jsonb
column	clinic	invoice_reminders	id	pg_catalog.int8 not null identity always
column	clinic	invoice_reminders	invoice_number	pg_catalog.varchar(24) not null
column	clinic	invoice_reminders	sent_at	pg_catalog.timestamptz
column	clinic	invoice_reminders	sent_to	pg_catalog.text
column	clinic	invoices	amount	pg_catalog.numeric(12,0) not null
column	clinic	invoices	issued_on	pg_catalog.date not null
column	clinic	invoices	number	pg_catalog.varchar(24) not null
column	clinic	invoices	organisation_id	pg_catalog.uuid not null
column	clinic	invoices	paid	pg_catalog.bool not null
column	clinic	invoices	patient_id	pg_catalog.int8 not null
column	clinic	lab_results	document	pg_catalog.xml
column	clinic	lab_results	id	pg_catalog.int8 not null identity always
column	clinic	lab_results	organisation_id	pg_catalog.uuid not null
column	clinic	lab_results	patient_id	pg_catalog.int8 not null
column	clinic	lab_results	taken_at	pg_catalog.timestamptz not null
column	clinic	lab_results	test_name	pg_catalog.text not null
column	clinic	lab_results	unit	pg_catalog.text
column	clinic	lab_results	value	pg_catalog.float8
column	clinic	memberships	invited_by	pg_catalog.uuid
column	clinic	memberships	joined_on	pg_catalog.date not null
column	clinic	memberships	organisation_id	pg_catalog.uuid not null
column	clinic	memberships	role	clinic.staff_role not null
column	clinic	memberships	user_id	pg_catalog.uuid not null
column	clinic	organisations	created_at	pg_catalog.timestamptz not null
column	clinic	organisations	id	pg_catalog.uuid not null
column	clinic	organisations	name	pg_catalog.text not null
column	clinic	organisations	region	pg_catalog.text not null
column	clinic	organisations	registration_no	pg_catalog.varchar(16) not null
column	clinic	patients	address	pg_catalog.text
column	clinic	patients	allergies	pg_catalog.text[] not null
column	clinic	patients	birth_date	pg_catalog.date not null
column	clinic	patients	chart_no	pg_catalog.varchar(20) not null
column	clinic	patients	created_at	pg_catalog.timestamptz not null
column	clinic	patients	deceased_on	pg_catalog.date
column	clinic	patients	email	pg_catalog.text
column	clinic	patients	emergency_contact	pg_catalog.jsonb
column	clinic	patients	full_name	pg_catalog.text not null
column	clinic	patients	full_name_kana	pg_catalog.text
column	clinic	patients	general_practitioner_id	pg_catalog.uuid
column	clinic	patients	id	pg_catalog.int8 not null identity always
column	clinic	patients	insurance_no	clinic.insurance_number
column	clinic	patients	mother_id	pg_catalog.int8
column	clinic	patients	organisation_id	pg_catalog.uuid not null
column	clinic	patients	phone	pg_catalog.varchar(24)
column	clinic	patients	sex	clinic.sex_at_birth not null
column	clinic	prescriptions	days	pg_catalog.int2 not null
column	clinic	prescriptions	dose_mg	pg_catalog.numeric(8,3) not null
column	clinic	prescriptions	drug	pg_catalog.text not null
column	clinic	prescriptions	encounter_id	pg_catalog.int8 not null
column	clinic	prescriptions	id	pg_catalog.int8 not null identity always
column	clinic	prescriptions	instructions	pg_catalog.text
column	clinic	users	created_at	pg_catalog.timestamptz not null
column	clinic	users	email	pg_catalog.text not null
column	clinic	users	full_name	pg_catalog.text not null
column	clinic	users	id	pg_catalog.uuid not null
column	clinic	users	last_seen_at	pg_catalog.timestamptz
column	clinic	users	mfa_secret	pg_catalog.bytea
column	clinic	users	password_hash	pg_catalog.text not null
column	clinic	users	phone	pg_catalog.varchar(24)
column	clinic	workspaces	id	pg_catalog.uuid not null
column	clinic	workspaces	name	pg_catalog.text not null
column	clinic	workspaces	organisation_id	pg_catalog.uuid not null
column	clinic	workspaces	timezone	pg_catalog.text not null
\.
