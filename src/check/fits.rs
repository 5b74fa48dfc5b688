//! A mask takes the column's type, and its arguments make sense for it.

use super::{Case, leaves};
use crate::catalog::{BaseType, Category, DataType, QName};
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::{Hashes, json, mysql};
use crate::model::{JsonNode, MaskCall, MaskUse, Treatment};

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for treatment in leaves(&case.resolved.treatment) {
        match treatment {
            Treatment::Mask(MaskUse::Call(call)) => check_call(case, call, &case.seen(call.mask).1, diagnostics),
            Treatment::Mask(MaskUse::Json(json)) if takes_paths(case.base, &json.root) => {
                check_node(case, &json.root, diagnostics);
            }
            Treatment::Mask(MaskUse::Json(_)) => {
                let title = format!(
                    "expected a json or jsonb column, or an hstore and keys alone, for `mask json`, found `{}`",
                    type_name(case)
                );
                let finding = case.finding(codes::N0403, title, "is by JSON path");
                diagnostics.push(finding.help("use a mask for the column's own type"));
            }
            _ => {}
        }
    }
}

fn check_call(case: &Case<'_>, call: &MaskCall, base: &BaseType, diagnostics: &mut Vec<Diagnostic>) {
    let of_mysql = case.catalog.mysql.as_ref();
    let accepted = if of_mysql.is_some() { call.mask.accepts_on_mysql(base) } else { call.mask.accepts(base) };
    if !accepted {
        let title = format!(
            "expected {} for `{}`, found `{}` of type `{}`",
            call.mask.accepts_words(),
            call.mask.name(),
            case.name(),
            type_name(case)
        );
        let finding = case.finding(codes::N0403, title, "does not take this type");
        diagnostics.push(finding.help("use a mask for this type, `mask null`, or a SQL expression: `mask (…)`"));
        return;
    }
    if let Some(facts) = of_mysql.filter(|facts| !mysql::has_form(call.mask, base, &call.arguments, facts.version)) {
        diagnostics.push(no_form(case, call, facts.version));
        return;
    }
    if let Some(why) = call.mask.warning() {
        let title = format!("`{}` of `{}` is for compatibility only", call.mask.name(), case.name());
        diagnostics.push(
            case.finding(codes::N0427, title, "is weaker than `hash`")
                .note(why)
                .help("write `mask hash`, or allow this warning and say who needs these hashes"),
        );
    }
    if let Hashes::Column(name) = call.mask.hashes(&call.arguments) {
        check_order(case, call, name, diagnostics);
        let by = case.table.columns.get(name);
        if by.is_some_and(|by| !super::null::refuses_null(case.catalog, by)) {
            let title = format!("expected a NOT NULL column to key `{}` by, found `{name}`", call.mask.name());
            let finding = case.finding(codes::N0420, title, "gives NULL where its key column is NULL");
            diagnostics.push(finding.help("write `by => ` and the primary key"));
        }
    }
    if let Err(problem) = call.mask.check_arguments(base, &call.arguments) {
        let finding = case.finding(codes::N0420, problem, format!("for `{}`", case.name()));
        diagnostics.push(finding.help(format!("see docs/masks/{}.md for what it takes", call.mask.name())));
    }
}

/// Whoever reads the copies of two engines must find one pseudonym for one value, so a form that is nearly the same is none.
fn no_form(case: &Case<'_>, call: &MaskCall, version: u32) -> Diagnostic {
    let name = call.mask.name();
    let title = format!("expected a mask that MySQL can compute for `{}`, found `{name}`", case.name());
    // What looks beyond the value is no help for a value.
    let of_value = crate::mask::all().filter(|mask| !mask.needs_lookup() && !mask.of_rows());
    let there = of_value.filter(|mask| mysql::has_form(*mask, case.base, &call.arguments, version));
    let there: Vec<&str> = there.map(crate::mask::Mask::name).collect();
    let help = match there.as_slice() {
        [] => "write `mask null`, or a SQL expression of MySQL's: `mask (…)`".to_owned(),
        names => {
            format!("for this column there are `{}`, `mask null`, or a SQL expression: `mask (…)`", names.join("`, `"))
        }
    };
    let found = if mysql::has_form(call.mask, case.base, &call.arguments, 3) {
        case.finding(codes::N0440, title, "needs MySQL 8.0, Aurora MySQL version 3")
            .note("noren.toml says `version = 2`, which is MySQL 5.7")
    } else {
        case.finding(codes::N0440, title, "has no exact form there, or not with these arguments")
    };
    found.help(help)
}

