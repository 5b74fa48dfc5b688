INSERT INTO public."Tenant" VALUES ('A'), ('b'), ('ん');
INSERT INTO public.orders SELECT n % 7, n, (ARRAY['A', 'b', 'ん'])[1 + n % 3] FROM generate_series(1, 500) AS n;
INSERT INTO public."select" (no, shop, note)
  SELECT 1 + n % 500, (1 + n % 500) % 7, repeat('x', 40) FROM generate_series(1, :rows) AS n;
INSERT INTO "会社"."明細 of 'a' ""b""" ("行") SELECT CASE WHEN n % 5 > 0 THEN n END FROM generate_series(1, 200) AS n;
INSERT INTO extra.last SELECT "キー", n FROM "会社"."明細 of 'a' ""b""", generate_series(1, 3) AS n WHERE "行" IS NOT NULL;
INSERT INTO public.ledger SELECT 2020 + n % 10, n, (ARRAY['A', 'b', 'ん'])[1 + n % 3] FROM generate_series(1, 100) AS n;
INSERT INTO public.entries SELECT year, id, (ARRAY['a', 'b', 'c'])[1 + n % 3], n FROM public.ledger, generate_series(1, 9) AS n;
