//! No treatment reads a column that the same export drops or masks: its value would leave by another door.

use super::{Case, is_kept};
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::{ParameterKind, Value};
use crate::model::{Fill, MaskUse, Treatment};
use std::collections::BTreeSet;

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut read = BTreeSet::new();
    columns_read(&case.resolved.treatment, &mut read);
    check_fill(case, diagnostics);
    read.remove(case.column.name.as_str());
    check_generated(case, &read, diagnostics);
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

/// A dropped column does not leave, not even as its own filling.
fn check_fill(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Treatment::Drop(Fill::Expression(fill)) = &case.resolved.treatment else { return };
    if !fill.columns.contains(&case.column.name) {
        return;
    }
    let title = format!("expected a filling of `{}` from other columns, found it reads the column itself", case.name());
    let finding = case.finding(codes::N0414, title, "would let the dropped value leave");
    diagnostics.push(finding.help("write a value, for example `drop, fill ('')`, or a mask instead of `drop`"));
}

/// What a generated column is computed from can be seen in it.
fn check_generated(case: &Case<'_>, read: &BTreeSet<&str>, diagnostics: &mut Vec<Diagnostic>) {
    for name in read {
        let generated = case.table.columns.get(*name).and_then(|column| column.generated.as_ref());
        let sources = generated.into_iter().flat_map(|generated| &generated.expression.columns);
        for source in sources {
            let Some(other) = case.exported.columns.get(source).filter(|other| !is_kept(&other.treatment)) else {
                continue;
            };
            let title = format!(
                "expected `{}` to be computed from columns that are kept, found it reads `{name}`, which is generated from `{source}`",
                case.name()
            );
            diagnostics.push(
                case.finding(codes::N0414, title, format!("reads `{name}`"))
                    .label(
                        other.decision.rule.span,
                        format!("`{source}` does not leave as it is: `{}`", other.decision.rule.text),
                    )
                    .note("what a treatment reads can be seen in what it gives")
                    .help(format!("do not read `{name}` here")),
            );
        }
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
        Treatment::Mask(MaskUse::Json(json)) => json.root.each_leaf(&mut |treatment| columns_read(treatment, read)),
        Treatment::Mask(MaskUse::Fields(mask)) => mask.each_leaf(&mut |_, treatment| columns_read(treatment, read)),
        // What is made from another column's masked value reads that, not the column.
        Treatment::Mask(MaskUse::Call(call))
            if !call.mask.keyed() && call.mask.recomputed_from(&call.arguments).is_none() =>
        {
            for parameter in call.mask.parameters().iter().filter(|parameter| parameter.kind == ParameterKind::Column) {
                if let Some(Value::Column(name)) = call.arguments.get(parameter.name) {
                    read.insert(name);
                }
            }
        }
        Treatment::Drop(Fill::Expression(sql)) => read.extend(sql.columns.iter().map(String::as_str)),
        _ => {}
    }
}
