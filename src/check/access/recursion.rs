//! Policies that read each other in a circle: PostgreSQL raises 42P17 for every statement on such a table.
//!
//! PostgreSQL looks at a table's policies again wherever a sub-select reads it, whatever the command. Every policy
//! that is emitted has a sub-select of its own (the setting's), so a table that is read anywhere below its own
//! policies is a circle, whichever command began it.

use super::{Case, predicates_of};
use crate::catalog::{Catalog, QName};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Access, AccessSql, ScopeKind};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// By table, the relations that its policies read, each with the place that says so.
type Graph = BTreeMap<QName, BTreeMap<QName, Edge>>;

#[derive(Clone, Copy)]
struct Edge {
    span: Span,
    /// By being the parent in tenancy: circles of those alone are found where parents are looked up.
    is_parent: bool,
}

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Case { catalog, access, .. } = case;
    let graph = graph(catalog, access);
    let mut told: BTreeSet<&QName> = BTreeSet::new();
    for table in graph.keys().filter(|table| !catalog.views.contains_key(*table)) {
        if told.contains(table) {
            continue;
        }
        let Some(circle) = shortest_circle(&graph, table) else { continue };
        told.extend(circle.iter().map(|(table, _)| *table));
        if !circle.iter().all(|(_, edge)| edge.is_parent) {
            diagnostics.push(circular(&circle));
        }
    }
}

fn graph(catalog: &Catalog, access: &Access) -> Graph {
    let mut graph = Graph::new();
    let mut add = |from: &QName, to: &QName, edge: Edge| {
        graph.entry(from.clone()).or_default().entry(to.clone()).or_insert(edge);
    };
    for (table, scope) in &access.scopes {
        let parent = Edge { span: scope.span, is_parent: true };
        match &scope.kind {
            ScopeKind::Lookup(above) => add(table, &above.table, parent),
            ScopeKind::Through { table: pointing, .. } => add(table, pointing, parent),
            ScopeKind::When(sql) => read(sql, |name| add(table, name, said(sql))),
            ScopeKind::Column { .. } | ScopeKind::Added(_) | ScopeKind::Shared | ScopeKind::Internal => {}
        }
    }
    for (table, roles) in &access.rights {
        for condition in roles.values().flat_map(|rights| rights.values()).flat_map(|right| &right.conditions) {
            read(condition, |name| add(table, name, said(condition)));
        }
    }
    for policy in &access.policies {
        for predicate in predicates_of(policy) {
            read(predicate, |name| add(&policy.table, name, said(predicate)));
        }
    }
    // A view is read by reading what lies under it.
    let views: BTreeSet<QName> = graph.values().flat_map(|reads| reads.keys()).cloned().collect();
    for view in views.iter().filter(|name| catalog.views.contains_key(*name)) {
        let Some(span) = catalog.views.get(view).map(|view| view.span) else { continue };
        for table in catalog.tables_under(view) {
            let edge = Edge { span, is_parent: false };
            graph.entry(view.clone()).or_default().entry(catalog.partition_root(table).clone()).or_insert(edge);
        }
    }
    graph
}

fn said(sql: &AccessSql) -> Edge {
    Edge { span: sql.span, is_parent: false }
}

fn read(sql: &AccessSql, mut add: impl FnMut(&QName)) {
    for name in &sql.reads {
        add(name);
    }
}

/// The tables of a shortest way from `start` back to it, each with the place where it reads the next.
fn shortest_circle<'g>(graph: &'g Graph, start: &'g QName) -> Option<Vec<(&'g QName, Edge)>> {
    let mut came_from: BTreeMap<&QName, (&QName, Edge)> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(table) = waiting.pop_front() {
        for (next, edge) in graph.get(table).into_iter().flatten() {
            if next == start {
                return Some(way_back(&came_from, start, table, *edge));
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, (table, *edge));
                waiting.push_back(next);
            }
        }
    }
    None
}

fn way_back<'g>(
    came_from: &BTreeMap<&'g QName, (&'g QName, Edge)>,
    start: &'g QName,
    last: &'g QName,
    closing: Edge,
) -> Vec<(&'g QName, Edge)> {
    let mut circle = vec![(last, closing)];
    let mut at = last;
    while at != start
        && let Some((before, edge)) = came_from.get(at)
    {
        circle.push((*before, *edge));
        at = before;
    }
    circle.reverse();
    circle
}

fn circular(circle: &[(&QName, Edge)]) -> Diagnostic {
    let mut names: Vec<String> = circle.iter().map(|(table, _)| format!("`{table}`")).collect();
    names.extend(names.first().cloned());
    let title = format!("expected policies that end, found {}", names.join(" reads "));
    let mut diagnostic = Diagnostic::new(codes::N0740, title);
    // The place that points at what was written rather than at a parent.
    let written = circle.iter().position(|(_, edge)| !edge.is_parent).unwrap_or_default();
    for (position, (table, edge)) in circle.iter().enumerate() {
        let next = circle.get((position + 1) % circle.len()).map_or(*table, |(next, _)| *next);
        let text = format!("`{table}` reads `{next}` here");
        if position == written {
            diagnostic = diagnostic.at(edge.span, text);
        } else {
            diagnostic = diagnostic.label(edge.span, text);
        }
    }
    diagnostic
        .note("PostgreSQL raises 42P17 (infinite recursion) for every statement on such a table")
        .help("read a column of the row instead, or look the rows up in a function that runs as a role of its own")
}
