//! Schemas as servers print them, and odd ones.

use super::{MANIFEST, Project, sample, server};
use crate::support;
use std::fs;
use std::process::Output;

fn check(schema: &str, policy: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("schema.sql", schema), ("policy.noren", policy), ("noren.toml", MANIFEST)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    support::run(support::noren().arg("-C").arg(folder.path()).arg("check"))
}

const ALL: &str = "table * { * keep because \"a test\"; }\nexport developers { tables *; }\n";

#[test]
fn a_dump_of_a_server_is_read_in_full() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let odd = r#"
CREATE TABLE `a``b "c" d;` (`id` int(11) NOT NULL AUTO_INCREMENT COMMENT 'it''s; -- no end', `select` varchar(10) DEFAULT 'x;''y',
  `Größe` double DEFAULT 1.5, `n` decimal(5,2) unsigned DEFAULT -0.0, `when` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
  PRIMARY KEY (`id`), UNIQUE KEY `u;k` (`select`(5),`n`), FULLTEXT KEY `f` (`select`), CHECK (`n` > 0 or `select` like '%(%')) COMMENT='); DROP';
CREATE TABLE `child` (`id` int(11) PRIMARY KEY, `p` int(11), CONSTRAINT `f``k` FOREIGN KEY (`p`) REFERENCES `a``b "c" d;` (`id`) ON DELETE SET NULL ON UPDATE CASCADE);
CREATE VIEW `v` AS SELECT `id` FROM `child` WHERE 1;
CREATE TABLE parts (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (year(day)) (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE);
DELIMITER ;;
CREATE PROCEDURE `proc`() BEGIN DECLARE x INT; SET x = 1; SELECT ';'; END;;
CREATE FUNCTION `fun`() RETURNS int DETERMINISTIC RETURN 1;;
DELIMITER ;
"#;
    let database = server.database("odd");
    server.run(&database, odd);
    let dump = server.dump(&database);
    let output = check(&dump, ALL);
    support::succeeded(&output, &dump);
    assert_eq!(support::text(&output).matches("N095").count(), 0, "{}", support::text(&output));
    // The names go through every file and a server.
    let project = Project::of(server, &dump, ALL);
    server.run(&project.source, "INSERT INTO `a``b \"c\" d;` (id, `select`, n) VALUES (1, 'one', 1); INSERT INTO child VALUES (1, 1); INSERT INTO parts VALUES (1, '2019-01-01')");
    project.export();
    project.import();
    assert_eq!(project.rows(&project.source), project.rows(&project.copy));
}

#[test]
fn the_sample_s_schema_is_what_a_server_makes_of_it() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let database = server.database("library");
    let schema = fs::read_to_string(sample().join("schema.sql")).unwrap();
    server.run(&database, &schema);
    let of = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("schema.sql"), text).unwrap();
        for name in ["noren.toml", "policies"] {
            let from = sample().join(name);
            if from.is_dir() {
                fs::create_dir(folder.path().join(name)).unwrap();
                fs::copy(from.join("library.noren"), folder.path().join(name).join("library.noren")).unwrap();
            } else {
                fs::copy(from, folder.path().join(name)).unwrap();
            }
        }
        let output = support::run(support::noren().arg("-C").arg(folder.path()).arg("build"));
        support::succeeded(&output, text);
        fs::read_to_string(folder.path().join("generated/coverage.txt")).unwrap()
    };
    // MariaDB has no type json but a text with a CHECK.
    let of_mariadb = "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`settings`))";
    assert_eq!(of(&schema), of(&server.dump(&database).replace(of_mariadb, "json DEFAULT NULL")));
}

#[test]
fn what_is_not_understood_is_told_with_its_place() {
    let wrong = [
        ("CREATE TABLE t (a int, b hologram);", "hologram"),
        ("CREATE TABLE t (a int) AS SELECT 1;", "AS"),
        ("CREATE TABLE t LIKE u;", "LIKE"),
        ("ALTER TABLE missing ADD COLUMN a int;", "missing"),
        ("CREATE TABLE t (a int); ALTER TABLE t RENAME TO u;", "RENAME"),
        ("CREATE TABLE t (a int", ")"),
        ("CREATE TABLE t (a varchar(10) DEFAULT 'never", "never closed"),
        ("USE one; CREATE TABLE t (a int); USE two; CREATE TABLE u (a int);", "second one"),
        ("CREATE TABLE t (a int REFERENCES u (id));", "REFERENCES"),
    ];
    for (schema, said) in wrong {
        let output = check(schema, "class x mask null;");
        let text = support::text(&output);
        assert!(!output.status.success(), "{schema}: {text}");
        assert!(text.contains("schema.sql") || text.contains(said), "{schema}: {text}");
    }
    let output = check("CREATE TABLE t (a int); HANDLER t OPEN;", "class x mask null;");
    let text = support::text(&output);
    assert!(text.contains("N0953") && text.contains("HANDLER"), "{text}");
}

#[test]
fn migrations_change_what_is_there() {
    let schema = "CREATE TABLE t (id int PRIMARY KEY, a int, b text); ALTER TABLE t ADD COLUMN c varchar(20) NOT NULL, DROP COLUMN a, \
                  CHANGE b renamed text NULL, MODIFY id bigint NOT NULL, ADD UNIQUE KEY k (c), ENGINE=InnoDB; CREATE TABLE gone (a int); \
                  DROP TABLE gone;";
    let policy = "table t { id keep; c mask constant('x'); renamed mask null; }\nexport developers { tables *; }\n";
    let output = check(schema, policy);
    let text = support::text(&output);
    assert!(text.contains("N0404") && !text.contains("N0301"), "a constant on a unique column alone is wrong: {text}");
}

#[test]
fn keys_of_one_class_are_of_types_that_are_exchanged_alike() {
    let policy = "setting noren.mask_key text secret;\nclass key mask permute;\ntable * { *id key; }\nexport developers { tables *; }\n";
    let build = |one: &str, other: &str| {
        let schema = format!("CREATE TABLE a (id {one} PRIMARY KEY); CREATE TABLE b (id {other} PRIMARY KEY);");
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("schema.sql", schema.as_str()), ("policy.noren", policy), ("noren.toml", MANIFEST)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        support::run(support::noren().arg("-C").arg(folder.path()).arg("build"))
    };
    support::succeeded(&build("int", "int unsigned"), "numbers that both have give the same");
    support::succeeded(&build("bigint", "bigint unsigned"), "numbers that both have give the same");
    let text = support::text(&build("bigint unsigned", "int unsigned"));
    assert!(text.contains("N0440") && text.contains("public.b.id"), "{text}");
}
