CREATE TABLE public.users (
    id bigint NOT NULL,
    email text
);

CREATE TABLE public.archive AS SELECT * FROM public.users;

\i more.sql
