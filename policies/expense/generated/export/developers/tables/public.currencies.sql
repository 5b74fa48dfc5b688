-- One table of run.sql, which locks, checks and opens the manifest before it.
-- money.noren:3  currencies.code is keep because "ISO reference data"
-- money.noren:3  currencies.name is keep because "ISO reference data"
-- money.noren:3  currencies.minor_unit is keep because "ISO reference data"
COPY (
  SELECT
    t.code AS code,
    t.name AS name,
    t.minor_unit AS minor_unit
  FROM ONLY public.currencies AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.currencies.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.currencies.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.currencies\t':noren_rows'\t':noren_digest'\tcode,name,minor_unit'
