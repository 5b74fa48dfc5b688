//! Masks that look beyond their row: `shuffle` and `pick`. And `ip_truncate`, which on MySQL takes text.

use super::parity::both;
use super::{MANIFEST, Project, server};
use crate::support;
use std::fmt::Write as _;

const PEOPLE: &str =
    "CREATE TABLE people (id int PRIMARY KEY, salary int, gone tinyint(1) NOT NULL) DEFAULT CHARSET=utf8mb4;";

fn shuffled(key: &str) -> Option<Project> {
    let Some(server) = server::server() else {
        support::skipped("no MariaDB");
        return None;
    };
    let policy = format!(
        "setting noren.mask_key text secret;\ntable people {{ id {key}; gone keep; salary mask shuffle(by => id) because \"studied\"; }}\n\
         export developers {{ tables *; rows people (gone = 0); }}\n"
    );
    let project = Project::of(server, PEOPLE, &policy);
    let mut rows = String::new();
    for id in 1..=200 {
        writeln!(rows, "INSERT INTO people VALUES ({id}, {}, {});", id * 1000, i32::from(id % 10 == 0)).unwrap();
    }
    server.run(&project.source, &rows);
    project.export();
    project.import();
    Some(project)
}

/// Whole numbers of each line.
fn numbers(text: &str) -> Vec<Vec<i64>> {
    let of = |line: &str| line.split('\t').map(|field| field.parse().unwrap()).collect();
    text.lines().map(of).collect()
}

/// The lines of the table's object: key and salary.
fn lines(project: &Project) -> Vec<(i64, i64)> {
    let path = project.store.join("masked-exports/developers/public.people.part_00000");
    let text = std::fs::read_to_string(path).unwrap();
    let fields =
        |line: &str| line.split(',').map(|field| field.trim_matches('"').parse().unwrap()).collect::<Vec<i64>>();
    let rows = text.lines().filter_map(|line| line.strip_prefix("\"row\",")).map(fields);
    rows.map(|row| (row[0], row[1])).collect()
}

#[test]
fn a_shuffle_loses_nothing_and_leaves_nothing_where_it_was() {
    let Some(project) = shuffled("keep") else { return };
    let found = numbers(&project.server.run(&project.copy, "SELECT id, salary FROM people ORDER BY id"));
    assert_eq!(found.len(), 180);
    for row in &found {
        assert_ne!(row[0] * 1000, row[1]);
        assert_ne!(row[1] % 10_000, 0, "of a row that does not leave");
    }
    let mut values: Vec<i64> = found.iter().map(|row| row[1]).collect();
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), 180);
    // No line tells of its neighbour.
    let lines = lines(&project);
    assert!(lines.windows(2).all(|pair| pair[0].0 < pair[1].0), "{lines:?}");
    let neighbours = lines.windows(2).filter(|pair| pair[0].1 == pair[1].0 * 1000).count();
    assert!(neighbours < 10, "{neighbours}");
}

#[test]
fn under_a_masked_key_lines_are_in_its_order() {
    let Some(project) = shuffled("mask permute") else { return };
    let lines = lines(&project);
    assert_eq!(lines.len(), 180);
    assert!(lines.windows(2).all(|pair| pair[0].0 < pair[1].0), "{lines:?}");
}

#[test]
fn a_shuffle_whose_lines_would_tell_its_order_is_refused() {
    for (code, said) in [("keep", false), ("mask hash", false), ("drop", true), ("mask partial(first => 1)", true)] {
        let files = [
            (
                "schema.sql",
                "CREATE TABLE people (id int PRIMARY KEY, code varchar(80) NOT NULL DEFAULT '', salary int, UNIQUE (code));"
                    .to_owned(),
            ),
            (
                "policy.noren",
                format!(
                    "setting noren.mask_key text secret;\ntable people {{ id keep; code {code}; salary mask shuffle(by => code) because \
                     \"studied\"; }}\nexport developers {{ tables *; }}\n"
                ),
            ),
            ("noren.toml", MANIFEST.to_owned()),
        ];
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let output = support::run(support::noren().arg("-C").arg(folder.path()).arg("build"));
        let text = support::text(&output);
        assert_eq!(output.status.success(), !said, "{code}: {text}");
        // Another check may be the first to refuse it.
        assert!(!said || text.contains("N0441") || text.contains("N0404"), "{code}: {text}");
    }
}

