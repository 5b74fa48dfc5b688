-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:15  customers.id is keep
-- policy.noren:88  customers.customer_no is keep because "customers read it out from their letters"
-- policy.noren:86  customers.email is mask partial(first => 2, last => 4)
-- policy.noren:27  customers.name is person
-- policy.noren:87  customers.phone is mask partial(last => 4)
-- policy.noren:89  customers.birthday is drop
-- policy.noren:21  customers.country is country
-- policy.noren:17  customers.newsletter is keep
-- policy.noren:15  customers.referred_by is keep
-- policy.noren:16  customers.signed_up_at is keep
COPY (
  SELECT
    t.id AS id,
    t.customer_no AS customer_no,
    (
      CASE
        WHEN length(t.email::text) >= 12
          THEN left(t.email::text, 2) || '****' || right(t.email::text, 4)
        WHEN t.email IS NOT NULL THEN '****'
      END
    )::text AS email,
    (CASE WHEN t.name IS NOT NULL THEN 'Customer'::text END)::text AS name,
    (
      CASE
        WHEN length(t.phone::text) >= 8 THEN '****' || right(t.phone::text, 4)
        WHEN t.phone IS NOT NULL THEN '****'
      END
    )::text AS phone,
    (CASE WHEN t.country IS NOT NULL THEN 'ZZ'::char(2) END)::public.country AS country,
    t.newsletter AS newsletter,
    t.referred_by AS referred_by,
    t.signed_up_at AS signed_up_at
  FROM ONLY public.customers AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.customers.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.customers.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.customers\t':noren_rows'\t':noren_digest'\tid,customer_no,email,name,phone,country,newsletter,referred_by,signed_up_at'
