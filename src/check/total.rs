//! An expression that can raise an error prints the raw value in the error's text: masks, the conditions that
//! choose between them, and the filters of rows.

use super::{Case, leaves};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{ExportTable, MaskUse, RowSql, Treatment};

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for treatment in leaves(&case.resolved.treatment) {
        let what = match treatment {
            Treatment::Mask(MaskUse::Expression(own)) if !own.total => match &own.definition {
                Some(name) => format!("`{name}`"),
                None => "this expression".to_owned(),
            },
            Treatment::Mask(MaskUse::Call(call)) if !call.mask.total(&case.seen(call.mask).1, &call.arguments) => {
                format!("`{}`", call.mask.name())
            }
            _ => continue,
        };
        let title = format!("cannot tell whether {what} can fail on a value of `{}`", case.name());
        diagnostics.push(advised(case.catalog, case.finding(codes::N0412, title, "may raise an error")));
    }
    if conditions(&case.resolved.treatment).into_iter().any(|condition| !condition.facts.total) {
        let title = format!("cannot tell whether the condition on `{}` can fail on a row", case.name());
        diagnostics.push(advised(case.catalog, case.finding(codes::N0412, title, "may raise an error")));
    }
}

/// The filters of a table's rows.
pub(super) fn check_rows(catalog: &Catalog, exported: &ExportTable, diagnostics: &mut Vec<Diagnostic>) {
    for predicate in exported.rows.iter().filter(|predicate| !predicate.sql.facts.total) {
        let title = format!("cannot tell whether this filter can fail on a row of `{}`", exported.table);
        diagnostics
            .push(advised(catalog, Diagnostic::new(codes::N0412, title).at(predicate.span, "may raise an error")));
    }
}

fn advised(catalog: &Catalog, finding: Diagnostic) -> Diagnostic {
    if catalog.mysql.is_some() {
        return finding
            .note("MySQL prints the raw value in such errors, on the screen and in the server's log")
            .help("use functions that never fail, or allow this warning with a reason");
    }
    finding
        .note("PostgreSQL prints the raw value in such errors, on the screen and in the server's log")
        .help("use functions that never fail, declare a mask of your own with `total yes`, or allow this warning with a reason")
}

fn conditions(treatment: &Treatment) -> Vec<&RowSql> {
    match treatment {
        Treatment::Mask(MaskUse::When { condition, then, otherwise }) => {
            let inner = conditions(then).into_iter().chain(conditions(otherwise));
            std::iter::once(&**condition).chain(inner).collect()
        }
        _ => Vec::new(),
    }
}
