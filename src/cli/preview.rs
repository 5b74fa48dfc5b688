//! `noren preview TABLE`: what the compiled SELECT makes of made-up rows, on a private server.
//!
//! The problem: a policy says what a column gets, but whether `partial(last => 4)` is what was meant, a person sees
//! only in values; and nobody should have to point a tool at a database of people for that.
//!
//! The mechanism: the table, with a column more that numbers its rows, is planned like any export, so the SELECT is
//! the compiled one. It runs on a server that is started for it, in an empty database, as a role without rights of its
//! own, over values that are made up here or come from a file. Row filters and `orphans` are left away: they would ask
//! for other tables' rows.

mod samples;
mod show;
mod stage;

use super::arguments::PreviewOptions;
use super::check::{self, Run};
use super::console::Console;
use super::progress::Progress;
use super::why;
use super::{Failure, Outcome, Result, load_for_postgresql, read_file};
use crate::catalog::{Catalog, Column, DataType, QName, Table};
use crate::compiler;
use crate::csv;
use crate::diagnostic::{Severity, did_you_mean, words};
use crate::model::access::Access;
use crate::model::{ExportTable, Model, Treatment};
use crate::plan::{self, ColumnPlan};
use crate::server::{Options, Server};
use crate::sql::Select;
use std::path::Path;

/// What keyed masks read here, whatever the user's key is.
const KEY: &str = "the key of noren preview, known to everybody";

/// A table's rows: a value for each column, `None` for NULL.
type Rows = Vec<csv::Record>;

/// One table as one export gives it, with a column that numbers its rows.
struct Subject {
    table: Table,
    export: ExportTable,
    /// Its name.
    audience: String,
    /// The masked rows.
    select: Select,
    columns: Vec<ColumnPlan>,
    /// The setting that keyed masks read, where there is one.
    key: Option<String>,
    /// The numbering column.
    number: String,
}

pub(super) fn run(options: &PreviewOptions, console: &Console) -> Result<Outcome> {
    let loaded = load_for_postgresql("preview")?;
    let Some(run) = check::compile(&loaded, console) else { return Ok(Outcome::Failed) };
    let errors = run.found.iter().any(|found| found.severity == Severity::Error);
    let Some(model) = run.compiled.model.as_ref().filter(|_| !errors) else {
        console.findings(&run.found, &loaded.sources);
        return Ok(Outcome::Findings);
    };
    let table = why::find_table(&options.table, &run)?;
    let subjects = subjects(table, model, options.export.as_deref(), &run)?;
    let given = options.rows.as_deref().map(read_rows).transpose()?;
    let progress = Progress::start("starting a private PostgreSQL", console);
    let server = Server::start(&Options::default()).map_err(|error| {
        Failure::new(format!("a preview runs on a PostgreSQL of its own, which cannot be started: {error}"))
    })?;
    drop(progress);
    let mut text = String::new();
    for (at, subject) in subjects.iter().enumerate() {
        let rows = rows(&run.compiled.catalog, subject, given.as_ref())?;
        let stage = stage::Stage::new(&server, &format!("preview_{at}"))?;
        let shown = stage.run(&run.compiled.catalog, subject, &rows)?;
        show::subject(&mut text, subject, &shown);
    }
    let source =
        options.rows.as_ref().map_or("made-up rows".to_owned(), |path| format!("the rows of {}", path.display()));
    show::note(&mut text, &source, server.version(), subjects.iter().any(|subject| subject.key.is_some()));
    console.out(&text);
    Ok(Outcome::Fine)
}

/// The table in every export that names it, or in the wanted one.
fn subjects(table: &Table, model: &Model, wanted: Option<&str>, run: &Run<'_>) -> Result<Vec<Subject>> {
    let with_table: Vec<&str> = model
        .exports
        .iter()
        .filter(|(_, export)| export.tables.contains_key(&table.name))
        .map(|(name, _)| name.as_str())
        .collect();
    let names = match wanted {
        Some(wanted) if with_table.contains(&wanted) => vec![wanted],
        Some(wanted) => {
            let failure = Failure::new(format!("expected an export with `{}`, found `{wanted}`", table.name));
            return Err(match did_you_mean(wanted, with_table.iter().copied()) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help(format!("its exports are {}", words::list(&with_table))),
            });
        }
        None if with_table.is_empty() => {
            return Err(Failure::new(format!("expected a table that an export names, found `{}`", table.name))
                .help("it is internal or skipped, or no export's `tables` has it; `noren why` says which"));
        }
        None => with_table,
    };
    names.into_iter().map(|name| subject(table, name, model, run)).collect()
}

