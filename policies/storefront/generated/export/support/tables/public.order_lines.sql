-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:15  order_lines.order_id is keep
-- policy.noren:18  order_lines.line_no is keep
-- policy.noren:18  order_lines.sku is keep
-- policy.noren:55  order_lines.quantity is keep
-- policy.noren:56  order_lines.unit_price is keep
-- policy.noren:57  order_lines.engraving is free_text
COPY (
  SELECT
    t.order_id AS order_id,
    t.line_no AS line_no,
    t.sku AS sku,
    t.quantity AS quantity,
    t.unit_price AS unit_price,
    NULL::varchar(40) AS engraving
  FROM ONLY public.order_lines AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.order_lines.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.order_lines.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.order_lines\t':noren_rows'\t':noren_digest'\torder_id,line_no,sku,quantity,unit_price,engraving'
