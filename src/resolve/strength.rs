//! How strong a treatment is: drop, then mask, then keep. A weaker one than what it replaces says why.
//!
//! A mask is taken for what it does: an expression that shows its whole column is no stronger than `keep`.

use super::treatment::Treatments;
use crate::model::{JsonNode, MaskUse, Treatment};
use crate::syntax::ast::{self, TreatmentKind};

/// Weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// The value can be seen.
    Keep,
    /// Something else is seen.
    Mask,
    /// Nothing leaves.
    Drop,
}

/// Of a treatment on its column; a conditional one is as weak as its weaker branch.
pub fn of(treatment: &Treatment, column: &str) -> Strength {
    let shows = |columns: &[String]| columns.iter().any(|name| name == column);
    match treatment {
        Treatment::Keep => Strength::Keep,
        Treatment::Drop(_) => Strength::Drop,
        Treatment::Mask(MaskUse::Expression(own)) if shows(&own.sql.facts.shows) => Strength::Keep,
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => of(then, column).min(of(otherwise, column)),
        Treatment::Mask(MaskUse::Call(call)) if call.mask.of_rows() => Strength::Keep,
        Treatment::Mask(MaskUse::Json(json)) if keeps_the_rest(&json.root) => Strength::Keep,
        Treatment::Mask(MaskUse::Fields(fields)) if fields.keeps_the_rest => Strength::Keep,
        Treatment::Mask(_) | Treatment::Generated => Strength::Mask,
    }
}

fn keeps_the_rest(node: &JsonNode) -> bool {
    match node {
        JsonNode::Leaf(_) => false,
        JsonNode::Object { otherwise, .. } => matches!(**otherwise, Treatment::Keep),
        JsonNode::Each(node) => keeps_the_rest(node),
    }
}

/// Of a treatment as written, before its column is known: an expression counts as a mask, a class too.
pub fn written(treatment: &ast::Treatment) -> Strength {
    match &treatment.kind {
        TreatmentKind::Keep => Strength::Keep,
        TreatmentKind::Drop { .. } => Strength::Drop,
        TreatmentKind::When { then, otherwise, .. } => written(then).min(written(otherwise)),
        TreatmentKind::Json(json) | TreatmentKind::Fields(json) => written(&json.otherwise).min(Strength::Mask),
        _ => Strength::Mask,
    }
}

/// The same, a class taken for what it gives in this export.
pub fn through_class(treatment: &ast::Treatment, treatments: &Treatments<'_>) -> Strength {
    match &treatment.kind {
        TreatmentKind::Class(name) => treatments.class(name, &mut Vec::new()).map_or(Strength::Mask, written),
        TreatmentKind::When { then, otherwise, .. } => {
            through_class(then, treatments).min(through_class(otherwise, treatments))
        }
        _ => written(treatment),
    }
}

/// Whether a treatment says why, itself or in one of its branches.
pub fn has_reason(treatment: &ast::Treatment) -> bool {
    treatment.because.is_some()
        || match &treatment.kind {
            TreatmentKind::When { then, otherwise, .. } => has_reason(then) || has_reason(otherwise),
            TreatmentKind::Json(json) | TreatmentKind::Fields(json) => has_reason(&json.otherwise),
            _ => false,
        }
}

/// Whether it or the class that it names says why.
pub fn says_why(treatment: &ast::Treatment, treatments: &Treatments<'_>) -> bool {
    has_reason(treatment)
        || match &treatment.kind {
            TreatmentKind::Class(name) => treatments.class(name, &mut Vec::new()).is_some_and(has_reason),
            TreatmentKind::When { then, otherwise, .. } => {
                says_why(then, treatments) || says_why(otherwise, treatments)
            }
            _ => false,
        }
}
