-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:46  coupons.code is keep because "printed in every newsletter"
-- policy.noren:46  coupons.percent is keep because "printed in every newsletter"
-- policy.noren:46  coupons.valid is keep because "printed in every newsletter"
COPY (
  SELECT
    t.code AS code,
    t.percent AS percent,
    t.valid AS valid
  FROM ONLY public.coupons AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.coupons.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.coupons.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.coupons\t':noren_rows'\t':noren_digest'\tcode,percent,valid'
