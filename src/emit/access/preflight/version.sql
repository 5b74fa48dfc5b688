running AS (
  SELECT current_setting('server_version_num')::integer / 10000 AS major
),
wanted AS (
  SELECT * FROM jsonb_to_recordset(current_setting('noren.version')::jsonb) AS wanted (major integer)
)
SELECT 'server version' AS what, 'PostgreSQL' AS object, format('%s, for which these files were compiled', wanted.major) AS expected,
       running.major::text AS found, 'set `version` in noren.toml and compile again' AS repair
FROM running
CROSS JOIN wanted
WHERE running.major < wanted.major
