//! What leaves and comes back is exact, and what is masked does not leave.

use super::{KEY, Project, sample, server};
use crate::support;
use std::fs;

/// Every type, with the values that files get wrong.
const TYPES: &str = r#"
CREATE TABLE `all types` (
  `i` int NOT NULL, `t` tinyint, `tu` tinyint unsigned, `b1` tinyint(1), `m` mediumint, `mu` mediumint unsigned,
  `iu` int unsigned, `big` bigint, `bigu` bigint unsigned, `z` int(6) unsigned zerofill,
  `d` decimal(20,5), `f` float, `db` double, `bit1` bit(1), `bit9` bit(9), `y` year,
  `c` char(5), `v` varchar(60), `vl` varchar(20) CHARACTER SET latin1, `tt` tinytext, `tx` longtext,
  `bi` binary(4), `vb` varbinary(20), `bl` blob, `j` json, `da` date, `ti` time(3), `dt` datetime(6), `ts` timestamp(6) NULL,
  `e` enum('a','it''s','', 'x,y'), `s` set('p','q r','z'), `g` point, `back``tick "q"` varchar(20),
  `gen` varchar(80) GENERATED ALWAYS AS (concat(`v`,'!')) STORED, `genv` int GENERATED ALWAYS AS (`i` + 1) VIRTUAL,
  PRIMARY KEY (`i`)
);
CREATE TABLE `nothing` (`id` int PRIMARY KEY, `v` text);
"#;

