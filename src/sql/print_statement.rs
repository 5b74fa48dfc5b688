//! Statements as documents.

use super::layout::{Doc, all, commas, exact, group, indent, separated, words};
use super::migration::migration;
use super::print::{data_type, expr, literal, name, number, qname, select, table};
use super::print_access::access;
use super::token::Token;
use super::{
    AlterTable, CopyFormat, CopyOptions, Expr, Ident, Isolation, LockMode, Select, SettingValue, Statement,
    TemporaryTable, source,
};
use crate::catalog::{DataType, QName, TriggerMode};

/// A statement without its semicolon.
pub(super) fn statement(of: &Statement) -> Doc<'_> {
    match of {
        Statement::Select(query) => select(query, &Doc::Hard),
        Statement::CopyTo { query, options } => copy_to(query, *options),
        Statement::CopyFrom { table, columns, options } => copy_from(table, columns, *options),
        Statement::Lock { tables, mode } => {
            let mode = all([words("IN"), Doc::Space, words(lock_mode(*mode)), Doc::Space, words("MODE")]);
            group([words("LOCK TABLE"), table_list(tables), Doc::Line, mode])
        }
        Statement::Begin { isolation, read_only } => begin(*isolation, *read_only),
        Statement::Commit => words("COMMIT"),
        Statement::Rollback => words("ROLLBACK"),
        Statement::Set { local, name, values } => set(*local, name, values),
        Statement::SetRole(role) => all([words("SET ROLE"), Doc::Space, name(role)]),
        Statement::SetRoleNone => words("SET ROLE NONE"),
        Statement::SetConstraints { deferred } => {
            words(if *deferred { "SET CONSTRAINTS ALL DEFERRED" } else { "SET CONSTRAINTS ALL IMMEDIATE" })
        }
        Statement::CreateTemporary(table) => create_temporary(table),
        Statement::Create(create) => super::create::print(create),
        Statement::InsertValues { table, columns, rows } => insert_values(table, columns, rows),
        Statement::InsertSelect { table, columns, query } => {
            all([insert_head(table, columns), Doc::Hard, select(query, &Doc::Hard)])
        }
        Statement::Load { table, columns, query } => {
            let head = [insert_head(table, columns), Doc::Hard, words("OVERRIDING SYSTEM VALUE"), Doc::Hard];
            all(head.into_iter().chain([select(query, &Doc::Hard)]))
        }
        Statement::Truncate { tables, restart_identity } => {
            let restart = restart_identity.then(|| all([Doc::Line, words("RESTART IDENTITY")]));
            group([words("TRUNCATE TABLE"), table_list(tables)].into_iter().chain(restart))
        }
        Statement::AlterTable { table: of, only, action } => {
            group([words("ALTER TABLE"), Doc::Space, table(of, *only), indent([Doc::Line, alter_table(action)])])
        }
        Statement::RestartSequence { sequence, with } => {
            let with = with.map(|value| all([Doc::Space, words("WITH"), Doc::Space, number(value)]));
            let head = all([words("ALTER SEQUENCE"), Doc::Space, qname(sequence), Doc::Space, words("RESTART")]);
            all([head].into_iter().chain(with))
        }
        Statement::Analyze(tables) => group([words("ANALYZE"), listed(tables.iter().map(qname).collect())]),
        Statement::RefreshMaterializedView(view) => all([words("REFRESH MATERIALIZED VIEW"), Doc::Space, qname(view)]),
        Statement::DropTemporary(table) => all([words("DROP TABLE"), Doc::Space, temporary(table)]),
        Statement::Do(body) => all([
            words("DO LANGUAGE"),
            Doc::Space,
            Doc::Token(Token::name("plpgsql")),
            Doc::Space,
            Doc::Token(Token::dollar(body)),
        ]),
        Statement::Query(text) | Statement::Routine(text) => source::fixed(text),
        Statement::Access(of) => access(of),
        Statement::Migration(of) => migration(of),
    }
}

fn temporary(table: &Ident) -> Doc<'_> {
    all([Doc::Token(Token::name("pg_temp")), exact("."), name(table)])
}

fn listed(docs: Vec<Doc<'_>>) -> Doc<'_> {
    indent([Doc::Line, commas(docs, Doc::Line)])
}

fn table_list(tables: &[(QName, bool)]) -> Doc<'_> {
    listed(tables.iter().map(|(name, only)| table(name, *only)).collect())
}

fn column_list(columns: &[Ident]) -> Doc<'_> {
    let inside = commas(columns.iter().map(name).collect(), Doc::Line);
    group([exact("("), indent([Doc::Soft, inside]), Doc::Soft, exact(")")])
}

fn copy_to(query: &Select, options: CopyOptions) -> Doc<'_> {
    let query = all([exact("("), indent([Doc::Hard, select(query, &Doc::Hard)]), Doc::Hard, exact(")")]);
    all([words("COPY"), Doc::Space, query, Doc::Space, words("TO STDOUT"), Doc::Space, copy_options(options, "true")])
}

/// Also what psql's `\copy` is checked by.
pub(super) fn copy_from<'t>(table: &'t QName, columns: &'t [Ident], options: CopyOptions) -> Doc<'t> {
    let head = all([words("COPY"), Doc::Space, qname(table), Doc::Space, column_list(columns)]);
    all([head, Doc::Space, words("FROM STDIN"), Doc::Space, copy_options(options, "MATCH")])
}

