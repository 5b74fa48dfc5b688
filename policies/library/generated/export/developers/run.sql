-- Exports the masked rows of one audience to S3: the database itself writes the objects. Changes nothing in it.
-- Run: printf '%s\n' "$NOREN_MASK_KEY" | mysql --local-infile=1 DATABASE 3<&0 <run.sql
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

-- elements of a document are put together by GROUP_CONCAT, which by itself cuts off all but the first 1024 bytes
SET SESSION group_concat_max_len = 1073741824;

-- the mask key comes through the client's descriptor 3: no statement, and so no log of statements, has it
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected binlog_format = ROW, or no binary log: one by statements would hold the mask key'
FROM (SELECT 1 AS `one`) AS `one`
WHERE NOT ((@@global.log_bin = 0) OR (@@global.binlog_format = 'ROW'));
SELECT `f`.`finding` AS `found`
FROM `noren_finding` AS `f`;
INSERT INTO `noren_stop` (`noren stops here: see what is listed above`)
SELECT NULL
FROM `noren_finding` AS `f`;

DROP TEMPORARY TABLE IF EXISTS `noren_key`;
CREATE TEMPORARY TABLE `noren_key` (
  `secret` VARBINARY(1024)
) ENGINE=InnoDB;
LOAD DATA LOCAL INFILE '/dev/fd/3' INTO TABLE `noren_key` CHARACTER SET binary FIELDS TERMINATED BY '\0' ESCAPED BY '' LINES TERMINATED BY '\n' ( `secret` );
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected the mask key as one line of at least 32 printable ASCII characters on descriptor 3'
FROM (
  SELECT
    COUNT(*) AS `keys_given`,
    MIN(HEX(`k`.`secret`)) AS `digits`
  FROM `noren_key` AS `k`
) AS `given`
WHERE NOT COALESCE(
    (`given`.`keys_given` = 1) AND (`given`.`digits` REGEXP '^([2-6][0-9A-F]|7[0-9A-E]){32,}$'),
    0
  );
SELECT `f`.`finding` AS `found`
FROM `noren_finding` AS `f`;
INSERT INTO `noren_stop` (`noren stops here: see what is listed above`)
SELECT NULL
FROM `noren_finding` AS `f`;

-- the two pads of HMAC-SHA-256 (RFC 2104)
SET @noren_inner_pad = (
  SELECT UNHEX(
      CONCAT(
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 1, 16), 16, 10) AS UNSIGNED) ^ 3906369333256140342
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 17, 16), 16, 10) AS UNSIGNED) ^ 3906369333256140342
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 33, 16), 16, 10) AS UNSIGNED) ^ 3906369333256140342
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 49, 16), 16, 10) AS UNSIGNED) ^ 3906369333256140342
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 65, 16), 16, 10) AS UNSIGNED) ^ 3906369333256140342
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 81, 16), 16, 10) AS UNSIGNED) ^ 3906369333256140342
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 97, 16), 16, 10) AS UNSIGNED) ^ 3906369333256140342
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 113, 16), 16, 10) AS UNSIGNED) ^ 3906369333256140342
          ),
          16,
          '0'
        )
      )
    )
  FROM (
    SELECT LEFT(
        CONCAT(
          CASE
            WHEN LENGTH(`key`.`secret`) > 64 THEN SHA2(`key`.`secret`, 256)
            ELSE HEX(`key`.`secret`)
          END,
          REPEAT('0', 128)
        ),
        128
      ) AS `hex`
    FROM `noren_key` AS `key`
  ) AS `block`
);
SET @noren_outer_pad = (
  SELECT UNHEX(
      CONCAT(
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 1, 16), 16, 10) AS UNSIGNED) ^ 6655295901103053916
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 17, 16), 16, 10) AS UNSIGNED) ^ 6655295901103053916
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 33, 16), 16, 10) AS UNSIGNED) ^ 6655295901103053916
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 49, 16), 16, 10) AS UNSIGNED) ^ 6655295901103053916
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 65, 16), 16, 10) AS UNSIGNED) ^ 6655295901103053916
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 81, 16), 16, 10) AS UNSIGNED) ^ 6655295901103053916
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 97, 16), 16, 10) AS UNSIGNED) ^ 6655295901103053916
          ),
          16,
          '0'
        ),
        LPAD(
          HEX(
            CAST(CONV(SUBSTRING(`block`.`hex`, 113, 16), 16, 10) AS UNSIGNED) ^ 6655295901103053916
          ),
          16,
          '0'
        )
      )
    )
  FROM (
    SELECT LEFT(
        CONCAT(
          CASE
            WHEN LENGTH(`key`.`secret`) > 64 THEN SHA2(`key`.`secret`, 256)
            ELSE HEX(`key`.`secret`)
          END,
          REPEAT('0', 128)
        ),
        128
      ) AS `hex`
    FROM `noren_key` AS `key`
  ) AS `block`
);
DROP TEMPORARY TABLE IF EXISTS `noren_key`;

