-- One table of run.sql, which locks, checks and opens the manifest before it.
-- classes.noren:27  bank_accounts.id is keep
-- classes.noren:28  bank_accounts.tenant_id is keep
-- exports.noren:32  bank_accounts.user_id is keep, orphans skip
-- people.noren:56  bank_accounts.bank_code is keep
-- people.noren:57  bank_accounts.branch_code is mask constant('000')
-- people.noren:59  bank_accounts.number is mask constant('0000000')
-- people.noren:60  bank_accounts.holder_kana is mask constant('メイギニン')
-- classes.noren:30  bank_accounts.is_default is keep
COPY (
  SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.user_id AS user_id,
    t.bank_code AS bank_code,
    (CASE WHEN t.branch_code IS NOT NULL THEN '000'::char(3) END)::char(3) AS branch_code,
    (
      CASE WHEN t.number IS NOT NULL THEN '0000000'::varchar(10) END
    )::public.account_number AS number,
    (
      CASE WHEN t.holder_kana IS NOT NULL THEN 'メイギニン'::varchar(48) END
    )::varchar(48) AS holder_kana,
    t.is_default AS is_default
  FROM ONLY public.bank_accounts AS t
  WHERE t.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    AND (
      t.user_id IS NULL
      OR EXISTS (
        SELECT 1
        FROM ONLY public.users AS t_parent
        WHERE t_parent.id = t.user_id
          AND t_parent.tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
      )
    )
) TO STDOUT WITH (FORMAT text, HEADER true)
\g :run/public.bank_accounts.txt
\set noren_rows :ROW_COUNT
\set noren_digest `f=:'run''/public.bank_accounts.txt'; n=:'noren_rows'; if [ "$n" -eq 0 ]; then rm -- "$f" && echo -; elif [ "$(wc -l < "$f")" -eq $((n + 1)) ]; then sha256sum < "$f" | cut -c 1-64; fi`
\qecho 'table\tpublic.bank_accounts\t':noren_rows'\t':noren_digest'\tid,tenant_id,user_id,bank_code,branch_code,number,holder_kana,is_default'
