//! From pest's pairs to the tree that the rest of the compiler reads. `None` from any function here means that the
//! grammar and this folder disagree; the caller turns it into an error, so that nothing is ever left out in silence.

#![allow(clippy::option_option, reason = "the outer one is this folder's failure, the inner one an absent clause")]

mod blocks;
mod names;
mod statements;
mod treatment;

use super::ast;
use super::grammar::{Node, Rule};
use super::report::Report;
use crate::diagnostic::codes;
use crate::source::{Span, Spanned};

pub(super) use blocks::Block;

/// Lowers the nodes of one file and reports what the grammar cannot tell.
pub(super) struct Lower<'r> {
    pub report: &'r mut Report,
}

impl Lower<'_> {
    fn span(&self, node: &Node) -> Span {
        self.report.span(node.start(), node.end())
    }

    /// A statement from its own node.
    pub(super) fn statement(&mut self, node: &Node) -> Option<ast::Statement> {
        Some(match node.rule() {
            Rule::class_statement => ast::Statement::Class(self.class(node)?),
            Rule::setting_statement => ast::Statement::Setting(self.setting(node)?),
            Rule::grant_statement => ast::Statement::Grant(self.grant(node)?),
            Rule::policy_statement => ast::Statement::Policy(self.policy(node)?),
            Rule::workload_statement => ast::Statement::Workload(self.workload(node)?),
            Rule::mask_statement => ast::Statement::Mask(self.mask_definition(node)?),
            Rule::test_statement => ast::Statement::Test(self.test(node)?),
            _ => self.block(&Block::of_statement(node, self.span(node))?)?,
        })
    }

    fn sql(&self, node: &Node) -> Option<ast::SqlExpr> {
        let inner = node.child(Rule::sql_text)?;
        Some(ast::SqlExpr { text: inner.text().to_owned(), span: self.span(&inner) })
    }

    fn child_sql(&self, node: &Node) -> Option<ast::SqlExpr> {
        self.sql(&node.child(Rule::sql)?)
    }

    /// The outer `Option` is this folder's failure, the inner one says whether a reason was given.
    fn because(&mut self, node: &Node) -> Option<Option<ast::Reason>> {
        let Some(because) = node.child(Rule::because) else { return Some(None) };
        self.reason(&because.child(Rule::reason)?).map(Some)
    }

    /// The reason of an `-- noren: allow` comment.
    pub(super) fn allowance_reason(&mut self, node: &Node) -> Option<ast::Reason> {
        self.because(node)?
    }

    fn reason(&mut self, node: &Node) -> Option<ast::Reason> {
        let text = unquote(node.text(), '"')?;
        let span = self.span(node);
        if text.trim().is_empty() {
            self.report.add(codes::N0109, "expected a reason, found an empty one", |diagnostic| {
                diagnostic
                    .at(span, "says nothing")
                    .note("a reason is read by whoever reviews the exception, here and in the emitted SQL")
                    .help("say why this exception is right, in one line")
            });
        }
        self.check_controls(&text, span);
        for word in text.split(|letter: char| !letter.is_alphanumeric()) {
            self.check_scripts(word, span);
        }
        Some(Spanned::new(text, span))
    }

    /// Reports that something was said before in the same block.
    fn said_twice(&mut self, what: &str, first: Span, second: Span) {
        self.report.add(codes::N0111, format!("expected one {what}, found a second"), |diagnostic| {
            diagnostic
                .at(second, "said again here")
                .label(first, "first said here")
                .note("the order of lines has no meaning, so neither of the two could win")
                .help("delete one of them")
        });
    }
}

/// The text of a quoted thing, without its quotes and with doubled ones undone.
fn unquote(written: &str, quote: char) -> Option<String> {
    let inner = written.strip_prefix(quote)?.strip_suffix(quote)?;
    Some(inner.replace(&format!("{quote}{quote}"), &quote.to_string()))
}