DROP TEMPORARY TABLE IF EXISTS `noren_list`;
CREATE TEMPORARY TABLE `noren_list` (
  `kind` VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  `name` VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  `value` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
) ENGINE=InnoDB;

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

SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
START TRANSACTION WITH CONSISTENT SNAPSHOT , READ ONLY;

-- the list of what leaves; counting a table also keeps others from altering it until the end
INSERT INTO `noren_list` (`kind`, `name`, `value`) VALUES
  ('noren', '1', ''),
  ('export', 'developers', ''),
  ('policy', '1b987434ae14e0e89582381043e27759d9fee736ff28125a90bb6c3072003298', ''),
  (
    'key',
    'fingerprint',
    LEFT(
      SHA2(
        CONCAT(
          @noren_outer_pad,
          UNHEX(SHA2(CONCAT(@noren_inner_pad, '10:developers,0:,6:secret,11:fingerprint,'), 256))
        ),
        256
      ),
      16
    )
  ),
  ('columns', 'library.branches', 'id,name,location'),
  (
    'columns',
    'library.members',
    'id,public_id,branch_id,sponsor_id,email,full%20name,phone,birthday,status,flags,is_staff,fine,settings,created_at,updated_at'
  ),
  ('columns', 'library.loans', 'member_id,book,lent_on,note'),
  ('columns', 'library.visits', 'id,day,ip');
INSERT INTO `noren_list` (`kind`, `name`, `value`)
SELECT
  'rows',
  'library.branches',
  COUNT(*)
FROM `branches` AS `t`;
INSERT INTO `noren_list` (`kind`, `name`, `value`)
SELECT
  'rows',
  'library.members',
  COUNT(*)
FROM `members` AS `t`;
INSERT INTO `noren_list` (`kind`, `name`, `value`)
SELECT
  'rows',
  'library.loans',
  COUNT(*)
FROM `loans` AS `t`
WHERE (`t`.`lent_on` >= '2025-01-01');
INSERT INTO `noren_list` (`kind`, `name`, `value`)
SELECT
  'rows',
  'library.visits',
  COUNT(*)
FROM `visits` AS `t`;

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

-- bytes leave as twice as many digits, which a packet must hold
INSERT INTO `noren_finding` (`finding`)
SELECT 'expected max_allowed_packet to be more than twice the longest bytes of branches'
FROM `branches` AS `t`
WHERE LENGTH(`t`.`location`) >= (@@max_allowed_packet DIV 2)
LIMIT 1;
SELECT `f`.`finding` AS `found`
FROM `noren_finding` AS `f`;
INSERT INTO `noren_stop` (`noren stops here: see what is listed above`)
SELECT NULL
FROM `noren_finding` AS `f`;

-- the list, unfinished
SELECT
  'row' AS `noren_row`,
  `l`.`kind` AS `kind`,
  `l`.`name` AS `name`,
  `l`.`value` AS `value`
FROM `noren_list` AS `l`
UNION ALL
SELECT 'row', 'state', 'unfinished', ''
INTO OUTFILE S3 's3-ap-northeast-1://masked-exports/library/developers/run'
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES TERMINATED BY '\n'
MANIFEST ON
OVERWRITE ON
ENCRYPTION SSE_KMS 'arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000000';

