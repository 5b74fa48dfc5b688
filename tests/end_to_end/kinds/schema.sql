-- Kinds of tables and of what hangs on them.
CREATE SCHEMA "arch ive";
CREATE FUNCTION public.shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a trigger fired'; END $$;
CREATE FUNCTION public.fill_slug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.slug := 'slug-' || NEW.id; RETURN NEW; END $$;
CREATE TABLE public.nothing ();
CREATE TABLE public.one (v text);
CREATE UNLOGGED TABLE public.unlogged (id integer NOT NULL PRIMARY KEY, v text);
CREATE TABLE public.all_dropped (a text, b integer DEFAULT 5);
CREATE TABLE public.slugs (id integer NOT NULL PRIMARY KEY, slug text NOT NULL);
CREATE TRIGGER slug BEFORE INSERT ON public.slugs FOR EACH ROW EXECUTE FUNCTION public.fill_slug();
CREATE TRIGGER other BEFORE INSERT ON public.slugs FOR EACH ROW EXECUTE FUNCTION public.shout();
CREATE SEQUENCE public.shared_numbers START WITH 10;
CREATE TABLE public.uses_one (id bigint DEFAULT nextval('public.shared_numbers'::regclass) NOT NULL PRIMARY KEY, v text);
CREATE TABLE public.uses_two (id bigint DEFAULT nextval('public.shared_numbers'::regclass) NOT NULL PRIMARY KEY, v text);
CREATE SEQUENCE public.down INCREMENT BY -5 MINVALUE -1000000000 MAXVALUE 1000 START WITH 1000;
CREATE TABLE public.downward (id bigint DEFAULT nextval('public.down'::regclass) NOT NULL PRIMARY KEY, v text);
CREATE SEQUENCE public.round AS smallint MAXVALUE 9 CYCLE;
CREATE TABLE public.cycling (id smallint DEFAULT nextval('public.round'::regclass), v text);
CREATE SEQUENCE public.stray;
CREATE TABLE public.always (id smallint GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 3 MAXVALUE 30000) PRIMARY KEY, v text);
CREATE TABLE public.texted (id text DEFAULT ('N' || nextval('public.stray'::regclass)) NOT NULL PRIMARY KEY, v text);
-- plain inheritance: a child that leaves and one that stays behind
CREATE TABLE public.parent (id integer NOT NULL, v text);
CREATE TABLE public.child (extra text) INHERITS (public.parent);
CREATE TABLE public.child_stays (hidden text) INHERITS (public.parent);
-- partitions of partitions, a default partition, one in another schema, with another order of columns
CREATE TABLE public.readings (at date NOT NULL, region text NOT NULL, v text, n integer) PARTITION BY RANGE (at);
CREATE TABLE public.readings_2024 PARTITION OF public.readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (region);
CREATE TABLE public.readings_2024_jp PARTITION OF public.readings_2024 FOR VALUES IN ('jp', 'JP');
CREATE TABLE public.readings_2024_rest PARTITION OF public.readings_2024 DEFAULT;
CREATE TABLE "arch ive".readings_old (n integer, v text, region text NOT NULL, at date NOT NULL);
ALTER TABLE public.readings ATTACH PARTITION "arch ive".readings_old FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE public.readings_default PARTITION OF public.readings DEFAULT;
CREATE TRIGGER each_row AFTER INSERT ON public.readings FOR EACH ROW EXECUTE FUNCTION public.shout();
CREATE TRIGGER own AFTER INSERT ON public.readings_2024_jp FOR EACH ROW EXECUTE FUNCTION public.shout();
CREATE TRIGGER stmt AFTER INSERT ON public.readings FOR EACH STATEMENT EXECUTE FUNCTION public.shout();
ALTER TABLE public.readings_2024_rest DISABLE TRIGGER each_row;
CREATE TABLE public.hashed (id integer NOT NULL, v text) PARTITION BY HASH (id);
CREATE TABLE public.hashed_0 PARTITION OF public.hashed FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE public.hashed_1 PARTITION OF public.hashed FOR VALUES WITH (modulus 2, remainder 1);
-- triggers
CREATE TABLE public.triggered (id integer NOT NULL PRIMARY KEY, v text);
CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON public.triggered DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.shout();
CREATE TRIGGER trunc BEFORE TRUNCATE ON public.triggered FOR EACH STATEMENT EXECUTE FUNCTION public.shout();
CREATE TRIGGER conditional BEFORE INSERT ON public.triggered FOR EACH ROW WHEN (NEW.id IS NOT NULL) EXECUTE FUNCTION public.shout();
ALTER TABLE public.triggered ENABLE ALWAYS TRIGGER conditional;
CREATE TRIGGER rep AFTER INSERT ON public.triggered FOR EACH ROW EXECUTE FUNCTION public.shout();
ALTER TABLE public.triggered ENABLE REPLICA TRIGGER rep;
CREATE TRIGGER trans AFTER INSERT ON public.triggered REFERENCING NEW TABLE AS news FOR EACH STATEMENT EXECUTE FUNCTION public.shout();
-- rules: COPY does not obey them, but TRUNCATE and INSERT are two things
CREATE TABLE public.ruled (id integer NOT NULL PRIMARY KEY, v text);
CREATE RULE no_insert AS ON INSERT TO public.ruled DO INSTEAD NOTHING;
CREATE RULE no_delete AS ON DELETE TO public.ruled DO INSTEAD NOTHING;
ALTER TABLE public.ruled DISABLE RULE no_insert;
-- row security
CREATE TABLE public.forced (id integer NOT NULL PRIMARY KEY, v text);
ALTER TABLE public.forced ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.forced FORCE ROW LEVEL SECURITY;
CREATE POLICY nobody ON public.forced USING (false) WITH CHECK (false);
CREATE TABLE public.only_forced (id integer NOT NULL PRIMARY KEY, v text);
ALTER TABLE public.only_forced FORCE ROW LEVEL SECURITY;
CREATE TABLE public.walls (at integer NOT NULL, v text) PARTITION BY LIST (at);
CREATE TABLE public.walls_1 PARTITION OF public.walls FOR VALUES IN (1);
ALTER TABLE public.walls_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.walls_1 FORCE ROW LEVEL SECURITY;
CREATE POLICY nobody ON public.walls_1 USING (false);
-- views upon views
CREATE VIEW public.v_uses WITH (security_barrier='true') AS SELECT id, v FROM public.uses_one;
CREATE MATERIALIZED VIEW public.a_top AS SELECT 1 AS one WITH NO DATA;
CREATE MATERIALIZED VIEW public.z_base AS SELECT id, v FROM public.v_uses WITH NO DATA;
CREATE MATERIALIZED VIEW public.b_upon AS SELECT count(*) AS n FROM public.z_base WITH NO DATA;
CREATE UNIQUE INDEX z_base_id ON public.z_base (id);
-- two hundred columns
CREATE TABLE public.wide (id integer NOT NULL PRIMARY KEY,
  c1 text, c2 integer, c3 text, c4 integer, c5 text, c6 integer, c7 text, c8 integer, c9 text, c10 integer, c11 text, c12 integer, c13 text, c14 integer, c15 text, c16 integer, c17 text, c18 integer, c19 text, c20 integer, c21 text, c22 integer, c23 text, c24 integer, c25 text, c26 integer, c27 text, c28 integer, c29 text, c30 integer, c31 text, c32 integer, c33 text, c34 integer, c35 text, c36 integer, c37 text, c38 integer, c39 text, c40 integer, c41 text, c42 integer, c43 text, c44 integer, c45 text, c46 integer, c47 text, c48 integer, c49 text, c50 integer, c51 text, c52 integer, c53 text, c54 integer, c55 text, c56 integer, c57 text, c58 integer, c59 text, c60 integer, c61 text, c62 integer, c63 text, c64 integer, c65 text, c66 integer, c67 text, c68 integer, c69 text, c70 integer, c71 text, c72 integer, c73 text, c74 integer, c75 text, c76 integer, c77 text, c78 integer, c79 text, c80 integer, c81 text, c82 integer, c83 text, c84 integer, c85 text, c86 integer, c87 text, c88 integer, c89 text, c90 integer, c91 text, c92 integer, c93 text, c94 integer, c95 text, c96 integer, c97 text, c98 integer, c99 text, c100 integer, c101 text, c102 integer, c103 text, c104 integer, c105 text, c106 integer, c107 text, c108 integer, c109 text, c110 integer, c111 text, c112 integer, c113 text, c114 integer, c115 text, c116 integer, c117 text, c118 integer, c119 text, c120 integer, c121 text, c122 integer, c123 text, c124 integer, c125 text, c126 integer, c127 text, c128 integer, c129 text, c130 integer, c131 text, c132 integer, c133 text, c134 integer, c135 text, c136 integer, c137 text, c138 integer, c139 text, c140 integer, c141 text, c142 integer, c143 text, c144 integer, c145 text, c146 integer, c147 text, c148 integer, c149 text, c150 integer, c151 text, c152 integer, c153 text, c154 integer, c155 text, c156 integer, c157 text, c158 integer, c159 text, c160 integer, c161 text, c162 integer, c163 text, c164 integer, c165 text, c166 integer, c167 text, c168 integer, c169 text, c170 integer, c171 text, c172 integer, c173 text, c174 integer, c175 text, c176 integer, c177 text, c178 integer, c179 text, c180 integer, c181 text, c182 integer, c183 text, c184 integer, c185 text, c186 integer, c187 text, c188 integer, c189 text, c190 integer, c191 text, c192 integer, c193 text, c194 integer, c195 text, c196 integer, c197 text, c198 integer, c199 text);
