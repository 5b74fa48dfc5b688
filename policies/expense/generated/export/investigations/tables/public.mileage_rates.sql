-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  mileage_rates.id is keep
-- money.noren:4  mileage_rates.vehicle is keep because "published tariff"
-- money.noren:4  mileage_rates.rate_per_km is keep because "published tariff"
-- money.noren:4  mileage_rates.valid is keep because "published tariff"
COPY (
  SELECT
    t.id AS id,
    t.vehicle AS vehicle,
    t.rate_per_km AS rate_per_km,
    t.valid AS valid
  FROM ONLY public.mileage_rates AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.mileage_rates.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.mileage_rates.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.mileage_rates\t':noren_rows'\t':noren_digest'\tid,vehicle,rate_per_km,valid'
