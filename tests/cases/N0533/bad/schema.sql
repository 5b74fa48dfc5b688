CREATE TABLE public.companies (id uuid NOT NULL, name text, country text);

CREATE TABLE public.users (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    email text
);

CREATE TABLE public.expenses (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    user_id bigint,
    status text NOT NULL,
    total numeric(12,2)
);

CREATE TABLE public.items (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    expense_id bigint NOT NULL,
    note text
);

CREATE TABLE public.currencies (code text NOT NULL);

CREATE TABLE public.versions (name text NOT NULL);

CREATE FUNCTION public.round_up(amount numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT pg_catalog.ceil(amount) $$;

CREATE VIEW public.open_expenses AS
 SELECT expenses.id
   FROM public.expenses
  WHERE (expenses.status = 'open'::text);

CREATE MATERIALIZED VIEW public.totals AS
 SELECT expenses.tenant_id,
    sum(expenses.total) AS total
   FROM public.expenses
  GROUP BY expenses.tenant_id
  WITH NO DATA;

ALTER TABLE ONLY public.companies
    ADD CONSTRAINT companies_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (tenant_id, id);

ALTER TABLE ONLY public.expenses
    ADD CONSTRAINT expenses_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.expenses
    ADD CONSTRAINT expenses_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.expenses
    ADD CONSTRAINT expenses_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id);

ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_expense_id_fkey FOREIGN KEY (expense_id) REFERENCES public.expenses(id);

CREATE RULE keep_all AS
    ON DELETE TO public.expenses DO INSTEAD NOTHING;
