-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  CorporateCards.CardId is keep
-- classes.noren:28  CorporateCards.tenant_id is keep
-- classes.noren:27  CorporateCards.holderId is keep
-- money.noren:55  CorporateCards.CardNumber is mask hash(length => 19)
-- CorporateCards.last4 is generated and stays out
-- classes.noren:29  CorporateCards.expiresOn is keep
-- classes.noren:30  CorporateCards.isActive is keep
COPY (
  SELECT
    t."CardId" AS "CardId",
    t.tenant_id AS tenant_id,
    t."holderId" AS "holderId",
    left(encode(t.noren_hash_1, 'hex'), 19)::varchar(19) AS "CardNumber",
    t."expiresOn" AS "expiresOn",
    t."isActive" AS "isActive"
  FROM (
    SELECT
      t."CardId",
      t.tenant_id,
      t."holderId",
      t."CardNumber",
      t."expiresOn",
      t."isActive",
      sha256(
        (SELECT outer_pad FROM pg_temp.noren_pads)
          || sha256(
            (
              SELECT inner_pad
                  || convert_to(
                    '10:developers,39:column:public.CorporateCards.CardNumber,5:value,',
                    'UTF8'
                  )
              FROM pg_temp.noren_pads
            )
              || textsend(t."CardNumber"::text)
          )
      ) AS noren_hash_1
    FROM ONLY public."CorporateCards" AS t
  ) AS t
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run'/public.%43orporate%43ards.txt'
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.%43orporate%43ards.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.%43orporate%43ards\t':noren_rows'\t':noren_digest'\t%43ard%49d,tenant_id,holder%49d,%43ard%4eumber,expires%4fn,is%41ctive'
