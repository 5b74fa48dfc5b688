//! `mask fields { … }`: a tree of paths to a treatment for each field of a composite.
//!
//! Unlike a JSON document's keys, the fields are known: each one gets what its path says or what `else` says, so that
//! everything after this stage sees values with types.

use super::json::resolve_json;
use super::treatment::{Target, Treatments};
use crate::catalog::{Catalog, Category, DataType, TypeKind};
use crate::diagnostic::{Diagnostic, codes, did_you_mean, words};
use crate::model::{FieldsMask, Fill, JsonNode, MaskUse, Treatment};
use crate::source::Span;
use crate::syntax::ast;
use indexmap::IndexMap;

/// What each field of the target's composite gets.
pub fn resolve_fields<'a>(
    treatments: &Treatments<'a>,
    written: &ast::JsonMask,
    target: Target<'a>,
    group: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<FieldsMask> {
    let tree = resolve_json(treatments, written, target, group, diagnostics)?;
    let mut shape = Shape { catalog: treatments.catalog, span: written.span, diagnostics };
    shape.composite(tree.root, &target.column.data_type, &format!("{}.{}", target.table.name, target.column.name))
}

struct Shape<'s> {
    catalog: &'s Catalog,
    span: Span,
    diagnostics: &'s mut Vec<Diagnostic>,
}

impl Shape<'_> {
    /// The fields of a composite type, or of the elements of an array of it.
    fn composite(&mut self, node: JsonNode, of: &DataType, place: &str) -> Option<FieldsMask> {
        let Some((of, fields)) = composite(self.catalog, of) else {
            let title = format!("expected a composite for `mask fields`, found `{place}` of another type");
            self.refuse(codes::N0403, title, "has no fields", "use a mask for the type itself");
            return None;
        };
        let JsonNode::Object { mut keys, otherwise } = node else {
            let title = format!("expected a field of `{place}`, found `[*]`");
            self.refuse(codes::N0425, title, "each element is masked without it", "write the path without `[*]`");
            return None;
        };
        let mut treated = IndexMap::new();
        for (field, of) in &fields {
            let node = keys.remove(field).unwrap_or_else(|| JsonNode::Leaf(otherwise.clone()));
            let treatment = self.field(node, of, &format!("{place}.{field}"))?;
            treated.insert(field.clone(), (of.clone(), treatment));
        }
        if let Some(unknown) = keys.keys().next() {
            let title = format!("expected a field of `{place}`, found `{unknown}`");
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            let help = match did_you_mean(unknown, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its fields are {}", words::list(&names)),
            };
            self.refuse(codes::N0204, title, "no such field", &help);
            return None;
        }
        Some(FieldsMask { of, fields: treated, keeps_the_rest: matches!(*otherwise, Treatment::Keep) })
    }

    fn field(&mut self, node: JsonNode, of: &DataType, place: &str) -> Option<Treatment> {
        match node {
            JsonNode::Leaf(treatment) => Some(match *treatment {
                // A composite keeps its shape.
                Treatment::Drop(Fill::Default) => Treatment::Mask(MaskUse::Null),
                Treatment::Drop(_) => {
                    let title = format!("expected `drop` alone for `{place}`, found it with a filling");
                    self.refuse(codes::N0425, title, "leaves with its row", "write `drop` or a mask");
                    return None;
                }
                other => other,
            }),
            node => self.composite(node, of, place).map(|fields| Treatment::Mask(MaskUse::Fields(fields.into()))),
        }
    }

    fn refuse(&mut self, code: crate::diagnostic::Code, title: String, label: &str, help: &str) {
        self.diagnostics.push(Diagnostic::new(code, title).at(self.span, label).help(help));
    }
}

/// The composite type under domains and the array, with its fields; a table's row type is one.
fn composite(catalog: &Catalog, of: &DataType) -> Option<(DataType, IndexMap<String, DataType>)> {
    let base = catalog.base_type(of);
    let base = match base.category {
        Category::Array => catalog.base_type(&DataType { dimensions: 0, ..base.data_type }),
        _ => base,
    };
    let fields = match catalog.types.get(&base.data_type.name).map(|found| &found.kind) {
        Some(TypeKind::Composite(fields)) => fields.clone(),
        Some(_) => return None,
        None => {
            let columns = catalog.tables.get(&base.data_type.name)?.columns.values();
            columns.map(|column| (column.name.clone(), column.data_type.clone())).collect()
        }
    };
    Some((base.data_type, fields))
}
