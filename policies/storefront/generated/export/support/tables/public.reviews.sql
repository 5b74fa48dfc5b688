-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:15  reviews.id is keep
-- policy.noren:18  reviews.sku is keep
-- policy.noren:15  reviews.customer_id is keep
-- policy.noren:67  reviews.stars is keep
-- policy.noren:68  reviews.body is keep because "published reviews are on the product's page" when (published) else mask null
-- policy.noren:17  reviews.published is keep
COPY (
  SELECT
    t.id AS id,
    t.sku AS sku,
    t.customer_id AS customer_id,
    t.stars AS stars,
    CASE WHEN (t."published") THEN t.body ELSE NULL::text END AS body,
    t.published AS published
  FROM ONLY public.reviews AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.reviews.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.reviews.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.reviews\t':noren_rows'\t':noren_digest'\tid,sku,customer_id,stars,body,published'
