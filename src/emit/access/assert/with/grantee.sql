grantee AS (
  -- To whom grants are known exactly: the roles of the policy, and PUBLIC.
  SELECT oid, name, quote_ident(name) AS word FROM role WHERE oid IS NOT NULL
  UNION ALL
  SELECT 0, 'public', 'PUBLIC'
  UNION ALL
  -- Made by earlier files, and named no more: what it still holds is to be taken away.
  SELECT former.oid, former.rolname, quote_ident(former.rolname)
  FROM pg_roles AS former
  WHERE shobj_description(former.oid, 'pg_authid') = 'noren: made by 00_roles.sql'
    AND NOT EXISTS (SELECT FROM role WHERE role.oid = former.oid)
),