/// `HEADER MATCH` (15+) refuses a file whose columns are others or in another order.
pub(super) fn copy_options(options: CopyOptions, header: &'static str) -> Doc<'static> {
    let format = match options.format {
        CopyFormat::Text => "text",
        CopyFormat::Csv => "csv",
    };
    let mut items = vec![all([words("FORMAT"), Doc::Space, Doc::Token(Token::name(format))])];
    if options.header {
        items.push(all([words("HEADER"), Doc::Space, words(header)]));
    }
    all([words("WITH"), Doc::Space, exact("("), commas(items, Doc::Space), exact(")")])
}

fn lock_mode(mode: LockMode) -> &'static str {
    match mode {
        LockMode::AccessShare => "ACCESS SHARE",
        LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
        LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
    }
}

fn begin(isolation: Option<Isolation>, read_only: bool) -> Doc<'static> {
    let level = isolation.map(|level| match level {
        Isolation::ReadCommitted => words("ISOLATION LEVEL READ COMMITTED"),
        Isolation::RepeatableRead => words("ISOLATION LEVEL REPEATABLE READ"),
        Isolation::Serializable => words("ISOLATION LEVEL SERIALIZABLE"),
    });
    let modes: Vec<Doc<'_>> = level.into_iter().chain(read_only.then(|| words("READ ONLY"))).collect();
    let space = (!modes.is_empty()).then_some(Doc::Space);
    all([words("BEGIN")].into_iter().chain(space).chain([commas(modes, Doc::Space)]))
}

fn set<'t>(local: bool, of: &'t str, values: &'t [SettingValue]) -> Doc<'t> {
    let parts = of.split('.').map(|part| Doc::Token(Token::name(part))).collect();
    let value = |value: &'t SettingValue| match value {
        SettingValue::Text(text) => literal(text),
        SettingValue::Integer(value) => number(*value),
        SettingValue::On => words("on"),
        SettingValue::Off => Doc::Token(Token::word("off")),
        SettingValue::Name(value) => name(value),
        SettingValue::Default => words("DEFAULT"),
    };
    let head = words(if local { "SET LOCAL" } else { "SET" });
    let values = commas(values.iter().map(value).collect(), Doc::Space);
    all([head, Doc::Space, separated(parts, &exact(".")), Doc::Space, exact("="), Doc::Space, values])
}

fn create_temporary<'t>(table: &'t TemporaryTable) -> Doc<'t> {
    let column = |(column, of, not_null): &'t (Ident, DataType, bool)| {
        let not_null = not_null.then(|| all([Doc::Space, words("NOT NULL")]));
        all([name(column), Doc::Space, data_type(of)].into_iter().chain(not_null))
    };
    let columns = commas(table.columns.iter().map(column).collect(), Doc::Hard);
    let body = all([exact("("), indent([Doc::Hard, columns]), Doc::Hard, exact(")")]);
    let drop = table.on_commit_drop.then(|| all([Doc::Space, words("ON COMMIT DROP")]));
    let head = all([words("CREATE TEMPORARY TABLE"), Doc::Space, temporary(&table.name), Doc::Space, body]);
    all([head].into_iter().chain(drop))
}

fn insert_head<'t>(table: &'t QName, columns: &'t [Ident]) -> Doc<'t> {
    all([words("INSERT INTO"), Doc::Space, qname(table), Doc::Space, column_list(columns)])
}

fn insert_values<'t>(table: &'t QName, columns: &'t [Ident], rows: &'t [Vec<Expr>]) -> Doc<'t> {
    let row = |row: &'t Vec<Expr>| {
        group([
            exact("("),
            indent([Doc::Soft, commas(row.iter().map(expr).collect(), Doc::Line)]),
            Doc::Soft,
            exact(")"),
        ])
    };
    let rows = commas(rows.iter().map(row).collect(), Doc::Hard);
    all([insert_head(table, columns), Doc::Hard, words("VALUES"), indent([Doc::Hard, rows])])
}

fn alter_table(action: &AlterTable) -> Doc<'_> {
    match action {
        AlterTable::Trigger(trigger, mode) => {
            let words = words(match mode {
                TriggerMode::Origin => "ENABLE TRIGGER",
                TriggerMode::Disabled => "DISABLE TRIGGER",
                TriggerMode::Replica => "ENABLE REPLICA TRIGGER",
                TriggerMode::Always => "ENABLE ALWAYS TRIGGER",
            });
            all([words, Doc::Space, name(trigger)])
        }
        AlterTable::Constraint { name: constraint, deferrable, initially_deferred } => {
            let timing = words(match (deferrable, initially_deferred) {
                (false, _) => "NOT DEFERRABLE",
                (true, false) => "DEFERRABLE INITIALLY IMMEDIATE",
                (true, true) => "DEFERRABLE INITIALLY DEFERRED",
            });
            all([words("ALTER CONSTRAINT"), Doc::Space, name(constraint), Doc::Space, timing])
        }
        AlterTable::RowSecurity(true) => words("ENABLE ROW LEVEL SECURITY"),
        AlterTable::RowSecurity(false) => words("DISABLE ROW LEVEL SECURITY"),
        AlterTable::ForceRowSecurity(true) => words("FORCE ROW LEVEL SECURITY"),
        AlterTable::ForceRowSecurity(false) => words("NO FORCE ROW LEVEL SECURITY"),
    }
}
