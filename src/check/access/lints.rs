//! Doors that row security leaves open by itself, told once a kind and place with the statements that close them.
//!
//! Each finding stands at the clause that scopes the tables (for most the `tenancy` statement), so that one reasoned
//! allowance there answers for one kind; a project of a thousand tables gets a few findings, not thousands.

mod cascades;
mod indexes;
mod keys;
mod lookups;
mod objects;
mod routines;

pub use indexes::LEAKPROOF;

use super::Case;
use crate::catalog::{QName, Table};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::model::access::{Scope, ScopeKind, Tenancy};
use crate::source::Span;
use std::collections::BTreeMap;

/// More than this is not read; the count says how many there are.
const SHOWN: usize = 8;

const ALLOW: &str = ", or allow it here with a reason";

/// One thing that was found, with the statement that mends it.
struct Lint {
    place: Span,
    /// What it is, with its table.
    what: String,
    fix: Fix,
    /// Where the schema says it.
    seen: Span,
}

/// What mends a finding.
enum Fix {
    /// A statement for the database.
    Sql(String),
    /// A clause of a restrictive policy for insert and update, whose reason is that of the allowance too.
    Policy(String),
    /// Words.
    Words(String),
}

impl Fix {
    fn text(&self) -> String {
        match self {
            Self::Sql(sql) => format!("`{sql}`"),
            Self::Policy(clause) => format!("a restrictive policy for insert, update `{clause}`"),
            Self::Words(words) => words.clone(),
        }
    }

    fn help(&self, allow: &str) -> String {
        match self {
            Self::Sql(sql) => format!("run `{sql}` and dump the schema again{allow}"),
            Self::Policy(_) => format!("write {}, and allow it here with that as the reason", self.text()),
            Self::Words(words) => format!("{words}{allow}"),
        }
    }
}

/// What a kind of lint says around its list.
struct Kind {
    code: Code,
    /// What should be.
    expected: &'static str,
    /// What is the matter with those that were found.
    fault: &'static str,
    note: &'static str,
    /// What the place is.
    label: &'static str,
}

const SCOPES: &str = "scopes the table";

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(tenancy) = &case.access.tenancy else { return };
    keys::check(case, tenancy, diagnostics);
    cascades::check(case, diagnostics);
    indexes::check(case, tenancy, diagnostics);
    objects::check(case, tenancy, diagnostics);
    routines::check(case, tenancy, diagnostics);
    lookups::check(case, diagnostics);
}

fn report(kind: &Kind, found: Vec<Lint>, diagnostics: &mut Vec<Diagnostic>) {
    // A note is never silenced.
    let allow = if kind.code.severity == Severity::Warning { ALLOW } else { "" };
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
        let mut diagnostic = Diagnostic::new(kind.code, title).at(place, kind.label).note(kind.note);
        if let [one] = lints.as_slice() {
            diagnostic = diagnostic.label(one.seen, "declared here");
            diagnostics.push(diagnostic.help(one.fix.help(allow)));
            continue;
        }
        for lint in lints.iter().take(SHOWN) {
            diagnostic = diagnostic.note(format!("{}: {}", lint.what, lint.fix.text()));
        }
        if lints.len() > SHOWN {
            diagnostic = diagnostic.note(format!("and {} more", lints.len() - SHOWN));
        }
        let is_sql = lints.iter().all(|lint| matches!(lint.fix, Fix::Sql(_)));
        let help = if is_sql { "run these and dump the schema again" } else { "do these" };
        diagnostics.push(diagnostic.help(format!("{help}{allow}")));
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

/// The clause that gives a table its place.
fn place(case: Case<'_>, tenancy: &Tenancy, table: &QName) -> Span {
    let root = case.catalog.partition_root(table);
    case.access.scopes.get(root).map_or(tenancy.span, |scope| scope.span)
}
