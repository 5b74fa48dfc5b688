-- One table of run.sql, which locks, checks and opens the manifest before it.
-- policy.noren:15  categories.id is keep
-- policy.noren:15  categories.parent_id is keep
-- policy.noren:39  categories.name is keep because "shown in the shop"
COPY (
  SELECT
    t.id AS id,
    t.parent_id AS parent_id,
    t.name AS name
  FROM ONLY public.categories AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.categories.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.categories.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.categories\t':noren_rows'\t':noren_digest'\tid,parent_id,name'
