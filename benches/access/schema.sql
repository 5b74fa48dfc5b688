-- `visits` is `orders` without the index; `items` is given its tenant, `notes` looks it up.

CREATE TABLE public.companies (id uuid NOT NULL, name text NOT NULL);
CREATE TABLE public.orders (id bigint NOT NULL, tenant_id uuid NOT NULL, status text NOT NULL, amount bigint NOT NULL);
CREATE TABLE public.visits (id bigint NOT NULL, tenant_id uuid NOT NULL, page text NOT NULL, seconds bigint NOT NULL);
CREATE TABLE public.items (id bigint NOT NULL, order_id bigint NOT NULL, name text NOT NULL, price bigint NOT NULL);
CREATE TABLE public.notes (id bigint NOT NULL, order_id bigint NOT NULL, body text NOT NULL);
ALTER TABLE ONLY public.companies ADD CONSTRAINT companies_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.visits ADD CONSTRAINT visits_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.items ADD CONSTRAINT items_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notes ADD CONSTRAINT notes_pkey PRIMARY KEY (id);
CREATE INDEX orders_tenant_id_idx ON public.orders USING btree (tenant_id);
CREATE INDEX items_order_id_idx ON public.items USING btree (order_id);
CREATE INDEX notes_order_id_idx ON public.notes USING btree (order_id);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.companies(id);
ALTER TABLE ONLY public.visits ADD CONSTRAINT visits_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.companies(id);
ALTER TABLE ONLY public.items ADD CONSTRAINT items_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);
ALTER TABLE ONLY public.notes ADD CONSTRAINT notes_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);
