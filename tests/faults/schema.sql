CREATE TABLE public.companies (
    id uuid PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE public.users (
    id bigint PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES public.companies (id),
    email character varying(60) NOT NULL UNIQUE,
    full_name text NOT NULL,
    badge character varying(20),
    words tsvector,
    UNIQUE (company_id, id)
);

CREATE TABLE public.orders (
    id bigint PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES public.companies (id),
    user_id bigint NOT NULL,
    note text,
    total numeric(12,2) NOT NULL,
    FOREIGN KEY (company_id, user_id) REFERENCES public.users (company_id, id)
);

CREATE INDEX orders_of_company ON public.orders (company_id);

CREATE TABLE public.order_lines (
    order_id bigint NOT NULL REFERENCES public.orders (id),
    line smallint NOT NULL,
    amount numeric(12,2) NOT NULL,
    PRIMARY KEY (order_id, line)
);

CREATE TABLE public.currencies (
    code character(3) PRIMARY KEY
);

CREATE TABLE public.flags (
    name text PRIMARY KEY
);

CREATE VIEW public.order_totals AS
    SELECT o.company_id, sum(o.total) AS total FROM public.orders o GROUP BY o.company_id;
