CREATE TABLE `users` (
  `id` int NOT NULL,
  `nickname` varchar(40) DEFAULT NULL,
  `settings` json DEFAULT NULL,
  PRIMARY KEY (`id`)
);
