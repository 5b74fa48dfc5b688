-- Empties the tables of one audience's copy and loads them from S3, in one transaction: all of it or nothing.
-- Run in the copy: mysql DATABASE <import.sql
-- Neither by `source` nor with --force: the client must end at the first error.
-- From policies/library.noren:46

SET NAMES utf8mb4;
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES';
SET SESSION time_zone = '+00:00';
SET ROLE ALL;

-- what is found wrong, and what makes an error of it
DROP TEMPORARY TABLE IF EXISTS `noren_finding`;
DROP TEMPORARY TABLE IF EXISTS `noren_stop`;
CREATE TEMPORARY TABLE `noren_finding` (
  `finding` VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
) ENGINE=InnoDB;
CREATE TEMPORARY TABLE `noren_stop` (
  `noren stops here: see what is listed above` INT NOT NULL
) ENGINE=InnoDB;

-- only a database that says so may be overwritten
INSERT INTO `noren_finding` (`finding`) VALUES
  ('expected noren_import_target to hold this export''s name: only a marked database is emptied');
DELETE FROM `noren_finding` WHERE EXISTS (
  SELECT 1
  FROM `noren_import_target` AS `m`
  WHERE `m`.`export` = 'developers'
);
SELECT `f`.`finding` AS `found`
FROM `noren_finding` AS `f`;
INSERT INTO `noren_stop` (`noren stops here: see what is listed above`)
SELECT NULL
FROM `noren_finding` AS `f`;

-- the objects are a whole export of this very policy
DROP TEMPORARY TABLE IF EXISTS `noren_list`;
CREATE TEMPORARY TABLE `noren_list` (
  `kind` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  `name` VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  `value` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
) ENGINE=InnoDB;
LOAD DATA FROM S3 MANIFEST 's3-ap-northeast-1://masked-exports/library/developers/run.manifest'
INTO TABLE `noren_list`
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES STARTING BY '"row",' TERMINATED BY '\n'
(
  `kind`,
  `name`,
  `value`
);
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected the list in S3 to say `noren 1`, the list''s form'
FROM (
  SELECT COUNT(*) AS `lines_found`
  FROM `noren_list` AS `l`
  WHERE (`l`.`kind` = 'noren') AND (`l`.`name` = '1') AND (`l`.`value` = '')
) AS `there`
WHERE `there`.`lines_found` <> 1;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected the list in S3 to say `export developers`, this export''s name'
FROM (
  SELECT COUNT(*) AS `lines_found`
  FROM `noren_list` AS `l`
  WHERE (`l`.`kind` = 'export') AND (`l`.`name` = 'developers') AND (`l`.`value` = '')
) AS `there`
WHERE `there`.`lines_found` <> 1;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected the list in S3 to say `policy 1b987434ae14e0e89582381043e27759d9fee736ff28125a90bb6c3072003298`, the policy that this file was compiled from'
FROM (
  SELECT COUNT(*) AS `lines_found`
  FROM `noren_list` AS `l`
  WHERE (`l`.`kind` = 'policy')
    AND (`l`.`name` = '1b987434ae14e0e89582381043e27759d9fee736ff28125a90bb6c3072003298')
    AND (`l`.`value` = '')
) AS `there`
WHERE `there`.`lines_found` <> 1;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected the list in S3 to say `state finished`, a run that was finished'
FROM (
  SELECT COUNT(*) AS `lines_found`
  FROM `noren_list` AS `l`
  WHERE (`l`.`kind` = 'state') AND (`l`.`name` = 'finished') AND (`l`.`value` = '')
) AS `there`
WHERE `there`.`lines_found` <> 1;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected the list in S3 to say `columns library.branches`, the columns of a table'
FROM (
  SELECT COUNT(*) AS `lines_found`
  FROM `noren_list` AS `l`
  WHERE (`l`.`kind` = 'columns')
    AND (`l`.`name` = 'library.branches')
    AND (`l`.`value` = 'id,name,location')
) AS `there`
WHERE `there`.`lines_found` <> 1;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected the list in S3 to say `columns library.members`, the columns of a table'
FROM (
  SELECT COUNT(*) AS `lines_found`
  FROM `noren_list` AS `l`
  WHERE (`l`.`kind` = 'columns')
    AND (`l`.`name` = 'library.members')
    AND (
      `l`.`value`
        = 'id,public_id,branch_id,sponsor_id,email,full%20name,phone,birthday,status,flags,is_staff,fine,settings,created_at,updated_at'
    )
) AS `there`
WHERE `there`.`lines_found` <> 1;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected the list in S3 to say `columns library.loans`, the columns of a table'
FROM (
  SELECT COUNT(*) AS `lines_found`
  FROM `noren_list` AS `l`
  WHERE (`l`.`kind` = 'columns')
    AND (`l`.`name` = 'library.loans')
    AND (`l`.`value` = 'member_id,book,lent_on,note')
) AS `there`
WHERE `there`.`lines_found` <> 1;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected the list in S3 to say `columns library.visits`, the columns of a table'
FROM (
  SELECT COUNT(*) AS `lines_found`
  FROM `noren_list` AS `l`
  WHERE (`l`.`kind` = 'columns') AND (`l`.`name` = 'library.visits') AND (`l`.`value` = 'id,day,ip')
) AS `there`
WHERE `there`.`lines_found` <> 1;

