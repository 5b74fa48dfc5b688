//! What the user's predicates look up: the role that they bind must be allowed to read it.
//!
//! A policy's sub-select runs as whoever runs the statement: without SELECT on what it reads every statement fails.
//! (What the tenant tests look up by themselves is held to the same in [`lookups`](super::lookups).)

use super::{Case, Readable, is_own, predicates_of};
use crate::catalog::QName;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Access, AccessSql, Command, Role, ScopeKind};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Columns by relation, each with the predicate that reads them.
pub(super) type Reads = BTreeMap<QName, (BTreeSet<String>, Span)>;

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for role in case.access.roles.values().filter(|role| is_own(role)) {
        let mut told = BTreeSet::new();
        let policies = case.access.policies.iter().map(|policy| &policy.table);
        let tables: BTreeSet<&QName> = case.access.rights.keys().chain(policies).collect();
        for table in tables {
            let granted = Command::ALL.into_iter().flat_map(|command| case.rights(table, role, command));
            let Some(span) = granted.flat_map(|right| right.spans.iter().copied()).min() else { continue };
            for (relation, (columns, place)) in reads(case, table, role) {
                if !may_read(case, &relation, &columns, role) && told.insert(relation.clone()) {
                    let finding = unreadable(role, table, &relation, &columns, place);
                    diagnostics.push(finding.label(span, format!("`{}` is granted `{table}` here", role.name)));
                }
            }
        }
    }
}

/// Everything that predicates read elsewhere when the role touches the table.
fn reads(case: Case<'_>, table: &QName, role: &Role) -> Reads {
    let mut reads = Reads::new();
    if let Some(sql) = condition_above(case.access, table) {
        add(sql, &mut reads);
    }
    for command in Command::ALL {
        for condition in case.rights(table, role, command).into_iter().flat_map(|right| &right.conditions) {
            add(condition, &mut reads);
        }
    }
    for policy in case.access.policies.iter().filter(|policy| policy.table == *table && case.binds(policy, role)) {
        for predicate in predicates_of(policy) {
            add(predicate, &mut reads);
        }
    }
    reads
}

/// The `scoped when (P)` that a table's tenant test ends in: its own or that of a table that is looked up.
fn condition_above<'a>(access: &'a Access, table: &'a QName) -> Option<&'a AccessSql> {
    let mut seen = BTreeSet::new();
    let mut at = table;
    while seen.insert(at) {
        match &access.scopes.get(at)?.kind {
            ScopeKind::When(sql) => return Some(sql),
            ScopeKind::Lookup(parent) => at = &parent.table,
            ScopeKind::Through { table, .. } => at = table,
            _ => return None,
        }
    }
    None
}

pub(super) fn add(sql: &AccessSql, reads: &mut Reads) {
    for relation in &sql.reads {
        let columns = sql.read_columns.get(relation).into_iter().flatten().cloned();
        reads.entry(relation.clone()).or_insert_with(|| (BTreeSet::new(), sql.span)).0.extend(columns);
    }
}

fn may_read(case: Case<'_>, relation: &QName, columns: &BTreeSet<String>, role: &Role) -> bool {
    match case.readable(relation, role) {
        None => false,
        Some(Readable::Whole) => true,
        Some(Readable::Columns(readable)) => columns.is_subset(&readable),
    }
}

fn unreadable(role: &Role, table: &QName, relation: &QName, columns: &BTreeSet<String>, span: Span) -> Diagnostic {
    let name = &role.name;
    let of_columns = if columns.is_empty() {
        String::new()
    } else {
        format!(" ({})", columns.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    Diagnostic::new(codes::N0741, format!("expected that `{name}` may read `{relation}`, found no such grant"))
        .at(span, format!("reads it whenever `{name}` touches `{table}`"))
        .note("a policy reads as whoever runs the statement: each one on this table would fail with 42501")
        .help(format!("add `grant select{of_columns} on {relation} to {name};`"))
}
