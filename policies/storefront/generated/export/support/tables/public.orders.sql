-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:15  orders.id is keep
-- policy.noren:15  orders.customer_id is keep
-- policy.noren:15  orders.ship_to_id is keep
-- policy.noren:49  orders.coupon_code is keep
-- policy.noren:17  orders.state is keep
-- policy.noren:22  orders.total is money
-- policy.noren:50  orders.remote_address is drop
-- policy.noren:51  orders.gift_note is free_text
-- policy.noren:16  orders.placed_at is keep
COPY (
  SELECT
    t.id AS id,
    t.customer_id AS customer_id,
    t.ship_to_id AS ship_to_id,
    t.coupon_code AS coupon_code,
    t.state AS state,
    (CASE WHEN t.total IS NOT NULL THEN '0'::numeric(12, 2) END)::numeric(12, 2) AS total,
    NULL::text AS gift_note,
    t.placed_at AS placed_at
  FROM ONLY public.orders AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.orders.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.orders.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.orders\t':noren_rows'\t':noren_digest'\tid,customer_id,ship_to_id,coupon_code,state,total,gift_note,placed_at'