-- policies/library.noren:9  branches.id is keep
-- policies/library.noren:14  branches.name is keep because "the branches are on the web site"
-- policies/library.noren:15  branches.location is keep because "the branches are on the web site"
SELECT
  'row' AS `noren_row`,
  `t`.`id` AS `id`,
  `t`.`name` AS `name`,
  HEX(`t`.`location`) AS `location`
FROM `branches` AS `t`
UNION ALL
SELECT 'end', NULL, NULL, NULL
INTO OUTFILE S3 's3-ap-northeast-1://masked-exports/library/developers/library.branches'
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES TERMINATED BY '\n'
MANIFEST ON
OVERWRITE ON
ENCRYPTION SSE_KMS 'arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000000';

-- policies/library.noren:9  members.id is keep
-- policies/library.noren:19  members.public_id is mask uuid()
-- policies/library.noren:9  members.branch_id is keep
-- policies/library.noren:9  members.sponsor_id is keep
-- policies/library.noren:20  members.email is email
-- policies/library.noren:21  members.full name is person
-- policies/library.noren:22  members.phone is mask partial(last => 3)
-- policies/library.noren:23  members.birthday is mask truncate('year')
-- policies/library.noren:24  members.status is keep
-- policies/library.noren:25  members.flags is keep because "preferences name nobody"
-- policies/library.noren:24  members.is_staff is keep
-- policies/library.noren:27  members.fine is mask noise(ratio => 0.2, by => id)
-- policies/library.noren:28  members.settings is mask json { devices[*].os keep; email email; theme keep; else drop; }
-- policies/library.noren:34  members.card_digest is drop
-- policies/library.noren:9  members.created_at is keep
-- policies/library.noren:9  members.updated_at is keep
SELECT
  'row' AS `noren_row`,
  `t`.`id` AS `id`,
  CONCAT(
    SUBSTRING(`t`.`noren_hash_1`, 1, 8),
    '-',
    SUBSTRING(`t`.`noren_hash_1`, 9, 4),
    '-',
    CONCAT('8', SUBSTRING(`t`.`noren_hash_1`, 14, 3)),
    '-',
    CONCAT(
      ELT(
        1 + ((CAST(CONV(SUBSTRING(`t`.`noren_hash_1`, 17, 2), 16, 10) AS SIGNED) DIV 16) % 4),
        '8',
        '9',
        'a',
        'b'
      ),
      SUBSTRING(`t`.`noren_hash_1`, 18, 3)
    ),
    '-',
    SUBSTRING(`t`.`noren_hash_1`, 21, 12)
  ) AS `public_id`,
  `t`.`branch_id` AS `branch_id`,
  `t`.`sponsor_id` AS `sponsor_id`,
  CASE
    WHEN `t`.`email` IS NOT NULL
      THEN CONCAT('u', SUBSTRING(`t`.`noren_hash_2`, 1, 16), '@example.invalid')
  END AS `email`,
  CASE
    WHEN `t`.`full name` IS NOT NULL
      THEN CONCAT(
        ELT(
          1 + (CAST(CONV(SUBSTRING(`t`.`noren_hash_3`, 3, 2), 16, 10) AS SIGNED) % 128),
          'Aaron',
          'Abigail',
          'Adam',
          'Alice',
          'Amanda',
          'Amelia',
          'Amy',
          'Andrea',
          'Andrew',
          'Angela',
          'Anna',
          'Anthony',
          'Arthur',
          'Ashley',
          'Austin',
          'Barbara',
          'Benjamin',
          'Brandon',
          'Brian',
          'Bruce',
          'Carl',
          'Carol',
          'Caroline',
          'Catherine',
          'Charles',
          'Charlotte',
          'Chloe',
          'Christina',
          'Christopher',
          'Claire',
          'Daniel',
          'David',
          'Deborah',
          'Dennis',
          'Diana',
          'Dorothy',
          'Douglas',
          'Dylan',
          'Edward',
          'Eleanor',
          'Elizabeth',
          'Ella',
          'Emily',
          'Emma',
          'Eric',
          'Ethan',
          'Evelyn',
          'Florence',
          'Frances',
          'Frank',
          'Gabriel',
          'Gary',
          'George',
          'Grace',
          'Gregory',
          'Hannah',
          'Harold',
          'Harry',
          'Heather',
          'Helen',
          'Henry',
          'Holly',
          'Isaac',
          'Isabella',
          'Jack',
          'Jacob',
          'Janet',
          'Jason',
          'Jennifer',
          'Jessica',
          'Joan',
          'John',
          'Jonathan',
          'Joseph',
          'Joshua',
          'Julia',
          'Justin',
          'Karen',
          'Keith',
          'Kevin',
          'Kimberly',
          'Kyle',
          'Laura',
          'Lauren',
          'Lily',
          'Linda',
          'Lisa',
          'Logan',
          'Louis',
          'Lucy',
          'Madison',
          'Margaret',
          'Maria',
          'Mark',
          'Martha',
          'Martin',
          'Matthew',
          'Megan',
          'Melissa',
          'Michael',
          'Michelle',
          'Nancy',
          'Natalie',
          'Nathan',
          'Nicholas',
          'Nicole',
          'Noah',
          'Olivia',
          'Oscar',
          'Pamela',
          'Patrick',
          'Paul',
          'Peter',
          'Rachel',
          'Ralph',
          'Rebecca',
          'Richard',
          'Robert',
          'Roger',
          'Rose',
          'Ruth',
          'Samuel',
          'Sarah',
          'Sophia',
          'Stephen',
          'Susan',
          'Thomas',
          'Victoria'
        ),
        ' ',
        ELT(
          1 + (CAST(CONV(SUBSTRING(`t`.`noren_hash_3`, 1, 2), 16, 10) AS SIGNED) % 128),
          'Adams',
          'Allen',
          'Anderson',
          'Armstrong',
          'Bailey',
          'Baker',
          'Barnes',
          'Bell',
          'Bennett',
          'Black',
          'Brooks',
          'Brown',
          'Bryant',
          'Burns',
          'Butler',
          'Campbell',
          'Carter',
          'Chapman',
          'Clark',
          'Cole',
          'Coleman',
          'Collins',
          'Cook',
          'Cooper',
          'Cox',
          'Crawford',
          'Cruz',
          'Davis',
          'Dixon',
          'Edwards',
          'Ellis',
          'Evans',
          'Fisher',
          'Fletcher',
          'Ford',
          'Foster',
          'Fox',
          'Freeman',
          'Garcia',
          'Gibson',
          'Gomez',
          'Gordon',
          'Graham',
          'Grant',
          'Gray',
          'Green',
          'Griffin',
          'Hall',
          'Hamilton',
          'Hansen',
          'Harris',
          'Harrison',
          'Hart',
          'Hayes',
          'Henderson',
          'Hill',
          'Holmes',
          'Howard',
          'Hughes',
          'Hunt',
          'Hunter',
          'Jackson',
          'James',
          'Jenkins',
          'Johnson',
          'Jones',
          'Jordan',
          'Kelly',
          'Kennedy',
          'King',
          'Knight',
          'Lane',
          'Lewis',
          'Long',
          'Lopez',
          'Marshall',
          'Martin',
          'Mason',
          'Matthews',
          'Miller',
          'Mills',
          'Mitchell',
          'Moore',
          'Morgan',
          'Morris',
          'Murphy',
          'Murray',
          'Myers',
          'Nelson',
          'Nguyen',
          'Olson',
          'Owens',
          'Palmer',
          'Parker',
          'Patel',
          'Perry',
          'Peterson',
          'Phillips',
          'Porter',
          'Powell',
          'Price',
          'Reed',
          'Reynolds',
          'Rice',
          'Richardson',
          'Roberts',
          'Robinson',
          'Rogers',
          'Rose',
          'Ross',
          'Russell',
          'Sanders',
          'Scott',
          'Shaw',
          'Simpson',
          'Smith',
          'Spencer',
          'Stewart',
          'Taylor',
          'Thompson',
          'Turner',
          'Walker',
          'Ward',
          'Watson',
          'Webb',
          'West',
          'White',
          'Wilson'
        )
      )
  END AS `full name`,
  CASE
    WHEN CHAR_LENGTH(CONVERT(`t`.`phone` USING utf8mb4)) >= 6
      THEN CONCAT('****', RIGHT(CONVERT(`t`.`phone` USING utf8mb4), 3))
    WHEN `t`.`phone` IS NOT NULL THEN '****'
  END AS `phone`,
  CONCAT(
    LPAD(CONVERT(CAST(YEAR(`t`.`birthday`) AS CHAR) USING utf8mb4), 4, '0'),
    '-01-01'
  ) AS `birthday`,
  `t`.`status` AS `status`,
  `t`.`flags` AS `flags`,
  `t`.`is_staff` AS `is_staff`,
  CASE
    WHEN (`t`.`fine` IS NOT NULL) AND (`t`.`noren_hash_4` IS NOT NULL)
      THEN LEAST(
        GREATEST(
          ROUND(
            `t`.`fine`
              * (
                1
                  + (
                    (
                      (
                        (
                          (CAST(CONV(SUBSTRING(`t`.`noren_hash_4`, 1, 2), 16, 10) AS SIGNED) * 256)
                            + CAST(CONV(SUBSTRING(`t`.`noren_hash_4`, 3, 2), 16, 10) AS SIGNED)
                        )
                          - 32768
                      )
                        * 0.000030517578125
                    )
                      * 0.2
                  )
              ),
            2
          ),
          (-999999.99)
        ),
        999999.99
      )
  END AS `fine`,
  CASE
    WHEN `t`.`settings` IS NOT NULL
      THEN COALESCE(
        CASE
          WHEN JSON_TYPE(`t`.`settings`) = 'OBJECT'
            THEN CONCAT(
              '{',
              CONCAT_WS(
                ',',
                CASE
                  WHEN JSON_CONTAINS_PATH(`t`.`settings`, 'one', '$."devices"')
                    THEN COALESCE(
                      CONCAT(
                        '"devices":',
                        CASE
                          WHEN JSON_TYPE(JSON_EXTRACT(`t`.`settings`, '$."devices"')) = 'ARRAY'
                            THEN CONCAT(
                              '[',
                              COALESCE(
                                (
                                  SELECT GROUP_CONCAT(
                                      `t_13_1_step_1`.`part_1`
                                      ORDER BY `t_13_1`.`position`
                                    )
                                  FROM JSON_TABLE(
                                    JSON_EXTRACT(`t`.`settings`, '$."devices"'),
                                    '$[*]' COLUMNS(
                                      `position` FOR ORDINALITY,
                                      `element` JSON PATH '$'
                                    )
                                  ) AS `t_13_1`
                                  CROSS JOIN JSON_TABLE(
                                    JSON_ARRAY(
                                      CONVERT(
                                        COALESCE(
                                          CASE
                                            WHEN JSON_TYPE(`t_13_1`.`element`) = 'OBJECT'
                                              THEN CONCAT(
                                                '{',
                                                CONCAT_WS(
                                                  ',',
                                                  CASE
                                                    WHEN JSON_CONTAINS_PATH(
                                                      `t_13_1`.`element`,
                                                      'one',
                                                      '$."os"'
                                                    )
                                                      THEN COALESCE(
                                                        CONCAT(
                                                          '"os":',
                                                          CONVERT(
                                                            JSON_EXTRACT(
                                                              `t_13_1`.`element`,
                                                              '$."os"'
                                                            ) USING utf8mb4
                                                          )
                                                        ),
                                                        'lost'
                                                      )
                                                  END
                                                ),
                                                '}'
                                              )
                                            ELSE 'null'
                                          END,
                                          'lost'
                                        ) USING utf8mb4
                                      )
                                    ),
                                    '$' COLUMNS(`part_1` LONGTEXT PATH '$[0]')
                                  ) AS `t_13_1_step_1`
                                ),
                                ''
                              ),
                              ']'
                            )
                          ELSE 'null'
                        END
                      ),
                      'lost'
                    )
                END,
                CASE
                  WHEN JSON_CONTAINS_PATH(`t`.`settings`, 'one', '$."email"')
                    THEN COALESCE(
                      CONCAT(
                        '"email":',
                        COALESCE(
                          JSON_QUOTE(
                            CONVERT(
                              CASE
                                WHEN `t`.`noren_step_1` IS NOT NULL
                                  THEN CONCAT(
                                    'u',
                                    SUBSTRING(`t`.`noren_step_2`, 1, 16),
                                    '@example.invalid'
                                  )
                              END USING utf8mb4
                            )
                          ),
                          'null'
                        )
                      ),
                      'lost'
                    )
                END,
                CASE
                  WHEN JSON_CONTAINS_PATH(`t`.`settings`, 'one', '$."theme"')
                    THEN COALESCE(
                      CONCAT(
                        '"theme":',
                        CONVERT(JSON_EXTRACT(`t`.`settings`, '$."theme"') USING utf8mb4)
                      ),
                      'lost'
                    )
                END
              ),
              '}'
            )
          ELSE 'null'
        END,
        'lost'
      )
  END AS `settings`,
  `t`.`created_at` AS `created_at`,
  `t`.`updated_at` AS `updated_at`