#[test]
fn keys_are_picked_as_on_postgresql() {
    let schema = |mysql: bool| {
        let (end, at) = if mysql { (" DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin", "") } else { ("", "public.") };
        format!(
            "CREATE TABLE {at}countries (id int NOT NULL PRIMARY KEY, open int NOT NULL){end};\n\
             CREATE TABLE {at}clinics (code varchar(20) NOT NULL PRIMARY KEY){end};\n\
             CREATE TABLE {at}people (id int NOT NULL PRIMARY KEY, country_id int, clinic_code varchar(20), \
             other_code varchar(20), FOREIGN KEY (country_id) REFERENCES {at}countries (id), \
             FOREIGN KEY (clinic_code) REFERENCES {at}clinics (code), FOREIGN KEY (other_code) REFERENCES {at}clinics (code)){end};\n"
        )
    };
    let rows = |_: bool| {
        let mut sql = String::new();
        for at in 0..30 {
            writeln!(sql, "INSERT INTO countries VALUES ({}, {});", at * 7, i32::from(at % 3 > 0)).unwrap();
        }
        for code in ["a", "B", "b b", "Z", "é", "ß", "日本", "10", "9", "aa"] {
            writeln!(sql, "INSERT INTO clinics VALUES ('{code}');").unwrap();
        }
        for at in 0..40_usize {
            let code = ["'a'", "'B'", "'日本'", "NULL"][at % 4];
            writeln!(sql, "INSERT INTO people VALUES ({at}, {}, {code}, {code});", at % 30 * 7).unwrap();
        }
        sql
    };
    let policy = "setting noren.mask_key text secret;\ntable countries { id keep; open keep; }\ntable clinics { code keep because \"public\"; }\n\
                  table people { id keep; country_id mask pick, orphans null; clinic_code mask pick; other_code mask pick(by => id); }\n\
                  export developers { tables *; rows countries (open = 1); }\n";
    let Some((project, target)) = both(&schema, &rows, policy) else { return };
    let query = "SELECT concat_ws('|', id, coalesce(cast(country_id AS char(9)), '-'), coalesce(clinic_code, '-'), coalesce(other_code, '-')) \
                 FROM people ORDER BY id";
    let found: Vec<String> =
        project.server.run(&project.copy, query).lines().map(|line| line.replace(' ', "")).collect();
    let expected: Vec<String> = target.column(query).iter().map(|line| line.replace(' ', "")).collect();
    assert!(found.len() > 10);
    assert_eq!(found, expected);
}

#[test]
fn addresses_are_cut_to_their_network() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let policy = "table visits { id keep; ip mask ip_truncate; other mask ip_truncate(v4 => 17, v6 => 61); }\nexport developers { tables *; }\n";
    let schema = "CREATE TABLE visits (id int PRIMARY KEY, ip varchar(45), other text) DEFAULT CHARSET=utf8mb4;";
    let project = Project::of(server, schema, policy);
    let cases = [
        ("192.0.2.17", "192.0.2.0", "192.0.0.0"),
        ("10.1.255.255", "10.1.255.0", "10.1.128.0"),
        ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3::", "2001:db8:85a3:8d0::"),
        ("::1", "::", "::"),
        ("::ffff:1.2.3.4", "::", "::"),
        ("fe80::1", "fe80::", "fe80::"),
        ("", "0.0.0.0", "0.0.0.0"),
        ("192.0.2.17/24", "0.0.0.0", "0.0.0.0"),
        (" 192.0.2.17", "0.0.0.0", "0.0.0.0"),
        ("SECRET 日本", "0.0.0.0", "0.0.0.0"),
        ("999.1.1.1", "0.0.0.0", "0.0.0.0"),
    ];
    for (at, (value, ..)) in cases.iter().enumerate() {
        server.run(&project.source, &format!("INSERT INTO visits VALUES ({at}, '{value}', '{value}')"));
    }
    server.run(&project.source, "INSERT INTO visits VALUES (99, NULL, NULL)");
    project.export();
    project.import();
    let found = server.run(&project.copy, "SELECT ip, other FROM visits ORDER BY id");
    let mut expected: Vec<String> = cases.iter().map(|(_, ip, other)| format!("{ip}\t{other}")).collect();
    expected.push("NULL\tNULL".to_owned());
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}
