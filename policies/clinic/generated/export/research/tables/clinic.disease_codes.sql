-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:83  disease_codes.code is keep because "a published classification"
-- health.noren:83  disease_codes.title is keep because "a published classification"
-- health.noren:83  disease_codes.chapter is keep because "a published classification"
COPY (
  SELECT
    t.code AS code,
    t.title AS title,
    t.chapter AS chapter
  FROM ONLY clinic.disease_codes AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.disease_codes.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.disease_codes.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.disease_codes\t':noren_rows'\t':noren_digest'\tcode,title,chapter'
