//! `mask json { … }` on MySQL: what it gives is what it gives on PostgreSQL, and nothing that it hides is in an object.

use super::parity::{TEXTS, both, literal};
use super::{MANIFEST, Project, server};
use crate::support;
use serde_json::Value;
use std::fmt::Write as _;

/// Columns of documents, each with its mask.
const COLUMNS: &[(&str, &str)] = &[
    (
        "listed",
        r#"mask json {
          theme keep;
          contact.email mask email;
          contact.phone number;
          contact.home.street mask hash(length => 20);
          contact.home.city keep;
          contact.gone drop;
          "a.b" mask hash;
          "a""b" mask hash;
          "back\slash" keep;
          "$" mask hash;
          "日本" mask hash;
          "Capital" mask constant('it''s "quoted" \');
          nothing mask null;
          by_row mask enum_like;
          else drop;
        }"#,
    ),
    (
        "arrays",
        r"mask json {
          devices[*].os keep;
          devices[*].serial mask hash(length => 20);
          devices[*].owner.name mask email;
          tags[*] mask partial(last => 2);
          phones[*] mask phone;
          grid[*][*] mask hash(length => 16);
          groups[*].members[*].id keep;
          groups[*].members[*].card mask card;
          kept[*] keep;
          gone[*] drop;
          else drop;
        }",
    ),
    (
        "rest",
        r#"mask json {
          secret mask hash; gone drop; deep.secret drop; deep.phone number; deep.deeper.secret mask null;
          else keep because "the rest is public";
        }"#,
    ),
    ("all_of_it", "mask json { else keep because \"public\"; }"),
    ("others", "mask json { known keep; deep.known keep; \"It's\" drop; else mask hash(length => 16); }"),
    ("nulled", "mask json { known keep; list[*].known keep; else mask null; }"),
    ("carded", "mask json { known keep; else mask card; }"),
];

/// Whatever is not asked for: a leak shows by its name.
const DOCUMENTS: &[&str] = &[
    "{}",
    "[]",
    "null",
    "true",
    "17",
    "\"SECRET\"",
    "[\"SECRET\", {\"SECRET\": 1}]",
    r#"{"theme": "dark", "contact": {"email": "SECRET@x", "phone": "03-1234-5678", "SECRET": 1, "gone": "SECRET"}}"#,
    r#"{"theme": {"any": ["x", 1, null]}, "contact": ["SECRET"], "known": null, "secret": ["SECRET"], "deep": "SECRET"}"#,
    r#"{"contact": {"email": {"SECRET": 1}, "phone": ["SECRET"], "home": {"street": 17, "city": "SEC", "SECRET": 2}}}"#,
    r#"{"contact": {"email": null, "phone": true, "home": "SECRET", "gone": {"SECRET": 1}}}"#,
    r#"{"a.b": "SECRET", "a\"b": "SECRET", "back\\slash": "b\\\"/", "$": "SECRET", "日本": "SECRET日本😀", "Capital": 1}"#,
    r#"{"a": {"b": "SECRET"}, "capital": "SECRET", "nothing": {"SECRET": 1}, "It's": "SECRET", "it's": "SECRET"}"#,
    r#"{"by_row": "SECRET", "known": "k\n\t\u0001\"\\/", "n\nl": "SECRET\n", "c\u0001": "SECRET", "quote'": "SECRET"}"#,
    r#"{"devices": [{"os": "ios", "serial": "SECRET", "owner": {"name": "SECRET", "SECRET": 1}}, "SECRET", null, 5, []]}"#,
    r#"{"devices": {"os": "SECRET"}, "tags": ["SECRETab", 1, null, true, ["SECRET"], {}, "", "x"], "gone": ["SECRET"]}"#,
    r#"{"devices": [], "tags": "SECRET", "phones": ["03-1234-5678", "SECRET"], "gone": "SECRET", "kept": [1, null, "a", {"b": []}]}"#,
    r#"{"grid": [["SECRET", null], [], "SECRET", [["SECRET"]], [1.5, 100]], "groups": [{"members": [{"id": 1, "card": "4111111111111111"}]}]}"#,
    r#"{"groups": [{"members": "SECRET"}, {"SECRET": 1}, [1], {"members": [{"id": [1], "card": null, "SECRET": 2}, "SECRET", []]}]}"#,
    r#"[{"name": "SECRET", "kept": 1, "SECRET": 2}, {"kept": null}, "SECRET", [{"name": "SECRET"}], null]"#,
    r#"{"secret": "SECRET", "gone": {"SECRET": 1}, "deep": {"secret": "SECRET", "phone": "090-1234-5678", "deeper": {"secret": "SECRET", "x": 1}, "y": [1, "z"]}, "open": {"a": 1}}"#,
    r#"{"deep": {"deeper": ["SECRET"], "phone": null}, "open": [1, 2.5, "\\", "\"", "\u0041"], "last": null}"#,
    r#"{"known": {"any": "thing"}, "deep": {"known": 1, "unknown": "SECRET"}, "x": "4111 1111 1111 1111", "n": 17, "b": false, "o": {"SECRET": 1}, "l": ["SECRET"], "z": null}"#,
    r#"{"list": [{"known": 1, "x": "SECRET"}, 3, "SECRET"], "x": {"SECRET": "SECRET"}, "big": 123456789012345678}"#,
];

