//! Doors that row security leaves open by itself, told once a kind and place with the statements that close them.
//!
//! Each finding stands at the clause that scopes the tables (for most the `tenancy` statement), so that one reasoned
//! allowance there answers for one kind; a project of a thousand tables gets a few findings, not thousands.

mod keys;
mod objects;

use super::Case;
use crate::catalog::{QName, Table};
use crate::diagnostic::{Code, Diagnostic, plural};
use crate::model::access::{Scope, ScopeKind, Tenancy};
use crate::source::Span;
use std::collections::BTreeMap;

/// More than this is not read; the count says how many there are.
const SHOWN: usize = 6;

/// One thing that was found, with the statement that mends it.
struct Lint {
    place: Span,
    /// What it is, with its table.
    what: String,
    /// SQL.
    fix: String,
    /// Where the schema says it.
    seen: Span,
}

/// What a kind of lint says around its list.
struct Kind {
    code: Code,
    /// What was found, in the singular.
    noun: &'static str,
    /// What is wrong with them.
    fault: &'static str,
    note: &'static str,
}

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(tenancy) = &case.access.tenancy else { return };
    keys::check(case, tenancy, diagnostics);
    objects::check(case, tenancy, diagnostics);
}

fn report(kind: &Kind, found: Vec<Lint>, diagnostics: &mut Vec<Diagnostic>) {
    let mut places: BTreeMap<Span, Vec<Lint>> = BTreeMap::new();
    for lint in found {
        places.entry(lint.place).or_default().push(lint);
    }
    for (place, lints) in places {
        let title = match lints.as_slice() {
            [one] => format!("{} {}", one.what, kind.fault),
            more => format!("{} {}", plural(more.len(), kind.noun), kind.fault),
        };
        let mut diagnostic = Diagnostic::new(kind.code, title).at(place, "scopes the table");
        if let [one] = lints.as_slice() {
            diagnostic = diagnostic.label(one.seen, "declared here");
        } else {
            for lint in lints.iter().take(SHOWN) {
                diagnostic = diagnostic.note(format!("{}: `{}`", lint.what, lint.fix));
            }
            if lints.len() > SHOWN {
                diagnostic = diagnostic.note(format!("and {} more", lints.len() - SHOWN));
            }
        }
        let fix = lints.first().map(|lint| lint.fix.clone()).unwrap_or_default();
        diagnostics.push(
            diagnostic
                .note(kind.note)
                .help(format!("run `{fix}` and dump the schema again, or allow it here with a reason")),
        );
    }
}

/// Tables with a tenant column of their own, but for the root, each with its column.
fn with_column<'a>(case: Case<'a>, tenancy: &'a Tenancy) -> Vec<(&'a Table, &'a Scope, &'a str)> {
    let mut tables = Vec::new();
    for (name, scope) in &case.access.scopes {
        if let (ScopeKind::Column { column, .. }, Some(table)) = (&scope.kind, case.catalog.tables.get(name))
            && *name != tenancy.root
        {
            tables.push((table, scope, column.as_str()));
        }
    }
    tables
}

/// The tenant column of a table that has one.
fn column_of<'a>(case: Case<'a>, tenancy: &Tenancy, table: &QName) -> Option<&'a str> {
    match &case.access.scopes.get(table)?.kind {
        ScopeKind::Column { column, .. } if *table != tenancy.root => Some(column),
        _ => None,
    }
}
