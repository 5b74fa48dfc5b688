//! Nothing that is masked leaves, and what leaves comes back.
//!
//! The problem: a compiled export is long SQL, and each of its columns may be wrong in its own way. The mechanism: every
//! export runs as people run it ([`run`]), twice with two keys and for two tenants where it is of one; what became of each
//! row is read beside it ([`trace`]); and one file a kind of claim holds both against the compiled model: which rows and
//! values leave (`rows`), that no original does (`leaks`), what pseudonyms link (`pseudonyms`), that the files load
//! (`import`). No value is ever told, only where and how many.

mod copy;
mod import;
mod leaks;
mod needles;
mod pseudonyms;
mod rows;
pub mod run;
mod shows;
pub mod trace;

use super::report::{Kind, Report};
use super::text::{Part, Sql};
use super::world::{Failure, World};
use crate::catalog::Catalog;
use crate::model::access::ScopeKind;
use crate::plan::{ExportPlan, Plan};
use crate::project::TargetKind;
use run::Run;
use trace::{TableTrace, Trace};

/// Where exports read from.
const SOURCE: &str = "exported";

/// Runs every export of the plan. `applied` is a database with rows to which the access files were applied.
pub fn check(world: &World<'_>, plan: &Plan<'_>, applied: Option<&str>, report: &mut Report) -> Result<(), Failure> {
    for (name, target) in &world.project.exports {
        if !matches!(target.kind, TargetKind::Psql { .. }) {
            report.skipped(Kind::Masking, name, "the export runs", "only exports with target `psql` run here");
        }
    }
    let exports = run_here(world, plan);
    if exports.is_empty() {
        return Ok(());
    }
    let database = world.copy(exported_from(world, applied), SOURCE)?;
    run::make_runner(world)?;
    let mut traces = Vec::new();
    for export in exports {
        traces.extend(check_export(world, &database, export, report)?);
    }
    pseudonyms::across(world.catalog, &traces, report);
    super::engine::drop_database(world.engine, &database)?;
    run::drop_runner(world)
}

/// Exports that psql runs.
pub(super) fn run_here<'p>(world: &World<'_>, plan: &'p Plan<'p>) -> Vec<&'p ExportPlan<'p>> {
    let target = |export: &ExportPlan<'_>| world.project.exports.get(&export.name).map(|target| &target.kind);
    plan.exports.iter().filter(|export| matches!(target(export), Some(TargetKind::Psql { .. }))).collect()
}

/// An export compares the catalog with the schema files, so where the access files add columns that these do not have
/// yet, it runs before them.
pub(super) fn exported_from<'w>(world: &'w World<'_>, applied: Option<&'w str>) -> &'w str {
    let adds = world.model.access.scopes.values().any(|scope| matches!(scope.kind, ScopeKind::Added(_)));
    applied.filter(|_| !adds).unwrap_or(world.source())
}

/// One export; its first run for the comparison with others.
fn check_export<'p>(
    world: &World<'p>,
    database: &str,
    plan: &'p ExportPlan<'p>,
    report: &mut Report,
) -> Result<Option<Trace<'p>>, Failure> {
    let rights = run::rights(world, database, plan, "rights_source.sql");
    if let Err(why) = rights {
        report.tried(Kind::Masking, &plan.name, "rights_source.sql gives the exporting role what it needs", Err(why));
        return Ok(None);
    }
    let tenants = tenants(world, database, plan)?;
    let Some(first) = tenants.first() else {
        report.skipped(Kind::Masking, &plan.name, "the export runs", "there is no tenant to export");
        return Ok(None);
    };
    let runs =
        [(0, first.as_ref()), (1, first.as_ref())].into_iter().chain(tenants.get(1).map(|other| (0, other.as_ref())));
    let mut traces = Vec::new();
    for (key, tenant) in runs {
        let run = Run::new(world, &plan.name, key, tenant.map(String::as_str));
        let name = match (key, tenant == first.as_ref()) {
            (0, true) => "run.sql runs to its end",
            (0, false) => "run.sql runs for another tenant",
            _ => "run.sql runs with another key",
        };
        let ran = run::export(world, database, plan, &run);
        let holds = ran.is_ok();
        report.tried(Kind::Masking, &plan.name, name, ran);
        if !holds {
            report.skipped(Kind::Masking, &plan.name, "what leaves", "run.sql did not run to its end");
            return Ok(None);
        }
        traces.push(trace::trace(world, database, plan, &run)?);
    }
    check_runs(world, database, &traces, report)?;
    Ok(traces.into_iter().next())
}

