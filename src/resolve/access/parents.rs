//! Foreign keys by which a table gets its tenant: to its parent, or from a table that points at it.

use crate::catalog::{Catalog, ForeignKey, QName, Table};
use crate::diagnostic::{Diagnostic, codes, list};
use crate::model::access::{Parent, Scope, ScopeKind};
use crate::resolve::selector::{Selectors, no_such_column};
use crate::source::Span;
use crate::syntax::ast;
use std::collections::{BTreeMap, BTreeSet};

/// `scoped via COLUMN, … [references TABLE]`
#[derive(Clone, Copy)]
pub struct Via<'a> {
    /// The foreign key's columns.
    pub columns: &'a [ast::Name],
    /// The parent, where it was written.
    pub references: Option<&'a ast::TablePattern>,
    /// The clause.
    pub span: Span,
}

/// The one foreign key over these columns.
pub fn via(
    catalog: &Catalog,
    selectors: &Selectors<'_>,
    table: &Table,
    via: Via<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Parent> {
    let before = diagnostics.len();
    for name in via.columns.iter().filter(|name| !table.columns.contains_key(&name.text)) {
        let columns: Vec<&str> = table.columns.keys().map(String::as_str).collect();
        diagnostics.push(no_such_column(name.span, &name.text, &table.name.to_string(), &columns));
    }
    let wanted = match via.references {
        Some(pattern) => Some(&selectors.table(pattern, diagnostics)?.name),
        None => None,
    };
    if diagnostics.len() > before {
        return None;
    }
    let written: BTreeSet<&str> = via.columns.iter().map(|name| name.text.as_str()).collect();
    let is_meant = |key: &&ForeignKey| {
        key.columns.iter().map(String::as_str).collect::<BTreeSet<_>>() == written
            && wanted.is_none_or(|wanted| key.references == *wanted)
    };
    let keys: Vec<&ForeignKey> = table.foreign_keys.iter().filter(is_meant).collect();
    let parents: BTreeSet<&QName> = keys.iter().map(|key| &key.references).collect();
    if parents.len() > 1 {
        diagnostics.push(ambiguous(table, via.span, &keys));
        return None;
    }
    let Some(key) = keys.iter().find(|key| key.enforced) else {
        diagnostics.push(no_key(table, via, keys.first().copied()));
        return None;
    };
    if catalog.tables.get(&key.references).is_some_and(Table::is_partition) {
        diagnostics.push(to_partition(table, key, via.span));
        return None;
    }
    let may_be_null = |name: &String| table.columns.get(name).is_none_or(|column| !column.not_null);
    Some(Parent {
        table: key.references.clone(),
        constraint: key.name.clone(),
        columns: pairs(key),
        nullable: key.columns.iter().any(may_be_null),
    })
}

fn pairs(key: &ForeignKey) -> Vec<(String, String)> {
    key.columns.iter().cloned().zip(key.referenced_columns.iter().cloned()).collect()
}

fn no_key(table: &Table, via: Via<'_>, unenforced: Option<&ForeignKey>) -> Diagnostic {
    let columns: Vec<&str> = via.columns.iter().map(|name| name.text.as_str()).collect();
    let title = format!("expected a foreign key of `{}` over {}, found none", table.name, list(&columns));
    let diagnostic = Diagnostic::new(codes::N0509, title).at(via.span, "leads nowhere");
    if let Some(key) = unenforced {
        return diagnostic
            .label(key.span, "is NOT ENFORCED")
            .note("a row could point at a parent that is not there, or at another tenant's")
            .help(format!("enforce `{}`, or write `scoped when (P) because \"…\"`", key.name));
    }
    let known: Vec<String> = table.foreign_keys.iter().map(|key| key.columns.join(", ")).collect();
    let diagnostic = diagnostic.label(table.span, "its foreign keys are declared with it");
    match known.as_slice() {
        [] => diagnostic.help("add the foreign key to the schema, or write `scoped when (P) because \"…\"`"),
        known => diagnostic.help(format!("write `scoped via` with one of {}", crate::diagnostic::alternatives(known))),
    }
}

fn ambiguous(table: &Table, span: Span, keys: &[&ForeignKey]) -> Diagnostic {
    let parents: BTreeSet<String> = keys.iter().map(|key| key.references.to_string()).collect();
    let parents: Vec<String> = parents.into_iter().collect();
    let first = parents.first().cloned().unwrap_or_default();
    let title =
        format!("expected one foreign key of `{}` over these columns, found those to {}", table.name, list(&parents));
    Diagnostic::new(codes::N0509, title)
        .at(span, "could lead to each of them")
        .help(format!("add the parent, for example `references {first}`"))
}

fn to_partition(table: &Table, key: &ForeignKey, span: Span) -> Diagnostic {
    let title = format!("expected a parent that is a whole table, found the partition `{}`", key.references);
    Diagnostic::new(codes::N0510, title)
        .at(span, format!("leads from `{}` into one partition", table.name))
        .label(key.span, "the foreign key is here")
        .note("nobody is granted a partition itself: the tenant could not be looked up")
        .help("let the foreign key reference the partitioned table, or write `scoped when (P) because \"…\"`")
}

/// The finding for a path on which rows may belong to nobody, without a reason.
pub fn nullable(table: &Table, parent: &Parent, span: Span) -> Diagnostic {
    let is_null = |(own, _): &&(String, String)| table.columns.get(own).is_none_or(|column| !column.not_null);
    let column = parent.columns.iter().find(is_null).map_or("", |(own, _)| own.as_str());
    let title = format!("expected `because` on a path through `{column}`, which may be NULL, found no reason");
    let diagnostic = Diagnostic::new(codes::N0306, title)
        .at(span, "rows without a parent belong to no tenant, and nobody sees them")
        .help("add `because \"…\"`, or make the column NOT NULL");
    match table.columns.get(column) {
        Some(column) => diagnostic.label(column.span, "may be NULL"),
        None => diagnostic,
    }
}

/// `scoped through TABLE (COLUMN)`: the foreign key by which that table points here.
pub fn through(
    table: &Table,
    pointing: &Table,
    column: &ast::Name,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ScopeKind> {
    if !pointing.columns.contains_key(&column.text) {
        let columns: Vec<&str> = pointing.columns.keys().map(String::as_str).collect();
        diagnostics.push(no_such_column(column.span, &column.text, &pointing.name.to_string(), &columns));
        return None;
    }
    let leads_here =
        |key: &&ForeignKey| key.references == table.name && key.columns.contains(&column.text) && key.enforced;
    let key = pointing.foreign_keys.iter().filter(leads_here).min_by_key(|key| key.columns.len());
    let Some(key) = key else {
        diagnostics.push(
            Diagnostic::new(
                codes::N0512,
                format!(
                    "expected a foreign key of `{}` over `{}` to `{}`, found none",
                    pointing.name, column.text, table.name
                ),
            )
            .at(column.span, "does not lead here")
            .label(pointing.span, "its foreign keys are declared with it")
            .help(format!(
                "name a column of `{}` that references `{}`, or scope the table in another way",
                pointing.name, table.name
            )),
        );
        return None;
    };
    Some(ScopeKind::Through { table: pointing.name.clone(), columns: pairs(key) })
}

/// The table that a table gets its tenant from.
pub fn source(kind: &ScopeKind) -> Option<&QName> {
    match kind {
        ScopeKind::Added(parent) | ScopeKind::Lookup(parent) => Some(&parent.table),
        ScopeKind::Through { table, .. } => Some(table),
        ScopeKind::Column { .. } | ScopeKind::When(_) | ScopeKind::Shared | ScopeKind::Internal => None,
    }
}

/// Every path ends at a table that has a tenant of its own, and can be walked.
pub fn check(catalog: &Catalog, scopes: &BTreeMap<QName, Scope>, diagnostics: &mut Vec<Diagnostic>) {
    let circles = circles(scopes);
    for circle in &circles {
        diagnostics.push(in_circle(circle, scopes));
    }
    let in_circle: BTreeSet<&QName> = circles.iter().flatten().copied().collect();
    for (name, scope) in scopes {
        let Some(source) = source(&scope.kind).filter(|_| !in_circle.contains(name)) else { continue };
        match scopes.get(source) {
            Some(above) if !above.kind.is_scoped() => diagnostics.push(not_scoped(name, scope, source, Some(above))),
            Some(above) => diagnostics.extend(cannot_be_copied(name, scope, source, above)),
            // A table without a place is told by itself, once.
            None if catalog.tables.contains_key(source) => {}
            None => diagnostics.push(not_scoped(name, scope, source, None)),
        }
    }
}

/// Tables whose paths lead back to themselves; each table has one path, so following it is enough.
fn circles(scopes: &BTreeMap<QName, Scope>) -> Vec<Vec<&QName>> {
    let mut done: BTreeSet<&QName> = BTreeSet::new();
    let mut circles = Vec::new();
    for start in scopes.keys() {
        let mut path: Vec<&QName> = Vec::new();
        let mut next = Some(start);
        while let Some(name) = next.filter(|name| !done.contains(name)) {
            if let Some(at) = path.iter().position(|seen| *seen == name) {
                let mut circle = path.split_off(at);
                circle.sort();
                done.extend(circle.iter().copied());
                circles.push(circle);
                break;
            }
            path.push(name);
            next = scopes.get_key_value(name).and_then(|(_, scope)| source(&scope.kind));
        }
        done.extend(path);
    }
    circles
}

fn in_circle(circle: &[&QName], scopes: &BTreeMap<QName, Scope>) -> Diagnostic {
    let names: Vec<String> = circle.iter().map(ToString::to_string).collect();
    let mut spans = circle.iter().filter_map(|name| scopes.get(*name)).map(|scope| scope.span);
    let title = match names.as_slice() {
        [one] => format!("expected a path to a tenant, found that `{one}` leads to itself"),
        names => format!("expected a path to a tenant, found that {} lead to each other", list(names)),
    };
    let mut diagnostic = Diagnostic::new(codes::N0511, title)
        .note("no table on the way has a tenant of its own")
        .help("give one of them the tenant column, or another path");
    if let Some(span) = spans.next() {
        diagnostic = diagnostic.at(span, "the path comes back here");
    }
    spans.fold(diagnostic, |diagnostic, span| diagnostic.label(span, "on the way"))
}

fn not_scoped(name: &QName, scope: &Scope, source: &QName, above: Option<&Scope>) -> Diagnostic {
    let what = match above.map(|above| &above.kind) {
        Some(ScopeKind::Shared) => "shared",
        Some(ScopeKind::Internal) => "internal",
        _ => "no table with a place in tenancy",
    };
    let diagnostic = Diagnostic::new(
        codes::N0510,
        format!("expected a scoped table above `{name}`, found `{source}`, which is {what}"),
    )
    .at(scope.span, "leads to a table without tenants")
    .help(format!("scope `{source}` too, or say `shared because \"…\"` here"));
    match above {
        Some(above) => diagnostic.label(above.span, "its place is said here"),
        None => diagnostic,
    }
}

/// A copy of the parent's tenant needs a parent that has exactly one, in a column.
fn cannot_be_copied(name: &QName, scope: &Scope, source: &QName, above: &Scope) -> Option<Diagnostic> {
    if !matches!(scope.kind, ScopeKind::Added(_)) {
        return None;
    }
    let why = match &above.kind {
        ScopeKind::Through { .. } => "belongs to every tenant that points at it",
        ScopeKind::When(_) => "is scoped by a condition",
        ScopeKind::Lookup(_) => "looks its own tenant up",
        ScopeKind::Column { or_null: true, .. } => "has rows without a tenant",
        _ => return None,
    };
    let title = format!("expected a parent of `{name}` with a tenant column to copy, found `{source}`, which {why}");
    Some(
        Diagnostic::new(codes::N0510, title)
            .at(scope.span, "would copy its parent's tenant")
            .label(above.span, "the parent's place is said here")
            .help("add `by lookup`"),
    )
}
