CREATE TABLE public.users (id bigint NOT NULL, place integer, token text NOT NULL);

CREATE FUNCTION public.set_token() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.token := 'none';
    RETURN NEW;
END;
$$;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_place_key UNIQUE (place) DEFERRABLE;

CREATE TRIGGER fill_token BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION public.set_token();
