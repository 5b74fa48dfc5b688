//! `mask json { … }`: a list of paths to a tree of paths.

use super::treatment::{Target, Treatments};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{JsonMask, JsonNode, Treatment};
use crate::source::Span;
use crate::syntax::ast::{self, JsonRule, JsonStep, TreatmentKind};
use std::collections::BTreeMap;

/// The tree of a JSON mask's paths; what no path names gets `else`.
pub fn resolve_json<'a>(
    treatments: &Treatments<'a>,
    written: &ast::JsonMask,
    target: Target<'a>,
    group: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<JsonMask> {
    let before = diagnostics.len();
    let otherwise = leaf(treatments, &written.otherwise, target, &format!("{group}/*"), diagnostics);
    if matches!(written.otherwise.kind, TreatmentKind::Keep) && written.otherwise.because.is_none() {
        diagnostics.push(
            Diagnostic::new(codes::N0304, "expected `because` after `else keep`, found no reason")
                .at(written.otherwise.span, "publishes everything that is added later")
                .help("write `else drop`, or `else keep because \"…\"`"),
        );
    }
    let mut root = Draft::default();
    for rule in &written.rules {
        let path = path_text(&rule.path);
        if let Some(treatment) = leaf(treatments, &rule.treatment, target, &format!("{group}/{path}"), diagnostics) {
            root.insert(&rule.path, treatment, rule, diagnostics);
        }
    }
    let otherwise = otherwise?;
    (diagnostics.len() == before).then(|| JsonMask { root: root.finish(&otherwise) })
}

fn leaf<'a>(
    treatments: &Treatments<'a>,
    written: &ast::Treatment,
    target: Target<'a>,
    group: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Treatment> {
    if is_of_path(treatments, written, diagnostics)? {
        return treatments.in_group(written, target, group, diagnostics);
    }
    diagnostics.push(
        Diagnostic::new(codes::N0425, "expected `keep`, `drop`, a class or a named mask at a path")
            .at(written.span, "is over the row, not over the value at this path")
            .help("write a mask of the catalogue, for example `mask constant('****')`"),
    );
    None
}

/// Whether what is written, or what its class gives, is of the value at a path: an expression, a condition or a mask
/// of one's own computes from the row.
fn is_of_path(
    treatments: &Treatments<'_>,
    written: &ast::Treatment,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<bool> {
    Some(match &written.kind {
        TreatmentKind::Json(_)
        | TreatmentKind::Fields(_)
        | TreatmentKind::Expression(_)
        | TreatmentKind::When { .. } => false,
        TreatmentKind::Call(call) => !treatments.declared.masks.contains_key(call.name.text.as_str()),
        // A class gives no class, so this ends after one step; one that does is reported where it is declared.
        TreatmentKind::Class(name) => match &treatments.class(name, diagnostics)?.kind {
            TreatmentKind::Class(_) => return None,
            _ => is_of_path(treatments, treatments.class(name, diagnostics)?, diagnostics)?,
        },
        TreatmentKind::Keep | TreatmentKind::Drop { .. } | TreatmentKind::Null => true,
    })
}

fn path_text(path: &[JsonStep]) -> String {
    let steps: Vec<&str> = path
        .iter()
        .map(|step| match step {
            JsonStep::Key(name) => name.text.as_str(),
            JsonStep::Each(_) => "[*]",
        })
        .collect();
    steps.join(".")
}

/// A tree under construction: at each place a value, keys, or elements, but only one of the three.
#[derive(Default)]
struct Draft {
    value: Option<(Treatment, Span)>,
    keys: BTreeMap<String, Draft>,
    each: Option<Box<Draft>>,
    span: Option<Span>,
}

impl Draft {
    fn insert(&mut self, path: &[JsonStep], treatment: Treatment, rule: &JsonRule, diagnostics: &mut Vec<Diagnostic>) {
        let first = self.span.get_or_insert(rule.span);
        let taken = match path.first() {
            None => self.value.is_some() || !self.keys.is_empty() || self.each.is_some(),
            Some(JsonStep::Key(_)) => self.value.is_some() || self.each.is_some(),
            Some(JsonStep::Each(_)) => self.value.is_some() || !self.keys.is_empty(),
        };
        if taken {
            diagnostics.push(
                Diagnostic::new(
                    codes::N0307,
                    format!("expected one treatment for `{}`, found two", path_text(&rule.path)),
                )
                .at(rule.span, "this path lies on another rule's path")
                .label(*first, "the other rule is here")
                .help("remove one of the two"),
            );
            return;
        }
        match path.split_first() {
            None => self.value = Some((treatment, rule.span)),
            Some((JsonStep::Key(name), rest)) => {
                self.keys.entry(name.text.clone()).or_default().insert(rest, treatment, rule, diagnostics);
            }
            Some((JsonStep::Each(_), rest)) => {
                self.each.get_or_insert_default().insert(rest, treatment, rule, diagnostics);
            }
        }
    }

    fn finish(self, otherwise: &Treatment) -> JsonNode {
        if let Some((treatment, _)) = self.value {
            return JsonNode::Leaf(Box::new(treatment));
        }
        if let Some(each) = self.each {
            return JsonNode::Each(Box::new(each.finish(otherwise)));
        }
        let keys = self.keys.into_iter().map(|(key, draft)| (key, draft.finish(otherwise))).collect();
        JsonNode::Object { keys, otherwise: Box::new(otherwise.clone()) }
    }
}
