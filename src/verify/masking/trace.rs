//! What became of each row.
//!
//! The problem: a file holds masked rows only, in an order that tells nothing, so no line of it can be laid beside the row
//! that it was. The mechanism: the plan's own SELECT with the raw columns beside the masked ones. That its masked half is
//! exactly what the files hold is a check of its own, so everything that is said of a trace is true of the files.

use super::super::session::{Row, Session};
use super::super::text::{Part, Sql};
use super::super::world::{Failure, World};
use super::run::Run;
use crate::catalog::{Column, QName, Table};
use crate::emit;
use crate::mask::hmac;
use crate::model::{ExportColumn, Treatment};
use crate::plan::{ExportPlan, TablePlan};
use crate::sql::{Mismatch, Select, Statement};
use std::collections::BTreeMap;

/// One export as one run made it.
pub struct Trace<'p> {
    /// What was planned.
    pub plan: &'p ExportPlan<'p>,
    /// What the run was given.
    pub run: Run,
    /// In the order of the load.
    pub tables: Vec<TableTrace<'p>>,
}

impl Trace<'_> {
    /// Of one table alone.
    pub fn alone(&self, name: &QName) -> Option<Self> {
        let table = self.tables.iter().find(|table| table.plan.name == *name)?;
        Some(Self { plan: self.plan, run: self.run.clone(), tables: vec![table.clone()] })
    }
}

/// A table's rows before and after.
#[derive(Clone)]
pub struct TableTrace<'p> {
    /// What was planned.
    pub plan: &'p TablePlan<'p>,
    /// The table.
    pub table: &'p Table,
    /// Every column, in the table's order.
    pub columns: Vec<ColumnTrace<'p>>,
    /// Exported rows in the order of the file.
    pub rows: Vec<RowTrace<'p>>,
    /// All rows, exported or not: every column.
    pub all: Vec<Row>,
}

/// A column.
#[derive(Clone)]
pub struct ColumnTrace<'p> {
    /// The column.
    pub column: &'p Column,
    /// What it gets.
    pub own: &'p ExportColumn,
    /// Where it stands in the file, if it does.
    pub file: Option<usize>,
}

/// A row before and after.
#[derive(Clone)]
pub struct RowTrace<'p> {
    /// Every column as it is.
    pub raw: Row,
    /// The columns of the file.
    pub out: Row,
    /// What each column got, choices made.
    pub given: Vec<&'p Treatment>,
    /// Where it lies in its table, as PostgreSQL writes it.
    pub place: String,
}

impl TableTrace<'_> {
    /// `table.column`, as a report says it.
    pub fn name_of(&self, column: usize) -> String {
        let name = self.columns.get(column).map_or("", |column| column.column.name.as_str());
        format!("{}.{name}", self.plan.name)
    }

    /// A column's values before and after, with what it got; absent ones have no second half.
    pub fn pairs(&self, column: usize) -> impl Iterator<Item = Pair<'_>> {
        let file = self.columns.get(column).and_then(|column| column.file);
        self.rows.iter().filter_map(move |row| {
            Some(Pair {
                raw: row.raw.get(column)?.as_deref(),
                out: file.and_then(|at| row.out.get(at)).map(Option::as_deref),
                given: row.given.get(column).copied()?,
            })
        })
    }
}

/// One value before and after.
#[derive(Clone, Copy)]
pub struct Pair<'t> {
    /// As it is.
    pub raw: Option<&'t str>,
    /// As it left; `None` where it did not.
    pub out: Option<Option<&'t str>>,
    /// What it got.
    pub given: &'t Treatment,
}

/// Reads what a run of an export makes of every row.
pub fn trace<'p>(world: &World<'p>, database: &str, plan: &'p ExportPlan<'p>, run: &Run) -> Result<Trace<'p>, Failure> {
    let mut session = world.superuser(database)?;
    prepare(session.as_mut(), world, plan, run)?;
    let mut tables = Vec::new();
    for table in &plan.tables {
        tables.extend(trace_table(session.as_mut(), world, plan, table)?);
    }
    Ok(Trace { plan, run: run.clone(), tables })
}

