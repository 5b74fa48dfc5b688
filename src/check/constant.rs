//! One value for all rows must be one that the column admits: an enum's label, within its CHECKs.

use super::evaluate::{Constant, holds};
use super::{Case, leaves};
use crate::catalog::{Check, TypeKind, mysql};
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::literal;
use crate::mask::over::Over;
use crate::model::{Fill, MaskUse, RowSql, Treatment};
use crate::sql::Expr;

/// What a treatment puts into the column.
enum Output {
    /// Always this.
    One(Constant),
    /// Values that cannot be told beforehand.
    Any,
    /// Values of the column itself.
    Own,
}

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for treatment in leaves(&case.resolved.treatment) {
        let output = output(case, treatment);
        if let Output::One(Constant::Text(label)) = &output {
            check_label(case, label, diagnostics);
            check_fill(case, treatment, label, diagnostics);
        }
        for (check, column) in checks(case) {
            check_check(case, check, column, &output, diagnostics);
        }
    }
}

fn output(case: &Case<'_>, treatment: &Treatment) -> Output {
    match treatment {
        // A default or a trigger satisfies the column's CHECKs as it did in the source.
        Treatment::Keep | Treatment::Generated | Treatment::Drop(Fill::Trigger(_)) => Output::Own,
        Treatment::Mask(MaskUse::Null) => Output::One(Constant::Null),
        Treatment::Mask(MaskUse::Call(call)) => {
            let (over, seen) = case.seen(call.mask);
            let constant = call.mask.constant(&seen, &call.arguments).filter(|_| over == Over::Value);
            constant.as_ref().and_then(of_expr).map_or(Output::Any, Output::One)
        }
        Treatment::Mask(_) => Output::Any,
        Treatment::Drop(Fill::Expression(RowSql { text, .. })) => {
            Constant::parse(text).map_or(Output::Any, Output::One)
        }
        Treatment::Drop(Fill::Default) => match &case.column.default {
            None => Output::One(Constant::Null),
            Some(_) => Output::Own,
        },
    }
}

fn of_expr(expr: &Expr) -> Option<Constant> {
    match expr {
        Expr::Text(text) => Some(Constant::Text(text.clone())),
        Expr::Integer(integer) => Some(Constant::Number(integer.to_string())),
        Expr::Decimal(decimal) => Some(Constant::Number(decimal.clone())),
        Expr::Boolean(boolean) => Some(Constant::Boolean(*boolean)),
        Expr::Null => Some(Constant::Null),
        Expr::Cast(inner, _) => of_expr(inner),
        // The NULL rule's own CASE: NULL stays NULL, everything else is the constant.
        Expr::Case(arms, None) => match arms.as_slice() {
            [(_, value)] => of_expr(value),
            _ => None,
        },
        _ => None,
    }
}

fn check_label(case: &Case<'_>, label: &str, diagnostics: &mut Vec<Diagnostic>) {
    if case.base.data_type.dimensions > 0 {
        return;
    }
    let Some(TypeKind::Enum(labels)) = case.catalog.types.get(&case.base.data_type.name).map(|found| &found.kind)
    else {
        return;
    };
    if labels.iter().any(|known| known == label) {
        return;
    }
    let title = format!("expected a label of `{}` for `{}`, found `{label}`", case.base.data_type.name, case.name());
    let finding = case.finding(codes::N0406, title, "is no label of the enum");
    diagnostics.push(match crate::diagnostic::did_you_mean(label, labels.iter().map(String::as_str)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!("the labels are `{}`", labels.join("`, `"))),
    });
}

/// What fills a dropped column is read as the column's type on import, which fails where it cannot be.
fn check_fill(case: &Case<'_>, treatment: &Treatment, text: &str, diagnostics: &mut Vec<Diagnostic>) {
    let Treatment::Drop(Fill::Expression(_)) = treatment else { return };
    let Err(form) = literal::check(case.base, text) else { return };
    let title = format!("expected {form} for `{}`, as its type is, found `{text}`", case.name());
    diagnostics
        .push(case.finding(codes::N0406, title, "the import would fail").help(format!("fill the column with {form}")));
}

/// CHECKs that read the column: the table's, and its domains', in which the column is called `value`.
fn checks<'a>(case: &Case<'a>) -> Vec<(&'a Check, &'a str)> {
    let of_table = case.table.checks.iter().map(|check| (check, case.column.name.as_str()));
    let of_table = of_table.filter(|(check, column)| check.expression.columns.iter().any(|name| name == column));
    let mut found: Vec<_> = of_table.collect();
    if case.base.data_type.dimensions > 0 && case.base.domains.is_empty() {
        return found;
    }
    for domain in &case.base.domains {
        if let Some(TypeKind::Domain { checks, .. }) = case.catalog.types.get(domain).map(|found| &found.kind) {
            found.extend(checks.iter().map(|check| (check, "value")));
        }
    }
    found
}

fn check_check(case: &Case<'_>, check: &Check, column: &str, output: &Output, diagnostics: &mut Vec<Diagnostic>) {
    let verdict = match output {
        Output::Own => return,
        Output::One(constant) if case.catalog.mysql.is_some() => {
            mysql::standard(&check.expression.sql).and_then(|sql| holds(&sql, column, constant))
        }
        Output::One(constant) => holds(&check.expression.sql, column, constant),
        Output::Any => None,
    };
    match verdict {
        Some(true) => {}
        Some(false) => {
            let title = format!(
                "expected a value that `{}` admits for `{}`, found one that it refuses",
                check.name,
                case.name()
            );
            diagnostics.push(
                case.finding(codes::N0406, title, "the import would fail")
                    .label(check.span, format!("CHECK ({})", check.expression.sql))
                    .help("choose a value for which the CHECK is true"),
            );
        }
        None => {
            let title = format!("cannot tell whether the mask of `{}` satisfies `{}`", case.name(), check.name);
            diagnostics.push(
                case.finding(codes::N0407, title, "the import would fail where it does not, and change nothing")
                    .label(check.span, format!("CHECK ({})", check.expression.sql))
                    .help("use a constant that satisfies it, or allow this warning with a reason"),
            );
        }
    }
}
