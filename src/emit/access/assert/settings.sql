setting AS (
  SELECT DISTINCT wanted.setting AS name
  FROM jsonb_to_recordset(current_setting('noren.helper')::jsonb) AS wanted (setting text)
),
stored AS (
  SELECT of.setrole, of.setdatabase, split_part(entry, '=', 1) AS name, entry
  FROM pg_db_role_setting AS of
  CROSS JOIN LATERAL unnest(of.setconfig) AS entry
  WHERE of.setdatabase = 0 OR of.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT 'stored setting' AS what,
       concat_ws(' in ', CASE WHEN setrole <> 0 THEN format('role %I', pg_get_userbyid(setrole)) ELSE 'everybody' END,
                 CASE WHEN setdatabase <> 0 THEN format('database %I', current_database()) END) AS object,
       format('no stored %s', stored.name) AS expected, entry AS found,
       CASE WHEN setrole = 0 THEN format('ALTER DATABASE %I', current_database())
            ELSE format('ALTER ROLE %I', pg_get_userbyid(setrole))
                 || CASE WHEN setdatabase <> 0 THEN format(' IN DATABASE %I', current_database()) ELSE '' END END
       || ' RESET ' || (SELECT string_agg(quote_ident(part), '.') FROM unnest(string_to_array(stored.name, '.')) AS part) AS repair
FROM stored
WHERE lower(stored.name) IN (SELECT lower(name) FROM setting)
   OR lower(stored.name) IN ('row_security', 'role', 'session_replication_role') AND (setrole = 0 OR setrole IN (SELECT oid FROM role))
UNION ALL
-- From the server's own files, or from whoever runs this.
SELECT 'setting', setting.name, 'no value in a new session', current_setting(setting.name, true),
       'take it out of the server''s settings, or of PGOPTIONS'
FROM setting
WHERE current_setting(setting.name, true) <> ''
ORDER BY what, object, expected
