//! SQL that nests deeply: what a real schema holds is read, and the rest is refused in words.

use crate::support::root;
use noren::compiler::{Compiled, compile};
use noren::diagnostic::Severity;
use std::fs;

/// The default case with more in its dump, and with `mask` over `users.note`.
fn compiled(more: &str, mask: &str) -> Compiled {
    let folder = tempfile::tempdir().unwrap();
    let case = root().join("tests/cases");
    let schema = fs::read_to_string(case.join("default/schema.sql")).unwrap();
    let policy = fs::read_to_string(case.join("N0408/good/policy.noren")).unwrap();
    assert!(policy.contains("left(note, 1)"));
    fs::copy(case.join("default/noren.toml"), folder.path().join("noren.toml")).unwrap();
    fs::write(folder.path().join("schema.sql"), format!("{schema}\n{more}\n")).unwrap();
    fs::write(folder.path().join("policy.noren"), policy.replace("left(note, 1)", mask)).unwrap();
    let loaded = noren::project::load(folder.path());
    compile(&loaded.sources, &loaded.project.unwrap())
}

fn errors(compiled: &Compiled) -> Vec<(&'static str, String)> {
    let found = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    found.map(|found| (found.code.id, found.title.clone())).collect()
}

fn is_clean(compiled: &Compiled) {
    assert_eq!(errors(compiled), []);
    assert_eq!(compiled.failure, None);
    assert!(compiled.files.is_some());
}

/// One error of this code, and nothing written.
fn is_refused(compiled: &Compiled, code: &str) {
    let errors = errors(compiled);
    assert!(matches!(errors.as_slice(), [(found, _)] if *found == code), "{errors:?}");
    assert!(compiled.files.is_none());
}

fn check(expression: &str) -> String {
    format!("ALTER TABLE public.audit ADD CONSTRAINT deep CHECK (({expression}) IS NOT NULL);")
}

fn chain(column: &str, terms: usize) -> String {
    vec![column; terms].join(" || ")
}

fn cases(column: &str, depth: usize) -> String {
    format!("{}{column}{}", format!("CASE WHEN {column} = 'a' THEN ").repeat(depth), " END".repeat(depth))
}

fn parentheses(column: &str, depth: usize) -> String {
    format!("{}{column}{}", "(".repeat(depth), ")".repeat(depth))
}

#[test]
fn a_view_of_two_hundred_joins_is_read() {
    // As pg_dump prints it: every join in parentheses.
    let join = |join: u32| format!(" JOIN public.audit a{join} ON ((a0.id = a{join}.id)))");
    let joins = (1..=200).map(join).collect::<Vec<_>>().concat();
    let view = format!("CREATE VIEW public.wide AS SELECT a0.id FROM {}public.audit a0{joins};", "(".repeat(200));
    let compiled = compiled(&view, "left(note, 1)");
    is_clean(&compiled);
    let view = compiled.catalog.views.values().find(|view| view.name.name == "wide").unwrap();
    assert_eq!(view.reads.len(), 1);
    assert!(view.query.contains("a200"), "{}", view.query);
}

#[test]
fn long_and_nested_expressions_of_a_dump_are_read() {
    for expression in [chain("what", 1_000), cases("what", 300), parentheses("what", 1_000)] {
        let compiled = compiled(&check(&expression), "left(note, 1)");
        is_clean(&compiled);
        let table = compiled.catalog.tables.values().find(|table| table.name.name == "audit").unwrap();
        assert_eq!(table.checks[0].expression.columns, ["what"]);
        assert!(table.checks[0].expression.sql.contains("what"));
    }
}

#[test]
fn what_is_too_deep_in_a_dump_is_refused() {
    for expression in [chain("what", 6_000), chain("what", 100_000), cases("what", 10_000), parentheses("what", 10_000)]
    {
        is_refused(&compiled(&check(&expression), "left(note, 1)"), "N0950");
    }
}

#[test]
fn long_and_nested_masks_are_read() {
    for mask in [chain("note", 1_000), cases("note", 300), parentheses("note", 100)] {
        is_clean(&compiled("", &mask));
    }
}

#[test]
fn masks_that_are_too_deep_are_refused() {
    is_refused(&compiled("", &chain("note", 6_000)), "N0408");
    is_refused(&compiled("", &chain("note", 100_000)), "N0408");
    is_refused(&compiled("", &cases("note", 10_000)), "N0408");
    is_refused(&compiled("", &parentheses("note", 10_000)), "N0104");
}
