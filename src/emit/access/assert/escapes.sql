escape AS (
  SELECT path.*, power.why,
         (SELECT string_agg(quote_ident(pg_get_userbyid(step)), ' -> ' ORDER BY place)
          FROM unnest(path.steps) WITH ORDINALITY AS walked (step, place)) AS walk
  FROM path
  JOIN power ON power.oid = path.reached
)
SELECT 'way to another role' AS what, start AS object, format('no way to %s', why) AS expected, walk AS found,
       format('REVOKE %I FROM %I', pg_get_userbyid(steps[array_upper(steps, 1)]),
              pg_get_userbyid(steps[array_upper(steps, 1) - 1])) AS repair
FROM escape
ORDER BY object, expected, found
