//! Every form of a mask over the extremes of every type that it takes: it raises nothing, keeps NULL, and fits its column.

use super::{Project, server};
use crate::support;
use noren::catalog::{BaseType, Category, DataType, QName};
use noren::mask::{self, Arguments, mysql::has_form};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Columns, masks and values of a kind. The values are SQL.
struct Kind {
    columns: &'static [&'static str],
    masks: &'static [&'static str],
    values: &'static [&'static str],
}

const TEXT: &[&str] = &[
    "base64",
    "base64(length => 11)",
    "card",
    "card(bin => 'keep')",
    "constant('it''s')",
    "corporate_number",
    "digits",
    "email",
    "email(name => 'ja')",
    "email_partial",
    "email_partial(first => 0)",
    "fake_address('en')",
    "fake_city('ja')",
    "fake_company('ja')",
    "fake_kana",
    "fake_name('en')",
    "fake_phone('gb')",
    "hash",
    "iban",
    "ip_truncate",
    "ip_truncate(v4 => 17, v6 => 127)",
    "my_number",
    "partial(first => 1, last => 4)",
    "partial_length(first => 1)",
    "phone",
    "phone(last => 12)",
    "postal_code",
    "salted_sha256",
    "scrub",
    "shuffle(by => k)",
    "uuid",
    "zero",
];

const WHOLE: &[&str] = &[
    "permute",
    "shuffle(by => k)",
    "bucket(3)",
    "clamp(1, 9)",
    "constant('7')",
    "noise(ratio => 1, by => k)",
    "zero",
    "integer(0, 100)",
];

const DATE: &[&str] = &[
    "date_shift(by => k)",
    "shuffle(by => k)",
    "date_shift(by => k, days => 36600)",
    "truncate('year')",
    "truncate('quarter')",
    "truncate('month')",
    "truncate('week')",
    "zero",
];