fn subject(table: &Table, export: &str, model: &Model, run: &Run<'_>) -> Result<Subject> {
    let mut catalog = run.compiled.catalog.clone();
    let mut model = model.clone();
    let mut number = "noren_row".to_owned();
    while table.columns.contains_key(&number) {
        number.push('_');
    }
    let changed = number_rows(&mut catalog, &mut model, &table.name, export, &number);
    let lost = || Failure::new(format!("cannot plan `{}` for a preview", table.name));
    let (table, exported) = changed.ok_or_else(lost)?;
    let mut facts = compiler::facts(&run.compiled.catalog, run.project);
    facts.places.retain(|name, _| name == export);
    let planned = plan::plan(&catalog, &model, &facts)
        .map_err(|found| Failure::new(found.into_iter().map(|found| found.title).collect::<Vec<_>>().join("; ")))?;
    let plan = planned.exports.first().ok_or_else(lost)?;
    let masked = plan.tables.iter().find(|planned| planned.name == table.name).ok_or_else(lost)?;
    Ok(Subject {
        audience: export.to_owned(),
        select: plan.select(masked),
        columns: masked.columns.clone(),
        key: plan.key.as_ref().map(|key| key.setting.clone()),
        table,
        export: exported,
        number,
    })
}

/// Gives the table a column that leaves as it is, and lets every row leave.
fn number_rows(
    catalog: &mut Catalog,
    model: &mut Model,
    name: &QName,
    export: &str,
    number: &str,
) -> Option<(Table, ExportTable)> {
    // Who may do what does not change a value, and one tenant's rows are a filter like others.
    model.access = Access::default();
    for export in model.exports.values_mut() {
        (export.role, export.import_role, export.tenant_one) = (None, None, None);
    }
    let tables = &mut model.exports.get_mut(export)?.tables;
    for exported in tables.values_mut() {
        exported.rows.clear();
        for own in exported.columns.values_mut() {
            own.orphans = None;
        }
    }
    let exported = tables.get_mut(name)?;
    let mut own = exported.columns.values().next()?.clone();
    own.treatment = Treatment::Keep;
    exported.columns.insert(number.to_owned(), own);
    let table = catalog.tables.get_mut(name)?;
    let data_type = DataType { name: QName::new("pg_catalog", "int4"), modifiers: Vec::new(), dimensions: 0 };
    let column = Column {
        name: number.to_owned(),
        span: table.span,
        data_type,
        not_null: true,
        default: None,
        identity: None,
        generated: None,
        collation: None,
        comment: None,
    };
    table.columns.insert(number.to_owned(), column);
    Some((table.clone(), exported.clone()))
}

fn read_rows(path: &Path) -> Result<Rows> {
    let text = read_file(path)?;
    let failed = |what: &str| Failure::new(format!("cannot take rows from `{}`: {what}", path.display()));
    let rows = csv::parse(&text).map_err(|fault| failed(&format!("line {}: {}", fault.line, fault.what)))?;
    if rows.len() < 2 {
        return Err(failed("expected a line of column names and rows below it, found none"));
    }
    Ok(rows)
}

/// The rows to show, a value for each column of the table but the numbering one: those of the file, with made-up
/// values for columns that it does not have.
fn rows(catalog: &Catalog, subject: &Subject, given: Option<&Rows>) -> Result<Rows> {
    let columns: Vec<&Column> = subject.table.columns.values().filter(|column| column.name != subject.number).collect();
    let made: Vec<Vec<Option<String>>> = columns
        .iter()
        .map(|column| {
            let treatment = subject.export.columns.get(&column.name).map_or(&Treatment::Keep, |own| &own.treatment);
            samples::column(catalog, &subject.table, column, treatment)
        })
        .collect();
    let made = |column: usize, row: usize| made.get(column).and_then(|made| made.get(row % made.len().max(1))?.clone());
    let Some((header, records)) = given.and_then(|given| given.split_first()) else {
        return Ok((0..samples::ROWS)
            .map(|row| (0..columns.len()).map(|column| made(column, row)).collect())
            .collect());
    };
    let header: Vec<&str> = header.iter().map(|name| name.as_deref().unwrap_or_default()).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    if let Some(unknown) = header.iter().find(|name| !names.contains(name)) {
        let failure =
            Failure::new(format!("expected columns of `{}` in the first line, found `{unknown}`", subject.table.name));
        return Err(match did_you_mean(unknown, names.iter().copied()) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help(format!("its columns are {}", words::list(&names))),
        });
    }
    let value = |record: &csv::Record, row: usize, column: usize, name: &str| match header
        .iter()
        .position(|given| *given == name)
    {
        Some(at) => record.get(at).cloned().flatten(),
        None => made(column, row),
    };
    let row = |(row, record): (usize, &csv::Record)| {
        names.iter().enumerate().map(|(column, name)| value(record, row, column, name)).collect()
    };
    Ok(records.iter().enumerate().map(row).collect())
}
