//! Which rows leave, and that what is kept is kept to the byte.

use super::super::report::{Kind, Report};
use super::super::session::Row;
use super::super::text::{Part, Sql};
use super::super::world::{Failure, World};
use super::copy;
use super::trace::{TableTrace, Trace};
use super::{column_subject, table_subject};
use crate::mask::NullRule;
use crate::model::access::ScopeKind;
use crate::model::{MaskUse, Predicate, Treatment};
use crate::sql::identifier;
use crate::syntax::ast::Orphans;
use std::collections::BTreeSet;

/// The files of a run against its trace: everything else is said of the trace.
pub fn files_are_as_planned(trace: &Trace<'_>, files: &[(String, String)], report: &mut Report) {
    for table in &trace.tables {
        let name = format!("{}.txt", table.plan.stem);
        let text = files.iter().find(|(file, _)| *file == name).map(|(_, text)| text.as_str());
        let subject = table_subject(trace, table);
        report.tried(Kind::Masking, &subject, "the file holds the planned rows", same_rows(trace, table, text));
    }
    let planned: BTreeSet<String> = trace.tables.iter().map(|table| format!("{}.txt", table.plan.stem)).collect();
    let names = files.iter().map(|(name, _)| name.as_str());
    let strangers: Vec<&str> = names.filter(|name| *name != "manifest" && !planned.contains(*name)).collect();
    let none = if strangers.is_empty() { Ok(()) } else { Err(format!("files of no table: {}", strangers.join(", "))) };
    report.tried(Kind::Masking, &trace.plan.name, "no other file is written", none);
}

fn same_rows(trace: &Trace<'_>, table: &TableTrace<'_>, text: Option<&str>) -> Result<(), String> {
    let mut found = copy::rows(text.unwrap_or_default());
    if text.is_some() && trace.plan.header {
        let header: Vec<String> = found.remove_first().into_iter().flatten().flatten().collect();
        let planned: Vec<&str> = table.plan.file_columns().map(|column| column.name.as_str()).collect();
        if header != planned {
            return Err(format!("expected the header {}, found {}", planned.join(", "), header.join(", ")));
        }
    }
    let meant: Vec<&Row> = table.rows.iter().map(|row| &row.out).collect();
    same(&meant, &found.iter().collect::<Vec<_>>())
}

/// Takes the first of a list away.
trait RemoveFirst {
    /// The first, if there is one.
    fn remove_first(&mut self) -> Option<Row>;
}

impl RemoveFirst for Vec<Row> {
    fn remove_first(&mut self) -> Option<Row> {
        if self.is_empty() { None } else { Some(self.remove(0)) }
    }
}

/// Whether the same rows are there, as often, in any order. A difference is told without any value.
pub fn same(meant: &[&Row], found: &[&Row]) -> Result<(), String> {
    let sorted = |rows: &[&Row]| {
        let mut rows: Vec<Row> = rows.iter().map(|row| (*row).clone()).collect();
        rows.sort();
        rows
    };
    let (meant, found) = (sorted(meant), sorted(found));
    if meant == found {
        return Ok(());
    }
    let strange = found.iter().filter(|row| meant.binary_search(row).is_err()).count();
    Err(format!(
        "expected {} rows, found {}, of which {strange} are not as the policy has them",
        meant.len(),
        found.len()
    ))
}

/// Which rows leave.
pub fn counts(world: &World<'_>, database: &str, trace: &Trace<'_>, report: &mut Report) -> Result<(), Failure> {
    for table in &trace.tables {
        let Some(export) = world.model.exports.get(&trace.plan.name) else { continue };
        let Some(own) = export.tables.get(&table.plan.name) else { continue };
        let whole = trace.run.tenant.is_none() && !skips_orphans(table);
        let bound = if own.rows.is_empty() { table.all.len() } else { matching(world, database, table, &own.rows)? };
        let found = table.rows.len();
        let right = if whole { found == bound } else { found <= bound };
        let bounded = if whole { "" } else { "at most " };
        let result = if right {
            Ok(())
        } else {
            Err(format!("expected {bounded}{bound} rows, {found} left of {}", table.all.len()))
        };
        let name =
            if whole { "every row that the policy names leaves" } else { "no row leaves that the policy excludes" };
        report.tried(Kind::Masking, &table_subject(trace, table), name, result);
        if let Some(tenant) = &trace.run.tenant {
            of_tenant(world, trace, table, tenant, report);
        }
    }
    Ok(())
}

fn skips_orphans(table: &TableTrace<'_>) -> bool {
    table.columns.iter().any(|column| column.own.orphans == Some(Orphans::Skip))
}

