-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:19  diagnoses.encounter_id is keep
-- health.noren:86  diagnoses.position is keep
-- health.noren:87  diagnoses.disease_code is keep because "what a patient has cannot be told once the patient cannot be"
-- health.noren:27  diagnoses.remark is narrative
COPY (
  SELECT
    t.encounter_id AS encounter_id,
    t."position" AS "position",
    t.disease_code AS disease_code,
    NULL::text AS remark
  FROM ONLY clinic.diagnoses AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.diagnoses.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.diagnoses.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.diagnoses\t':noren_rows'\t':noren_digest'\tencounter_id,position,disease_code,remark'
