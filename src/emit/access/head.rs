//! What every file of access begins with, and how its transactions do.

use crate::catalog::{DataType, QName};
use crate::emit::psql::{LIMITS, SWITCHES};
use crate::sql::{Ident, Isolation, Meta, Script, SettingValue, Statement, Word};

/// Settings under which names and predicates mean what they say, and PostgreSQL prints a predicate in one way only.
/// `row_security` off makes an error of what row security would otherwise leave out in silence.
const SETTINGS: [(&str, &str); 6] = [
    ("client_encoding", "UTF8"),
    ("client_min_messages", "warning"),
    ("transform_null_equals", "off"),
    ("quote_all_identifiers", "off"),
    ("row_security", "off"),
    ("lock_timeout", "10s"),
];

/// The head of a file that is run by itself.
pub(super) fn head(purpose: &[&str]) -> Script {
    let mut script = Script::new();
    for line in purpose {
        script.comment(line);
    }
    script.blank();
    script.comment("psql's own switches, whatever a start-up file made of them");
    for (name, value) in SWITCHES {
        script.meta(Meta::Set(name.to_owned(), vec![Word::text(value)]));
    }
    script.comment("limits of this role or database that are meant for applications");
    for (name, value) in LIMITS {
        script.run(set(false, name, SettingValue::Text(value.to_owned())));
    }
    script.comment("names and predicates mean what they mean here");
    script.run(set(false, "standard_conforming_strings", SettingValue::On));
    let path = ["pg_catalog", "pg_temp"].map(|schema| SettingValue::Name(Ident::from(schema))).to_vec();
    script.run(Statement::Set { local: false, name: "search_path".to_owned(), values: path });
    for (name, value) in SETTINGS {
        script.run(set(false, name, SettingValue::Text(value.to_owned())));
    }
    script
}

pub(super) fn set(local: bool, name: &str, value: SettingValue) -> Statement {
    Statement::Set { local, name: name.to_owned(), values: vec![value] }
}

/// What a transaction waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Another run alone.
    Run,
    /// All who use the table.
    Table,
    /// All who use the view, and nobody who uses its tables.
    View,
}

/// `BEGIN` and the lock on a relation.
pub(super) fn begin(script: &mut Script, relation: Option<&QName>, lock: Lock) {
    script.run(Statement::Begin { isolation: Some(Isolation::ReadCommitted), read_only: false });
    if let Some(relation) = relation {
        script.run(set(true, "noren.table", SettingValue::Text(in_text(relation))));
    }
    let word = match lock {
        Lock::Run => None,
        Lock::Table => Some("table"),
        Lock::View => Some("view"),
    };
    if let Some(word) = word {
        script.run(set(true, "noren.lock", SettingValue::Text(word.to_owned())));
    }
    script.run(Statement::Do(include_str!("lock.sql")));
}

/// A name inside a string, as `regclass` reads it.
pub(super) fn in_text(name: &QName) -> String {
    let quote = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    format!("{}.{}", quote(&name.schema), quote(&name.name))
}

/// A function inside a string, as `regprocedure` reads it.
pub(super) fn routine_in_text(name: &QName, arguments: &[DataType]) -> String {
    let of = |argument: &DataType| in_text(&argument.name) + if argument.dimensions > 0 { "[]" } else { "" };
    format!("{}({})", in_text(name), arguments.iter().map(of).collect::<Vec<_>>().join(","))
}
