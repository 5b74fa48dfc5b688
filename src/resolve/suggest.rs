//! A treatment to start from, for a column that has none: as strict as its name and type suggest, and one that every
//! proof lets pass, so that the line can be pasted.

use super::declare::Declarations;
use super::treatment::{Target, Treatments};
use super::types::is_openly_kept;
use crate::catalog::{BaseType, Category};
use crate::check::fits;
use crate::mask::{Arguments, Value};
use crate::model::{Fill, LinkageGroup, MaskCall, MaskUse, Treatment};

/// The treatment as a policy would write it.
pub fn suggest(treatments: &Treatments<'_>, declared: &Declarations<'_>, target: Target<'_>) -> String {
    let Target { table, column } = target;
    let fits = |treatment: Treatment| fits(treatments.catalog, table, column, treatment);
    let name = column.name.to_lowercase();
    let by_name = declared.classes.values().filter(|class| name.contains(class.name.text.as_str()));
    if let Some(class) = by_name.max_by_key(|class| class.name.text.len()) {
        // Findings of the class itself are told where it is used.
        let resolved = treatments.resolve(&class.treatment, target, &mut Vec::new());
        if resolved.is_some_and(fits) {
            return class.name.text.clone();
        }
    } else if is_openly_kept(&treatments.catalog.base_type(&column.data_type)) && fits(Treatment::Keep) {
        return "keep".to_owned();
    }
    if fits(Treatment::Mask(MaskUse::Null)) {
        return "mask null".to_owned();
    }
    let base = treatments.catalog.base_type(&column.data_type);
    let calls = calls(declared.mask_key.is_some());
    // Of an extension's type nobody but its server knows what it reads.
    let known = base.category != Category::Scalar || base.data_type.name.schema == "pg_catalog" || is_citext(&base);
    let readable = |mask: &str| known || mask != "constant";
    let call = calls
        .into_iter()
        .find(|(_, mask, arguments)| readable(mask) && call(mask, arguments.clone()).is_some_and(fits));
    if let Some((written, ..)) = call {
        return format!("mask {written}");
    }
    if fits(Treatment::Drop(Fill::Default)) {
        return "drop".to_owned();
    }
    "keep because \"…\"".to_owned()
}

fn is_citext(base: &BaseType) -> bool {
    base.data_type.name.name == "citext"
}

fn calls(has_key: bool) -> Vec<(&'static str, &'static str, Arguments)> {
    let value = |text: &str| Arguments::from([("value", Value::Text(text.to_owned()))]);
    let length = |length: i64| Arguments::from([("length", Value::Integer(length))]);
    let mut calls = vec![
        ("constant('****')", "constant", value("****")),
        ("constant('*')", "constant", value("*")),
        ("constant('{}')", "constant", value("{}")),
        ("constant('empty')", "constant", value("empty")),
        ("default()", "default", Arguments::new()),
    ];
    if has_key {
        calls.extend([
            ("hash(length => 32)", "hash", length(32)),
            ("hash(length => 16)", "hash", length(16)),
            ("uuid()", "uuid", Arguments::new()),
            ("permute()", "permute", Arguments::new()),
        ]);
    }
    calls
}

fn call(mask: &str, arguments: Arguments) -> Option<Treatment> {
    let mask = crate::mask::find(mask)?;
    Some(Treatment::Mask(MaskUse::Call(MaskCall { mask, arguments, group: LinkageGroup(String::new()) })))
}