const KINDS: &[Kind] = &[
    Kind {
        columns: &["varchar(80)", "varchar(80) CHARACTER SET utf16", "text COLLATE utf8mb4_bin", "char(80)"],
        masks: TEXT,
        values: &[
            "''",
            "' '",
            "'a'",
            "'taro@corp.example.jp'",
            "'@'",
            "CONCAT('x@y.example', CHAR(0), 'behind')",
            "CONCAT('4111111111111111', CHAR(0))",
            "CONCAT('DE89370400440532013000', CHAR(10))",
            "'03-1234-5678'",
            "'123'",
            "'000000000000000'",
            "'4111 1111 1111 1111'",
            "'0000000000000000000'",
            "'150-0001'",
            "'DE89 3704 0044 0532 0130 00'",
            "'MT84MALT011000012345MTLCAST001S'",
            "'192.0.2.17'",
            "'2001:db8:85a3:8d3:1319:8a2e:370:7348'",
            "REPEAT('9', 80)",
            "REPEAT('-', 24)",
            "'+++()()()'",
            r"'\\N'",
            r#"'"row","'"#,
            r"'\'; -- \\'",
            "CONCAT(CHAR(13), CHAR(10), CHAR(9))",
            "REPEAT('é', 80)",
        ],
    },
    // What it holds beside ASCII is not Japanese.
    Kind {
        columns: &["varchar(80) CHARACTER SET latin1"],
        masks: &[
            "hash",
            "email",
            "phone",
            "card",
            "iban",
            "postal_code",
            "partial(last => 1)",
            "email_partial",
            "digits",
        ],
        values: &[
            "''",
            "'Grüße'",
            "'taro@corp.example.jp'",
            "'03-1234-5678'",
            "'4111 1111 1111 1111'",
            "REPEAT('é', 80)",
        ],
    },
    Kind { columns: &["tinyint"], masks: WHOLE, values: &["-128", "-1", "0", "1", "127"] },
    Kind { columns: &["tinyint unsigned"], masks: WHOLE, values: &["0", "1", "128", "255"] },
    Kind { columns: &["smallint"], masks: WHOLE, values: &["-32768", "-1", "0", "1", "32767"] },
    Kind { columns: &["smallint unsigned"], masks: WHOLE, values: &["0", "1", "32767", "32768", "65535"] },
    Kind { columns: &["mediumint"], masks: WHOLE, values: &["-8388608", "-1", "0", "32768", "8388607"] },
    Kind { columns: &["mediumint unsigned"], masks: WHOLE, values: &["0", "32768", "8388608", "16777215"] },
    Kind { columns: &["int"], masks: WHOLE, values: &["-2147483648", "-1", "0", "1", "2147483647"] },
    Kind { columns: &["int unsigned"], masks: WHOLE, values: &["0", "2147483647", "2147483648", "4294967295"] },
    Kind {
        columns: &["bigint"],
        masks: WHOLE,
        values: &["-9223372036854775808", "-1", "0", "2147483648", "9223372036854775807"],
    },
    Kind {
        columns: &["bigint unsigned"],
        masks: WHOLE,
        values: &["0", "9223372036854775807", "9223372036854775808", "18446744073709551615"],
    },
    Kind {
        columns: &["decimal(12,2)", "decimal(11,1)", "decimal(65,30)"],
        masks: &[
            "geo_round",
            "geo_round(decimals => 0)",
            "bucket(10)",
            "clamp(-1, 1)",
            "noise(ratio => 0.5, by => k)",
            "shuffle(by => k)",
            "zero",
        ],
        values: &["-9999999999.9", "-1000.5", "-0.1", "0", "35.6", "999.9", "9999999999.9"],
    },
    Kind {
        columns: &["decimal(2,1)", "decimal(2,1) unsigned"],
        masks: &["geo_round(decimals => 0)"],
        values: &["9.9", "0.5"],
    },
    Kind {
        columns: &["float", "double"],
        masks: &["geo_round", "zero"],
        values: &["-1e38", "-1e-30", "-0.004", "-0.0", "0", "35.689", "1e38"],
    },
    Kind {
        columns: &["date"],
        masks: DATE,
        values: &[
            "'0000-00-00'",
            "'2024-00-00'",
            "'2024-02-31'",
            "'0001-01-01'",
            "'1000-01-01'",
            "'2024-02-29'",
            "'9999-12-31'",
        ],
    },
    Kind {
        columns: &["date"],
        masks: &["age_band(at => '2026-01-01')", "age_band(at => '2026-02-28', step => 2, top => 150)"],
        values: &["'0000-00-00'", "'2024-00-00'", "'0001-01-01'", "'1936-02-29'", "'2026-02-28'", "'9999-12-31'"],
    },
    Kind {
        columns: &["datetime", "datetime(6)"],
        masks: DATE,
        values: &["'0000-00-00 00:00:00'", "'2024-00-00 01:02:03'", "'0001-01-01 00:00:00'", "'9999-12-31 23:59:59'"],
    },
    Kind {
        columns: &["timestamp NULL", "timestamp(3) NULL"],
        masks: DATE,
        values: &["'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'", "'2000-02-29 12:00:00'", "'2038-01-19 03:14:07'"],
    },
    Kind { columns: &["tinyint(1)"], masks: &["boolean(share => 0.5, by => k)"], values: &["0", "1", "2", "-128"] },
    Kind {
        columns: &["enum('a','it''s','')"],
        masks: &["enum_pick(by => k)", "shuffle(by => k)"],
        values: &["'a'", "''", "'it''s'"],
    },
    Kind {
        columns: &["binary(16)"],
        masks: &["uuid", "zero", "shuffle(by => k)"],
        values: &["''", "UNHEX(REPEAT('FF', 16))", "UNHEX('00112233445566778899AABBCCDDEEFF')"],
    },
    Kind { columns: &["varbinary(20)", "json", "time"], masks: &["zero"], values: &["NULL"] },
];

/// A column each.
fn columns() -> Vec<(String, &'static Kind, &'static str, &'static str)> {
    let all = KINDS
        .iter()
        .flat_map(|kind| kind.columns.iter().flat_map(move |of| kind.masks.iter().map(move |mask| (kind, *of, *mask))));
    all.enumerate().map(|(at, (kind, of, mask))| (format!("c{at}"), kind, of, mask)).collect()
}

