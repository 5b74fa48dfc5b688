-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: library
-- ------------------------------------------------------
-- Server version	8.0.36

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;

--
-- Table structure for table `branches`
--

DROP TABLE IF EXISTS `branches`;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `branches` (
  `id` smallint unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(80) COLLATE utf8mb4_unicode_ci NOT NULL,
  `location` point DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--
-- Table structure for table `members`
--

DROP TABLE IF EXISTS `members`;
CREATE TABLE `members` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `public_id` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `branch_id` smallint unsigned DEFAULT NULL,
  `sponsor_id` bigint unsigned DEFAULT NULL COMMENT 'who brought them; may come later',
  `email` varchar(190) COLLATE utf8mb4_unicode_ci NOT NULL,
  `full name` varchar(100) COLLATE utf8mb4_unicode_ci NOT NULL,
  `phone` varchar(30) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,
  `birthday` date DEFAULT NULL,
  `status` enum('active','paused','it''s over') COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT 'active',
  `flags` set('newsletter','audio','large print') COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `is_staff` tinyint(1) NOT NULL DEFAULT '0',
  `fine` decimal(8,2) NOT NULL DEFAULT '0.00',
  `settings` json DEFAULT NULL,
  `card_digest` binary(32) DEFAULT NULL,
  `email_domain` varchar(190) COLLATE utf8mb4_unicode_ci GENERATED ALWAYS AS (substring_index(`email`,_utf8mb4'@',-(1))) VIRTUAL,
  `created_at` timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  `updated_at` datetime DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`),
  UNIQUE KEY `members_public_id` (`public_id`),
  UNIQUE KEY `members_email` (`email`),
  KEY `members_branch` (`branch_id`),
  KEY `members_sponsor` (`sponsor_id`),
  FULLTEXT KEY `members_name` (`full name`),
  CONSTRAINT `members_branch` FOREIGN KEY (`branch_id`) REFERENCES `branches` (`id`) ON DELETE SET NULL,
  CONSTRAINT `members_sponsor` FOREIGN KEY (`sponsor_id`) REFERENCES `members` (`id`),
  CONSTRAINT `members_fine` CHECK ((`fine` >= 0))
) ENGINE=InnoDB AUTO_INCREMENT=8 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--
-- Table structure for table `loans`
--

DROP TABLE IF EXISTS `loans`;
CREATE TABLE `loans` (
  `member_id` bigint unsigned NOT NULL,
  `book` varchar(40) COLLATE utf8mb4_unicode_ci NOT NULL,
  `lent_on` date NOT NULL,
  `note` text COLLATE utf8mb4_unicode_ci,
  PRIMARY KEY (`member_id`,`book`,`lent_on`),
  CONSTRAINT `loans_member` FOREIGN KEY (`member_id`) REFERENCES `members` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--
-- Table structure for table `visits`
--

DROP TABLE IF EXISTS `visits`;
CREATE TABLE `visits` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  `day` date NOT NULL,
  `ip` varchar(45) COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  PRIMARY KEY (`id`,`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
/*!50100 PARTITION BY RANGE (year(`day`))
(PARTITION p2025 VALUES LESS THAN (2026) ENGINE = InnoDB,
 PARTITION prest VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */;

--
-- Temporary view structure for view `late_loans`
--

DROP TABLE IF EXISTS `late_loans`;
/*!50001 DROP VIEW IF EXISTS `late_loans`*/;
SET @saved_cs_client     = @@character_set_client;
/*!50001 CREATE VIEW `late_loans` AS SELECT 
 1 AS `member_id`*/;
SET character_set_client = @saved_cs_client;

--
-- Final view structure for view `late_loans`
--

/*!50001 DROP VIEW IF EXISTS `late_loans`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */
/*!50001 VIEW `late_loans` AS select `loans`.`member_id` AS `member_id` from `loans` where (`loans`.`lent_on` < (curdate() - interval 30 day)) */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;

-- Dump completed on 2026-11-30 12:00:00
