-- Foreign keys of every form, most of them with masked keys.
CREATE TABLE public.a (id integer NOT NULL PRIMARY KEY, next integer, v text);
CREATE TABLE public.b (id integer NOT NULL PRIMARY KEY, next integer NOT NULL, v text);
CREATE TABLE public.c (id integer NOT NULL PRIMARY KEY, next integer, v text);
ALTER TABLE public.a ADD CONSTRAINT a_b FOREIGN KEY (next) REFERENCES public.b (id) ON DELETE SET NULL DEFERRABLE;
ALTER TABLE public.b ADD CONSTRAINT b_c FOREIGN KEY (next) REFERENCES public.c (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE public.c ADD CONSTRAINT c_a FOREIGN KEY (next) REFERENCES public.a (id);
CREATE TABLE public.users (id uuid NOT NULL PRIMARY KEY, email text NOT NULL, code character varying(80) NOT NULL CONSTRAINT code_once UNIQUE, boss uuid, number integer NOT NULL UNIQUE);
ALTER TABLE public.users ADD CONSTRAINT boss FOREIGN KEY (boss) REFERENCES public.users (id) ON DELETE SET NULL;
CREATE UNIQUE INDEX users_email ON public.users (lower(email));
CREATE TABLE public.logins (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, who uuid NOT NULL, code character varying(80), number bigint, contact text);
ALTER TABLE public.logins ADD CONSTRAINT w FOREIGN KEY (who) REFERENCES public.users (id) ON DELETE CASCADE;
ALTER TABLE public.logins ADD CONSTRAINT k FOREIGN KEY (code) REFERENCES public.users (code) ON UPDATE CASCADE;
ALTER TABLE public.logins ADD CONSTRAINT n FOREIGN KEY (number) REFERENCES public.users (number);
-- composite, MATCH FULL, with a column of two keys
CREATE TABLE public.shops (country character(2) NOT NULL, no integer NOT NULL, v text, PRIMARY KEY (country, no));
CREATE TABLE public.sales (id integer NOT NULL PRIMARY KEY, country character(2), shop integer, via_shop integer, v text);
ALTER TABLE public.sales ADD CONSTRAINT at FOREIGN KEY (country, shop) REFERENCES public.shops (country, no) MATCH FULL;
ALTER TABLE public.sales ADD CONSTRAINT via FOREIGN KEY (country, via_shop) REFERENCES public.shops (country, no);
-- onto a partitioned table, and from partitions
CREATE TABLE public.orders (id integer NOT NULL, y integer NOT NULL, customer uuid, v text, PRIMARY KEY (id, y)) PARTITION BY LIST (y);
CREATE TABLE public.orders_1 PARTITION OF public.orders FOR VALUES IN (1);
CREATE TABLE public.orders_2 PARTITION OF public.orders FOR VALUES IN (2) PARTITION BY LIST (y);
CREATE TABLE public.orders_2a PARTITION OF public.orders_2 FOR VALUES IN (2);
ALTER TABLE public.orders ADD CONSTRAINT customer FOREIGN KEY (customer) REFERENCES public.users (id);
CREATE TABLE public.lines (id integer NOT NULL, y integer NOT NULL, order_id integer NOT NULL, first_of integer, v text, PRIMARY KEY (id, y)) PARTITION BY LIST (y);
CREATE TABLE public.lines_1 PARTITION OF public.lines FOR VALUES IN (1);
CREATE TABLE public.lines_2 PARTITION OF public.lines FOR VALUES IN (2);
ALTER TABLE public.lines ADD CONSTRAINT ord FOREIGN KEY (order_id, y) REFERENCES public.orders (id, y) ON DELETE CASCADE;
-- a partitioned cycle
ALTER TABLE public.orders ADD COLUMN main_line integer, ADD COLUMN main_y integer;
ALTER TABLE public.orders ADD CONSTRAINT main FOREIGN KEY (main_line, main_y) REFERENCES public.lines (id, y);
ALTER TABLE public.lines_2 ADD CONSTRAINT only_here FOREIGN KEY (first_of) REFERENCES public.users (number);
-- a chain whose first rows do not all leave
CREATE TABLE public.projects (id integer NOT NULL PRIMARY KEY, state text NOT NULL, v text);
CREATE TABLE public.tasks (id integer NOT NULL PRIMARY KEY, project integer NOT NULL, parent integer, v text);
CREATE TABLE public.comments (id integer NOT NULL PRIMARY KEY, task integer, reply_to integer, v text);
CREATE TABLE public.likes (comment integer NOT NULL, v text);
ALTER TABLE public.tasks ADD CONSTRAINT p FOREIGN KEY (project) REFERENCES public.projects (id);
ALTER TABLE public.tasks ADD CONSTRAINT t FOREIGN KEY (parent) REFERENCES public.tasks (id);
ALTER TABLE public.comments ADD CONSTRAINT t FOREIGN KEY (task) REFERENCES public.tasks (id);
ALTER TABLE public.likes ADD CONSTRAINT c FOREIGN KEY (comment) REFERENCES public.comments (id);
-- onto one partition, whose root has the treatment
CREATE TABLE public.first_orders (id integer NOT NULL PRIMARY KEY, order_id integer, y integer, v text);
ALTER TABLE public.first_orders ADD CONSTRAINT one FOREIGN KEY (order_id, y) REFERENCES public.orders_1 (id, y);
-- MATCH FULL allows no half NULL, not even where one column has another key besides
CREATE TABLE public.areas (a integer NOT NULL, b integer NOT NULL, v text, PRIMARY KEY (a, b));
CREATE TABLE public.kinds (a integer NOT NULL PRIMARY KEY, v text);
CREATE TABLE public.spots (id integer NOT NULL PRIMARY KEY, a integer, b integer, v text);
ALTER TABLE public.spots ADD CONSTRAINT area FOREIGN KEY (a, b) REFERENCES public.areas (a, b) MATCH FULL;
CREATE TABLE public.marks (id integer NOT NULL PRIMARY KEY, a integer, b integer, v text);
ALTER TABLE public.marks ADD CONSTRAINT area FOREIGN KEY (a, b) REFERENCES public.areas (a, b) MATCH FULL;
ALTER TABLE public.marks ADD CONSTRAINT kind FOREIGN KEY (a) REFERENCES public.kinds (a);
