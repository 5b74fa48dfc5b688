CREATE TABLE public.calls (
    id bigint PRIMARY KEY,
    price numeric(12,2) NOT NULL,
    lasted interval NOT NULL
);