fn check_runs(world: &World<'_>, database: &str, traces: &[Trace<'_>], report: &mut Report) -> Result<(), Failure> {
    let mut written = Vec::new();
    for trace in traces {
        match copy::files(&trace.run.folder) {
            Ok(files) => written.push((trace, files)),
            Err(why) => report.tried(Kind::Masking, &trace.plan.name, "the run folder can be read", Err(why)),
        }
    }
    for (trace, files) in &written {
        rows::files_are_as_planned(trace, files, report);
        leaks::check(world.catalog, trace, files, report);
        if !is_second(trace) {
            rows::counts(world, database, trace, report)?;
            rows::columns(trace, report);
        }
    }
    let [first, second, rest @ ..] = traces else { return Ok(()) };
    pseudonyms::within(world.catalog, first, Some(second).filter(|run| run.plan.key.is_some()), report);
    let orders: Vec<leaks::Written<'_>> =
        written.iter().take(2).map(|(trace, files)| (*trace, files.as_slice())).collect();
    leaks::order(&orders, report);
    if let [other] = rest {
        rows::tenants_are_apart(world, first, other, report);
    }
    import::check(world, first, report)
}

/// Everything that is claimed of the masks of one run, and of one with another key, beside what they would write: what
/// needs neither files nor a copy.
pub(super) fn claims(catalog: &Catalog, traces: &[Trace<'_>], report: &mut Report) {
    let [first, second] = traces else { return };
    let written = [first, second].map(|trace| (trace, copy::written(trace)));
    rows::columns(first, report);
    for (trace, files) in &written {
        leaks::check(catalog, trace, files, report);
    }
    pseudonyms::within(catalog, first, Some(second).filter(|run| run.plan.key.is_some()), report);
    leaks::order(&written.each_ref().map(|(trace, files)| (*trace, files.as_slice())), report);
}

/// The run with the other key, of which only the files and their pseudonyms say anything new.
fn is_second(trace: &Trace<'_>) -> bool {
    run::KEYS.get(1).is_some_and(|key| *key == trace.run.key)
}

/// The tenants of the runs: `None` once where an export is of all, else up to two.
pub(super) fn tenants(
    world: &World<'_>,
    database: &str,
    plan: &ExportPlan<'_>,
) -> Result<Vec<Option<String>>, Failure> {
    let Some(tenancy) = world.model.access.tenancy.as_ref().filter(|_| plan.tenant.is_some()) else {
        return Ok(vec![None]);
    };
    if let Some(made) = &world.filled.tenants {
        return Ok(vec![Some(made.first.clone()), Some(made.second.clone())]);
    }
    let parts = [Part::Name(&tenancy.root_column), Part::Relation(&tenancy.root)];
    let query = Sql::of("SELECT $1 FROM $2 ORDER BY 1 LIMIT 2", &parts);
    Ok(world.superuser(database)?.run(&query)?.column().into_iter().map(Some).collect())
}

/// `export: table`
fn table_subject(trace: &Trace<'_>, table: &TableTrace<'_>) -> String {
    format!("{}: {}", of_run(trace), table.plan.name)
}

/// `export: table.column`
fn column_subject(trace: &Trace<'_>, table: &TableTrace<'_>, column: usize) -> String {
    format!("{}: {}", of_run(trace), table.name_of(column))
}

/// Which run of an export: the first is what everything is said of.
fn of_run(trace: &Trace<'_>) -> String {
    let key = if is_second(trace) { ", other key" } else { "" };
    match &trace.run.tenant {
        Some(tenant) => format!("{} of {tenant}{key}", trace.plan.name),
        None => format!("{}{key}", trace.plan.name),
    }
}
