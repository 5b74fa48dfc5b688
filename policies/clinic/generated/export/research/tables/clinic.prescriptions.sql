-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:17  prescriptions.id is keep
-- health.noren:19  prescriptions.encounter_id is keep
-- health.noren:91  prescriptions.drug is mask constant('(drug)')
-- health.noren:92  prescriptions.dose_mg is mask constant(1)
-- health.noren:93  prescriptions.days is keep
-- health.noren:27  prescriptions.instructions is narrative
COPY (
  SELECT
    t.id AS id,
    t.encounter_id AS encounter_id,
    (CASE WHEN t.drug IS NOT NULL THEN '(drug)'::text END)::text AS drug,
    (CASE WHEN t.dose_mg IS NOT NULL THEN '1'::numeric(8, 3) END)::numeric(8, 3) AS dose_mg,
    t.days AS days,
    NULL::text AS instructions
  FROM ONLY clinic.prescriptions AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.prescriptions.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.prescriptions.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.prescriptions\t':noren_rows'\t':noren_digest'\tid,encounter_id,drug,dose_mg,days,instructions'