fn documents() -> Vec<String> {
    let mut all: Vec<String> = DOCUMENTS.iter().map(|text| (*text).to_owned()).collect();
    let many: Vec<_> = (0..400).map(|at| format!("{{\"os\": \"{at}\", \"serial\": \"SECRET{at}\"}}")).collect();
    all.push(format!("{{\"devices\": [{}]}}", many.join(", ")));
    all
}

fn schema(mysql: bool) -> String {
    let kind = if mysql { "json" } else { "jsonb" };
    let columns: Vec<_> = COLUMNS.iter().map(|(name, _)| format!("{name} {kind}")).collect();
    let table = if mysql { "things" } else { "public.things" };
    format!("CREATE TABLE {table} (id int NOT NULL PRIMARY KEY, {});", columns.join(", "))
}

fn rows(mysql: bool) -> String {
    let mut sql = String::new();
    for (at, document) in documents().iter().enumerate() {
        let value = literal(document, mysql);
        let value = if mysql { value } else { format!("({value})::jsonb") };
        writeln!(sql, "INSERT INTO things VALUES ({at}, {});", vec![value; COLUMNS.len()].join(", ")).unwrap();
    }
    sql + &format!("INSERT INTO things VALUES (999, {});\n", vec!["NULL"; COLUMNS.len()].join(", "))
}

fn policy() -> String {
    let rules: Vec<_> = COLUMNS.iter().map(|(name, mask)| format!("  {name} {mask};\n")).collect();
    let rules = rules.concat().replace("enum_like", "fake_name('en', by => id)");
    format!(
        "setting noren.mask_key text secret;\nclass number mask phone(last => 4);\ntable things {{\n  id keep;\n{rules}}}\n\
         export developers {{ tables things; }}\n"
    )
}

/// The documents of a column in order, read; `None` for NULL.
fn read(lines: impl Iterator<Item = String>) -> Vec<Option<Value>> {
    lines.map(|line| (line != "NULL").then(|| serde_json::from_str(&line).expect(&line))).collect()
}

fn column_of(project: &Project, table: &str, column: &str) -> Vec<Option<Value>> {
    let sql = format!("SELECT COALESCE(HEX({column}), '4E554C4C') FROM {table} ORDER BY id");
    let text = |line: &str| {
        let bytes = (0..line.len() / 2).map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).unwrap());
        String::from_utf8(bytes.collect()).unwrap()
    };
    read(project.server.run(&project.copy, &sql).lines().map(text))
}

