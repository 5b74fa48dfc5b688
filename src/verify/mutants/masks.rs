//! Every mask, replaced by `keep`, one at a time: some claim about the column must fail.
//!
//! The problem: a check of masking looks at rows, and rows may happen to say nothing, so whether a mask is watched at all
//! is a property of the policy, its rows and the checks together. The mechanism: the SELECT of the table is planned again
//! with one mask weakened and really runs; what it gives stands in place of the trace, as if the compiler had written
//! that from the start, so that no comparison with the plan can tell. Then everything that is claimed of the masks is
//! asked again, and so is the leak probe that the copy would be asked. A mask within a document, a composite or a choice
//! is weakened by itself.

use crate::catalog::QName;
use crate::model::{ExportTable, FieldsMask, JsonMask, JsonNode, MaskUse, Treatment};
use crate::plan::{ExportPlan, Plan, TablePlan};
use crate::sql::Statement;
use crate::verify::masking::run::Run;
use crate::verify::masking::trace::{self, Trace};
use crate::verify::masking::{self, claims};
use crate::verify::report::{Kind, Outcome, Report};
use crate::verify::session::Session;
use crate::verify::watch::{Count, Watch};
use crate::verify::world::{Failure, World};
use std::collections::BTreeSet;

/// Where weakened exports read from.
const WEAKENED: &str = "weakened";

/// Tries every mask of every export. `applied` is a database with rows to which the access files were applied.
pub fn check(
    world: &World<'_>,
    plan: &Plan<'_>,
    applied: Option<&str>,
    watch: &dyn Watch,
    report: &mut Report,
) -> Result<(), Failure> {
    let exports = masking::run_here(world, plan);
    if exports.is_empty() {
        return Ok(());
    }
    let database = world.copy(masking::exported_from(world, applied), WEAKENED)?;
    let of_export = |export: &&ExportPlan<'_>| -> usize {
        export.tables.iter().map(|table| changes(export.declared(table).1).len()).sum()
    };
    let all = exports.iter().map(of_export).sum();
    let count = Count::new("masks replaced by keep", all, watch);
    for export in exports {
        check_export(world, &database, export, &count, report)?;
    }
    Ok(crate::verify::engine::drop_database(world.engine, &database)?)
}

/// One mask replaced.
struct Change {
    /// The column's place in its table.
    at: usize,
    /// Where within the column, for people; empty for all of it.
    path: String,
    /// What the table gets then.
    own: ExportTable,
}

fn changes(own: &ExportTable) -> Vec<Change> {
    let mut found = Vec::new();
    for (at, (name, column)) in own.columns.iter().enumerate() {
        for (path, treatment) in weakened(&column.treatment) {
            let mut own = own.clone();
            if let Some(column) = own.columns.get_mut(name) {
                column.treatment = treatment;
            }
            found.push(Change { at, path, own });
        }
    }
    found
}

/// What becomes of a treatment, with where in it something was replaced.
fn weakened(treatment: &Treatment) -> Vec<(String, Treatment)> {
    match treatment {
        Treatment::Keep | Treatment::Generated | Treatment::Drop(_) => Vec::new(),
        Treatment::Mask(MaskUse::Null | MaskUse::Call(_) | MaskUse::Expression(_)) => {
            vec![(String::new(), Treatment::Keep)]
        }
        Treatment::Mask(MaskUse::Json(mask)) => {
            let nodes = weakened_nodes(&mask.root).into_iter();
            nodes.map(|(path, root)| (path, Treatment::Mask(MaskUse::Json(JsonMask { root })))).collect()
        }
        Treatment::Mask(MaskUse::Fields(mask)) => weakened_fields(mask),
        Treatment::Mask(MaskUse::When { condition, then, otherwise }) => {
            let when = |then: Treatment, otherwise: Treatment| {
                let (then, otherwise) = (Box::new(then), Box::new(otherwise));
                Treatment::Mask(MaskUse::When { condition: condition.clone(), then, otherwise })
            };
            let first = weakened(then)
                .into_iter()
                .map(|(path, then)| (" when".to_owned() + &path, when(then, (**otherwise).clone())));
            let second = weakened(otherwise)
                .into_iter()
                .map(|(path, other)| (" else".to_owned() + &path, when((**then).clone(), other)));
            first.chain(second).collect()
        }
    }
}

