CREATE TABLE public.users (
    id bigint NOT NULL,
    email text
);

COMMENT ON TABLE public.users IS 'people who may sign in;
