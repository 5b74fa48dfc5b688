-- What an export needs in the source. Run there as an administrator: mysql DATABASE <rights_source.sql
-- Then give the role to the account that exports: GRANT the role TO that account. Safe to run again.
-- From policies/library.noren:46

CREATE ROLE IF NOT EXISTS 'noren_export_developers';
GRANT SELECT ON `branches` TO 'noren_export_developers';
GRANT SELECT ON `members` TO 'noren_export_developers';
GRANT SELECT ON `loans` TO 'noren_export_developers';
GRANT SELECT ON `visits` TO 'noren_export_developers';
GRANT CREATE TEMPORARY TABLES ON * TO 'noren_export_developers';
GRANT AWS_SELECT_S3_ACCESS TO 'noren_export_developers';
