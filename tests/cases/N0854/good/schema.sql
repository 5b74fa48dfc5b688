CREATE TABLE public.sessions (token text, seen_at timestamp with time zone, seen_on date GENERATED ALWAYS AS (date '2000-01-01') STORED);
CREATE TABLE public.nothing ();
CREATE TABLE public.users (id bigint NOT NULL);
