-- What an import needs in the copy. Run there as an administrator: mysql DATABASE <rights_target.sql
-- Then give the role to the account that imports: GRANT the role TO that account. Safe to run again.
-- From policies/library.noren:46

CREATE ROLE IF NOT EXISTS 'noren_import_developers';
GRANT SELECT, INSERT, DELETE, TRIGGER ON `branches` TO 'noren_import_developers';
GRANT SELECT, INSERT, DELETE, TRIGGER ON `members` TO 'noren_import_developers';
GRANT SELECT, INSERT, DELETE, TRIGGER ON `loans` TO 'noren_import_developers';
GRANT SELECT, INSERT, DELETE, TRIGGER ON `visits` TO 'noren_import_developers';
GRANT SELECT ON `noren_import_target` TO 'noren_import_developers';
GRANT CREATE TEMPORARY TABLES ON * TO 'noren_import_developers';
GRANT AWS_LOAD_S3_ACCESS TO 'noren_import_developers';
