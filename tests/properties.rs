//! What holds for every policy: where a statement stands means nothing, and a name is itself wherever it goes.

use noren::compiler::{self, Compiled};
use noren::diagnostic::Severity;
use noren::{project, syntax};
use pg_query::NodeEnum;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Compiles a project of these files; `Err` holds what reading `noren.toml` says.
fn compile(files: &BTreeMap<String, String>) -> Result<Compiled, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let loaded = project::load(folder.path());
    let project = loaded.project.as_ref().ok_or_else(|| format!("{:?}", loaded.diagnostics))?;
    Ok(compiler::compile(&loaded.sources, project))
}

/// A sample's project file and schema, and the statements of its policy.
struct Sample {
    files: BTreeMap<String, String>,
    statements: Vec<String>,
}

fn sample(name: &str) -> Sample {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(name);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let manifest = read("noren.toml");
    let mut statements = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|extension| extension == "noren") {
            statements.extend(statements_of(&syntax::format(&read(&name)).unwrap()));
        }
    }
    statements.sort();
    let manifest: String =
        manifest
            .lines()
            .map(|line| {
                if line.starts_with("policies") { "policies = [\"*.noren\"]\n".to_owned() } else { format!("{line}\n") }
            })
            .collect();
    let files = BTreeMap::from([("noren.toml".to_owned(), manifest), ("schema.sql".to_owned(), read("schema.sql"))]);
    Sample { files, statements }
}

/// In the house layout exactly the statements begin with a letter at the margin.
fn statements_of(text: &str) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("--")) {
        if line.starts_with(|first: char| first.is_ascii_lowercase()) {
            statements.push(String::new());
        }
        if let Some(statement) = statements.last_mut() {
            writeln!(statement, "{line}").unwrap();
        }
    }
    statements
}

/// The files, with every `path.noren:LINE` made one word; the digest of the policy's text is left out with its file.
fn without_places(compiled: &Compiled) -> BTreeMap<String, String> {
    let files = compiled.files.as_ref().unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    files
        .iter()
        .map(|(path, text)| (path.clone(), same_place(&text.replace(&compiled.policy_digest, "DIGEST"))))
        .collect()
}

fn same_place(text: &str) -> String {
    let mut parts = text.split(".noren");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let kept = result.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_').len();
        result.truncate(kept);
        result.push_str("PLACE");
        result.push_str(part.trim_start_matches(|letter: char| letter == ':' || letter.is_ascii_digit()));
    }
    // Of several statements that say the same, one is named for each role: which ones coincide is where they stand.
    while result.contains("PLACE, PLACE") {
        result = result.replace("PLACE, PLACE", "PLACE");
    }
    result
}

/// The statements in the given order, each in the file that is chosen for it.
fn spread(sample: &Sample, order: &[(usize, String)]) -> BTreeMap<String, String> {
    let mut files = sample.files.clone();
    for (index, file) in order {
        let text = files.entry(format!("{file}.noren")).or_default();
        text.push_str(&sample.statements[*index]);
    }
    files
}

fn order_means_nothing(name: &str, cases: u32) {
    let sample = sample(name);
    assert!(sample.statements.len() > 20, "{name}");
    let together: Vec<(usize, String)> =
        (0..sample.statements.len()).map(|index| (index, "policy".to_owned())).collect();
    let expected = without_places(&compile(&spread(&sample, &together)).unwrap());
    assert!(expected.len() > 20 && expected["coverage.txt"].lines().count() > 30);
    let file = prop::sample::select(vec!["a", "policy", "z_9", "B"]).prop_map(str::to_owned);
    let files = prop::collection::vec(file, sample.statements.len());
    let order = Just((0..sample.statements.len()).collect::<Vec<_>>()).prop_shuffle();
    let strategy = (order, files).prop_map(|(order, files)| order.into_iter().zip(files).collect::<Vec<_>>());
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&strategy, |order| {
        let found = without_places(&compile(&spread(&sample, &order)).unwrap());
        prop_assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, text) in &expected {
            prop_assert_eq!(&found[path], text, "{}", path);
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

#[test]
fn where_a_statement_of_the_storefront_stands_means_nothing() {
    order_means_nothing("storefront", 12);
}

#[test]
fn where_a_statement_of_expense_stands_means_nothing() {
    order_means_nothing("expense", 4);
}

#[test]
fn places_are_told_from_the_rest() {
    assert_eq!(same_place("-- a_9.noren:12  x\nin b.noren because"), "-- PLACE  x\nin PLACE because");
}

/// Names that stumble over quotes, psql, paths, keywords and lengths.
fn any_identifier() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a",
        "Z",
        "_",
        "1",
        " ",
        "\"",
        "\"\"",
        "'",
        "\\",
        "\\n",
        "$$",
        "$a$",
        ":",
        ":'x'",
        ":\"x\"",
        ";",
        "--",
        "/*",
        "*/",
        "*",
        "(",
        ")",
        "{",
        "}",
        "%",
        ".",
        "..",
        "/",
        "`",
        "é",
        "名前",
        "\u{1F600}",
        "select",
        "table",
        "\n",
        "\t",
        "\u{202E}",
        "\u{7f}",
        "т",
    ];
    let words = vec!["select", "user", "all", "rows", "skip", "keep", "because", "else", "json", "order", "ctid", "t"];
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(pieces), 1..8).prop_map(|parts| parts.concat()),
        1 => prop::sample::select(words).prop_map(str::to_owned),
        1 => (60usize..66).prop_map(|length| "x".repeat(length)),
    ]
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What nobody may refuse. `*` makes a glob, also between quotes.
fn is_plain(name: &str) -> bool {
    name.len() <= 63 && !name.contains('*') && !name.contains(char::is_control)
}

