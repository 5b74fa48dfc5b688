//! Treatments, the calls of masks, and JSON masks.

use super::{Lower, unquote};
use crate::diagnostic::codes;
use crate::source::Spanned;
use crate::syntax::ast;
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::scan::MAX_DEPTH;

impl Lower<'_> {
    pub(super) fn child_treatment(&mut self, node: &Node) -> Option<ast::Treatment> {
        self.treatment(&node.child(Rule::treatment)?)
    }

    /// The grammar reads `A when (P) else B when (Q) else C` flat; it groups to the right.
    fn treatment(&mut self, node: &Node) -> Option<ast::Treatment> {
        self.check_chain(node);
        let branches: Vec<Node> = node.all(Rule::branch).take(MAX_DEPTH + 1).collect();
        let mut branches = branches.iter().map(|branch| self.branch(branch)).collect::<Option<Vec<_>>>()?;
        let conditions = node.all(Rule::sql).map(|sql| self.sql(&sql)).take(MAX_DEPTH).collect::<Option<Vec<_>>>()?;
        let mut treatment = branches.pop()?;
        for (then, condition) in branches.into_iter().rev().zip(conditions.into_iter().rev()) {
            let span = then.span.to(treatment.span);
            let kind = ast::TreatmentKind::When { then: then.into(), condition, otherwise: treatment.into() };
            treatment = ast::Treatment { kind, because: None, orphans: None, span };
        }
        treatment.span = self.span(node);
        treatment.orphans = node.child(Rule::orphans).map(|orphans| {
            let kind = if orphans.has(Rule::kw_null) { ast::Orphans::Null } else { ast::Orphans::Skip };
            Spanned::new(kind, self.span(&orphans))
        });
        if let Some(because) = self.because(node)? {
            match &treatment.because {
                Some(first) => self.said_twice("reason", first.span, because.span),
                None => treatment.because = Some(because),
            }
        }
        Some(treatment)
    }

    fn check_chain(&mut self, node: &Node) {
        if node.all(Rule::branch).nth(MAX_DEPTH).is_none() {
            return;
        }
        let span = self.span(node);
        let title = format!("expected at most {MAX_DEPTH} branches in one treatment");
        self.report.add(codes::N0104, title, |diagnostic| {
            diagnostic.at(span, "has more").help("write the choice as one SQL expression, `mask (case … end)`")
        });
    }

    fn branch(&mut self, node: &Node) -> Option<ast::Treatment> {
        let only = node.only()?;
        let kind = match only.rule() {
            Rule::keep => ast::TreatmentKind::Keep,
            Rule::drop => ast::TreatmentKind::Drop { fill: self.fill(&only)? },
            Rule::mask => self.mask(&only.children().find(|child| child.rule() != Rule::kw_mask)?)?,
            Rule::class_use => ast::TreatmentKind::Class(self.child_name(&only.child(Rule::class_name)?)?),
            _ => return None,
        };
        let because = self.because(node)?;
        Some(ast::Treatment { kind, because, orphans: None, span: self.span(node) })
    }

    fn fill(&mut self, node: &Node) -> Option<Option<ast::Fill>> {
        if let Some(fill) = node.child(Rule::fill) {
            return self.child_sql(&fill).map(|sql| Some(ast::Fill::Expression(sql)));
        }
        match node.child(Rule::filled) {
            Some(filled) => self.child_name(&filled).map(|name| Some(ast::Fill::Trigger(name))),
            None => Some(None),
        }
    }

    fn mask(&mut self, node: &Node) -> Option<ast::TreatmentKind> {
        Some(match node.rule() {
            Rule::mask_null => ast::TreatmentKind::Null,
            Rule::sql => ast::TreatmentKind::Expression(self.sql(node)?),
            Rule::mask_json => ast::TreatmentKind::Json(self.paths(node, "json")?),
            Rule::mask_fields => ast::TreatmentKind::Fields(self.paths(node, "fields")?),
            Rule::mask_call => ast::TreatmentKind::Call(self.call(node)?),
            _ => return None,
        })
    }

    fn paths(&mut self, node: &Node, word: &str) -> Option<ast::JsonMask> {
        let rules = node.all(Rule::json_rule).map(|rule| self.json_rule(&rule)).collect::<Option<Vec<_>>>()?;
        let mut otherwise: Option<ast::Treatment> = None;
        for rest in node.all(Rule::json_else) {
            let treatment = self.child_treatment(&rest)?;
            match &otherwise {
                Some(first) => self.said_twice("`else`", first.span, treatment.span),
                None => otherwise = Some(treatment),
            }
        }
        let span = self.span(node);
        if otherwise.is_none() {
            let (what, adds) = match word {
                "json" => ("keys", "a key that the application adds"),
                _ => ("fields", "a field that a migration adds"),
            };
            let title = format!("expected an `else` in `mask {word}`, found none");
            self.report.add(codes::N0101, title, |diagnostic| {
                diagnostic
                    .at(span, format!("says nothing of all other {what}"))
                    .note(format!("{adds} tomorrow has to have a treatment today"))
                    .help("add `else drop;`")
            });
        }
        let nothing = ast::TreatmentKind::Drop { fill: None };
        let otherwise = otherwise.unwrap_or(ast::Treatment { kind: nothing, because: None, orphans: None, span });
        Some(ast::JsonMask { rules, otherwise: otherwise.into(), span })
    }

    fn json_rule(&mut self, node: &Node) -> Option<ast::JsonRule> {
        let mut path = Vec::new();
        for step in node.child(Rule::json_path)?.children() {
            path.push(match step.rule() {
                Rule::json_key => ast::JsonStep::Key(self.json_key(&step)?),
                _ => ast::JsonStep::Each(self.span(&step)),
            });
        }
        Some(ast::JsonRule { path, treatment: self.child_treatment(node)?, span: self.span(node) })
    }

    fn call(&mut self, node: &Node) -> Option<ast::MaskCall> {
        let name = self.child_name(node)?;
        let arguments =
            node.all(Rule::argument).map(|argument| self.argument(&argument)).collect::<Option<Vec<_>>>()?;
        let named: Vec<ast::Name> = arguments.iter().filter_map(|argument| argument.name.clone()).collect();
        self.check_unique(&named);
        Some(ast::MaskCall { name, arguments, span: self.span(node) })
    }

    fn argument(&mut self, node: &Node) -> Option<ast::Argument> {
        let only = node.only()?;
        if only.rule() == Rule::argument_value {
            return Some(ast::Argument { name: None, value: self.value(&only)? });
        }
        let value = self.value(&only.child(Rule::argument_value)?)?;
        Some(ast::Argument { name: Some(self.child_name(&only)?), value })
    }

    pub(super) fn value(&mut self, node: &Node) -> Option<Spanned<ast::ArgumentValue>> {
        let only = node.only()?;
        let value = match only.rule() {
            Rule::text => ast::ArgumentValue::Text(unquote(only.text(), '\'')?),
            Rule::number => ast::ArgumentValue::Number(only.text().to_owned()),
            Rule::kw_true => ast::ArgumentValue::Boolean(true),
            Rule::kw_false => ast::ArgumentValue::Boolean(false),
            Rule::kw_null => ast::ArgumentValue::Null,
            Rule::typed => {
                let text = unquote(only.child(Rule::text)?.text(), '\'')?;
                ast::ArgumentValue::Typed(self.child_name(&only)?, text)
            }
            Rule::argument_column => ast::ArgumentValue::Column(self.child_name(&only)?),
            _ => return None,
        };
        Some(Spanned::new(value, self.span(node)))
    }
}