#[test]
fn every_form_is_total_and_keeps_null() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let columns = columns();
    let mut schema = String::new();
    let (mut rules, mut rows) = (String::new(), String::new());
    // As many columns a table as a row has room for.
    for (at, columns) in columns.chunks(20).enumerate() {
        let own: Vec<_> = columns.iter().map(|(name, _, of, _)| format!("{name} {of}")).collect();
        writeln!(
            schema,
            "CREATE TABLE t{at} (k int NOT NULL PRIMARY KEY, {}) DEFAULT CHARSET=utf8mb4;",
            own.join(", ")
        )
        .unwrap();
        writeln!(rules, "table t{at} {{ k keep;").unwrap();
        for (name, _, _, mask) in columns {
            writeln!(rules, "  {name} mask {mask};").unwrap();
        }
        rules.push_str("}\n");
        for row in 0..26 {
            let value = |kind: &Kind| kind.values.get(row).copied().unwrap_or("NULL");
            let values: Vec<_> = columns.iter().map(|(_, kind, ..)| value(kind)).collect();
            writeln!(rows, "INSERT INTO t{at} VALUES ({row}, {});", values.join(", ")).unwrap();
        }
    }
    let policy = format!("setting noren.mask_key text secret;\n{rules}export developers {{ tables *; }}\n");
    let project = Project::of(server, &schema, &policy);
    server.run(&project.source, &format!("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';\n{rows}"));
    project.export();
    project.import();
    for (at, columns) in columns.chunks(20).enumerate() {
        let nulls: Vec<_> = columns.iter().map(|(name, ..)| format!("SUM({name} IS NULL)")).collect();
        let count = |database: &str| server.run(database, &format!("SELECT {} FROM t{at}", nulls.join(", ")));
        let (before, after) = (count(&project.source), count(&project.copy));
        for ((before, after), (name, _, of, mask)) in before.split('\t').zip(after.split('\t')).zip(columns) {
            assert_eq!(before.trim(), after.trim(), "{name} {of}: {mask}");
        }
    }
    // Numbers exchanged for each other stay different.
    for (at, columns) in columns.chunks(20).enumerate() {
        for (name, _, of, _) in columns.iter().filter(|(_, _, _, mask)| *mask == "permute") {
            let sql = format!("SELECT COUNT({name}) = COUNT(DISTINCT {name}) FROM t{at}");
            assert_eq!(server.run(&project.copy, &sql).trim(), "1", "{of}");
        }
    }
}

const TYPES: &[(&str, &[i32])] = &[
    ("text", &[]),
    ("int8", &[]),
    ("numeric", &[12, 2]),
    ("float8", &[]),
    ("bool", &[]),
    ("date", &[]),
    ("timestamp", &[]),
    ("bytea", &[]),
    ("jsonb", &[]),
];

fn base(name: &str, modifiers: &[i32]) -> BaseType {
    let data_type = DataType { name: QName::new("pg_catalog", name), modifiers: modifiers.to_vec(), dimensions: 0 };
    BaseType { data_type, domains: Vec::new(), category: Category::Scalar }
}

#[test]
fn no_form_goes_untried() {
    let tried: BTreeSet<&str> =
        KINDS.iter().flat_map(|kind| kind.masks).filter_map(|mask| mask.split('(').next()).collect();
    let types: Vec<_> = TYPES.iter().map(|(name, modifiers)| base(name, modifiers)).collect();
    let arguments = Arguments::from_iter([("value", mask::Value::Text("given".to_owned()))]);
    let with_form = mask::all().filter(|mask| types.iter().any(|of| has_form(*mask, of, &arguments, 3)));
    // The column's own default, a project's own words and references have tests of their own.
    let elsewhere = ["default", "dictionary", "pick"];
    let untried: Vec<_> =
        with_form.map(mask::Mask::name).filter(|name| !tried.contains(name) && !elsewhere.contains(name)).collect();
    assert!(untried.is_empty(), "{untried:?}");
}

#[test]
fn what_only_mysql_8_has_is_refused_for_version_2() {
    let files = [
        ("schema.sql", "CREATE TABLE notes (id int PRIMARY KEY, note text);"),
        ("policy.noren", "table notes { id keep; note mask scrub; }\nexport developers { tables *; }\n"),
        ("noren.toml", &super::MANIFEST.replace("version = 3", "version = 2")),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let output = support::run(support::noren().arg("-C").arg(folder.path()).arg("check"));
    let text = support::text(&output);
    assert!(text.contains("N0440") && text.contains("needs MySQL 8.0"), "{text}");
}

#[test]
fn free_text_is_scrubbed_as_on_postgresql() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let policy = "table notes { id keep; note mask scrub; }\nexport developers { tables *; }\n";
    let project =
        Project::of(server, "CREATE TABLE notes (id int PRIMARY KEY, note longtext) DEFAULT CHARSET=utf8mb4;", policy);
    server.run(
        &project.source,
        "INSERT INTO notes VALUES (1, 'Call (03) 1234-5678 or Taro@Corp.example, see https://x.example/a?b=c d'), \
         (2, REPEAT('1', 32768)), (3, REPEAT('1-', 30000)), (4, 'nothing 12345'), (5, '０３（１２３４）５６７８ｘ'), \
         (6, REPEAT('a@', 16000)), (7, NULL)",
    );
    project.export();
    project.import();
    let found = server.run(&project.copy, "SELECT note FROM notes ORDER BY id");
    let found: Vec<&str> = found.lines().collect();
    assert_eq!(found[..5], ["Call *** or ***, see *** d", "***", "***", "nothing 12345", "***ｘ"]);
    assert!(!found[5].contains("a@a@a@a"), "{}", &found[5][..40]);
    assert_eq!(found[6], "NULL");
}