fn weakened_nodes(node: &JsonNode) -> Vec<(String, JsonNode)> {
    let kept = || Box::new(Treatment::Keep);
    match node {
        JsonNode::Leaf(treatment) if matches!(**treatment, Treatment::Keep) => Vec::new(),
        JsonNode::Leaf(_) => vec![(String::new(), JsonNode::Leaf(kept()))],
        JsonNode::Each(inner) => {
            let nodes = weakened_nodes(inner).into_iter();
            nodes.map(|(path, node)| ("[]".to_owned() + &path, JsonNode::Each(Box::new(node)))).collect()
        }
        JsonNode::Object { keys, otherwise } => {
            let mut found = Vec::new();
            for (key, node) in keys {
                for (path, node) in weakened_nodes(node) {
                    let mut keys = keys.clone();
                    keys.insert(key.clone(), node);
                    let path = [".", key, &path].concat();
                    found.push((path, JsonNode::Object { keys, otherwise: otherwise.clone() }));
                }
            }
            if !matches!(**otherwise, Treatment::Keep) {
                found.push((".*".to_owned(), JsonNode::Object { keys: keys.clone(), otherwise: kept() }));
            }
            found
        }
    }
}

fn weakened_fields(mask: &FieldsMask) -> Vec<(String, Treatment)> {
    let mut found = Vec::new();
    for (name, (of, treatment)) in &mask.fields {
        for (path, treatment) in weakened(treatment) {
            let mut mask = mask.clone();
            mask.fields.insert(name.clone(), (of.clone(), treatment));
            found.push(([".", name, &path].concat(), Treatment::Mask(MaskUse::Fields(Box::new(mask)))));
        }
    }
    found
}

fn check_export<'p>(
    world: &World<'p>,
    database: &str,
    plan: &'p ExportPlan<'p>,
    count: &Count<'_>,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut sides = Vec::new();
    for tenant in masking::tenants(world, database, plan)? {
        sides.push(Side::new(world, database, plan, tenant.as_deref())?);
    }
    if sides.is_empty() {
        report.skipped(Kind::Mutant, &plan.name, "each mask replaced by keep", "there is no tenant to export");
    }
    for table in &plan.tables {
        let alone: Vec<Vec<Trace<'_>>> = sides.iter().map(|side| side.alone(&table.name)).collect();
        let before: Vec<BTreeSet<String>> = alone.iter().map(|traces| failures(&asked(world, traces))).collect();
        for change in changes(plan.declared(table).1) {
            let (subject, name) = told(plan, table, &change);
            let mut outcome = Outcome::Skipped("there is no tenant to export".to_owned());
            // The rows of one tenant may say nothing where those of another do.
            for ((side, alone), before) in sides.iter_mut().zip(&alone).zip(&before) {
                outcome = judge(world, plan, &mut side.sessions, alone, before, &change)?;
                if outcome == Outcome::Passed {
                    break;
                }
            }
            report.ended(Kind::Mutant, &subject, name, outcome);
            count.step(1);
        }
    }
    Ok(())
}

/// One tenant's rows, or all: two runs with two keys.
struct Side<'p> {
    sessions: Vec<Box<dyn Session>>,
    traces: Vec<Trace<'p>>,
}

impl<'p> Side<'p> {
    fn new(world: &World<'p>, database: &str, plan: &'p ExportPlan<'p>, tenant: Option<&str>) -> Result<Self, Failure> {
        let mut side = Self { sessions: Vec::new(), traces: Vec::new() };
        for key in [0, 1] {
            let run = Run::new(world, &plan.name, key, tenant);
            side.traces.push(trace::trace(world, database, plan, &run)?);
            let mut session = world.superuser(database)?;
            trace::prepare(session.as_mut(), world, plan, &run)?;
            side.sessions.push(session);
        }
        Ok(side)
    }

    fn alone(&self, table: &QName) -> Vec<Trace<'p>> {
        self.traces.iter().filter_map(|trace| trace.alone(table)).collect()
    }
}

/// What a change is called.
fn told(plan: &ExportPlan<'_>, table: &TablePlan<'_>, change: &Change) -> (String, String) {
    let column = table.columns.get(change.at);
    let (name, written) = column.map_or(("", ""), |column| (&column.name, &column.treatment));
    (format!("{}: {}.{name}{}", plan.name, table.name, change.path), format!("`{written}` replaced by keep"))
}

