CREATE TABLE public.tenants (
    id uuid NOT NULL,
    CONSTRAINT tenants_pkey PRIMARY KEY (id)
);

CREATE TABLE public.orders (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    CONSTRAINT orders_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT orders_id_key UNIQUE (id)
);

CREATE TABLE public.lines (
    id bigint NOT NULL,
    order_id bigint NOT NULL,
    CONSTRAINT lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders (id)
);

CREATE TABLE public.old_lines () INHERITS (public.lines);

CREATE TABLE public.notes (
    company uuid NOT NULL,
    order_id bigint NOT NULL,
    CONSTRAINT notes_order_id_fkey FOREIGN KEY (company, order_id) REFERENCES public.orders (tenant_id, id)
);

CREATE INDEX notes_company_idx ON public.notes USING btree (company);

CREATE EXTENSION postgres_fdw WITH SCHEMA public;

CREATE SERVER archive FOREIGN DATA WRAPPER postgres_fdw;

CREATE TABLE public.events (
    year integer NOT NULL,
    order_id bigint NOT NULL,
    CONSTRAINT events_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders (id)
) PARTITION BY RANGE (year);

CREATE FOREIGN TABLE public.events_2024 PARTITION OF public.events FOR VALUES FROM (2024) TO (2025) SERVER archive;