/// Brings a session into the state in which `run.sql` reads the rows.
pub fn prepare(session: &mut dyn Session, world: &World<'_>, plan: &ExportPlan<'_>, run: &Run) -> Result<(), Failure> {
    for statement in emit::session(&[]) {
        session.run(&printed(&statement)?)?;
    }
    if let Some(key) = &plan.key {
        set(session, &key.setting, &run.key)?;
        make_pads(session, &key.setting)?;
    }
    if let (Some(tenant), Some(tenancy)) = (&run.tenant, &world.model.access.tenancy) {
        let value = if tenancy.many { Sql::of("ARRAY[$1]::text", &[Part::Text(tenant)]) } else { text(tenant) };
        let parts = [Part::Text(&tenancy.setting), Part::Sql(&value)];
        session.run(&Sql::of("SELECT set_config($1, $2, false)", &parts))?;
    }
    Ok(())
}

/// The pads of the key that the setting holds: keyed masks read them, as they do in an export's session.
pub fn make_pads(session: &mut dyn Session, setting: &str) -> Result<(), Failure> {
    for statement in [hmac::create_pads(), hmac::fill_pads(setting)] {
        session.run(&printed(&statement)?)?;
    }
    Ok(())
}

fn text(value: &str) -> Sql {
    Sql::of("$1", &[Part::Text(value)])
}

fn set(session: &mut dyn Session, name: &str, value: &str) -> Result<(), Failure> {
    session.run(&Sql::of("SELECT set_config($1, $2, false)", &[Part::Text(name), Part::Text(value)]))?;
    Ok(())
}

/// A statement for the session.
pub fn printed(statement: &Statement) -> Result<Sql, Failure> {
    let failed = |mismatch: Mismatch| {
        Failure::new(format!("cannot write a statement of the verification: {mismatch}"), "report it with the schema")
    };
    statement.print().map(Sql::whole).map_err(failed)
}

fn trace_table<'p>(
    session: &mut dyn Session,
    world: &World<'p>,
    plan: &'p ExportPlan<'p>,
    table: &'p TablePlan<'p>,
) -> Result<Option<TableTrace<'p>>, Failure> {
    let found = world.model.exports.get(&plan.name).and_then(|export| export.tables.get(&table.name));
    let Some((own, declared)) = found.zip(world.catalog.tables.get(&table.name)) else { return Ok(None) };
    let mut columns = Vec::new();
    let mut in_file = 0;
    for ((name, own), planned) in own.columns.iter().zip(&table.columns) {
        let Some(column) = declared.columns.get(name) else { continue };
        columns.push(ColumnTrace { column, own, file: planned.leaves.then_some(in_file) });
        in_file += usize::from(planned.leaves);
    }
    let read = session.run(&printed(&Statement::Select(plan.trace(table)))?)?.rows;
    let rows = read.into_iter().map(|row| split(row, in_file, &columns)).collect();
    let whole = if table.partitioned { "SELECT * FROM $1" } else { "SELECT * FROM ONLY $1" };
    let all = session.run(&Sql::of(whole, &[Part::Relation(&table.name)]))?.rows;
    Ok(Some(TableTrace { plan: table, table: declared, columns, rows, all }))
}

/// The same rows as another SELECT of the same columns gives them; what each column was meant to get stays.
pub fn retold<'p>(session: &mut dyn Session, told: &TableTrace<'p>, select: Select) -> Result<TableTrace<'p>, Failure> {
    let in_file = told.columns.iter().filter(|column| column.file.is_some()).count();
    let meant: BTreeMap<(&str, &Row), &RowTrace<'p>> =
        told.rows.iter().map(|row| ((row.place.as_str(), &row.raw), row)).collect();
    let read = session.run(&printed(&Statement::Select(select))?)?.rows;
    let rows = read.into_iter().map(|row| {
        let row = split(row, in_file, &told.columns);
        let given = meant.get(&(row.place.as_str(), &row.raw)).map(|meant| meant.given.clone());
        RowTrace { given: given.unwrap_or_default(), ..row }
    });
    Ok(TableTrace { rows: rows.collect(), all: told.all.clone(), columns: told.columns.clone(), ..*told })
}

/// The parts of a traced row: [`ExportPlan::trace`] says their order.
fn split<'p>(mut row: Row, in_file: usize, columns: &[ColumnTrace<'p>]) -> RowTrace<'p> {
    let mut rest = row.split_off(in_file.min(row.len()));
    let mut conditions = rest.split_off(columns.len().min(rest.len()));
    let place = if conditions.is_empty() { None } else { conditions.remove(0) };
    let mut truths = conditions.into_iter().map(|truth| truth.as_deref() == Some("t"));
    let given = columns.iter().map(|column| column.own.treatment.chosen(&mut truths)).collect();
    RowTrace { raw: rest, out: row, given, place: place.unwrap_or_default() }
}