FROM (
  SELECT
    *,
    SHA2(
      CONCAT(
        @noren_outer_pad,
        UNHEX(
          SHA2(
            CONCAT(
              @noren_inner_pad,
              '10:developers,11:class:email,5:value,',
              CONVERT(`t`.`noren_step_1` USING utf8mb4)
            ),
            256
          )
        )
      ),
      256
    ) AS `noren_step_2`
  FROM (
    SELECT
      *,
      CASE
        WHEN NOT (
          JSON_TYPE(JSON_EXTRACT(`t`.`settings`, '$."email"')) IN ('OBJECT', 'ARRAY', 'NULL')
        )
          THEN JSON_UNQUOTE(JSON_EXTRACT(`t`.`settings`, '$."email"'))
      END AS `noren_step_1`
    FROM (
      SELECT
        `t`.`id` AS `id`,
        `t`.`public_id` AS `public_id`,
        `t`.`branch_id` AS `branch_id`,
        `t`.`sponsor_id` AS `sponsor_id`,
        `t`.`email` AS `email`,
        `t`.`full name` AS `full name`,
        `t`.`phone` AS `phone`,
        `t`.`birthday` AS `birthday`,
        `t`.`status` AS `status`,
        `t`.`flags` AS `flags`,
        `t`.`is_staff` AS `is_staff`,
        `t`.`fine` AS `fine`,
        `t`.`settings` AS `settings`,
        `t`.`created_at` AS `created_at`,
        `t`.`updated_at` AS `updated_at`,
        SHA2(
          CONCAT(
            @noren_outer_pad,
            UNHEX(
              SHA2(
                CONCAT(
                  @noren_inner_pad,
                  '10:developers,32:column:library.members.public_id,5:value,',
                  RTRIM(CONVERT(`t`.`public_id` USING utf8mb4))
                ),
                256
              )
            )
          ),
          256
        ) AS `noren_hash_1`,
        SHA2(
          CONCAT(
            @noren_outer_pad,
            UNHEX(
              SHA2(
                CONCAT(
                  @noren_inner_pad,
                  '10:developers,11:class:email,5:value,',
                  CONVERT(`t`.`email` USING utf8mb4)
                ),
                256
              )
            )
          ),
          256
        ) AS `noren_hash_2`,
        SHA2(
          CONCAT(
            @noren_outer_pad,
            UNHEX(
              SHA2(
                CONCAT(
                  @noren_inner_pad,
                  '10:developers,12:class:person,5:value,',
                  CONVERT(`t`.`full name` USING utf8mb4)
                ),
                256
              )
            )
          ),
          256
        ) AS `noren_hash_3`,
        SHA2(
          CONCAT(
            @noren_outer_pad,
            UNHEX(
              SHA2(
                CONCAT(
                  @noren_inner_pad,
                  '10:developers,27:column:library.members.fine,5:value,',
                  CONVERT(CAST(`t`.`id` AS CHAR) USING utf8mb4)
                ),
                256
              )
            )
          ),
          256
        ) AS `noren_hash_4`
      FROM `members` AS `t`
    ) AS `t`
  ) AS `t`
) AS `t`
UNION ALL
SELECT 'end', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
INTO OUTFILE S3 's3-ap-northeast-1://masked-exports/library/developers/library.members'
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES TERMINATED BY '\n'
MANIFEST ON
OVERWRITE ON
ENCRYPTION SSE_KMS 'arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000000';

