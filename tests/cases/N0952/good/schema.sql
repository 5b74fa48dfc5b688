CREATE TABLE public.users (
    id bigint NOT NULL,
    email text
);

ALTER TABLE public.users ADD COLUMN phone text;

ALTER TABLE public.users DROP COLUMN phone;
