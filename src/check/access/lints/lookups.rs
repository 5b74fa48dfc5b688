//! Children that look their tenant up, told at the clause that has them do so.
//!
//! A policy is a filter and never a join: whoever reads such a table without naming the parent reads the whole of it,
//! every tenant's rows, and throws most away. Measured in docs/performance.md.

use super::Case;
use crate::diagnostic::{Diagnostic, codes, list};
use crate::model::access::{Scope, ScopeKind};
use crate::source::Span;
use std::collections::BTreeMap;

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut places: BTreeMap<Span, Vec<String>> = BTreeMap::new();
    for (table, scope) in &case.access.scopes {
        if matches!(scope.kind, ScopeKind::Lookup(_)) && scope.because.is_none() {
            places.entry(scope.span).or_default().push(table.to_string());
        }
    }
    for (place, tables) in places {
        let helps = case.access.scopes.values().filter(|scope| scope.span == place).map(|scope| help(case, scope));
        let title = format!("row security reads all of {} where a query does not name the parent", list(&tables));
        diagnostics.push(
            Diagnostic::new(codes::N0528, title)
                .at(place, "looks the tenant up for each row")
                .note("row security filters, it never joins: no index leads from the tenant to these rows")
                .help(helps.max().unwrap_or_default()),
        );
    }
}

/// A column is copied from a parent that has one.
fn help(case: Case<'_>, scope: &Scope) -> String {
    let parent = match &scope.kind {
        ScopeKind::Lookup(parent) => Some(&parent.table),
        _ => None,
    };
    let given = parent.filter(|parent| match case.access.scopes.get(*parent) {
        Some(scope) => !matches!(scope.kind, ScopeKind::Column { or_null: false, .. } | ScopeKind::Added(_)),
        None => true,
    });
    let first = given.map(|parent| format!("scope `{parent}` by a column, then ")).unwrap_or_default();
    format!("{first}leave out `by lookup`, and it is given the column; or say with `because` why it stays")
}
