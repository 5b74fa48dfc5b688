//! Keyed masks need a key, and the key comes from a secret setting at run time.

use crate::diagnostic::{Diagnostic, codes};
use crate::model::{Export, JsonNode, MaskUse, Model, Treatment};

pub(super) fn check(model: &Model, export: &Export, diagnostics: &mut Vec<Diagnostic>) {
    if model.mask_key.is_some() {
        return;
    }
    let columns = export.tables.values().flat_map(|table| table.columns.values());
    let Some((column, mask)) =
        columns.into_iter().find_map(|column| keyed(&column.treatment).map(|mask| (column, mask)))
    else {
        return;
    };
    diagnostics.push(
        Diagnostic::new(codes::N0419, format!("expected a secret setting for the key of `{mask}`, found none"))
            .at(column.decision.rule.span, "is a keyed mask")
            .note("without a key anybody could compute the pseudonyms of guessed values")
            .help("add `setting noren.mask_key text secret;`"),
    );
}

/// The name of a keyed mask in the treatment.
pub fn keyed(treatment: &Treatment) -> Option<&'static str> {
    match treatment {
        Treatment::Mask(MaskUse::Call(call)) => call.mask.keyed().then(|| call.mask.name()),
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => keyed(then).or_else(|| keyed(otherwise)),
        Treatment::Mask(MaskUse::Json(json)) => keyed_node(&json.root),
        Treatment::Mask(MaskUse::Fields(mask)) => mask.fields.values().find_map(|(_, treatment)| keyed(treatment)),
        _ => None,
    }
}

fn keyed_node(node: &JsonNode) -> Option<&'static str> {
    match node {
        JsonNode::Leaf(treatment) => keyed(treatment),
        JsonNode::Object { keys, otherwise } => keys.values().find_map(keyed_node).or_else(|| keyed(otherwise)),
        JsonNode::Each(node) => keyed_node(node),
    }
}
