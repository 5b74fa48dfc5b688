//! What every psql file begins with, and the few forms that several of them share.

use super::Emitter;
use crate::catalog::{DataType, QName};
use crate::mask::hmac;
use crate::plan::{Shape, TablePlan, names};
use crate::source::Spanned;
use crate::sql::{
    Condition, End, Expr, From, Ident, Meta, Relation, Script, Select, SettingValue, Shell, ShellPart, Statement,
    TemporaryTable, Word,
};

/// psql's own switches that a start-up file may have set otherwise.
pub(super) const SWITCHES: [(&str, &str); 9] = [
    ("ON_ERROR_STOP", "on"),
    ("ON_ERROR_ROLLBACK", "off"),
    ("AUTOCOMMIT", "on"),
    ("SINGLELINE", "off"),
    ("SINGLESTEP", "off"),
    ("FETCH_COUNT", "0"),
    ("ECHO", "none"),
    ("ECHO_HIDDEN", "off"),
    ("QUIET", "on"),
];

/// Settings under which every value is written and read back exactly. `lc_monetary` is for `money`, `array_nulls`
/// and `xmloption` for what is read back; `transform_null_equals` would change what a predicate means.
pub(super) const EXACT: [(&str, &str); 11] = [
    ("client_encoding", "UTF8"),
    ("datestyle", "ISO, YMD"),
    ("intervalstyle", "postgres"),
    ("timezone", "UTC"),
    ("bytea_output", "hex"),
    ("lc_monetary", "C"),
    ("xmloption", "content"),
    ("array_nulls", "on"),
    ("transform_null_equals", "off"),
    ("synchronize_seqscans", "off"),
    ("row_security", "off"),
];

/// Limits that a role or a database has for applications: a run is longer than any of them. The temporary tables
/// need a session that may write; the export's own transaction is READ ONLY all the same.
pub(super) const LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("default_transaction_read_only", "off"),
];

/// What a session sets before it reads or writes a value. Names are looked up in `pg_catalog`, then in `search`.
pub(crate) fn session(search: &[String]) -> Vec<Statement> {
    let path = std::iter::once("pg_catalog").chain(search.iter().map(String::as_str)).chain(["pg_temp"]);
    let values = path.map(|schema| SettingValue::Name(Ident::from(schema))).collect();
    let mut statements = vec![
        set("standard_conforming_strings", SettingValue::On),
        Statement::Set { local: false, name: "search_path".to_owned(), values },
    ];
    statements.extend(EXACT.map(|(name, value)| set(name, SettingValue::Text(value.to_owned()))));
    statements.push(set("extra_float_digits", SettingValue::Integer(1)));
    statements
}

/// The same for a session that has no statements of its own, by name.
pub(super) fn session_texts() -> std::collections::BTreeMap<&'static str, &'static str> {
    let more = [("extra_float_digits", "1"), ("standard_conforming_strings", "on")];
    EXACT.into_iter().chain(more).collect()
}

impl Emitter<'_> {
    /// The head of a file that is run by itself.
    /// The export reads with `pg_catalog` alone in its search path, so that nobody can slip an operator or a function
    /// of their own between a value and its mask. `search` is for the files that run in the copy, where defaults,
    /// generated columns, checks and triggers of the schema's own may name things without a schema.
    pub(super) fn head(&self, purpose: &[&str], search: &[String]) -> Script {
        let mut script = Script::new();
        for line in purpose {
            script.comment(line);
        }
        script.comment(&format!("{}  export {}", self.place_of(self.export.span), self.export.name));
        script.blank();
        script.comment("psql's own switches, whatever a start-up file made of them");
        for (name, value) in SWITCHES {
            script.meta(Meta::Set(name.to_owned(), vec![Word::text(value)]));
        }
        script.comment("limits of this role or database that are meant for applications");
        for (name, value) in LIMITS {
            script.run(set(name, SettingValue::Text(value.to_owned())));
        }
        script.comment("names mean what they mean here, and values are written and read back exactly");
        for statement in session(search) {
            script.run(statement);
        }
        script
    }

    /// Everything after this is done with this role's rights and no others; an error where the runner is no member.
    pub(super) fn act_as(&self, script: &mut Script, role: Option<&Spanned<String>>) {
        let Some(role) = role else { return };
        script.comment(&format!("{}  as {}", self.place_of(role.span), role.value));
        script.run(Statement::SetRole(Ident::from(role.value.as_str())));
    }

    /// Where the files of a run are, unless psql was told by `-v run=FOLDER`.
    pub(super) fn run_folder(&self, script: &mut Script, directory: &str) {
        let folder = format!("{}/{}", directory.trim_end_matches('/'), names::encode(&self.export.name));
        script.meta(Meta::If(Condition::Defined("run".to_owned())));
        script.meta(Meta::Else);
        script.meta(Meta::Set("run".to_owned(), vec![Word::text(folder)]));
        script.meta(Meta::EndIf);
    }

    /// All tables of the export for LOCK or TRUNCATE, by name, so that two runs never wait for each other.
    pub(super) fn locked(&self) -> Vec<(QName, bool)> {
        let mut tables: Vec<(QName, bool)> =
            self.export.tables.iter().map(|table| (table.name.clone(), !table.partitioned)).collect();
        tables.sort();
        tables
    }
}