const ROWS: &str = r#"
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00';
INSERT INTO `all types` (i,t,tu,b1,m,mu,iu,big,bigu,z,d,f,db,bit1,bit9,y,c,v,vl,tt,tx,bi,vb,bl,j,da,ti,dt,ts,e,s,g,`back``tick "q"`) VALUES
(0,-128,255,1,-8388608,16777215,4294967295,-9223372036854775808,18446744073709551615,42,'-123456789012345.12345',1.1,1.0000000000000002,b'1',b'100000001',1901,'ab','quo"te, and \\ back\nline\r\n\ttab',_utf8mb4'Grüße','','😀 emoji 山田',X'00010203',X'0AFF22',X'5C4E5C225C2C0A000D','{"a": "\\"x\\" \\\\ y\\n", "b": [1, null]}','2024-02-29','-838:59:59.123','2024-02-31 01:02:03.000001','2038-01-19 03:14:07.999999','it''s','p,z',ST_GeomFromText('POINT(1.5 -2.25)'),'\\N'),
(1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
(2,0,0,0,0,0,0,0,0,0,0,0,0,b'0',b'0',0,'','',  '','','',X'',X'',X'','""','0000-00-00','00:00:00','0000-00-00 00:00:00','1970-01-01 00:00:01','','',NULL,'NULL'),
(3,1,1,2,1,1,1,1,1,1,'0.00001',3.4028234e38,-1.7976931348623157e308,b'1',b'11',2155,'é','"row",','end','\\','"end",\\N\n"row","x"',X'22',X'2C',X'','0','9999-12-31','838:59:59','1000-01-01 00:00:00','2000-01-01 00:00:00','x,y','q r',NULL,'"'),
(-7,1,1,1,1,1,1,1,1,1,'1.5',1e-38,5e-324,b'0',b'1',2000,'  x','trailing  ','x','\0','a\0b\Zc',X'5C',X'','','null','0001-01-01','00:00:00.001','2024-12-31 23:59:59.999999','2000-01-01 00:00:00','a','',NULL,'''');
"#;

const KEEP: &str = r#"
table "all types" { * keep because "the test compares them"; }
table nothing { * keep because "the test compares them"; }
export developers { tables *; }
"#;

#[test]
fn what_is_kept_comes_back_as_it_was() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = Project::of(server, TYPES, KEEP);
    server.run(&project.source, ROWS);
    server.run(
        &project.copy,
        "INSERT INTO nothing VALUES (1, 'was there before'); INSERT INTO `all types` (i) VALUES (99);",
    );
    project.export();
    project.import();
    assert_eq!(project.rows(&project.source), project.rows(&project.copy));
    // Twice over the objects of the first, and again into the same copy.
    project.export();
    project.import();
    assert_eq!(project.rows(&project.source), project.rows(&project.copy));
}

#[test]
fn a_reference_to_a_row_that_stays_behind_becomes_null_or_keeps_its_row_back() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let project = Project::of(
        server,
        "CREATE TABLE regions (id int PRIMARY KEY, open tinyint);
         CREATE TABLE teams (id int PRIMARY KEY, region_id int, CONSTRAINT teams_region FOREIGN KEY (region_id) REFERENCES regions (id));
         CREATE TABLE people (id int PRIMARY KEY, team_id int, boss_id int, email varchar(80),
           CONSTRAINT people_team FOREIGN KEY (team_id) REFERENCES teams (id),
           CONSTRAINT people_boss FOREIGN KEY (boss_id) REFERENCES people (id));",
        "setting noren.mask_key text secret;
         table * { id, open keep; }
         table regions { rows (open = 1); }
         table teams { region_id keep, orphans skip; }
         table people { rows (id < 100); team_id keep, orphans null; boss_id keep, orphans null; email mask email; }
         export developers { tables *; }",
    );
    server.run(
        &project.source,
        "INSERT INTO regions VALUES (1, 1), (2, 0);
         INSERT INTO teams VALUES (10, 1), (20, 2), (30, NULL);
         INSERT INTO people VALUES (100, 10, NULL, 'a@b.test'), (1, 10, 100, 'c@d.test'), (2, 20, 1, 'e@f.test'), (3, 30, 3, NULL);",
    );
    project.export();
    project.import();
    assert_eq!(server.run(&project.copy, "SELECT id FROM teams ORDER BY id"), "10\n30\n");
    let people = server.run(&project.copy, "SELECT id, team_id, boss_id, email IS NULL FROM people ORDER BY id");
    assert_eq!(people, "1\t10\tNULL\t0\n2\tNULL\t1\t0\n3\t30\t3\t1\n");
}

#[test]
fn the_sample_runs_and_shows_nothing_that_it_masks() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let folder = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(sample()) {
        let entry = entry.unwrap();
        let to = folder.path().join(entry.path().strip_prefix(sample()).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
    let schema = fs::read_to_string(sample().join("schema.sql")).unwrap();
    let project = Project::at(server, folder, &schema);
    server.run(&project.source, &fs::read_to_string(sample().join("rows.sql")).unwrap());
    project.export();
    let objects = project.objects();
    for secret in ["taro", "Jane", "O'Brien", "山田", "1234-5678", "1980-02-29", "secret note", "10.0.0.1", "6b1f0c1e"]
    {
        assert!(!objects.to_lowercase().contains(&secret.to_lowercase()), "{secret} left in\n{objects}");
    }
    project.import();
    let members = server.run(&project.copy, "SELECT COUNT(*), COUNT(card_digest), MIN(birthday) FROM members");
    assert_eq!(members.trim(), "4\t0\t0000-01-01");
    // The copy computes the generated column from the pseudonyms.
    let domains = server.run(&project.copy, "SELECT DISTINCT email_domain FROM members");
    assert_eq!(domains.trim(), "example.invalid");
    assert_eq!(server.run(&project.copy, "SELECT COUNT(*) FROM loans").trim(), "4", "`rows` leaves one out");
}

#[test]
fn no_log_of_the_server_holds_the_key() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let policy = "setting noren.mask_key text secret;\ntable people { id keep; email mask email; }\nexport developers { tables people; }\n";
    let project = Project::of(server, "CREATE TABLE people (id int PRIMARY KEY, email varchar(100) NOT NULL);", policy);
    server.run(&project.source, "INSERT INTO people VALUES (1, 'taro@x.example')");
    project.export();
    let contains = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let logs = server.logs();
    assert!(contains(&logs, b"LOAD DATA LOCAL INFILE"), "the log has the statements");
    let hex = super::server::hex(KEY);
    for secret in [KEY.to_owned(), hex.clone(), hex.to_lowercase()] {
        assert!(!contains(&logs, secret.as_bytes()), "the key is in a log");
        assert!(!project.objects().contains(&secret), "the key is in an object");
    }
    for entry in walkdir::WalkDir::new(project.folder.path())
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
    {
        assert!(!fs::read_to_string(entry.path()).unwrap().contains(KEY), "{}", entry.path().display());
    }
}

#[test]
fn a_key_that_is_short_odd_or_missing_stops_the_run() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let policy = "setting noren.mask_key text secret;\ntable people { id keep; email mask email; }\nexport developers { tables people; }\n";
    let project = Project::of(server, "CREATE TABLE people (id int PRIMARY KEY, email varchar(100) NOT NULL);", policy);
    server.run(&project.source, "INSERT INTO people VALUES (1, 'taro@x.example')");
    let odd = ["é".repeat(20), format!("{KEY}\n{KEY}"), "x".repeat(31), String::new(), "short".to_owned()];
    for key in &odd {
        let output = project.try_export(key);
        assert!(!output.status.success(), "{key}");
        let said = support::text(&output);
        assert!(said.contains("expected the mask key as one line"), "{said}");
        assert!(!project.objects().contains("example.invalid"));
    }
    // Longer than a block of SHA-256.
    support::succeeded(&project.try_export(&KEY.repeat(3)), "a long key");
}
