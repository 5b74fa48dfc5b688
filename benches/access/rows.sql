-- As many rows in every table, of :tenants tenants that are spread over the whole heap; one row of a child an order, in
-- another order than theirs.
INSERT INTO public.companies
  SELECT md5(n::text)::uuid, 'Company ' || n FROM generate_series(1, :tenants::bigint) AS n;
INSERT INTO public.orders
  SELECT n, md5((1 + (n - 1) % :tenants)::text)::uuid, (ARRAY['open', 'paid', 'void'])[1 + n % 3], n * 7919 % 100000
  FROM generate_series(1, :rows::bigint) AS n;
INSERT INTO public.visits
  SELECT n, md5((1 + (n - 1) % :tenants)::text)::uuid, '/page/' || n % 100, n * 7919 % 3600
  FROM generate_series(1, :rows::bigint) AS n;
INSERT INTO public.items
  SELECT n, 1 + n * 7919 % :rows, 'Item ' || n, n * 7919 % 10000
  FROM generate_series(1, :rows::bigint) AS n;
INSERT INTO public.notes
  SELECT n, 1 + n * 7919 % :rows, 'Note ' || n
  FROM generate_series(1, :rows::bigint) AS n;
