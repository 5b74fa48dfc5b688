//! A mask that can raise an error prints the raw value in the error's text.

use super::{Case, leaves};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{MaskUse, Treatment};

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for treatment in leaves(&case.resolved.treatment) {
        let what = match treatment {
            Treatment::Mask(MaskUse::Expression(own)) if !own.total => match &own.definition {
                Some(name) => format!("`{name}`"),
                None => "this expression".to_owned(),
            },
            Treatment::Mask(MaskUse::Call(call)) if !call.mask.total(case.base, &call.arguments) => {
                format!("`{}`", call.mask.name())
            }
            _ => continue,
        };
        let title = format!("cannot tell whether {what} can fail on a value of `{}`", case.name());
        let finding = case.finding(codes::N0412, title, "may raise an error");
        diagnostics.push(
            finding
                .note("PostgreSQL prints the raw value in such errors, on the screen and in the server's log")
                .help("use functions that never fail, declare a mask of your own with `total yes`, or allow this warning with a reason"),
        );
    }
}