/// Whether somebody notices.
fn judge(
    world: &World<'_>,
    plan: &ExportPlan<'_>,
    sessions: &mut [Box<dyn Session>],
    alone: &[Trace<'_>],
    before: &BTreeSet<String>,
    change: &Change,
) -> Result<Outcome, Failure> {
    let mut weaker = Vec::new();
    for (session, base) in sessions.iter_mut().zip(alone) {
        match weaken(session.as_mut(), plan, base, change) {
            Ok(trace) => weaker.push(trace),
            Err(failure) => return Ok(Outcome::Skipped(failure.message)),
        }
    }
    let asked = asked(world, &weaker);
    if failures(&asked).difference(before).next().is_some() {
        return Ok(Outcome::Passed);
    }
    if let (Some(session), Some(base)) = (sessions.first_mut(), alone.first())
        && probe_finds(session.as_mut(), plan, base, change)?
    {
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::Failed(survived(&asked, alone, change)))
}

/// One table as the weakened SELECT gives it.
fn weaken<'p>(
    session: &mut dyn Session,
    plan: &ExportPlan<'_>,
    base: &Trace<'p>,
    change: &Change,
) -> Result<Trace<'p>, Failure> {
    let mut tables = Vec::new();
    for table in &base.tables {
        tables.push(trace::retold(session, table, plan.trace_as(table.plan, &change.own))?);
    }
    Ok(Trace { plan: base.plan, run: base.run.clone(), tables })
}

/// Everything that is claimed of the masks of a table.
fn asked(world: &World<'_>, traces: &[Trace<'_>]) -> Report {
    let mut report = Report::new("", String::new(), 0);
    claims(world.catalog, traces, &mut report);
    report
}

fn failures(report: &Report) -> BTreeSet<String> {
    report.failures().map(|check| [&check.subject, ": ", &check.name].concat()).collect()
}

/// Whether the leak probes of `after.sql` would name the column in a copy that holds its raw values.
fn probe_finds(
    session: &mut dyn Session,
    plan: &ExportPlan<'_>,
    base: &Trace<'_>,
    change: &Change,
) -> Result<bool, Failure> {
    let Some(table) = base.tables.first().filter(|_| change.path.is_empty()) else { return Ok(false) };
    let Some(select) = plan.probe_of_raw(table.plan, change.at) else { return Ok(false) };
    let answer = session.run(&trace::printed(&Statement::Select(select))?)?;
    Ok(answer.value().is_some_and(|count| count != "0"))
}

/// The checks of the column, none of which failed.
fn survived(asked: &Report, alone: &[Trace<'_>], change: &Change) -> String {
    let name = alone.first().and_then(|trace| trace.tables.first()).map(|table| table.name_of(change.at));
    let own =
        asked.checks.iter().filter(|check| name.as_ref().is_some_and(|name| check.subject.ends_with(name.as_str())));
    let (mut passed, mut missing) = (Vec::new(), Vec::new());
    for check in own {
        match &check.outcome {
            Outcome::Skipped(why) => missing.push(format!("`{}` ({why})", check.name)),
            _ => passed.push(format!("`{}`", check.name)),
        }
    }
    let list = |checks: Vec<String>| if checks.is_empty() { "none".to_owned() } else { checks.join(", ") };
    format!("no check notices it\nholds all the same: {}\nnot tried: {}", list(passed), list(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_leaf_of_a_document_is_weakened_by_itself() {
        let leaf = |treatment| JsonNode::Leaf(Box::new(treatment));
        let null = || Treatment::Mask(MaskUse::Null);
        let inner = JsonNode::Object {
            keys: [("b".to_owned(), leaf(null())), ("c".to_owned(), leaf(Treatment::Keep))].into(),
            otherwise: Box::new(null()),
        };
        let root = JsonNode::Object {
            keys: [("a".to_owned(), JsonNode::Each(Box::new(inner)))].into(),
            otherwise: Box::new(Treatment::Keep),
        };
        let found = weakened(&Treatment::Mask(MaskUse::Json(JsonMask { root })));
        let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, [".a[].b", ".a[].*"]);
    }
}
