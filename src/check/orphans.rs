//! A row of the copy must not reference a row that did not leave.

use crate::catalog::{Catalog, ForeignKey, QName, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Access, ScopeKind};
use crate::model::{Export, ExportTable, Fill, MaskUse, Model, Treatment};
use crate::syntax::ast::Orphans;

pub(super) fn check(
    catalog: &Catalog,
    model: &Model,
    export: &Export,
    (table, exported): (&Table, &ExportTable),
    diagnostics: &mut Vec<Diagnostic>,
) {
    for key in catalog.keys_of_rows(table).filter(|key| key.enforced) {
        let orphans = |name: &String| exported.columns.get(name).and_then(|column| column.orphans);
        // MATCH FULL allows no half NULL, so there every column says it.
        let decided = if key.match_full && key.columns.iter().any(|name| orphans(name) == Some(Orphans::Null)) {
            key.columns.iter().all(|name| orphans(name).is_some())
        } else {
            key.columns.iter().any(|name| orphans(name).is_some())
        };
        if !decided && may_dangle(catalog, model, export, exported, key) {
            diagnostics.push(undecided(catalog, export, (table, exported), key));
        }
    }
    check_clauses(catalog, table, exported, diagnostics);
}

/// Whether a row that leaves may reference one that does not.
fn may_dangle(catalog: &Catalog, model: &Model, export: &Export, exported: &ExportTable, key: &ForeignKey) -> bool {
    let severed = key.columns.iter().any(|name| {
        let treatment = exported.columns.get(name).map(|column| &column.treatment);
        matches!(treatment, Some(Treatment::Drop(Fill::Default) | Treatment::Mask(MaskUse::Null)))
    });
    if severed {
        return false;
    }
    // A key may point at a partition; what leaves is decided for the root.
    let target = catalog.partition_root(&key.references);
    let may_be_anothers =
        export.tenant_one.is_some() && !stays_within_tenant(&model.access, &exported.table, key, target);
    may_be_anothers || export.tables.get(target).is_none_or(is_filtered)
}

/// Whether a key can only reference a row of the same tenant: the target belongs to nobody, the tenant is part of the
/// key, or the key is where the row's own tenant comes from.
fn stays_within_tenant(access: &Access, table: &QName, key: &ForeignKey, target: &QName) -> bool {
    if !access.scopes.get(target).is_some_and(|scope| scope.kind.is_scoped()) {
        return true;
    }
    match access.scopes.get(table).map(|scope| &scope.kind) {
        Some(ScopeKind::Added(parent) | ScopeKind::Lookup(parent)) => parent.constraint == key.name,
        Some(ScopeKind::Column { column, .. }) => {
            let mut pairs = key.columns.iter().zip(&key.referenced_columns);
            let tenant = access.tenant_column(target);
            pairs.any(|(own, referenced)| own == column && Some(referenced.as_str()) == tenant)
        }
        _ => false,
    }
}

/// Whether some rows of the table stay behind.
fn is_filtered(table: &ExportTable) -> bool {
    !table.rows.is_empty() || table.columns.values().any(|column| column.orphans == Some(Orphans::Skip))
}

fn undecided(
    catalog: &Catalog,
    export: &Export,
    (table, exported): (&Table, &ExportTable),
    key: &ForeignKey,
) -> Diagnostic {
    let columns: Vec<String> = key.columns.iter().map(|column| format!("{}.{column}", exported.table)).collect();
    let why = match export.tables.get(catalog.partition_root(&key.references)) {
        None => format!("`{}` is not part of `export {}`", key.references, export.name),
        Some(target) if is_filtered(target) => format!("only some rows of `{}` leave", key.references),
        Some(_) => format!("the key may reference another tenant's row of `{}`", key.references),
    };
    let title = format!("expected `orphans` on `{}`, since {why}", columns.join("`, `"));
    let rule = key.columns.first().and_then(|name| exported.columns.get(name)).map(|column| &column.decision.rule);
    let diagnostic = match rule {
        Some(rule) => Diagnostic::new(codes::N0804, title).at(rule.span, "may reference a row that does not leave"),
        None => Diagnostic::new(codes::N0804, title),
    };
    let treatment = rule.map_or("keep", |rule| rule.text.as_ref());
    let skip = format!("`{treatment}, orphans skip` (the row stays behind)");
    let mut columns = key.columns.iter().filter_map(|name| table.columns.get(name));
    let help = if columns.all(|column| super::null::refuses_null(catalog, column)) {
        format!("write {skip}")
    } else {
        format!("write `{treatment}, orphans null` (the reference becomes NULL) or {skip}")
    };
    diagnostic
        .label(key.span, format!("foreign key `{}`", key.name))
        .note("the copy would refuse such a row")
        .help(help)
}

fn check_clauses(catalog: &Catalog, table: &Table, exported: &ExportTable, diagnostics: &mut Vec<Diagnostic>) {
    for (name, column) in &exported.columns {
        let Some(orphans) = column.orphans else { continue };
        let in_key = catalog.keys_of_rows(table).any(|key| key.columns.contains(name));
        let title = if !in_key {
            format!("expected `orphans` on a column of a foreign key, found it on `{}.{name}`", table.name)
        } else if orphans == Orphans::Null
            && table.columns.get(name).is_some_and(|column| super::null::refuses_null(catalog, column))
        {
            format!("expected a column that can be NULL for `orphans null`, found `{}.{name}`", table.name)
        } else {
            continue;
        };
        diagnostics.push(
            Diagnostic::new(codes::N0805, title).at(column.decision.rule.span, "says `orphans`").help(if in_key {
                "write `orphans skip`"
            } else {
                "remove `orphans`"
            }),
        );
    }
}