#[test]
fn documents_are_masked_as_on_postgresql() {
    let Some((project, target)) = both(&schema, &rows, &policy()) else { return };
    let mut wrong = Vec::new();
    for (column, _) in COLUMNS {
        let found = column_of(&project, "things", column);
        let sql = format!("SELECT coalesce({column}::text, 'NULL') FROM things ORDER BY id");
        let expected = read(target.column(&sql).into_iter());
        assert_eq!(found.len(), documents().len() + 1, "{column}");
        for (row, (found, expected)) in found.iter().zip(&expected).enumerate() {
            if found != expected {
                wrong.push(format!("{column}, row {row}:\n  MySQL {found:?}\n  PostgreSQL {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    hides(&project);
}

/// No value that a path hides, and no key that no path names, is there.
fn hides(project: &Project) {
    for (column, _) in COLUMNS {
        for document in column_of(project, "things", column).into_iter().flatten() {
            let seen = match *column {
                "all_of_it" => continue,
                "rest" => ["/secret", "/gone", "/deep/secret", "/deep/phone", "/deep/deeper/secret"]
                    .iter()
                    .filter_map(|path| document.pointer(path).map(Value::to_string))
                    .collect(),
                // A key that no path names stays, masked.
                "others" | "nulled" | "carded" => values(&document),
                _ => document.to_string(),
            };
            assert!(!seen.contains("SECRET"), "{column}: {document}");
        }
    }
}

/// All values of a document without its keys.
fn values(of: &Value) -> String {
    match of {
        Value::Object(members) => members.values().map(values).collect(),
        Value::Array(elements) => elements.iter().map(values).collect(),
        other => other.to_string(),
    }
}

/// Every mask of text, at a path of its own and for the elements of an array.
const MASKS: &[&str] = &[
    "base64",
    "card",
    "card(bin => 'keep')",
    "constant('it''s')",
    "corporate_number",
    "digits",
    "email",
    "email(name => 'ja')",
    "email_partial",
    "fake_address('en')",
    "fake_city('ja')",
    "fake_company('ja')",
    "fake_kana",
    "fake_name('ja')",
    "fake_phone('gb')",
    "hash(length => 20)",
    "iban",
    "my_number",
    "partial(first => 1, last => 4)",
    "partial_length(first => 1)",
    "phone",
    "postal_code",
    "salted_sha256",
    "scrub",
    "uuid",
    "zero",
];

#[test]
fn every_mask_of_text_is_the_same_inside_of_a_document() {
    let table = |mysql: bool| {
        let (table, kind) = if mysql { ("things", "json") } else { ("public.things", "jsonb") };
        format!("CREATE TABLE {table} (id int NOT NULL PRIMARY KEY, doc {kind});")
    };
    let rows = |mysql: bool| {
        let mut sql = String::new();
        for (at, text) in TEXTS.iter().enumerate() {
            let one = Value::from(*text).to_string();
            let members = (0..MASKS.len()).map(|at| format!("\"one{at}\": {one}, \"all{at}\": [{one}, null, {one}]"));
            let document = literal(&format!("{{{}}}", members.collect::<Vec<_>>().join(", ")), mysql);
            let document = if mysql { document } else { format!("({document})::jsonb") };
            writeln!(sql, "INSERT INTO things VALUES ({at}, {document});").unwrap();
        }
        sql
    };
    let rules = MASKS.iter().enumerate().map(|(at, mask)| format!("one{at} mask {mask}; all{at}[*] mask {mask};\n"));
    let policy = format!(
        "setting noren.mask_key text secret;\ntable things {{ id keep; doc mask json {{\n{}else drop; }}; }}\n\
         -- noren: allow N0427 because \"the test is of every mask\"\nexport developers {{ tables things; }}\n",
        rules.collect::<String>()
    );
    let Some((project, target)) = both(&table, &rows, &policy) else { return };
    let found = column_of(&project, "things", "doc");
    let expected = read(target.column("SELECT doc::text FROM things ORDER BY id").into_iter());
    assert_eq!(found.len(), TEXTS.len());
    let mut wrong = Vec::new();
    for (row, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let (Some(Value::Object(found)), Some(Value::Object(expected))) = (found, expected) else {
            panic!("row {row}: {found:?}, {expected:?}")
        };
        assert_eq!(found.len(), expected.len(), "row {row}");
        for (key, expected) in expected {
            let at: usize = key.trim_start_matches(char::is_alphabetic).parse().unwrap();
            if found.get(key) != Some(expected) {
                wrong.push(format!("{} at {key}, row {row}: {:?}, {expected}", MASKS[at], found.get(key)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without arrays and masks of other keys it is the same SQL for MySQL 5.7.
#[test]
fn version_2_masks_what_paths_name() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let policy = "setting noren.mask_key text secret;\ntable docs { id keep; doc mask json { a.name mask hash(length => 16); a.gone drop; b \
                  keep; list[*] drop; else keep because \"public\"; }; }\nexport developers { tables *; }\n";
    let project = Project::of_version(server, "CREATE TABLE docs (id int PRIMARY KEY, doc json NOT NULL);", policy, 2);
    assert!(!project.emitted("run.sql").contains("JSON_TABLE"));
    server.run(
        &project.source,
        r#"INSERT INTO docs VALUES (1, '{"a": {"name": "SECRET", "gone": "SECRET", "x": 1}, "b": [1], "list": ["SECRET"], "c": "d"}'),
           (2, '{"a": "SECRET", "list": "SECRET"}')"#,
    );
    project.export();
    assert!(!project.objects().contains("SECRET"));
    project.import();
    let found = column_of(&project, "docs", "doc");
    let first = found[0].as_ref().unwrap();
    assert_eq!(first["a"]["name"].as_str().map(str::len), Some(16));
    assert_eq!(
        (&first["a"]["x"], &first["b"], &first["c"]),
        (&Value::from(1), &Value::from(vec![1]), &Value::from("d"))
    );
    assert_eq!(found[1].as_ref().unwrap().to_string(), r#"{"a":null,"list":null}"#);
}

/// Duplicate keys are not in MySQL's JSON, which keeps one; MariaDB's is text. No path then leads to the second.
#[test]
fn a_key_that_is_there_twice_does_not_leave() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let policy = "table docs { id keep; one mask json { a mask null; else keep because \"public\"; }; two mask json { a keep; else drop; }; \
                  three mask json { a keep; else mask null; }; }\nexport developers { tables *; }\n";
    let schema = "CREATE TABLE docs (id int PRIMARY KEY, one json, two json, three json);";
    let project = Project::of(server, schema, policy);
    let document = r#"'{"a": "first", "b": "open", "a": "SECRET", "b": "SECRET"}'"#;
    let document = document.replace(", \"b\": \"SECRET\"", "");
    server.run(&project.source, &format!("INSERT INTO docs VALUES (1, {document}, {document}, {document})"));
    project.export();
    assert!(!project.objects().contains("SECRET"), "{}", project.objects());
}

/// A server cuts what a packet cannot hold, here right after the last element that fits: what is left is JSON.
#[test]
fn a_document_that_a_server_cuts_is_not_loaded() {
    let Some(server) = server::server() else { return support::skipped("no MariaDB") };
    let packet: usize = server.run("", "SELECT @@max_allowed_packet").trim().parse().unwrap();
    // With its comma, so that a whole number of elements and commas is a byte more than a packet.
    let element = (1 << 16..=packet + 1).find(|size| (packet + 1).is_multiple_of(*size)).unwrap();
    let count = packet / element + 2;
    let numbers = vec!["1"; count].join(",");
    let members: Vec<_> = (100..100 + count).map(|at| format!("\"k{at}\":1")).collect();
    for (path, about, document) in [
        ("a[*] mask", "\"\",", format!("{{\"a\": [{numbers}]}}")),
        ("a[*][*] mask", "\"\",", format!("{{\"a\": [[{numbers}]]}}")),
        ("a.b[*].c mask", "{\"c\":\"\"},", format!("{{\"a\": {{\"b\": [{}]}}}}", numbers.replace('1', "{\"c\":1}"))),
        ("a keep; else mask", "\"k100\":\"\",", format!("{{{}}}", members.join(","))),
    ] {
        let other = if path.contains("else") { "" } else { "else drop;" };
        let text = "x".repeat(element - about.len());
        let policy = format!(
            "table docs {{ id keep; doc mask json {{ {path} constant('{text}'); {other} }}; }}\nexport developers {{ tables *; }}\n"
        );
        let project = Project::of(server, "CREATE TABLE docs (id int PRIMARY KEY, doc json);", &policy);
        server.run(&project.source, &format!("INSERT INTO docs VALUES (1, '{document}')"));
        server.run(&project.copy, "INSERT INTO docs VALUES (7, '\"before\"')");
        project.export();
        let output = project.try_import(&[]);
        assert!(!output.status.success(), "{path}");
        assert_eq!(server.run(&project.copy, "SELECT id, doc FROM docs"), "7\t\"before\"\n", "{path}");
    }
}

#[test]
fn what_needs_elements_is_refused_for_version_2() {
    for (mask, said) in [
        ("a[*] mask hash; else drop;", true),
        ("a.b[*].c keep; else drop;", true),
        ("a keep; else mask null;", true),
        ("a keep; else mask hash;", true),
        ("a[*] drop; a2 keep; else drop;", false),
        ("a.b mask hash; else keep because \"public\";", false),
    ] {
        let files = [
            ("schema.sql", "CREATE TABLE docs (id int PRIMARY KEY, doc json);".to_owned()),
            (
                "policy.noren",
                format!(
                    "setting noren.mask_key text secret;\ntable docs {{ id keep; doc mask json {{ {mask} }}; }}\nexport developers {{ tables *; }}\n"
                ),
            ),
            ("noren.toml", MANIFEST.replace("version = 3", "version = 2")),
        ];
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let output = support::run(support::noren().arg("-C").arg(folder.path()).arg("build"));
        let text = support::text(&output);
        assert_eq!(text.contains("N0441"), said, "{mask}: {text}");
        assert_eq!(output.status.success(), !said, "{mask}: {text}");
    }
}
