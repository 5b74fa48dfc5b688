CREATE SCHEMA other;

CREATE TYPE public.level AS ENUM ('basic', 'gold');

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;

CREATE TABLE public.users (
    handle public.citext,
    id bigint NOT NULL,
    email text,
    name text,
    phone text,
    birth_date date,
    level public.level NOT NULL,
    nickname character varying(8),
    settings jsonb,
    note text,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.orders (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    amount numeric(12,2) NOT NULL,
    code text NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    total numeric(12,2) GENERATED ALWAYS AS ((amount * 1.1)) STORED,
    CONSTRAINT orders_amount_check CHECK ((amount >= (0)::numeric))
);

CREATE TABLE public.audit (id bigint NOT NULL, what text);

CREATE TABLE public.twins (id bigint NOT NULL);

CREATE TABLE other.twins (id bigint NOT NULL);

CREATE TABLE public.events (id bigint NOT NULL, happened_on date NOT NULL) PARTITION BY RANGE (happened_on);

CREATE TABLE public.bookings (
    id bigint NOT NULL,
    during tsrange,
    CONSTRAINT bookings_during_excl EXCLUDE USING gist (during WITH &&)
);

CREATE TABLE public.accounts (id bigint NOT NULL, login text NOT NULL);

CREATE UNIQUE INDEX accounts_login_key ON public.accounts USING btree (lower(login));

CREATE TABLE public.articles (id bigint NOT NULL, body text, search tsvector);

CREATE TABLE public.tags (id bigint NOT NULL);

CREATE TABLE public.tagged (id bigint NOT NULL, tag_id integer);

CREATE FUNCTION public.shorten(value text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT pg_catalog.left(value, 1) $$;

CREATE FUNCTION public.set_defaults() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.settings := '{}';
    RETURN NEW;
END;
$$;

CREATE VIEW public.recent_orders AS
 SELECT orders.id
   FROM public.orders
  WHERE (orders.placed_at > (now() - '1 day'::interval));

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_code_key UNIQUE (code);

ALTER TABLE ONLY public.tags
    ADD CONSTRAINT tags_pkey PRIMARY KEY (id);

CREATE TRIGGER fill_settings BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION public.set_defaults();

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.tagged
    ADD CONSTRAINT tagged_tag_id_fkey FOREIGN KEY (tag_id) REFERENCES public.tags(id);