/// Of a field: what a column can have and a field cannot.
pub(super) fn check_place(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Treatment::Mask(MaskUse::Call(call)) = &case.resolved.treatment else { return };
    check_rows(case, call, "of a field", diagnostics);
    if call.mask.recomputed_from(&call.arguments).is_some() {
        let title = format!(
            "expected a mask of the field's own value, found `{}`, which is of another column",
            call.mask.name()
        );
        diagnostics.push(
            case.finding(codes::N0425, title, "is made from a column")
                .help("drop the field, or mask it by its own value"),
        );
    }
}

/// A mask of all rows together, or of a reference, has its place at the column itself.
fn check_rows(case: &Case<'_>, call: &MaskCall, place: &str, diagnostics: &mut Vec<Diagnostic>) {
    if call.mask.needs_lookup() {
        let title =
            format!("expected a mask of one value {place}, found `{}`, which is of a reference", call.mask.name());
        diagnostics.push(case.finding(codes::N0425, title, "has no foreign key there").help("use a mask of the value"));
    }
    if call.mask.of_rows() {
        let title = format!("expected a mask of one value {place}, found `{}`, which is of all rows", call.mask.name());
        diagnostics.push(
            case.finding(codes::N0425, title, "moves the values of a whole column").help("use a mask of the value"),
        );
    }
}

/// The order in which a mask of all rows puts them must be one order, or the same input gives another output.
fn check_order(case: &Case<'_>, call: &MaskCall, by: &str, diagnostics: &mut Vec<Diagnostic>) {
    let is_key = |key: &crate::catalog::UniqueKey<'_>| key.columns == [by] && !key.partial && !key.expression;
    if !call.mask.of_rows() || case.table.unique_keys().iter().any(is_key) {
        return;
    }
    let title = format!("expected a unique column to order the rows of `{}` by, found `{by}`", call.mask.name());
    let finding = case.finding(codes::N0420, title, "rows with the same value have no order");
    diagnostics.push(finding.help("write `by => ` and the primary key"));
}

fn check_node(case: &Case<'_>, node: &JsonNode, diagnostics: &mut Vec<Diagnostic>) {
    match node {
        JsonNode::Leaf(treatment) => {
            if let Treatment::Mask(MaskUse::Call(call)) = treatment.as_ref() {
                check_rows(case, call, "at a JSON path", diagnostics);
                check_call(case, call, &text_type(), diagnostics);
            }
        }
        JsonNode::Object { keys, otherwise } => {
            for node in keys.values() {
                check_node(case, node, diagnostics);
            }
            check_node(case, &JsonNode::Leaf(otherwise.clone()), diagnostics);
        }
        JsonNode::Each(node) => check_node(case, node, diagnostics),
    }
}

/// What a mask at a JSON path sees.
fn text_type() -> BaseType {
    let data_type = DataType { name: QName::new("pg_catalog", "text"), modifiers: Vec::new(), dimensions: 0 };
    BaseType { data_type, domains: Vec::new(), category: Category::Scalar }
}

/// An hstore is one object, whose values are text.
fn takes_paths(base: &BaseType, root: &JsonNode) -> bool {
    let of_text = |node: &JsonNode| matches!(node, JsonNode::Leaf(_));
    let flat = matches!(root, JsonNode::Object { keys, .. } if keys.values().all(of_text));
    is_json(base) || (json::is_hstore(base) && flat)
}

fn is_json(base: &BaseType) -> bool {
    let name = &base.data_type.name;
    base.category == Category::Scalar && name.schema == "pg_catalog" && matches!(name.name.as_str(), "json" | "jsonb")
}

fn type_name(case: &Case<'_>) -> String {
    let declared = &case.column.data_type;
    let schema =
        if declared.name.schema == "pg_catalog" { String::new() } else { format!("{}.", declared.name.schema) };
    let modifiers: Vec<String> = declared.modifiers.iter().map(ToString::to_string).collect();
    let modifiers = if modifiers.is_empty() { String::new() } else { format!("({})", modifiers.join(",")) };
    format!("{schema}{}{modifiers}{}", declared.name.name, "[]".repeat(usize::from(declared.dimensions)))
}