-- policies/library.noren:48  rows (lent_on >= '2025-01-01')
-- policies/library.noren:9  loans.member_id is keep
-- policies/library.noren:38  loans.book is keep because "catalogue numbers"
-- policies/library.noren:10  loans.lent_on is keep
-- policies/library.noren:39  loans.note is mask constant('****')
SELECT
  'row' AS `noren_row`,
  `t`.`member_id` AS `member_id`,
  `t`.`book` AS `book`,
  `t`.`lent_on` AS `lent_on`,
  CASE WHEN `t`.`note` IS NOT NULL THEN '****' END AS `note`
FROM `loans` AS `t`
WHERE (`t`.`lent_on` >= '2025-01-01')
UNION ALL
SELECT 'end', NULL, NULL, NULL, NULL
INTO OUTFILE S3 's3-ap-northeast-1://masked-exports/library/developers/library.loans'
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES TERMINATED BY '\n'
MANIFEST ON
OVERWRITE ON
ENCRYPTION SSE_KMS 'arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000000';

-- policies/library.noren:9  visits.id is keep
-- policies/library.noren:10  visits.day is keep
-- policies/library.noren:43  visits.ip is mask ip_truncate()
SELECT
  'row' AS `noren_row`,
  `t`.`id` AS `id`,
  `t`.`day` AS `day`,
  CASE
    WHEN `t`.`ip` IS NOT NULL
      THEN LEFT(
        CASE
          WHEN `t`.`noren_step_1` IS NULL THEN '0.0.0.0'
          WHEN CHAR_LENGTH(`t`.`noren_step_1`) = 8
            THEN INET6_NTOA(
              UNHEX(
                RPAD(
                  CONCAT(
                    LEFT(`t`.`noren_step_1`, 6),
                    HEX(CAST(CONV(SUBSTRING(`t`.`noren_step_1`, 7, 1), 16, 10) AS SIGNED) & 0)
                  ),
                  8,
                  '0'
                )
              )
            )
          ELSE INET6_NTOA(
            UNHEX(
              RPAD(
                CONCAT(
                  LEFT(`t`.`noren_step_1`, 12),
                  HEX(CAST(CONV(SUBSTRING(`t`.`noren_step_1`, 13, 1), 16, 10) AS SIGNED) & 0)
                ),
                32,
                '0'
              )
            )
          )
        END,
        45
      )
  END AS `ip`