/// How many rows fulfil all conditions, each asked as it was written.
fn matching(
    world: &World<'_>,
    database: &str,
    table: &TableTrace<'_>,
    conditions: &[Predicate],
) -> Result<usize, Failure> {
    let written = |condition: &Predicate| {
        let text = condition.sql.substituted(|column| format!("noren_row.{}", identifier(column)));
        Sql::of("($1)", &[Part::Sql(&Sql::whole(text))])
    };
    let all = Sql::joined(&conditions.iter().map(written).collect::<Vec<_>>(), " AND ");
    let from = if table.plan.partitioned {
        Sql::of("$1", &[Part::Relation(&table.plan.name)])
    } else {
        Sql::of("ONLY $1", &[Part::Relation(&table.plan.name)])
    };
    let query = Sql::of("SELECT count(*) FROM $1 AS noren_row WHERE $2", &[Part::Sql(&from), Part::Sql(&all)]);
    let answer = world.superuser(database)?.run(&query)?;
    Ok(answer.value().and_then(|count| count.parse().ok()).unwrap_or_default())
}

/// Every row that names its tenant names the tenant of the run.
fn of_tenant(world: &World<'_>, trace: &Trace<'_>, table: &TableTrace<'_>, tenant: &str, report: &mut Report) {
    let scope = world.model.access.scopes.get(&table.plan.name).map(|scope| &scope.kind);
    let Some(ScopeKind::Column { column, or_null }) = scope else { return };
    let Some(at) = table.columns.iter().position(|own| own.column.name == *column) else { return };
    let stranger = |value: Option<&str>| value.map_or(!or_null, |value| value != tenant);
    let strangers = table.pairs(at).filter(|pair| stranger(pair.raw)).count();
    let result = if strangers == 0 { Ok(()) } else { Err(format!("{strangers} rows of other tenants left")) };
    report.tried(Kind::Masking, &table_subject(trace, table), "only rows of the tenant leave", result);
}

/// What is scoped leaves for one tenant alone, however it finds its tenant.
pub fn tenants_are_apart(world: &World<'_>, one: &Trace<'_>, other: &Trace<'_>, report: &mut Report) {
    for table in &one.tables {
        let scope = world.model.access.scopes.get(&table.plan.name).map(|scope| &scope.kind);
        // Places of rows are unique within one heap; rows of nobody are everybody's to read.
        let strict = match scope {
            Some(ScopeKind::Column { or_null, .. }) => !or_null,
            Some(ScopeKind::Added(_) | ScopeKind::Lookup(_)) => true,
            _ => false,
        };
        let Some(twin) = other.tables.iter().find(|twin| twin.plan.name == table.plan.name) else { continue };
        if !strict || table.plan.partitioned {
            continue;
        }
        let places: BTreeSet<&str> = table.rows.iter().map(|row| row.place.as_str()).collect();
        let both = twin.rows.iter().filter(|row| places.contains(row.place.as_str())).count();
        let result = if both == 0 { Ok(()) } else { Err(format!("{both} rows leave for both of two tenants")) };
        report.tried(Kind::Masking, &table_subject(one, table), "no row leaves for two tenants", result);
    }
}

/// Kept columns to the byte, and NULL where the mask says NULL.
pub fn columns(trace: &Trace<'_>, report: &mut Report) {
    for table in &trace.tables {
        for (at, column) in table.columns.iter().enumerate().filter(|(_, column)| column.file.is_some()) {
            let subject = column_subject(trace, table, at);
            let loosened = column.own.orphans == Some(Orphans::Null);
            if matches!(column.own.treatment, Treatment::Keep) {
                let changed = table.pairs(at).filter(|pair| {
                    let out = pair.out.flatten();
                    out != pair.raw && !(loosened && out.is_none())
                });
                let changed = changed.count();
                let result =
                    if changed == 0 { Ok(()) } else { Err(format!("{changed} values are not what they were")) };
                report.tried(Kind::Masking, &subject, "what is kept is kept to the byte", result);
            } else if let Some(rule) = null_rule(&column.own.treatment) {
                let result = nulls(table, at, rule, loosened);
                report.tried(Kind::Masking, &subject, "NULL is where the mask says", result);
            }
        }
    }
}

fn null_rule(treatment: &Treatment) -> Option<NullRule> {
    match treatment {
        Treatment::Mask(MaskUse::Null) => Some(NullRule::AlwaysNull),
        Treatment::Mask(MaskUse::Call(call)) => Some(call.mask.null_rule()).filter(|rule| *rule != NullRule::Unknown),
        _ => None,
    }
}

fn nulls(table: &TableTrace<'_>, at: usize, rule: NullRule, loosened: bool) -> Result<(), String> {
    let pairs = || table.pairs(at).filter_map(|pair| Some((pair.raw.is_none(), pair.out?.is_none())));
    let wrong = match rule {
        NullRule::Keeps => pairs().filter(|(before, after)| before != after && !(loosened && *after)).count(),
        NullRule::AlwaysNull => pairs().filter(|(_, after)| !after).count(),
        NullRule::Moves => {
            let count = |half: fn(&(bool, bool)) -> bool| pairs().filter(half).count();
            count(|pair| pair.0).abs_diff(count(|pair| pair.1))
        }
        NullRule::Unknown => 0,
    };
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} rows have a NULL too few or too many")) }
}
