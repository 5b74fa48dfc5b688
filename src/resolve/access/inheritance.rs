//! Tables under plain inheritance: whoever reads the parent reads the children's rows, by the parent's policies.

use crate::catalog::{Catalog, QName};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Scope, ScopeKind};
use std::collections::BTreeMap;

/// A parent that is granted must test its children's rows as the children themselves would.
pub fn check(catalog: &Catalog, scopes: &BTreeMap<QName, Scope>, diagnostics: &mut Vec<Diagnostic>) {
    for (name, scope) in scopes {
        let Some(table) = catalog.tables.get(name) else { continue };
        for parent in &table.inherits {
            let Some(above) = scopes.get(parent).filter(|above| !is_as_strict(&above.kind, &scope.kind)) else {
                continue;
            };
            diagnostics.push(
                Diagnostic::new(
                    codes::N0516,
                    format!("expected the place of `{parent}` for `{name}`, which inherits from it, found another"),
                )
                .at(scope.span, "says one thing")
                .label(above.span, "its parent is placed in another way")
                .note(format!(
                    "a query of `{parent}` shows the rows of `{name}` too, by the policies of `{parent}` alone"
                ))
                .help("give both the same place, or call the parent `internal`"),
            );
        }
    }
}

fn is_as_strict(parent: &ScopeKind, child: &ScopeKind) -> bool {
    match (parent, child) {
        // Nobody reads an internal parent; shared rows may be shown by anybody.
        (ScopeKind::Internal, _) | (ScopeKind::Shared, ScopeKind::Shared) => true,
        // Nobody reads the child itself, and through the parent only a tenant's rows.
        (parent, ScopeKind::Internal) => parent.is_scoped(),
        (ScopeKind::Added(one) | ScopeKind::Lookup(one), ScopeKind::Added(other) | ScopeKind::Lookup(other)) => {
            one.table == other.table && one.columns == other.columns
        }
        _ => parent == child,
    }
}
