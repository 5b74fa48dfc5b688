-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:15  addresses.id is keep
-- policy.noren:15  addresses.customer_id is keep
-- policy.noren:32  addresses.recipient is person
-- policy.noren:33  addresses.line1 is place
-- policy.noren:34  addresses.line2 is address
-- policy.noren:35  addresses.city is place
-- policy.noren:36  addresses.postcode is address
-- policy.noren:21  addresses.country is country
COPY (
  SELECT
    t.id AS id,
    t.customer_id AS customer_id,
    (CASE WHEN t.recipient IS NOT NULL THEN 'Customer'::text END)::text AS recipient,
    (CASE WHEN t.line1 IS NOT NULL THEN '-'::text END)::text AS line1,
    NULL::text AS line2,
    (CASE WHEN t.city IS NOT NULL THEN '-'::text END)::text AS city,
    NULL::varchar(12) AS postcode,
    (CASE WHEN t.country IS NOT NULL THEN 'ZZ'::char(2) END)::public.country AS country
  FROM ONLY public.addresses AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.addresses.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.addresses.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.addresses\t':noren_rows'\t':noren_digest'\tid,customer_id,recipient,line1,line2,city,postcode,country'
