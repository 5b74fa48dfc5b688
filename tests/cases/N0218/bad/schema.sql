CREATE TABLE public.t (
    id integer NOT NULL,
    "a
b" text
);

ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
