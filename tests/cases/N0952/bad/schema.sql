CREATE TABLE public.users (
    id bigint NOT NULL,
    email text
);

ALTER TABLE public.user ADD COLUMN phone text;

CREATE TABLE public.users (id bigint);
