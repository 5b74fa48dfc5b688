-- What run.sql and import.sql were compiled for: they read this list and compare it with the live catalog.
COPY pg_temp.noren_shape (kind, schema_name, table_name, item, value) FROM STDIN WITH (FORMAT text);
table	archive	legacy_orders		ordinary
table	public	CorporateCards		ordinary
table	public	api_keys		ordinary
table	public	approvals		ordinary
table	public	attachments		ordinary
table	public	bank_accounts		ordinary
table	public	card_transactions		partitioned
table	public	companies		ordinary
table	public	currencies		ordinary
table	public	departments		ordinary
table	public	expense_categories		ordinary
table	public	expense_items		ordinary
table	public	expense_reports		ordinary
table	public	expenses		ordinary
table	public	mileage_rates		ordinary
table	public	notices		ordinary
table	public	order		ordinary
table	public	roles_of_staff		ordinary
table	public	users		ordinary
table	public	vouchers		ordinary
table	public	取引先		ordinary
column	archive	legacy_orders	Note	pg_catalog.text
column	archive	legacy_orders	company_id	pg_catalog.uuid not null
column	archive	legacy_orders	customer	pg_catalog.text
column	archive	legacy_orders	id	pg_catalog.int4 not null
column	archive	legacy_orders	total	pg_catalog.numeric(12,2)
column	public	CorporateCards	CardId	pg_catalog.int4 not null identity by default
column	public	CorporateCards	CardNumber	pg_catalog.varchar(19) not null
column	public	CorporateCards	expiresOn	pg_catalog.date not null
column	public	CorporateCards	holderId	pg_catalog.int8
column	public	CorporateCards	isActive	pg_catalog.bool not null
column	public	CorporateCards	last4	pg_catalog.bpchar(4) generated stored
column	public	CorporateCards	tenant_id	pg_catalog.uuid not null
column	public	api_keys	id	pg_catalog.uuid not null
column	public	api_keys	issued_by	pg_catalog.int8
column	public	api_keys	key_digest	pg_catalog.text not null
column	public	api_keys	label	pg_catalog.varchar(60) not null
column	public	api_keys	scopes	pg_catalog.text[] not null
column	public	api_keys	tenant_id	pg_catalog.uuid not null
column	public	approvals	approved	pg_catalog.bool
column	public	approvals	approver_id	pg_catalog.int8 not null
column	public	approvals	comment	pg_catalog.text
column	public	approvals	decided_at	pg_catalog.timestamptz
column	public	approvals	id	pg_catalog.int8 not null identity always
column	public	approvals	report_id	pg_catalog.int8 not null
column	public	approvals	tenant_id	pg_catalog.uuid not null
column	public	attachments	checksum	pg_catalog.bytea
column	public	attachments	content	pg_catalog.bytea
column	public	attachments	file_name	pg_catalog.varchar(120) not null
column	public	attachments	id	pg_catalog.uuid not null
column	public	attachments	item_id	pg_catalog.int8 not null
column	public	attachments	mime_type	pg_catalog.text not null
column	public	attachments	ocr_search	pg_catalog.tsvector generated stored
column	public	attachments	ocr_text	pg_catalog.text
column	public	attachments	uploaded_at	pg_catalog.timestamptz not null
column	public	bank_accounts	bank_code	pg_catalog.bpchar(4) not null
column	public	bank_accounts	branch_code	pg_catalog.bpchar(3) not null
column	public	bank_accounts	holder_kana	pg_catalog.varchar(48) not null
column	public	bank_accounts	id	pg_catalog.uuid not null
column	public	bank_accounts	is_default	pg_catalog.bool not null
column	public	bank_accounts	number	public.account_number not null
column	public	bank_accounts	tenant_id	pg_catalog.uuid not null
column	public	bank_accounts	user_id	pg_catalog.int8 not null
column	public	card_transactions	amount	public.yen not null
column	public	card_transactions	card_id	pg_catalog.int4 not null
column	public	card_transactions	id	pg_catalog.int8 not null identity always
column	public	card_transactions	merchant	pg_catalog.text not null
column	public	card_transactions	raw	pg_catalog.jsonb
column	public	card_transactions	settled	pg_catalog.bool not null
column	public	card_transactions	tenant_id	pg_catalog.uuid not null
column	public	card_transactions	used_at	pg_catalog.timestamptz not null
column	public	companies	contact_email	public.email_address
column	public	companies	country_code	pg_catalog.bpchar(2) not null
column	public	companies	created_at	pg_catalog.timestamptz not null
column	public	companies	id	pg_catalog.uuid not null
column	public	companies	name	pg_catalog.text not null
column	public	companies	name_kana	pg_catalog.text
column	public	companies	plan	public.plan not null
column	public	companies	settings	pg_catalog.jsonb not null
column	public	currencies	code	pg_catalog.bpchar(3) not null
column	public	currencies	minor_unit	pg_catalog.int2 not null
column	public	currencies	name	pg_catalog.text not null
column	public	departments	head_user_id	pg_catalog.int8
column	public	departments	id	pg_catalog.int8 not null identity always
column	public	departments	name	pg_catalog.text not null
column	public	departments	parent_id	pg_catalog.int8
column	public	departments	tenant_id	pg_catalog.uuid not null
column	public	expense_categories	account_code	pg_catalog.varchar(8) not null
column	public	expense_categories	id	pg_catalog.int4 not null identity always
column	public	expense_categories	name	pg_catalog.text not null
column	public	expense_categories	tax_rate	pg_catalog.numeric(4,3) not null
column	public	expense_categories	tenant_id	pg_catalog.uuid not null
column	public	expense_items	description	pg_catalog.text not null
column	public	expense_items	expense_id	pg_catalog.int8 not null
column	public	expense_items	id	pg_catalog.int8 not null
column	public	expense_items	line_no	pg_catalog.int2 not null
column	public	expense_items	quantity	pg_catalog.numeric(8,2) not null
column	public	expense_items	unit_price	public.yen not null
column	public	expense_reports	applicant_id	pg_catalog.int8 not null
column	public	expense_reports	closed_on	pg_catalog.date
column	public	expense_reports	id	pg_catalog.int8 not null identity always
column	public	expense_reports	latest_approval_id	pg_catalog.int8
column	public	expense_reports	period	pg_catalog.tstzrange
column	public	expense_reports	status	public.expense_status not null
column	public	expense_reports	submitted_at	pg_catalog.timestamptz
column	public	expense_reports	tenant_id	pg_catalog.uuid not null
column	public	expense_reports	title	pg_catalog.text not null
column	public	expense_reports	total	public.yen not null
column	public	expenses	amount	public.yen not null
column	public	expenses	attendees	public.attendee[]
column	public	expenses	category_id	pg_catalog.int4
column	public	expenses	created_at	pg_catalog.timestamptz not null
column	public	expenses	created_by	pg_catalog.int8 not null
column	public	expenses	currency_code	pg_catalog.bpchar(3) not null
column	public	expenses	exchange_rate	pg_catalog.float8
column	public	expenses	id	pg_catalog.int8 not null identity always
column	public	expenses	memo	pg_catalog.text
column	public	expenses	payee	pg_catalog.text
column	public	expenses	report_id	pg_catalog.int8
column	public	expenses	spent_on	pg_catalog.date not null
column	public	expenses	status	public.expense_status not null
column	public	expenses	tags	pg_catalog.text[] not null
column	public	expenses	tax_amount	pg_catalog.numeric(14,2) generated stored
column	public	expenses	tax_rate	pg_catalog.numeric(4,3) not null
column	public	expenses	tenant_id	pg_catalog.uuid not null
column	public	expenses	取引先番号	pg_catalog.int4
column	public	mileage_rates	id	pg_catalog.int4 not null
column	public	mileage_rates	rate_per_km	pg_catalog.numeric(6,2) not null
column	public	mileage_rates	valid	pg_catalog.daterange not null
column	public	mileage_rates	vehicle	pg_catalog.text not null
column	public	notices	audience	pg_catalog.text not null
column	public	notices	body	pg_catalog.text not null
column	public	notices	id	pg_catalog.int4 not null identity always
column	public	notices	published_at	pg_catalog.timestamptz
column	public	notices	tenant_id	pg_catalog.uuid not null
column	public	notices	title	pg_catalog.text not null
column	public	order	desc	pg_catalog.text
column	public	order	group	pg_catalog.int4 not null
column	public	order	id	pg_catalog.int8 not null identity always
column	public	order	ordered_at	pg_catalog.timestamptz not null
column	public	order	ship_to	public.住所型
column	public	order	tenant_id	pg_catalog.uuid not null
column	public	order	user	pg_catalog.int8 not null
column	public	roles_of_staff	id	pg_catalog.int4 not null
column	public	roles_of_staff	name	pg_catalog.text not null
column	public	roles_of_staff	permissions	pg_catalog.text[] not null
column	public	roles_of_staff	tenant_id	pg_catalog.uuid
column	public	users	backup_email	pg_catalog.varchar(120)
column	public	users	birth_date	pg_catalog.date
column	public	users	created_at	pg_catalog.timestamptz not null
column	public	users	deleted_at	pg_catalog.timestamptz
column	public	users	department_id	pg_catalog.int8
column	public	users	email	public.email_address not null
column	public	users	failed_logins	pg_catalog.int4 not null
column	public	users	gender_code	pg_catalog.int2
column	public	users	id	pg_catalog.int8 not null identity by default
column	public	users	last_session_id	pg_catalog.uuid
column	public	users	locale	pg_catalog.varchar(8) not null
column	public	users	manager_id	pg_catalog.int8
column	public	users	memo	pg_catalog.text
column	public	users	name	pg_catalog.text not null
column	public	users	name_kana	pg_catalog.text not null
column	public	users	nickname	pg_catalog.varchar(40)
column	public	users	password_digest	pg_catalog.text not null
column	public	users	phone	pg_catalog.varchar(20)
column	public	users	profile	pg_catalog.json
column	public	users	roles	pg_catalog.text[] not null
column	public	users	search_key	pg_catalog.text not null
column	public	users	settings	pg_catalog.jsonb not null
column	public	users	tenant_id	pg_catalog.uuid not null
column	public	users	visibility	public.visibility not null
column	public	vouchers	barcode	pg_catalog.varchar(32)
column	public	vouchers	expense_id	pg_catalog.int8
column	public	vouchers	number	pg_catalog.int4 not null
column	public	vouchers	printed_at	pg_catalog.time
column	public	vouchers	tenant_id	pg_catalog.uuid not null
column	public	取引先	tenant_id	pg_catalog.uuid not null
column	public	取引先	メール	public.email_address
column	public	取引先	会社名	pg_catalog.text not null
column	public	取引先	住所	public.住所型
column	public	取引先	備考	pg_catalog.text
column	public	取引先	担当者	pg_catalog.text
column	public	取引先	番号	pg_catalog.int4 not null identity always
column	public	取引先	登録日	pg_catalog.date not null
column	public	取引先	電話番号	pg_catalog.varchar(20)
\.
