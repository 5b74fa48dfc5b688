-- What run.sql and import.sql were compiled for: they read this list and compare it with the live catalog.
COPY pg_temp.noren_shape (kind, schema_name, table_name, item, value) FROM STDIN WITH (FORMAT text);
table	public	customers		ordinary
table	public	departments		ordinary
table	public	employees		ordinary
table	public	events		ordinary
table	public	orders		ordinary
column	public	customers	email	pg_catalog.text not null
column	public	customers	id	pg_catalog.int8 not null identity always
column	public	customers	joined_on	pg_catalog.date not null
column	public	customers	name	pg_catalog.text not null
column	public	customers	phone	pg_catalog.text
column	public	departments	head_id	pg_catalog.int4
column	public	departments	id	pg_catalog.int4 not null
column	public	departments	name	pg_catalog.text not null
column	public	employees	department_id	pg_catalog.int4 not null
column	public	employees	id	pg_catalog.int4 not null
column	public	employees	name	pg_catalog.text not null
column	public	employees	salary	pg_catalog.numeric(12,2)
column	public	events	happened_at	pg_catalog.timestamptz not null
column	public	events	id	pg_catalog.int8 not null
column	public	events	order_id	pg_catalog.int8 not null
column	public	events	payload	pg_catalog.jsonb
column	public	events	what	pg_catalog.text not null
column	public	orders	customer_id	pg_catalog.int8 not null
column	public	orders	id	pg_catalog.int8 not null
column	public	orders	note	pg_catalog.text
column	public	orders	total	pg_catalog.numeric(12,2) not null
\.
