fix AS (
  -- Leaks around row security in PostgreSQL itself, each with the first minor version that is free of it.
  SELECT *
  FROM (VALUES
    ('CVE-2023-2454', 'CREATE SCHEMA gets around a safe search_path', 140008),
    ('CVE-2023-2454', 'CREATE SCHEMA gets around a safe search_path', 150003),
    ('CVE-2023-2455', 'row security forgets that the user changed after a function was inlined', 140008),
    ('CVE-2023-2455', 'row security forgets that the user changed after a function was inlined', 150003),
    ('CVE-2023-39418', 'MERGE skips policies', 150004),
    ('CVE-2024-10976', 'row security below sub-queries forgets that the user changed', 140014),
    ('CVE-2024-10976', 'row security below sub-queries forgets that the user changed', 150009),
    ('CVE-2024-10976', 'row security below sub-queries forgets that the user changed', 160005),
    ('CVE-2024-10976', 'row security below sub-queries forgets that the user changed', 170001),
    ('CVE-2024-10978', 'SET ROLE comes back to another user', 140014),
    ('CVE-2024-10978', 'SET ROLE comes back to another user', 150009),
    ('CVE-2024-10978', 'SET ROLE comes back to another user', 160005),
    ('CVE-2024-10978', 'SET ROLE comes back to another user', 170001),
    ('CVE-2025-8713', 'statistics show rows that policies hide', 140019),
    ('CVE-2025-8713', 'statistics show rows that policies hide', 150014),
    ('CVE-2025-8713', 'statistics show rows that policies hide', 160010),
    ('CVE-2025-8713', 'statistics show rows that policies hide', 170006)
  ) AS of (name, words, number)
),
running AS (
  SELECT current_setting('server_version_num')::integer AS number
)
SELECT 'server version' AS what, fix.name || ': ' || fix.words AS object,
       format('%s.%s or later', fix.number / 10000, fix.number % 10000) AS expected,
       format('%s.%s', running.number / 10000, running.number % 10000) AS found,
       'install the newest minor version' AS repair
FROM fix
JOIN running ON running.number / 10000 = fix.number / 10000 AND running.number < fix.number
UNION ALL
SELECT 'server version', 'PostgreSQL', '14 or later', format('%s', number / 10000), 'upgrade'
FROM running
WHERE number < 140000
ORDER BY what, object
