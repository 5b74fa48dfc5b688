-- One table of run.sql, which locks, checks and opens the manifest before it.
-- health.noren:17  workspaces.id is keep
-- health.noren:18  workspaces.organisation_id is keep
-- health.noren:38  workspaces.name is mask constant('A place')
-- health.noren:39  workspaces.timezone is keep because "one value for nearly all of them"
COPY (
  SELECT
    t.id AS id,
    t.organisation_id AS organisation_id,
    (CASE WHEN t.name IS NOT NULL THEN 'A place'::text END)::text AS name,
    t.timezone AS timezone
  FROM ONLY clinic.workspaces AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/clinic.workspaces.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/clinic.workspaces.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tclinic.workspaces\t':noren_rows'\t':noren_digest'\tid,organisation_id,name,timezone'
