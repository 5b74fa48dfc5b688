//! `init` proposes a project that reads back, and leaves open exactly what it marks with a TODO.

use super::{Project, noren, ran, tree};
use crate::{real, support};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The samples' schemas, and those of other projects where they are found.
fn schemas() -> Vec<PathBuf> {
    let samples = fs::read_dir(support::root().join("policies")).unwrap();
    let samples = samples.map(|entry| entry.unwrap().path());
    let samples = samples.map(|folder| folder.join("schema.sql")).filter(|path| path.is_file());
    let real = real::schemas().into_iter().flat_map(|folder| [folder.join("crates_io.sql"), folder.join("pagila.sql")]);
    samples.chain(real).collect()
}

#[test]
fn a_check_of_what_init_proposes_lists_exactly_its_todos() {
    for schema in schemas() {
        let folder = tempfile::tempdir().unwrap();
        let said = ran(noren(folder.path()).arg("init").arg("--from").arg(&schema));
        assert_eq!(said.code, 0, "{}: {said:?}", schema.display());
        let todos = todos(folder.path());
        let (open, columns) = counts(&said.err);
        assert_eq!(open, todos.len());
        assert!(open * 5 <= columns, "{}: {open} of {columns} columns are left open", schema.display());
        assert_eq!(listed(folder.path()), todos, "{}", schema.display());
        decide(folder.path(), &todos);
        let clean = ran(noren(folder.path()).arg("check"));
        assert_eq!(clean.code, 0, "{}: {}", schema.display(), clean.err);
        assert_eq!(ran(noren(folder.path()).args(["fmt", "--check", "policies/policy.noren"])).code, 0);
    }
}

/// `schema.table.column` of each TODO.
fn todos(folder: &Path) -> BTreeSet<String> {
    let policy = fs::read_to_string(folder.join("policies/policy.noren")).unwrap();
    let names = policy.lines().filter_map(|line| line.trim_start().strip_prefix("-- TODO ")?.split_once(": "));
    let manifest = fs::read_to_string(folder.join("noren.toml")).unwrap();
    let search = manifest.split_once("search").unwrap().1.split('"').nth(1).unwrap().to_owned();
    names
        .map(|(name, _)| if name.matches('.').count() == 2 { name.to_owned() } else { format!("{search}.{name}") })
        .collect()
}

/// `31 of 206 columns left to decide`
fn counts(said: &str) -> (usize, usize) {
    let line = said.lines().find(|line| line.contains("left to decide")).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    (words[0].parse().unwrap(), words[2].parse().unwrap())
}

/// Columns that `check` says have no treatment; anything else that is an error or a warning fails here.
fn listed(folder: &Path) -> BTreeSet<String> {
    let json = ran(noren(folder).args(["check", "--format", "json"])).out;
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    let weighty = found.as_array().unwrap().iter().filter(|finding| finding["severity"] != "note");
    weighty
        .map(|finding| {
            assert_eq!(finding["code"], "N0301", "{finding}");
            finding["title"].as_str().unwrap().split('`').nth(1).unwrap().to_owned()
        })
        .collect()
}

fn decide(folder: &Path, todos: &BTreeSet<String>) {
    let quoted = |name: &str| name.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>();
    let rules = todos.iter().map(|name| match quoted(name).as_slice() {
        [schema, table, column] => format!("table {schema}.{table} {{ {column} keep because \"decided\"; }}\n"),
        other => panic!("{other:?}"),
    });
    fs::write(folder.join("policies/decided.noren"), rules.collect::<String>()).unwrap();
}

/// What the schemas of others have shown: secrets with a default in a unique index, predicates over what is masked, an
/// index over the lower-case name, identifiers that are text, arrays, rules.
const ODD: &str = "-- Dumped from database version 17.2\n
CREATE TYPE public.mood AS ENUM ('a', 'b');
CREATE TABLE public.accounts (
    id character varying(36) NOT NULL PRIMARY KEY, name character varying NOT NULL, active boolean NOT NULL,
    change_token character varying(255) DEFAULT ''::character varying, refresh_token text, api_key text NOT NULL,
    vars jsonb, tags text[] NOT NULL, aliases text[], payload bytea NOT NULL, location_id integer, mood public.mood,
    CONSTRAINT token_given CHECK (((active = false) OR (refresh_token IS NOT NULL)))
);
CREATE UNIQUE INDEX by_change ON public.accounts USING btree (change_token) WHERE ((change_token)::text !~ '^[0-9 ]*$'::text);
CREATE UNIQUE INDEX by_refresh ON public.accounts USING btree (refresh_token) WHERE (refresh_token IS NOT NULL);
CREATE UNIQUE INDEX by_name ON public.accounts USING btree (lower((name)::text));
CREATE UNIQUE INDEX by_vars ON public.accounts USING btree (location_id) WHERE (vars IS NULL);
CREATE TABLE public.visits (
    visit_id text NOT NULL, room_id text NOT NULL, user_id text NOT NULL, created_by character varying(50) NOT NULL,
    version_digest text, checksum bytea, seen_at timestamp with time zone, PRIMARY KEY (visit_id)
);
CREATE RULE no_more AS ON DELETE TO public.visits DO INSTEAD NOTHING;
DROP ROLE IF EXISTS somebody;
";