pub(super) fn set(name: &str, value: SettingValue) -> Statement {
    Statement::Set { local: false, name: name.to_owned(), values: vec![value] }
}

/// `CREATE TEMPORARY TABLE pg_temp.name (column text, …)`, and `rows bigint` where a column is called so.
pub(super) fn temporary(name: &str, columns: &[&str], on_commit_drop: bool) -> Statement {
    let column = |name: &&str| (Ident::from(*name), text_type(), false);
    Statement::CreateTemporary(TemporaryTable {
        name: Ident::from(name),
        columns: columns.iter().map(column).collect(),
        on_commit_drop,
    })
}

fn text_type() -> DataType {
    DataType { name: QName::new("pg_catalog", "text"), modifiers: Vec::new(), dimensions: 0 }
}

/// A temporary table by its full name, so that no other can stand before it.
pub(super) fn in_temp(name: &str) -> QName {
    QName::new("pg_temp", name)
}

/// Rows into a temporary table.
pub(super) fn insert<R, F>(script: &mut Script, name: &str, columns: &[&str], rows: impl Iterator<Item = R>)
where
    R: AsRef<[F]>,
    F: AsRef<str>,
{
    script.rows(in_temp(name), columns.iter().map(|column| Ident::from(*column)).collect(), rows);
}

/// Columns of the list of what a live database must be.
pub(super) const SHAPE: [&str; 5] = ["kind", "schema_name", "table_name", "item", "value"];

/// The list of both sides into a table that holds it; from beside the script, so before the script goes elsewhere.
pub(super) fn include_shape(script: &mut Script, beside: &str, on_commit_drop: bool) {
    script.run(temporary("noren_shape", &SHAPE, on_commit_drop));
    script.meta(Meta::Include(Word::text(format!("{beside}shape.sql"))));
}

/// The list's rows.
pub(super) fn shape_rows<'s>(shape: &'s [Shape<'_>]) -> impl Iterator<Item = [&'s str; 5]> {
    shape.iter().map(|fact| [fact.kind.word(), fact.schema, fact.table, fact.item, &*fact.value])
}

/// `\if :name` … `\else` `DO …` `\endif`: stops the script where the variable is not true.
pub(super) fn demand(script: &mut Script, variable: &str, refusal: &'static str) {
    script.meta(Meta::If(Condition::Variable(variable.to_owned())));
    script.meta(Meta::Else);
    script.run(Statement::Do(refusal));
    script.meta(Meta::EndIf);
}

/// The key that was read is one, and long enough.
pub(super) fn demand_key(script: &mut Script) {
    script.run(Statement::Do(include_str!("key.sql")));
    script.blank();
}

/// What HMAC makes of the key, which a session computes once for all tables.
pub(super) fn make_pads(script: &mut Script) {
    script.comment("what HMAC makes of the key, computed once for all tables");
    script.run(hmac::create_pads());
    script.blank();
}

/// The columns of a table's file as one word of the manifest.
pub(super) fn column_list(table: &TablePlan<'_>) -> String {
    table.file_columns().map(|column| names::encode(&column.name)).collect::<Vec<_>>().join(",")
}

/// A SELECT of one expression.
pub(super) fn select_one(expr: Expr, name: &str, from: Option<(QName, &str)>) -> Select {
    Select {
        columns: vec![(expr, Some(Ident::from(name)))],
        from: from.into_iter().map(|(table, alias)| From::first(Relation::table(table), alias)).collect(),
        ..Select::default()
    }
}

/// Sends a SELECT of one row; its columns become psql variables.
pub(super) fn into_variables(script: &mut Script, select: Select) {
    script.send(Statement::Select(select), End::Set(None));
}

/// `\set name` to a shell command's output.
pub(super) fn set_by_shell(script: &mut Script, name: &str, parts: Vec<ShellPart>) {
    script.meta(Meta::Set(name.to_owned(), vec![Word(vec![crate::sql::WordPart::Shell(Shell(parts))])]));
}
