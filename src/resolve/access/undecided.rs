//! Tables that nobody gave a place, each with the line that would.

use crate::catalog::{Catalog, ForeignKey, QName, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Scope, ScopeKind, Tenancy};
use crate::resolve::selector::table_text;
use crate::syntax::written_name;
use std::collections::{BTreeMap, BTreeSet};

/// A finding a table.
pub fn report(
    catalog: &Catalog,
    tenancy: &Tenancy,
    scopes: &BTreeMap<QName, Scope>,
    undecided: &[&Table],
) -> Vec<Diagnostic> {
    let mut with_tenants: BTreeSet<&QName> =
        scopes.iter().filter(|(_, scope)| scope.kind.is_scoped()).map(|(name, _)| name).collect();
    // A chain of children gets its lines in one run: what would be scoped counts as scoped for those below it.
    let mut proposals: BTreeMap<&QName, &ForeignKey> = BTreeMap::new();
    loop {
        let open = undecided.iter().filter(|table| !proposals.contains_key(&table.name));
        let more: Vec<(&QName, &ForeignKey)> =
            open.filter_map(|table| Some((&table.name, only_way(table, &with_tenants)?))).collect();
        if more.is_empty() {
            break;
        }
        with_tenants.extend(more.iter().map(|(name, _)| *name));
        proposals.extend(more);
    }
    undecided
        .iter()
        .map(|table| finding(catalog, tenancy, scopes, table, proposals.get(&table.name).copied()))
        .collect()
}

fn only_way<'t>(table: &'t Table, scoped: &BTreeSet<&QName>) -> Option<&'t ForeignKey> {
    let mut ways =
        table.foreign_keys.iter().filter(|key| scoped.contains(&key.references) && key.references != table.name);
    let first = ways.next()?;
    ways.next().is_none().then_some(first)
}

/// Whether a child may be given a copy of this parent's tenant.
fn is_copied(scopes: &BTreeMap<QName, Scope>, parent: &QName) -> bool {
    let kind = scopes.get(parent).map(|scope| &scope.kind);
    matches!(kind, None | Some(ScopeKind::Column { or_null: false, .. } | ScopeKind::Added(_)))
}

fn finding(
    catalog: &Catalog,
    tenancy: &Tenancy,
    scopes: &BTreeMap<QName, Scope>,
    table: &Table,
    way: Option<&ForeignKey>,
) -> Diagnostic {
    let line = match way {
        Some(key) => {
            let may_be_null = |name: &String| table.columns.get(name).is_none_or(|column| !column.not_null);
            let reason = if key.columns.iter().any(may_be_null) { " because \"…\"" } else { "" };
            let columns: Vec<String> = key.columns.iter().map(|name| word(name)).collect();
            let lookup = if is_copied(scopes, &key.references) { "" } else { " by lookup" };
            format!("scoped via {}{lookup}{reason};", columns.join(", "))
        }
        None => "shared because \"…\";".to_owned(),
    };
    let qualified = catalog.tables.keys().filter(|name| name.name == table.name.name).count() > 1;
    let name = match (qualified, table.name.schema == "public") {
        (false, true) => word(&table.name.name),
        _ => table_text(&table.name),
    };
    let help = format!("add `table {name} {{ {line} }}`");
    let help = match way {
        Some(key) => format!("{help}, since `{}` leads to `{}`", key.name, key.references),
        None => format!("{help}, or `internal because \"…\"`"),
    };
    Diagnostic::new(codes::N0507, format!("expected a place in tenancy for `{}`, found none", table.name))
        .at(table.span, format!("has no column `{}`", tenancy.column))
        .label(tenancy.span, "with this, every table is scoped, shared or internal")
        .help(help)
}

/// A name as the language writes it.
pub fn word(name: &str) -> String {
    written_name(name, &[])
}
