CREATE TABLE public.users (
    id bigint NOT NULL,
    email text
);

CREATE TABLE public.notes (
    id bigint NOT NUL
);

COMMENT ON TABEL public.users IS 'people';
