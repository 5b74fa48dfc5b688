-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:18  products.sku is keep
-- policy.noren:15  products.category_id is keep
-- policy.noren:42  products.title is keep because "shown in the shop"
-- policy.noren:42  products.description is keep because "shown in the shop"
-- policy.noren:43  products.price is keep
-- products.price_with_tax is generated and stays out
-- policy.noren:42  products.attributes is keep because "shown in the shop"
-- policy.noren:17  products.listed is keep
COPY (
  SELECT
    t.sku AS sku,
    t.category_id AS category_id,
    t.title AS title,
    t.description AS description,
    t.price AS price,
    t.attributes AS attributes,
    t.listed AS listed
  FROM ONLY public.products AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.products.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.products.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.products\t':noren_rows'\t':noren_digest'\tsku,category_id,title,description,price,attributes,listed'
