//! Tables that say who sees what: who may write them decides it.

use super::reads::{Reads, add};
use super::{Case, is_own, predicates_of};
use crate::catalog::QName;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Command, Policy, Right, Role, ScopeKind};
use crate::source::Span;
use std::collections::BTreeSet;

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for role in case.access.roles.values().filter(|role| is_own(role)) {
        for table in case.access.scopes.keys() {
            if Command::ALL.into_iter().all(|command| case.rights(table, role, command).is_empty()) {
                continue;
            }
            for (relation, (columns, span)) in decisive(case, table, role) {
                diagnostics.extend(writable(case, role, table, (&relation, &columns), span));
            }
        }
    }
}

/// What decides whose rows of `table` are: the pointing table of `scoped through`, and what predicates read that are
/// the only wall around some rows.
fn decisive(case: Case<'_>, table: &QName, role: &Role) -> Reads {
    let mut reads = Reads::new();
    if let Some(scope) = case.access.scopes.get(table) {
        match &scope.kind {
            ScopeKind::Through { table: pointing, columns } => {
                let columns = columns.iter().map(|(column, _)| column.clone()).collect();
                reads.insert(pointing.clone(), (columns, scope.span));
            }
            ScopeKind::When(sql) => {
                add(sql, &mut reads);
                reads.retain(|relation, (columns, _)| !is_parent(case, relation, columns));
            }
            _ => {}
        }
    }
    let across = |policy: &&Policy| policy.across_tenants && policy.table == *table && case.binds(policy, role);
    for predicate in case.access.policies.iter().filter(across).flat_map(predicates_of) {
        add(predicate, &mut reads);
    }
    reads
}

/// Whether a row is found by a key of its own, which no second row can have: then a writer gains nothing by another.
fn is_parent(case: Case<'_>, relation: &QName, columns: &BTreeSet<String>) -> bool {
    let Some(table) = case.catalog.tables.get(relation) else { return false };
    let tenant = match case.access.scopes.get(relation).map(|scope| &scope.kind) {
        Some(ScopeKind::Column { column, .. }) => Some(column.as_str()),
        _ => case.access.tenancy.as_ref().map(|tenancy| tenancy.column.as_str()),
    };
    table.unique_keys().iter().any(|key| {
        let is_plain = !key.expression && !key.partial && !key.columns.is_empty();
        is_plain && key.columns.iter().all(|column| columns.contains(*column) && Some(*column) != tenant)
    })
}

fn writable(
    case: Case<'_>,
    role: &Role,
    table: &QName,
    (relation, columns): (&QName, &BTreeSet<String>),
    span: Span,
) -> Option<Diagnostic> {
    let writes = |right: &&Right| {
        let touches = right.columns.as_ref().is_none_or(|own| !own.is_disjoint(columns));
        right.conditions.is_empty() && touches
    };
    let commands = [Command::Insert, Command::Update].into_iter();
    let right = commands.flat_map(|command| case.rights(relation, role, command)).find(writes)?;
    let name = &role.name;
    let title = format!("expected `{relation}` to be out of reach of `{name}`, found that it may write it");
    Some(
        Diagnostic::new(codes::N0742, title)
            .at(right.spans.first().copied().unwrap_or(span), format!("lets `{name}` write `{relation}`"))
            .label(span, format!("`{relation}` says here whose the rows of `{table}` are"))
            .note("by a row there a session gives itself rows that were another tenant's")
            .help("take the right away, narrow it with `where`, or allow it with the reason"),
    )
}
