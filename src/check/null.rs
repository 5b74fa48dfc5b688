//! A NULL must not reach a NOT NULL column of the copy.

use super::{Case, leaves};
use crate::catalog::{BaseType, Catalog, Column, TypeKind};
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::NullRule;
use crate::model::{Fill, MaskUse, RowSql, Treatment};

/// Whether the column or a domain on it refuses NULL.
pub fn refuses_null(catalog: &Catalog, column: &Column) -> bool {
    column.not_null || refuses_null_by_domain(catalog, &catalog.base_type(&column.data_type))
}

fn refuses_null_by_domain(catalog: &Catalog, base: &BaseType) -> bool {
    base.domains.iter().any(|domain| {
        let kind = catalog.types.get(domain).map(|found| &found.kind);
        matches!(kind, Some(TypeKind::Domain { not_null: true, .. }))
    })
}

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !(case.column.not_null || refuses_null_by_domain(case.catalog, case.base)) {
        return;
    }
    for treatment in leaves(&case.resolved.treatment) {
        match treatment {
            Treatment::Mask(MaskUse::Null) => diagnostics.push(always(case, "`null`")),
            Treatment::Mask(MaskUse::Call(call)) if call.mask.null_rule() == NullRule::AlwaysNull => {
                diagnostics.push(always(case, &format!("`{}`", call.mask.name())));
            }
            Treatment::Mask(MaskUse::Call(call)) if call.mask.null_rule() == NullRule::Unknown => {
                diagnostics.push(maybe(case));
            }
            Treatment::Mask(MaskUse::Expression(own)) if may_be_null(case, &own.sql) => diagnostics.push(maybe(case)),
            Treatment::Drop(fill) => diagnostics.extend(unfilled(case, fill)),
            _ => {}
        }
    }
}

fn may_be_null(case: &Case<'_>, sql: &RowSql) -> bool {
    let refuses = |name: &String| case.table.columns.get(name).is_some_and(|column| refuses_null(case.catalog, column));
    !sql.facts.null_only_with.as_ref().is_some_and(|columns| columns.iter().all(refuses))
}

fn always(case: &Case<'_>, found: &str) -> Diagnostic {
    let title = format!("expected a mask that gives a value for the NOT NULL column `{}`, found {found}", case.name());
    case.finding(codes::N0401, title, "gives NULL").help("write `mask constant('…')`, `drop, fill (…)` or another mask")
}

fn maybe(case: &Case<'_>) -> Diagnostic {
    let title = format!("cannot tell whether the mask of the NOT NULL column `{}` can give NULL", case.name());
    case.finding(codes::N0413, title, "may give NULL; the import would then fail and change nothing")
        .help("wrap it: `mask (coalesce(…, ''))`")
}

fn unfilled(case: &Case<'_>, fill: &Fill) -> Option<Diagnostic> {
    let filled = match fill {
        Fill::Default => case.column.identity.is_some() || case.column.default.is_some() || has_domain_default(case),
        Fill::Expression(sql) => sql.facts.null_only_with.as_ref().is_some_and(Vec::is_empty),
        Fill::Trigger(_) => true,
    };
    if filled {
        return None;
    }
    let title =
        format!("expected something that fills the NOT NULL column `{}` in the copy, found `drop` alone", case.name());
    let finding = case.finding(codes::N0422, title, "leaves the column without a value");
    Some(finding.help("write `drop, fill (VALUE)` or `drop, filled by trigger NAME`"))
}

fn has_domain_default(case: &Case<'_>) -> bool {
    case.base.domains.iter().any(|domain| {
        let kind = case.catalog.types.get(domain).map(|found| &found.kind);
        matches!(kind, Some(TypeKind::Domain { default: Some(_), .. }))
    })
}
