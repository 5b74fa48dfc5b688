-- One table of run.sql, which locks, checks and opens the manifest before it.
-- money.noren:33  attachments.id is mask uuid()
-- exports.noren:40  attachments.item_id is keep, orphans skip
-- money.noren:34  attachments.file_name is mask constant('receipt.pdf')
-- money.noren:35  attachments.mime_type is keep
-- money.noren:36  attachments.content is drop
-- money.noren:36  attachments.checksum is drop
-- money.noren:37  attachments.ocr_text is free_text
-- attachments.ocr_search is generated and stays out
-- classes.noren:29  attachments.uploaded_at is keep
COPY (
  SELECT
    encode(
      set_byte(
        set_byte(substr(t.noren_hash_1, 1, 16), 6, (get_byte(t.noren_hash_1, 6) & 15) | 128),
        8,
        (get_byte(t.noren_hash_1, 8) & 63) | 128
      ),
      'hex'
    )::uuid AS id,
    t.item_id AS item_id,
    (
      CASE WHEN t.file_name IS NOT NULL THEN 'receipt.pdf'::varchar(120) END
    )::varchar(120) AS file_name,
    t.mime_type AS mime_type,
    NULL::text AS ocr_text,
    t.uploaded_at AS uploaded_at
  FROM (
    SELECT
      t.id,
      t.item_id,
      t.file_name,
      t.mime_type,
      t.uploaded_at,
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad
                  || convert_to(
                    '14:investigations,28:column:public.attachments.id,5:value,',
                    'UTF8'
                  )
              FROM pg_temp.noren_pads
            )
              || textsend(t.id::text)
          )
      ) AS noren_hash_1
    FROM ONLY public.attachments AS t
    WHERE EXISTS (
        SELECT 1
        FROM public.expense_items AS noren_1
        WHERE noren_1.id = t.item_id
          AND EXISTS (
            SELECT 1
            FROM public.expenses AS noren_2
            WHERE noren_2.id = noren_1.expense_id
              AND noren_2.tenant_id
                = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
          )
      )
      AND (
        t.item_id IS NULL
        OR EXISTS (
          SELECT 1
          FROM ONLY public.expense_items AS t_parent
          WHERE t_parent.id = t.item_id
            AND (
              EXISTS (
                SELECT 1
                FROM public.expenses AS noren_1
                WHERE noren_1.id = t_parent.expense_id
                  AND noren_1.tenant_id
                    = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
              )
              AND (
                t_parent.expense_id IS NULL
                OR EXISTS (
                  SELECT 1
                  FROM ONLY public.expenses AS t_parent_parent
                  WHERE t_parent_parent.id = t_parent.expense_id
                    AND (
                      t_parent_parent.tenant_id
                        = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
                      AND (t_parent_parent."spent_on" >= date '2025-01-01')
                      AND (
                        t_parent_parent.created_by IS NULL
                        OR EXISTS (
                          SELECT 1
                          FROM ONLY public.users AS t_parent_parent_parent
                          WHERE t_parent_parent_parent.id = t_parent_parent.created_by
                            AND t_parent_parent_parent.tenant_id
                              = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
                        )
                      )
                    )
                )
              )
            )
        )
      )
    OFFSET 0
  ) AS t
  ORDER BY id
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.attachments.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.attachments.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.attachments\t':noren_rows'\t':noren_digest'\tid,item_id,file_name,mime_type,ocr_text,uploaded_at'
