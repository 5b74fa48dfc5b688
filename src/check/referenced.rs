//! Masks that depend on the type give both ends of a foreign key the same bytes only when the types are the same.

use super::Case;
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::Uniqueness;
use crate::model::{MaskUse, Treatment};

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Treatment::Mask(MaskUse::Call(call)) = &case.resolved.treatment else { return };
    if call.mask.uniqueness(case.base, &call.arguments) != Uniqueness::Preserved {
        return;
    }
    for key in &case.table.foreign_keys {
        let Some(at) = key.columns.iter().position(|column| *column == case.column.name) else { continue };
        let Some(parent) = case.catalog.tables.get(&key.references) else { continue };
        let Some(parent_column) = key.referenced_columns.get(at).and_then(|name| parent.columns.get(name)) else {
            continue;
        };
        let parent_base = case.catalog.base_type(&parent_column.data_type);
        if parent_base.data_type == case.base.data_type || !case.export.tables.contains_key(&key.references) {
            continue;
        }
        let title = format!(
            "expected `{}` and `{}.{}` to be of one type for `{}`, found `{}` and `{}`",
            case.name(),
            key.references,
            parent_column.name,
            call.mask.name(),
            case.base.data_type.name.name,
            parent_base.data_type.name.name
        );
        let finding = case.finding(codes::N0423, title, "works within the range of the type");
        diagnostics.push(
            finding
                .label(parent_column.span, "the referenced column")
                .note("the two ends would get different values and the copy's foreign key would not hold")
                .help("make the types equal in the schema, or keep the key"),
        );
    }
}
