-- Names that must be quoted, keys of several columns, a chain of three, partitions below partitions on both sides, and
-- triggers that a backfill must not fire.
CREATE SCHEMA "会社";
CREATE SCHEMA extra;
CREATE DOMAIN public.tenant_key AS character varying(20) COLLATE pg_catalog."C" NOT NULL;

CREATE TABLE public."Tenant" ("Key" public.tenant_key PRIMARY KEY);

CREATE TABLE public.orders (
    shop integer NOT NULL,
    no bigint NOT NULL,
    "user" public.tenant_key NOT NULL REFERENCES public."Tenant",
    PRIMARY KEY (shop, no)
);

CREATE TABLE public."select" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    no bigint NOT NULL,
    shop integer NOT NULL,
    note text NOT NULL,
    twice text GENERATED ALWAYS AS (note || note) STORED,
    changed integer NOT NULL DEFAULT 0,
    CONSTRAINT "of order" FOREIGN KEY (shop, no) REFERENCES public.orders (shop, no) ON UPDATE CASCADE ON DELETE CASCADE
);
-- These names are the ones that would be chosen.
CREATE INDEX select_user_shop_no_idx ON public."select" (note);
ALTER TABLE public."select" ADD CONSTRAINT select_user_shop_no_fkey CHECK (id > 0);

CREATE TABLE public.log (what text NOT NULL);
CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed := NEW.changed + 1; RETURN NEW; END $$;
CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES (TG_TABLE_NAME); RETURN NULL; END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON public."select" FOR EACH ROW EXECUTE FUNCTION public.stamp();
CREATE TRIGGER "Tell all" AFTER UPDATE ON public."select" FOR EACH STATEMENT EXECUTE FUNCTION public.tell();
CREATE TRIGGER of_note AFTER UPDATE OF note ON public."select" FOR EACH ROW EXECUTE FUNCTION public.tell();
CREATE CONSTRAINT TRIGGER later AFTER UPDATE ON public."select" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.tell();
ALTER TABLE public."select" ENABLE ALWAYS TRIGGER "Tell all";

CREATE TABLE "会社"."明細 of 'a' ""b""" (
    "キー" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "行" bigint,
    other bigint,
    CONSTRAINT "行の" FOREIGN KEY ("行") REFERENCES public."select" (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE extra.last (
    of uuid NOT NULL,
    n integer NOT NULL,
    PRIMARY KEY (of, n),
    CONSTRAINT last_of_fkey FOREIGN KEY (of) REFERENCES "会社"."明細 of 'a' ""b""" ("キー") ON DELETE CASCADE
);

CREATE TABLE public.ledger (
    year integer NOT NULL,
    id bigint NOT NULL,
    "user" public.tenant_key NOT NULL,
    PRIMARY KEY (year, id)
) PARTITION BY RANGE (year);
CREATE TABLE public.ledger_old PARTITION OF public.ledger FOR VALUES FROM (0) TO (2025);
CREATE TABLE public.ledger_new PARTITION OF public.ledger FOR VALUES FROM (2025) TO (10000);

CREATE TABLE public.entries (
    year integer NOT NULL,
    ledger bigint NOT NULL,
    kind text NOT NULL,
    amount numeric NOT NULL,
    changed integer NOT NULL DEFAULT 0,
    CONSTRAINT entries_ledger_fkey FOREIGN KEY (year, ledger) REFERENCES public.ledger (year, id)
) PARTITION BY LIST (kind);
CREATE TABLE public."entries A" PARTITION OF public.entries FOR VALUES IN ('a');
CREATE TABLE public.entries_rest PARTITION OF public.entries DEFAULT PARTITION BY RANGE (year);
CREATE TABLE extra.entries_rest_old PARTITION OF public.entries_rest FOR VALUES FROM (0) TO (2025);
CREATE TABLE extra.entries_rest_new PARTITION OF public.entries_rest FOR VALUES FROM (2025) TO (9999);
CREATE TRIGGER stamp BEFORE UPDATE ON public.entries FOR EACH ROW EXECUTE FUNCTION public.stamp();
