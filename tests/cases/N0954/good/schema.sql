CREATE TABLE public.users (
    id bigint NOT NULL,
    email text
);

SELECT pg_catalog.set_config('search_path', '', false);
