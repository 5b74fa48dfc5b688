//! A text search column holds the words of the text that it was made from.

use super::{Case, is_kept};
use crate::diagnostic::{Diagnostic, codes};

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let name = &case.base.data_type.name;
    if name.schema != "pg_catalog" || name.name != "tsvector" || !is_kept(&case.resolved.treatment) {
        return;
    }
    let masked = case.exported.columns.iter().find(|(name, other)| {
        let is_text = case.table.columns.get(*name).is_some_and(|column| is_text(case, column));
        is_text && !is_kept(&other.treatment)
    });
    let Some((masked, other)) = masked else { return };
    if case.resolved.decision.because.is_some() {
        return;
    }
    let title = format!("expected the text search column `{}` to be dropped or masked, found `keep`", case.name());
    let finding = case.finding(codes::N0421, title, "holds the words of the text that it was made from");
    diagnostics.push(
        finding
            .label(other.decision.rule.span, format!("`{masked}` is not kept"))
            .help("drop it and let the copy fill it, or say `because` why no masked text is in it"),
    );
}

fn is_text(case: &Case<'_>, column: &crate::catalog::Column) -> bool {
    let base = case.catalog.base_type(&column.data_type);
    matches!(base.data_type.name.name.as_str(), "text" | "varchar" | "bpchar" | "citext")
}
