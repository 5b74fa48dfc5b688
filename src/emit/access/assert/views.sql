reads AS (
  SELECT DISTINCT rule.ev_class AS oid, used.refobjid AS read
  FROM pg_rewrite AS rule
  JOIN pg_depend AS used ON used.classid = 'pg_rewrite'::regclass AND used.objid = rule.oid
    AND used.refclassid = 'pg_class'::regclass AND used.refobjid <> rule.ev_class
  JOIN pg_class AS of ON of.oid = rule.ev_class AND of.relkind IN ('v', 'm')
),
direct AS (
  SELECT DISTINCT reads.oid FROM reads JOIN relation ON relation.oid = reads.read AND relation.secured
),
over AS (
  -- Views over scoped tables, also through other views.
  SELECT oid FROM direct
  UNION
  SELECT reads.oid FROM reads JOIN over ON over.oid = reads.read
),
reader AS (
  SELECT oid, name FROM role WHERE tenants_own AND NOT owner AND oid IS NOT NULL
),
open AS (
  -- Those that a role which acts for one tenant may use, and what is used through them.
  SELECT over.oid
  FROM over
  WHERE EXISTS (
    SELECT FROM reader
    WHERE has_table_privilege(reader.oid, over.oid, 'SELECT, INSERT, UPDATE, DELETE')
       OR has_any_column_privilege(reader.oid, over.oid, 'SELECT, INSERT, UPDATE')
  )
  UNION
  SELECT reads.read FROM open JOIN reads ON reads.oid = open.oid JOIN over ON over.oid = reads.read
),
option AS (
  SELECT live.oid, live.relkind, live.relowner, live.oid::regclass::text AS word,
         coalesce((SELECT value::boolean FROM pg_options_to_table(live.reloptions) AS set (name, value)
                   WHERE name = 'security_invoker'), false) AS invoker,
         coalesce((SELECT value::boolean FROM pg_options_to_table(live.reloptions) AS set (name, value)
                   WHERE name = 'security_barrier'), false) AS barrier
  FROM pg_class AS live
  WHERE live.relkind IN ('v', 'm')
)
SELECT 'view' AS what, option.word AS object, 'security_invoker and security_barrier' AS expected,
       format('security_invoker=%s, security_barrier=%s', invoker, barrier) AS found,
       format('ALTER VIEW %s SET (security_invoker = true, security_barrier = true)', option.word) AS repair
FROM option
JOIN relation ON relation.oid = option.oid AND relation.as_caller
WHERE NOT invoker OR NOT barrier
UNION ALL
SELECT 'view', word, 'security_invoker, or an owner that acts for one tenant and cannot log in',
       format('reads scoped tables as %I', pg_get_userbyid(relowner)),
       format('ALTER VIEW %s SET (security_invoker = true, security_barrier = true)', word)
FROM option
WHERE relkind = 'v' AND NOT invoker
  AND oid IN (SELECT oid FROM open) AND oid IN (SELECT oid FROM direct)
  AND NOT EXISTS (SELECT FROM relation WHERE relation.oid = option.oid AND relation.as_caller)
  AND NOT EXISTS (
    SELECT FROM role JOIN pg_roles AS live USING (oid)
    WHERE role.oid = option.relowner AND role.tenants_own AND NOT role.owner AND NOT live.rolcanlogin
  )
UNION ALL
SELECT 'materialized view', word, 'not open to roles that act for one tenant', 'holds rows of every tenant',
       format('REVOKE ALL ON %s FROM PUBLIC, %s', word, (SELECT string_agg(quote_ident(name), ', ' ORDER BY name) FROM reader))
FROM option
WHERE relkind = 'm' AND oid IN (SELECT oid FROM open)
UNION ALL
-- A rule's action reaches other tables as the owner of the table that has the rule.
SELECT 'rule', format('%s: %I', relation.word, rule.rulename), 'no rule on a table of the policy', 'a rule',
       format('DROP RULE %I ON %s', rule.rulename, relation.word)
FROM relation
JOIN pg_rewrite AS rule ON rule.ev_class = relation.oid
WHERE relation.secured AND relation.relkind IN ('r', 'p')
ORDER BY what, object, expected
