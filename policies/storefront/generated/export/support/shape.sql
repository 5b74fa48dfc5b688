-- What run.sql and import.sql were compiled for: they read this list and compare it with the live catalog.
COPY pg_temp.noren_shape (kind, schema_name, table_name, item, value) FROM STDIN WITH (FORMAT text);
table	public	addresses		ordinary
table	public	categories		ordinary
table	public	coupons		ordinary
table	public	customers		ordinary
table	public	order_lines		ordinary
table	public	orders		ordinary
table	public	payments		ordinary
table	public	products		ordinary
table	public	reviews		ordinary
column	public	addresses	city	pg_catalog.text not null
column	public	addresses	country	public.country not null
column	public	addresses	customer_id	pg_catalog.int8 not null
column	public	addresses	id	pg_catalog.int8 not null identity always
column	public	addresses	line1	pg_catalog.text not null
column	public	addresses	line2	pg_catalog.text
column	public	addresses	postcode	pg_catalog.varchar(12)
column	public	addresses	recipient	pg_catalog.text not null
column	public	categories	id	pg_catalog.int4 not null
column	public	categories	name	pg_catalog.text not null
column	public	categories	parent_id	pg_catalog.int4
column	public	coupons	code	pg_catalog.text not null
column	public	coupons	percent	pg_catalog.int2 not null
column	public	coupons	valid	pg_catalog.daterange
column	public	customers	birthday	pg_catalog.date
column	public	customers	country	public.country not null
column	public	customers	customer_no	pg_catalog.varchar(20) not null
column	public	customers	email	pg_catalog.text
column	public	customers	id	pg_catalog.int8 not null identity always
column	public	customers	name	pg_catalog.text not null
column	public	customers	newsletter	pg_catalog.bool not null
column	public	customers	phone	pg_catalog.text
column	public	customers	referred_by	pg_catalog.int8
column	public	customers	signed_up_at	pg_catalog.timestamptz not null
column	public	order_lines	engraving	pg_catalog.varchar(40)
column	public	order_lines	line_no	pg_catalog.int2 not null
column	public	order_lines	order_id	pg_catalog.int8 not null
column	public	order_lines	quantity	pg_catalog.int4 not null
column	public	order_lines	sku	pg_catalog.varchar(20) not null
column	public	order_lines	unit_price	pg_catalog.numeric(10,2) not null
column	public	orders	coupon_code	pg_catalog.text
column	public	orders	customer_id	pg_catalog.int8
column	public	orders	gift_note	pg_catalog.text
column	public	orders	id	pg_catalog.int8 not null identity always
column	public	orders	placed_at	pg_catalog.timestamptz
column	public	orders	remote_address	pg_catalog.inet
column	public	orders	ship_to_id	pg_catalog.int8
column	public	orders	state	public.order_state not null
column	public	orders	total	pg_catalog.numeric(12,2) not null
column	public	payments	amount	pg_catalog.numeric(12,2) not null
column	public	payments	card_holder	pg_catalog.text
column	public	payments	card_last4	pg_catalog.bpchar(4)
column	public	payments	id	pg_catalog.uuid not null
column	public	payments	order_id	pg_catalog.int8 not null
column	public	payments	paid_at	pg_catalog.timestamptz not null
column	public	payments	provider_payload	pg_catalog.jsonb
column	public	products	attributes	pg_catalog.jsonb not null
column	public	products	category_id	pg_catalog.int4
column	public	products	description	pg_catalog.text
column	public	products	listed	pg_catalog.bool not null
column	public	products	price	pg_catalog.numeric(10,2) not null
column	public	products	price_with_tax	pg_catalog.numeric(12,2) generated stored
column	public	products	sku	pg_catalog.varchar(20) not null
column	public	products	title	pg_catalog.text not null
column	public	reviews	body	pg_catalog.text
column	public	reviews	customer_id	pg_catalog.int8
column	public	reviews	id	pg_catalog.int8 not null identity always
column	public	reviews	published	pg_catalog.bool not null
column	public	reviews	sku	pg_catalog.varchar(20) not null
column	public	reviews	stars	pg_catalog.int2 not null
\.
