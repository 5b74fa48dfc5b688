CREATE TYPE public.mood AS ENUM ('calm', 'cross');

CREATE TABLE public.users (
    id bigint NOT NULL,
    email text,
    mood public.mood
);
