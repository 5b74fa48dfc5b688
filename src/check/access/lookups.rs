//! A policy's sub-select runs with the rights of whoever asks: a role that is granted a table whose tenant is looked
//! up elsewhere must be able to read there what the lookup compares.

use super::{Case, Readable, is_own};
use crate::catalog::QName;
use crate::diagnostic::{Diagnostic, codes, list};
use crate::model::access::{Role, Scope, ScopeKind, Tenancy};
use crate::resolve::access::word;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Columns that are read of other tables, by table.
type Needs = BTreeMap<QName, BTreeSet<String>>;

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(tenancy) = &case.access.tenancy else { return };
    // Many tables may need the same of one role: told once.
    let mut lacking: BTreeMap<(&str, QName), Lack> = BTreeMap::new();
    for (table, roles) in &case.access.rights {
        let Some(scope) = case.access.scopes.get(table) else { continue };
        let needs = needs(case, tenancy, table, scope);
        for (name, rights) in roles {
            let Some(role) = case.access.roles.get(name).filter(|role| is_own(role)) else { continue };
            let Some(span) = rights.values().filter_map(|right| right.spans.first()).min() else { continue };
            for (relation, columns) in &needs {
                let missing = missing(case, relation, columns, role);
                if missing.is_empty() {
                    continue;
                }
                let lack = lacking.entry((name, relation.clone())).or_insert_with(|| Lack::new(*span));
                lack.columns.extend(missing);
                lack.tables.insert(table.to_string());
            }
        }
    }
    diagnostics.extend(lacking.iter().map(|((role, relation), lack)| finding(role, relation, lack)));
}

struct Lack {
    columns: BTreeSet<String>,
    tables: BTreeSet<String>,
    span: Span,
}

impl Lack {
    fn new(span: Span) -> Self {
        Self { columns: BTreeSet::new(), tables: BTreeSet::new(), span }
    }
}

fn missing(case: Case<'_>, relation: &QName, columns: &BTreeSet<String>, role: &Role) -> BTreeSet<String> {
    match case.readable(relation, role) {
        None => columns.clone(),
        Some(Readable::Whole) => BTreeSet::new(),
        Some(Readable::Columns(readable)) => columns.difference(&readable).cloned().collect(),
    }
}

/// Everything that the tenant test of a table reads of other tables.
fn needs(case: Case<'_>, tenancy: &Tenancy, table: &QName, scope: &Scope) -> Needs {
    let mut needs = Needs::new();
    let mut seen = BTreeSet::from([table]);
    let mut kind = &scope.kind;
    loop {
        let (next, columns): (&QName, Vec<&String>) = match kind {
            ScopeKind::Lookup(parent) => (&parent.table, parent.columns.iter().map(|(_, theirs)| theirs).collect()),
            ScopeKind::Through { table, columns } => (table, columns.iter().map(|(theirs, _)| theirs).collect()),
            ScopeKind::Column { .. }
            | ScopeKind::Added(_)
            | ScopeKind::When(_)
            | ScopeKind::Shared
            | ScopeKind::Internal => break,
        };
        let Some(above) = case.access.scopes.get(next).filter(|_| seen.insert(next)) else { break };
        let read = needs.entry(next.clone()).or_default();
        read.extend(columns.into_iter().cloned());
        read.extend(tested(tenancy, &above.kind));
        kind = &above.kind;
    }
    needs
}

/// Own columns that a table's tenant test reads.
fn tested(tenancy: &Tenancy, kind: &ScopeKind) -> Vec<String> {
    match kind {
        ScopeKind::Column { column, .. } => vec![column.clone()],
        ScopeKind::Added(_) => vec![tenancy.column.clone()],
        ScopeKind::Lookup(parent) => parent.columns.iter().map(|(own, _)| own.clone()).collect(),
        ScopeKind::Through { columns, .. } => columns.iter().map(|(_, own)| own.clone()).collect(),
        ScopeKind::When(sql) => sql.columns.iter().cloned().collect(),
        ScopeKind::Shared | ScopeKind::Internal => Vec::new(),
    }
}

fn words(names: &[&str]) -> String {
    names.iter().map(|name| word(name)).collect::<Vec<_>>().join(", ")
}

/// A table as the language writes it.
pub(super) fn table_words(name: &QName) -> String {
    format!("{}.{}", word(&name.schema), word(&name.name))
}

fn finding(role: &str, relation: &QName, lack: &Lack) -> Diagnostic {
    let columns: Vec<&str> = lack.columns.iter().map(String::as_str).collect();
    let tables: Vec<&str> = lack.tables.iter().map(String::as_str).collect();
    let title = format!("expected that `{role}` may read {} of `{relation}`, found no such grant", list(&columns));
    Diagnostic::new(codes::N0613, title)
        .at(lack.span, format!("grants {}, whose tenant is looked up there", list(&tables)))
        .note("a policy's lookup runs with the rights of whoever asks; without them every statement fails")
        .help(format!("add `grant select ({}) on {} to {};`", words(&columns), table_words(relation), word(role)))
}
