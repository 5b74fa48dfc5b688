//! No treatment reads a column that the same export drops or masks: its value would leave by another door.

use super::{Case, is_kept};
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::{ParameterKind, Value};
use crate::model::{MaskUse, Treatment};
use std::collections::BTreeSet;

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut read = BTreeSet::new();
    columns_read(&case.resolved.treatment, &mut read);
    read.remove(case.column.name.as_str());
    for name in read {
        let Some(other) = case.exported.columns.get(name) else { continue };
        if is_kept(&other.treatment) {
            continue;
        }
        let title =
            format!("expected `{}` to be computed from columns that are kept, found it reads `{name}`", case.name());
        let finding = case.finding(codes::N0414, title, format!("reads `{name}`"));
        diagnostics.push(
            finding
                .label(
                    other.decision.rule.span,
                    format!("`{name}` does not leave as it is: `{}`", other.decision.rule.text),
                )
                .note("what a treatment reads can be seen in what it gives")
                .help(format!("keep `{name}` with a reason, or do not read it here")),
        );
    }
}

/// The key column of a keyed mask (`by => …`) is hashed and so shows nothing.
fn columns_read<'a>(treatment: &'a Treatment, read: &mut BTreeSet<&'a str>) {
    match treatment {
        Treatment::Mask(MaskUse::Expression(own)) => read.extend(own.sql.columns.iter().map(String::as_str)),
        Treatment::Mask(MaskUse::When { condition, then, otherwise }) => {
            read.extend(condition.columns.iter().map(String::as_str));
            columns_read(then, read);
            columns_read(otherwise, read);
        }
        Treatment::Mask(MaskUse::Call(call)) if !call.mask.keyed() => {
            for parameter in call.mask.parameters().iter().filter(|parameter| parameter.kind == ParameterKind::Column) {
                if let Some(Value::Column(name)) = call.arguments.get(parameter.name) {
                    read.insert(name);
                }
            }
        }
        Treatment::Drop(crate::model::Fill::Expression(sql)) => read.extend(sql.columns.iter().map(String::as_str)),
        _ => {}
    }
}
