CREATE TABLE public.users (
    id bigint NOT NULL,
    email text
);

DO $$ BEGIN EXECUTE 'ALTER TABLE public.users ADD COLUMN phone text'; END $$;
