//! Masked text fits its varchar(n) or char(n).

use super::{Case, leaves};
use crate::catalog::BaseType;
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::Length;
use crate::model::{MaskUse, Treatment};

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for treatment in leaves(&case.resolved.treatment) {
        let Treatment::Mask(MaskUse::Call(call)) = treatment else { continue };
        let (_, seen) = case.seen(call.mask);
        let Some(limit) = limit(&seen) else { continue };
        let found = match call.mask.length(&seen, &call.arguments) {
            Length::AtMost(length) if length > limit => format!("up to {length}"),
            Length::Unbounded => "any number".to_owned(),
            Length::AtMost(_) | Length::AsInput | Length::AsColumn | Length::NotText => continue,
        };
        let title =
            format!("expected at most {limit} characters for `{}`, found a mask that gives {found}", case.name());
        let finding = case.finding(codes::N0402, title, "does not fit the column");
        diagnostics.push(finding.help("shorten the mask's output by its arguments, or use one that is shorter"));
    }
}

/// The most characters of a value of the type.
fn limit(of: &BaseType) -> Option<u32> {
    let name = &of.data_type.name;
    let has_limit = name.schema == "pg_catalog" && matches!(name.name.as_str(), "varchar" | "bpchar");
    let limit = of.data_type.modifiers.first().and_then(|limit| u32::try_from(*limit).ok());
    limit.filter(|_| has_limit && of.data_type.dimensions == 0)
}
