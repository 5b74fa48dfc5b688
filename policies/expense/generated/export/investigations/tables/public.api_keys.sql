-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  api_keys.id is keep
-- classes.noren:28  api_keys.tenant_id is keep
-- people.noren:48  api_keys.label is required_text
-- people.noren:49  api_keys.key_digest is mask hash(length => 40) because "the column is unique, so it cannot be left empty, and the digest is of no use without its key"
-- people.noren:51  api_keys.scopes is keep
-- exports.noren:23  api_keys.issued_by is keep, orphans null
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    (CASE WHEN t.label IS NOT NULL THEN '(masked)'::varchar(60) END)::varchar(60) AS label,
    left(encode(t.noren_hash_1, 'hex'), 40)::text AS key_digest,
    t.scopes AS scopes,
    CASE
      WHEN EXISTS (
        SELECT 1
        FROM ONLY public.users AS t_parent
        WHERE t_parent.id = t.issued_by
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
        THEN t.issued_by
    END AS issued_by
  FROM (
    SELECT
      t.id,
      t.tenant_id,
      t.label,
      t.key_digest,
      t.scopes,
      t.issued_by,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad
                  || convert_to(
                    '14:investigations,33:column:public.api_keys.key_digest,5:value,',
                    'UTF8'
                  )
              FROM pg_temp.noren_pads
            )
              || textsend(t.key_digest::text)
          )
      ) AS noren_hash_1
    FROM ONLY public.api_keys AS t
    WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
  ) AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.api_keys.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.api_keys.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.api_keys\t':noren_rows'\t':noren_digest'\tid,tenant_id,label,key_digest,scopes,issued_by'
