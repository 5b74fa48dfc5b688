grantee AS (
  -- To whom grants are known exactly: the roles of the policy, and PUBLIC.
  SELECT oid, name, quote_ident(name) AS word FROM role WHERE oid IS NOT NULL
  UNION ALL
  SELECT 0, 'public', 'PUBLIC'
),
