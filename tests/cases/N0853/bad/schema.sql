CREATE TABLE public.calls (
    id bigint PRIMARY KEY,
    price numeric(12,2) NOT NULL,
    lasted interval NOT NULL
);

CREATE COLLATION public.nocase (provider = icu, deterministic = false, locale = 'und-u-ks-level2');
CREATE DOMAIN public.login AS text COLLATE public.nocase;
CREATE TABLE public.accounts (login text COLLATE public.nocase PRIMARY KEY);
CREATE TABLE public.visits (login public.login REFERENCES public.accounts (login), city text COLLATE public.nocase);
