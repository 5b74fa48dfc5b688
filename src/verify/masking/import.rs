//! What was exported is loaded into another database, which then holds just that.

use super::super::engine;
use super::super::report::{Kind, Report};
use super::super::session::{Row, Session};
use super::super::text::{Part, Sql};
use super::super::world::{Failure, World};
use super::trace::{TableTrace, Trace};
use super::{rows, run, table_subject, trace};
use crate::catalog::{ForeignKey, QName, Table, TableKind};
use crate::model::{Fill, Treatment};
use crate::plan::ExportPlan;

/// Where copies are loaded.
const COPY: &str = "copy";

/// Loads one run and compares.
pub fn check(world: &World<'_>, trace: &Trace<'_>, report: &mut Report) -> Result<(), Failure> {
    let subject = trace.plan.name.clone();
    if trace.plan.import.is_none() {
        report.skipped(Kind::Masking, &subject, "the files load into another database", "the policy says `no import`");
        return Ok(());
    }
    let database = target(world, trace.plan)?;
    let rights = run::rights(world, &database, trace.plan, "rights_target.sql");
    let loaded = rights.and_then(|()| run::import(world, &database, trace.plan, &trace.run));
    let holds = loaded.is_ok();
    report.tried(Kind::Masking, &subject, "the files load into another database", loaded);
    if holds {
        let after = run::after(world, &database, trace.plan);
        report.tried(Kind::Masking, &subject, "after.sql finds only what masks can have given", after);
        compare(world, &database, trace, report)?;
        references(world, &database, trace, report)?;
    } else {
        report.skipped(Kind::Masking, &subject, "the copy holds what the files hold", "it did not load");
    }
    Ok(engine::drop_database(world.engine, &database)?)
}

/// A database that holds other rows in every exported table, none in the others, and the marker. The rows that it holds
/// are the originals: one that is still there after the import is found.
fn target(world: &World<'_>, plan: &ExportPlan<'_>) -> Result<String, Failure> {
    let database = world.copy(world.source(), COPY)?;
    let mut session = world.superuser(&database)?;
    session.run(&Sql::whole("SET session_replication_role = replica"))?;
    let exported = |table: &QName| plan.tables.iter().any(|planned| planned.name == *table);
    for table in world.catalog.tables.values().filter(|table| !exported(world.catalog.partition_root(&table.name))) {
        if !table.is_partition() {
            session.run(&Sql::of("DELETE FROM $1", &[Part::Relation(&table.name)]))?;
        }
    }
    session.run(&Sql::whole(
        "CREATE SCHEMA noren; CREATE TABLE noren.import_target (export text); \
         GRANT USAGE ON SCHEMA noren TO PUBLIC; GRANT SELECT ON noren.import_target TO PUBLIC",
    ))?;
    session.run(&Sql::of("INSERT INTO noren.import_target VALUES ($1)", &[Part::Text(&plan.name)]))?;
    Ok(database)
}

/// Every table of the copy holds the rows of its file and no others; what did not leave is filled as the policy says.
fn compare(world: &World<'_>, database: &str, run: &Trace<'_>, report: &mut Report) -> Result<(), Failure> {
    let mut session = world.superuser(database)?;
    trace::prepare(session.as_mut(), world, run.plan, &run.run)?;
    for table in &run.tables {
        let in_file: Vec<Sql> = names(table, |column| column.file.is_some());
        let subject = table_subject(run, table);
        let found = session.run(&read(table, &in_file))?.rows;
        let meant: Vec<&Row> = table.rows.iter().map(|row| &row.out).collect();
        let result = rows::same(&meant, &found.iter().collect::<Vec<_>>());
        report.tried(Kind::Masking, &subject, "the copy holds what its file holds", result);
        let emptied = names(table, |column| {
            matches!(column.own.treatment, Treatment::Drop(Fill::Default)) && column.column.default.is_none()
        });
        if !emptied.is_empty() {
            let found = session.run(&read(table, &emptied))?.rows;
            let filled = found.iter().flatten().filter(|value| value.is_some()).count();
            let result = if filled == 0 { Ok(()) } else { Err(format!("{filled} dropped values are there")) };
            report.tried(Kind::Masking, &subject, "dropped columns are empty in the copy", result);
        }
    }
    Ok(())
}

fn names(table: &TableTrace<'_>, of: impl Fn(&trace::ColumnTrace<'_>) -> bool) -> Vec<Sql> {
    let columns = table.columns.iter().filter(|column| of(column));
    columns.map(|column| Sql::of("$1", &[Part::Name(&column.column.name)])).collect()
}

fn read(table: &TableTrace<'_>, columns: &[Sql]) -> Sql {
    let text = if table.plan.partitioned { "SELECT $1 FROM $2" } else { "SELECT $1 FROM ONLY $2" };
    Sql::of(text, &[Part::Sql(&Sql::joined(columns, ", ")), Part::Relation(&table.plan.name)])
}

/// Every reference of the copy has its row, counted without trusting the constraint.
fn references(world: &World<'_>, database: &str, trace: &Trace<'_>, report: &mut Report) -> Result<(), Failure> {
    let mut session = world.superuser(database)?;
    for (table, key) in world.catalog.foreign_keys() {
        let Some(child) = traced(world, trace, &table.name) else { continue };
        let subject = format!("{} ({})", table_subject(trace, child), key.name);
        let count = dangling(session.as_mut(), table, key)?;
        let result = if count == 0 { Ok(()) } else { Err(format!("{count} references have no row")) };
        report.tried(Kind::Masking, &subject, "every reference of the copy has its row", result);
    }
    Ok(())
}

fn traced<'t>(world: &World<'_>, trace: &'t Trace<'_>, table: &QName) -> Option<&'t TableTrace<'t>> {
    let root = world.catalog.partition_root(table);
    trace.tables.iter().find(|found| found.plan.name == *root)
}

fn dangling(session: &mut dyn Session, table: &Table, key: &ForeignKey) -> Result<u64, Failure> {
    let set: Vec<Sql> = key.columns.iter().map(|name| Sql::of("child.$1 IS NOT NULL", &[Part::Name(name)])).collect();
    let equal =
        |(own, other): (&String, &String)| Sql::of("parent.$1 = child.$2", &[Part::Name(other), Part::Name(own)]);
    let equal: Vec<Sql> = key.columns.iter().zip(&key.referenced_columns).map(equal).collect();
    let parts = [
        Part::Relation(&table.name),
        Part::Relation(&key.references),
        Part::Sql(&Sql::joined(&set, " AND ")),
        Part::Sql(&Sql::joined(&equal, " AND ")),
    ];
    // A key holds for the table's own rows and for its partitions', not for those of tables that inherit from it.
    let text = if matches!(table.kind, TableKind::Partitioned { .. }) {
        "SELECT count(*) FROM $1 AS child WHERE $3 AND NOT EXISTS (SELECT FROM $2 AS parent WHERE $4)"
    } else {
        "SELECT count(*) FROM ONLY $1 AS child WHERE $3 AND NOT EXISTS (SELECT FROM $2 AS parent WHERE $4)"
    };
    let answer = session.run(&Sql::of(text, &parts))?;
    Ok(answer.value().and_then(|count| count.parse().ok()).unwrap_or_default())
}