fn copy_of(file: &str) -> &str {
    let start = file.find("COPY (").unwrap();
    let end = file[start..].find(") TO STDOUT").unwrap();
    &file[start..start + end + ") TO STDOUT".len()]
}

/// The table that a COPY reads, and each result column with the column that it is.
fn meaning(copy: &str) -> (String, Vec<(String, String)>) {
    let tree = pg_query::parse(copy, 0).unwrap_or_else(|error| panic!("{error}\n{copy}"));
    assert_eq!(tree.protobuf.stmts.len(), 1, "{copy}");
    let Some(NodeEnum::CopyStmt(statement)) = tree.protobuf.stmts[0].stmt.as_ref().unwrap().node.clone() else {
        panic!("{copy}")
    };
    let Some(NodeEnum::SelectStmt(select)) = statement.query.unwrap().node else { panic!("{copy}") };
    let Some(NodeEnum::RangeVar(table)) = select.from_clause[0].node.clone() else { panic!("{copy}") };
    let columns = select.target_list.iter().map(|target| {
        let Some(NodeEnum::ResTarget(target)) = target.node.clone() else { panic!("{copy}") };
        let Some(NodeEnum::ColumnRef(column)) = target.val.unwrap().node else { panic!("{copy}") };
        let Some(NodeEnum::String(name)) = column.fields.last().unwrap().node.clone() else { panic!("{copy}") };
        (target.name, name.sval)
    });
    (table.relname, columns.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_name_is_itself_in_the_generated_sql_or_is_refused(
        table in any_identifier(), column in any_identifier(), class in any_identifier(), export in any_identifier(), odd_export in any::<bool>(),
    ) {
        prop_assume!(column != "id");
        let export = if odd_export { export } else { "developers".to_owned() };
        let key = serde_json::to_string(&export).unwrap().replace('\u{7f}', "\\u007f");
        let (in_table, in_column) = (quoted(&table), quoted(&column));
        let [t, c, k, e] = [&table, &column, &class, &export].map(|name| syntax::quoted_name(name));
        let files = BTreeMap::from([
            ("noren.toml".to_owned(), format!(
                "[project]\nname = \"p\"\nengine = \"postgresql\"\nversion = 15\nschema = [\"schema.sql\"]\nsearch = [\"public\"]\n\
                 policies = [\"p.noren\"]\noutput = \"generated\"\n\n[export.{key}]\ntarget = \"psql\"\ndir = \"data\"\n")),
            ("schema.sql".to_owned(), format!("CREATE TABLE public.{in_table} (\n    id bigint NOT NULL,\n    {in_column} text\n);\n")),
            ("p.noren".to_owned(), format!(
                "class {k} keep because \"x\";\ntable {t} {{ id keep; {c} {k}; }}\nexport {e} {{ tables {t}; }}\n")),
        ]);
        let plain = is_plain(&table) && is_plain(&column) && is_plain(&class) && !odd_export;
        match compile(&files) {
            Err(refused) => prop_assert!(odd_export && refused.contains("title"), "{}", refused),
            Ok(compiled) => {
                prop_assert!(compiled.failure.is_none(), "{:?}", compiled.failure);
                let Some(generated) = compiled.files else {
                    let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
                    prop_assert!(!plain && errors.count() > 0, "{:#?}", compiled.diagnostics);
                    return Ok(());
                };
                let tables: Vec<_> = generated.iter().filter(|(path, _)| path.contains("/tables/")).collect();
                prop_assert_eq!(tables.len(), 1);
                let (path, text) = tables[0];
                prop_assert!(path.split('/').all(|part| !part.is_empty() && part != "." && part != ".."), "{}", path);
                let columns = vec![("id".to_owned(), "id".to_owned()), (column.clone(), column)];
                prop_assert_eq!(meaning(copy_of(text)), (table, columns));
            }
        }
    }
}