-- what the files were compiled for, column by column
DROP TEMPORARY TABLE IF EXISTS `noren_shape`;
CREATE TEMPORARY TABLE `noren_shape` (
  `item` VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  `value` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
) ENGINE=InnoDB;
INSERT INTO `noren_shape` (`item`, `value`) VALUES
  ('branches.id', 'smallint unsigned not null'),
  ('branches.name', 'varchar(80) not null'),
  ('branches.location', 'point'),
  ('members.id', 'bigint unsigned not null'),
  ('members.public_id', 'char(36) not null'),
  ('members.branch_id', 'smallint unsigned'),
  ('members.sponsor_id', 'bigint unsigned'),
  ('members.email', 'varchar(190) not null'),
  ('members.full name', 'varchar(100) not null'),
  ('members.phone', 'varchar(30)'),
  ('members.birthday', 'date'),
  ('members.status', 'enum(''active'',''paused'',''it''''s over'') not null'),
  ('members.flags', 'set(''newsletter'',''audio'',''large print'')'),
  ('members.is_staff', 'tinyint(1) not null'),
  ('members.fine', 'decimal(8,2) not null'),
  ('members.settings', 'json'),
  ('members.card_digest', 'binary(32)'),
  ('members.email_domain', 'varchar(190) generated'),
  ('members.created_at', 'timestamp(6) not null'),
  ('members.updated_at', 'datetime'),
  ('loans.member_id', 'bigint unsigned not null'),
  ('loans.book', 'varchar(40) not null'),
  ('loans.lent_on', 'date not null'),
  ('loans.note', 'text'),
  ('visits.id', 'bigint not null'),
  ('visits.day', 'date not null'),
  ('visits.ip', 'varchar(45)');

-- the live tables are what was expected
INSERT INTO `noren_finding` (`finding`)
SELECT CONCAT('expected a column, found none such: ', `expected`.`item`, ': ', `expected`.`value`)
FROM `noren_shape` AS `expected`
LEFT JOIN (
  SELECT
    CONVERT(
      CONCAT(`c`.`TABLE_NAME`, '.', `c`.`COLUMN_NAME`) USING utf8mb4
    ) COLLATE utf8mb4_bin AS `item`,
    CONVERT(
      CONCAT(
        CASE
          WHEN `c`.`DATA_TYPE` IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint')
            THEN CONCAT(
              `c`.`DATA_TYPE`,
              CASE WHEN `c`.`COLUMN_TYPE` LIKE 'tinyint(1)' THEN '(1)' ELSE '' END,
              CASE WHEN `c`.`COLUMN_TYPE` LIKE '% unsigned%' THEN ' unsigned' ELSE '' END,
              CASE WHEN `c`.`COLUMN_TYPE` LIKE '% zerofill%' THEN ' zerofill' ELSE '' END
            )
          WHEN `c`.`DATA_TYPE` = 'year' THEN 'year'
          ELSE `c`.`COLUMN_TYPE`
        END,
        CASE WHEN `c`.`IS_NULLABLE` = 'NO' THEN ' not null' ELSE '' END,
        CASE WHEN COALESCE(`c`.`GENERATION_EXPRESSION`, '') <> '' THEN ' generated' ELSE '' END
      ) USING utf8mb4
    ) COLLATE utf8mb4_bin AS `value`
  FROM information_schema.COLUMNS AS `c`
  WHERE (`c`.`TABLE_SCHEMA` = DATABASE())
    AND (`c`.`TABLE_NAME` IN ('branches', 'members', 'loans', 'visits'))
) AS `live`
  ON (`expected`.`item` = `live`.`item`) AND (`expected`.`value` = `live`.`value`)
WHERE `live`.`item` IS NULL;
INSERT INTO `noren_finding` (`finding`)
SELECT CONCAT('found a column that the policy does not know: ', `live`.`item`, ': ', `live`.`value`)
FROM (
  SELECT
    CONVERT(
      CONCAT(`c`.`TABLE_NAME`, '.', `c`.`COLUMN_NAME`) USING utf8mb4
    ) COLLATE utf8mb4_bin AS `item`,
    CONVERT(
      CONCAT(
        CASE
          WHEN `c`.`DATA_TYPE` IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint')
            THEN CONCAT(
              `c`.`DATA_TYPE`,
              CASE WHEN `c`.`COLUMN_TYPE` LIKE 'tinyint(1)' THEN '(1)' ELSE '' END,
              CASE WHEN `c`.`COLUMN_TYPE` LIKE '% unsigned%' THEN ' unsigned' ELSE '' END,
              CASE WHEN `c`.`COLUMN_TYPE` LIKE '% zerofill%' THEN ' zerofill' ELSE '' END
            )
          WHEN `c`.`DATA_TYPE` = 'year' THEN 'year'
          ELSE `c`.`COLUMN_TYPE`
        END,
        CASE WHEN `c`.`IS_NULLABLE` = 'NO' THEN ' not null' ELSE '' END,
        CASE WHEN COALESCE(`c`.`GENERATION_EXPRESSION`, '') <> '' THEN ' generated' ELSE '' END
      ) USING utf8mb4
    ) COLLATE utf8mb4_bin AS `value`
  FROM information_schema.COLUMNS AS `c`
  WHERE (`c`.`TABLE_SCHEMA` = DATABASE())
    AND (`c`.`TABLE_NAME` IN ('branches', 'members', 'loans', 'visits'))
) AS `live`
LEFT JOIN `noren_shape` AS `expected`
  ON (`live`.`item` = `expected`.`item`) AND (`live`.`value` = `expected`.`value`)
WHERE `expected`.`item` IS NULL;

-- no trigger fires while rows are loaded, and every table can be rolled back
INSERT INTO `noren_finding` (`finding`)
SELECT CONCAT(
    'expected no trigger that the load would fire, found ',
    CONVERT(`i`.`TRIGGER_NAME` USING utf8mb4)
  )
FROM information_schema.TRIGGERS AS `i`
WHERE (`i`.`EVENT_OBJECT_SCHEMA` = DATABASE())
  AND (`i`.`EVENT_OBJECT_TABLE` IN ('branches', 'members', 'loans', 'visits'))
  AND (`i`.`EVENT_MANIPULATION` IN ('INSERT', 'DELETE'));
INSERT INTO `noren_finding` (`finding`)
SELECT CONCAT('expected ENGINE=InnoDB, found another for ', CONVERT(`i`.`TABLE_NAME` USING utf8mb4))
FROM information_schema.TABLES AS `i`
WHERE (`i`.`TABLE_SCHEMA` = DATABASE())
  AND (`i`.`TABLE_NAME` IN ('branches', 'members', 'loans', 'visits'))
  AND (COALESCE(`i`.`ENGINE`, '') <> 'InnoDB');
SELECT `f`.`finding` AS `found`
FROM `noren_finding` AS `f`;
INSERT INTO `noren_stop` (`noren stops here: see what is listed above`)
SELECT NULL
FROM `noren_finding` AS `f`;

-- rows come in any order; each foreign key is checked before the end
SET SESSION foreign_key_checks = 0;
START TRANSACTION;
DELETE FROM `visits`;
DELETE FROM `loans`;
DELETE FROM `members`;
DELETE FROM `branches`;

LOAD DATA FROM S3 MANIFEST 's3-ap-northeast-1://masked-exports/library/developers/library.branches.manifest'
INTO TABLE `branches`
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES STARTING BY '"row",' TERMINATED BY '\n'
(
  @noren_1,
  `name`,
  @noren_3
)
SET
  `id` = @noren_1,
  `location` = UNHEX(@noren_3);

LOAD DATA FROM S3 MANIFEST 's3-ap-northeast-1://masked-exports/library/developers/library.members.manifest'
INTO TABLE `members`
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES STARTING BY '"row",' TERMINATED BY '\n'
(
  `id`,
  `public_id`,
  `branch_id`,
  `sponsor_id`,
  `email`,
  `full name`,
  `phone`,
  `birthday`,
  `status`,
  `flags`,
  `is_staff`,
  `fine`,
  `settings`,
  `created_at`,
  `updated_at`
);

LOAD DATA FROM S3 MANIFEST 's3-ap-northeast-1://masked-exports/library/developers/library.loans.manifest'
INTO TABLE `loans`
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES STARTING BY '"row",' TERMINATED BY '\n'
(
  `member_id`,
  `book`,
  `lent_on`,
  `note`
);

LOAD DATA FROM S3 MANIFEST 's3-ap-northeast-1://masked-exports/library/developers/library.visits.manifest'
INTO TABLE `visits`
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES STARTING BY '"row",' TERMINATED BY '\n'
(
  `id`,
  `day`,
  `ip`
);

-- as many rows as left
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected as many rows of branches as left, found another number'
FROM (
  SELECT CONVERT(CAST(COUNT(*) AS CHAR) USING utf8mb4) AS `rows_found`
  FROM `branches` AS `t`
) AS `loaded`
LEFT JOIN `noren_list` AS `l`
  ON (`l`.`kind` = 'rows')
  AND (`l`.`name` = 'library.branches')
  AND (`l`.`value` = `loaded`.`rows_found`)
WHERE `l`.`name` IS NULL;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected as many rows of members as left, found another number'
FROM (
  SELECT CONVERT(CAST(COUNT(*) AS CHAR) USING utf8mb4) AS `rows_found`
  FROM `members` AS `t`
) AS `loaded`
LEFT JOIN `noren_list` AS `l`
  ON (`l`.`kind` = 'rows')
  AND (`l`.`name` = 'library.members')
  AND (`l`.`value` = `loaded`.`rows_found`)
WHERE `l`.`name` IS NULL;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected as many rows of loans as left, found another number'
FROM (
  SELECT CONVERT(CAST(COUNT(*) AS CHAR) USING utf8mb4) AS `rows_found`
  FROM `loans` AS `t`
) AS `loaded`
LEFT JOIN `noren_list` AS `l`
  ON (`l`.`kind` = 'rows')
  AND (`l`.`name` = 'library.loans')
  AND (`l`.`value` = `loaded`.`rows_found`)
WHERE `l`.`name` IS NULL;
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected as many rows of visits as left, found another number'
FROM (
  SELECT CONVERT(CAST(COUNT(*) AS CHAR) USING utf8mb4) AS `rows_found`
  FROM `visits` AS `t`
) AS `loaded`
LEFT JOIN `noren_list` AS `l`
  ON (`l`.`kind` = 'rows')
  AND (`l`.`name` = 'library.visits')
  AND (`l`.`value` = `loaded`.`rows_found`)
WHERE `l`.`name` IS NULL;

-- leak probes of members: values that its masks give, in one scan
INSERT INTO `noren_finding` (`finding`)
SELECT LEFT(
    CONCAT(
      'expected values that the masks of members give, found others, maybe raw ones: ',
      CONCAT_WS(
        ', ',
        CASE
          WHEN `found`.`public_id` > 0
            THEN CONCAT('public_id: ', CONVERT(CAST(`found`.`public_id` AS CHAR) USING utf8mb4))
        END,
        CASE
          WHEN `found`.`email` > 0
            THEN CONCAT('email: ', CONVERT(CAST(`found`.`email` AS CHAR) USING utf8mb4))
        END
      )
    ),
    1000
  )
FROM (
  SELECT
    COUNT(
      CASE
        WHEN NOT (
          (CONVERT(`t`.`public_id` USING utf8mb4) COLLATE utf8mb4_bin)
            REGEXP '(?s)^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
        )
          THEN 1
      END
    ) AS `public_id`,
    COUNT(
      CASE
        WHEN NOT (
          (CONVERT(`t`.`email` USING utf8mb4) COLLATE utf8mb4_bin)
            REGEXP '(?s)^u[0-9a-f]{16}@example[.]invalid$'
        )
          THEN 1
      END
    ) AS `email`
  FROM `members` AS `t`
) AS `found`
WHERE (`found`.`public_id` > 0) OR (`found`.`email` > 0);
-- leak probes of loans: values that its masks give, in one scan
INSERT INTO `noren_finding` (`finding`)
SELECT LEFT(
    CONCAT(
      'expected values that the masks of loans give, found others, maybe raw ones: ',
      CONCAT_WS(
        ', ',
        CASE
          WHEN `found`.`note` > 0
            THEN CONCAT('note: ', CONVERT(CAST(`found`.`note` AS CHAR) USING utf8mb4))
        END
      )
    ),
    1000
  )
FROM (
  SELECT COUNT(
      CASE
        WHEN NOT (
          (CONVERT(`t`.`note` USING utf8mb4) COLLATE utf8mb4_bin)
            = (CASE WHEN `t`.`note` IS NOT NULL THEN '****' END)
        )
          THEN 1
      END
    ) AS `note`
  FROM `loans` AS `t`
) AS `found`
WHERE `found`.`note` > 0;
-- foreign key loans_member of loans
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected every row of loans to have its row of members, found one without: loans_member'
FROM `loans` AS `c`
LEFT JOIN `members` AS `p` ON `p`.`id` = `c`.`member_id`
WHERE (`c`.`member_id` IS NOT NULL) AND (`p`.`id` IS NULL)
LIMIT 1;
-- foreign key members_branch of members
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected every row of members to have its row of branches, found one without: members_branch'
FROM `members` AS `c`
LEFT JOIN `branches` AS `p` ON `p`.`id` = `c`.`branch_id`
WHERE (`c`.`branch_id` IS NOT NULL) AND (`p`.`id` IS NULL)
LIMIT 1;
-- foreign key members_sponsor of members
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected every row of members to have its row of members, found one without: members_sponsor'
FROM `members` AS `c`
LEFT JOIN `members` AS `p` ON `p`.`id` = `c`.`sponsor_id`
WHERE (`c`.`sponsor_id` IS NOT NULL) AND (`p`.`id` IS NULL)
LIMIT 1;
-- commits where nothing was found; else the end of the session rolls everything back
SET @noren_end = (
  SELECT CASE WHEN COUNT(*) = 0 THEN 'COMMIT' ELSE 'DO 0' END
  FROM `noren_finding` AS `f`
);
PREPARE `noren_end` FROM @noren_end;
EXECUTE `noren_end`;
DEALLOCATE PREPARE `noren_end`;
SELECT `f`.`finding` AS `found`
FROM `noren_finding` AS `f`;
INSERT INTO `noren_stop` (`noren stops here: see what is listed above`)
SELECT NULL
FROM `noren_finding` AS `f`;

SET SESSION foreign_key_checks = 1;
DROP TEMPORARY TABLE IF EXISTS `noren_shape`;
DROP TEMPORARY TABLE IF EXISTS `noren_list`;
DROP TEMPORARY TABLE IF EXISTS `noren_stop`;
DROP TEMPORARY TABLE IF EXISTS `noren_finding`;
