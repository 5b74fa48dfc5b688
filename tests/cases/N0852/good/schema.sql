CREATE TABLE public.employees (
    id bigint PRIMARY KEY,
    manager_id bigint REFERENCES public.employees (id)
);