#[test]
fn what_the_proofs_would_not_let_pass_is_left_open() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("odd.sql"), ODD).unwrap();
    let said = ran(noren(folder.path()).args(["init", "--from", "odd.sql"]));
    assert_eq!(said.code, 0, "{said:?}");
    let todos = todos(folder.path());
    let open: Vec<&str> = todos.iter().map(|name| name.rsplit('.').next().unwrap()).collect();
    assert_eq!(open, ["name", "refresh_token", "vars"]);
    assert_eq!(listed(folder.path()), todos);
    decide(folder.path(), &todos);
    let clean = ran(noren(folder.path()).arg("check"));
    assert_eq!(clean.code, 0, "{}", clean.err);
    let manifest = fs::read_to_string(folder.path().join("noren.toml")).unwrap();
    assert!(manifest.contains("version  = 17"), "{manifest}");
}

/// As `mysqldump` of 5.7 and of 8.0 print them: types of both, keys over expressions, comments with ends of comments.
const OF_MYSQL: &str = r#"-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version	8.0.36

/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `Customers` (
  `Id` int unsigned NOT NULL AUTO_INCREMENT,
  `uuid` binary(16) NOT NULL,
  `user_pass` varchar(255) NOT NULL DEFAULT '',
  `Email` varchar(191) COLLATE utf8mb4_unicode_520_ci NOT NULL,
  `birthday` date DEFAULT NULL,
  `birth_year` year DEFAULT NULL,
  `flags` set('vip','it''s') NOT NULL DEFAULT 'vip',
  `kind` enum('a','b') NOT NULL DEFAULT 'a',
  `prefs` json DEFAULT NULL,
  `tags` json NOT NULL DEFAULT (json_array()),
  `place` point DEFAULT NULL /*!80003 SRID 4326 */,
  `bits` bit(4) NOT NULL DEFAULT b'0',
  `paid` tinyint(1) NOT NULL DEFAULT '0',
  `updated_at` timestamp(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  `domain` varchar(191) GENERATED ALWAYS AS (substring_index(`Email`,_utf8mb4'@',-(1))) VIRTUAL,
  PRIMARY KEY (`Id`),
  UNIQUE KEY `uuid` (`uuid`),
  UNIQUE KEY `email` (`Email`),
  KEY `lower_email` ((lower(`Email`))) /*!80000 INVISIBLE */
) ENGINE=InnoDB AUTO_INCREMENT=1001 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='*/ -- it''s';
CREATE TABLE `order "lines"` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `customer_id` int unsigned NOT NULL COMMENT 'a */ b; DROP TABLE x',
  `total` decimal(10,2) NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `o_c` FOREIGN KEY (`customer_id`) REFERENCES `Customers` (`Id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
/*!50100 PARTITION BY KEY (id)
PARTITIONS 4 */;
-- Dump completed on 2026-11-30 12:00:00
"#;

/// Names from a spreadsheet: a mark of the file's beginning, a space that is none, and a line break, which no file can hold.
#[test]
fn names_that_nobody_sees_are_written_with_escapes() {
    let folder = tempfile::tempdir().unwrap();
    let schema = "CREATE TABLE public.sheet (\"\u{feff}id\" bigint PRIMARY KEY, \"total\u{a0}sum\" numeric, \"two\nlines\\\" bigint);\n";
    fs::write(folder.path().join("schema.sql"), schema).unwrap();
    let said = ran(noren(folder.path()).args(["init", "--from", "schema.sql"]));
    assert_eq!(said.code, 0, "{said:?}");
    let policy = fs::read_to_string(folder.path().join("policies/policy.noren")).unwrap();
    for name in ["U&\"\\feffid\"", "U&\"total\\00a0sum\"", "U&\"two\\000alines\\\\\""] {
        assert!(policy.contains(name), "{name}: {policy}");
    }
    let found = ran(noren(folder.path()).args(["check", "--format", "concise"]));
    assert_eq!((found.code, found.out.matches("error[").count()), (1, 1), "{found:?}");
    assert!(found.out.contains("N0218") && found.out.contains("two\\nlines"), "{found:?}");
    fs::write(folder.path().join("schema.sql"), schema.replace('\n', " ")).unwrap();
    fs::write(folder.path().join("policies/policy.noren"), policy.replace("\\000a", " ")).unwrap();
    let built = ran(noren(folder.path()).arg("build"));
    assert_eq!(built.code, 0, "{built:?}");
}

#[test]
fn a_dump_of_mysql_gives_a_project_for_aurora_mysql() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schema.sql"), OF_MYSQL).unwrap();
    let said = ran(noren(folder.path()).args(["init", "--from", "schema.sql"]));
    assert_eq!(said.code, 0, "{said:?}");
    let manifest = fs::read_to_string(folder.path().join("noren.toml")).unwrap();
    for line in ["engine   = \"aurora-mysql\"", "version  = 3", "search   = [\"shop\"]", "target = \"aws_s3\""] {
        assert!(manifest.contains(line), "{manifest}");
    }
    let todos = todos(folder.path());
    let open: Vec<&str> = todos.iter().map(|name| name.rsplit('.').next().unwrap()).collect();
    assert_eq!(open, ["birth_year", "place"]);
    assert_eq!(listed(folder.path()), todos);
    let policy = fs::read_to_string(folder.path().join("policies/policy.noren")).unwrap();
    assert!(policy.contains("class secret") && policy.contains("mask uuid") && !policy.contains("tenancy"), "{policy}");
    decide(folder.path(), &todos);
    let built = ran(noren(folder.path()).arg("build"));
    assert_eq!(built.code, 0, "{}", built.err);

    let older = tempfile::tempdir().unwrap();
    fs::write(
        older.path().join("schema.sql"),
        OF_MYSQL.replace("Server version\t8.0.36", "Server version\t5.7.44-log"),
    )
    .unwrap();
    assert_eq!(ran(noren(older.path()).args(["init", "--from", "schema.sql"])).code, 0);
    let manifest = fs::read_to_string(older.path().join("noren.toml")).unwrap();
    assert!(manifest.contains("version  = 2"), "{manifest}");
}

#[test]
fn a_dump_may_have_a_mark_and_must_have_tables() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("none.sql"), "CREATE ROLE somebody;\n").unwrap();
    let refused = ran(noren(folder.path()).args(["init", "--from", "none.sql"]));
    assert!(refused.code == 2 && refused.err.contains("expected a table in `none.sql`, found none"), "{refused:?}");
    assert!(!folder.path().join("noren.toml").exists());
    fs::write(folder.path().join("mark.sql"), "\u{feff}CREATE TABLE public.t (id bigint);\r\n").unwrap();
    assert_eq!(ran(noren(folder.path()).args(["init", "--from", "mark.sql"])).code, 0);
    assert_eq!(ran(noren(folder.path()).arg("check")).code, 0);
}

#[test]
fn init_writes_over_nothing() {
    let project = Project::new();
    let before = tree(project.folder.path());
    let refused = project.run(&["init", "--from", "schema.sql"]);
    assert!(refused.code == 2 && refused.err.contains("expected no `noren.toml`"), "{refused:?}");
    fs::remove_file(project.path("noren.toml")).unwrap();
    fs::create_dir(project.path("policies")).unwrap();
    project.write("policies/policy.noren", "-- mine\n");
    assert_eq!(project.run(&["init", "--from", "schema.sql"]).code, 2);
    assert_eq!(project.read("policies/policy.noren"), "-- mine\n");
    fs::remove_file(project.path("policies/policy.noren")).unwrap();
    assert_eq!(project.run(&["init", "--from", "schema.sql"]).code, 0);
    assert_eq!(fs::read(project.path("schema.sql")).unwrap(), before.last().unwrap().1);
}

#[test]
fn a_dump_that_cannot_be_read_gives_no_project() {
    let project = Project::new();
    fs::remove_file(project.path("noren.toml")).unwrap();
    project.write("broken.sql", "CREATE TABLE t (id int;\n");
    let broken = project.run(&["init", "--from", "broken.sql"]);
    assert!(broken.code == 2 && broken.err.contains("broken.sql:1:"), "{broken:?}");
    assert!(!project.path("noren.toml").exists() && !project.path("policies").exists());
    assert_eq!(project.run(&["init", "--from", "missing.sql"]).code, 2);
}