FROM (
  SELECT
    *,
    HEX(INET6_ATON(CONVERT(`t`.`ip` USING utf8mb4) COLLATE utf8mb4_bin)) AS `noren_step_1`
  FROM (SELECT `t`.`id` AS `id`, `t`.`day` AS `day`, `t`.`ip` AS `ip` FROM `visits` AS `t`) AS `t`
) AS `t`
UNION ALL
SELECT 'end', NULL, NULL, NULL
INTO OUTFILE S3 's3-ap-northeast-1://masked-exports/library/developers/library.visits'
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES TERMINATED BY '\n'
MANIFEST ON
OVERWRITE ON
ENCRYPTION SSE_KMS 'arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000000';

-- the list, finished
SELECT
  'row' AS `noren_row`,
  `l`.`kind` AS `kind`,
  `l`.`name` AS `name`,
  `l`.`value` AS `value`
FROM `noren_list` AS `l`
UNION ALL
SELECT 'row', 'state', 'finished', ''
INTO OUTFILE S3 's3-ap-northeast-1://masked-exports/library/developers/run'
CHARACTER SET utf8mb4
FIELDS TERMINATED BY ',' ENCLOSED BY '"' ESCAPED BY '\\'
LINES TERMINATED BY '\n'
MANIFEST ON
OVERWRITE ON
ENCRYPTION SSE_KMS 'arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000000';

COMMIT;
SET @noren_inner_pad = NULL;
SET @noren_outer_pad = NULL;
DROP TEMPORARY TABLE IF EXISTS `noren_shape`;
DROP TEMPORARY TABLE IF EXISTS `noren_list`;
DROP TEMPORARY TABLE IF EXISTS `noren_stop`;
DROP TEMPORARY TABLE IF EXISTS `noren_finding`;
