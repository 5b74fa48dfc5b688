//! Doors that row security leaves open by itself, told once a kind and place with the statements that close them.
//!
//! Each finding stands at the clause that scopes the tables (for most the `tenancy` statement), so that one reasoned
//! allowance there answers for one kind; a project of a thousand tables gets a few findings, not thousands.

mod keys;
mod lookups;
mod objects;

use super::Case;
use crate::catalog::{QName, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::access::{Scope, ScopeKind, Tenancy};
use crate::source::Span;
use std::collections::BTreeMap;

/// More than this is not read; the count says how many there are.
const SHOWN: usize = 8;

const ALLOW: &str = "or allow it here with a reason";

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
    /// What should be.
    expected: &'static str,
    /// What is the matter with those that were found.
    fault: &'static str,
    note: &'static str,
}

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(tenancy) = &case.access.tenancy else { return };
    keys::check(case, tenancy, diagnostics);
    objects::check(case, tenancy, diagnostics);
    lookups::check(case, diagnostics);
}

fn report(kind: &Kind, found: Vec<Lint>, diagnostics: &mut Vec<Diagnostic>) {
    let mut places: BTreeMap<Span, Vec<Lint>> = BTreeMap::new();
    for lint in found {
        places.entry(lint.place).or_default().push(lint);
    }
    for (place, lints) in places {
        let found = match lints.as_slice() {
            [one] => one.what.clone(),
            more => more.len().to_string(),
        };
        let title = format!("expected {}, found {found}{}", kind.expected, kind.fault);
        let mut diagnostic = Diagnostic::new(kind.code, title).at(place, "scopes the table").note(kind.note);
        if let [one] = lints.as_slice() {
            diagnostic = diagnostic.label(one.seen, "declared here");
            diagnostics.push(diagnostic.help(format!("run `{}` and dump the schema again, {ALLOW}", one.fix)));
            continue;
        }
        for lint in lints.iter().take(SHOWN) {
            diagnostic = diagnostic.note(format!("{}: `{}`", lint.what, lint.fix));
        }
        if lints.len() > SHOWN {
            diagnostic = diagnostic.note(format!("and {} more", lints.len() - SHOWN));
        }
        diagnostics.push(diagnostic.help(format!("run these and dump the schema again, {ALLOW}")));
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
