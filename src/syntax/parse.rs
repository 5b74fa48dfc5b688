//! pest stops at its first error. Here each statement is read alone; one that fails is read again in pieces, its head
//! and its clauses, so that every independent error is told and everything that is right is kept.

use super::ast;
use super::grammar::{self, Failure, Node, Rule};
use super::lower::{Block, Lower};
use super::report::Report;
use super::scan::{Kind, Scan, Token, scan};
use super::split::{self, BLOCKS, Code, STATEMENTS};
use super::{Parsed, allowance, explain};
use crate::diagnostic::codes;
use crate::source::{SourceId, Sources};
use std::ops::Range;

/// Reads one file. Never fails: what could not be read is told in `diagnostics`, the rest is in `file`.
pub fn parse(sources: &Sources, id: SourceId) -> Parsed {
    parse_and_show(sources, id, &mut |_| {})
}

/// The same; `show` sees the node of each statement that was read whole, in order.
pub(super) fn parse_and_show(sources: &Sources, id: SourceId, show: &mut dyn FnMut(&Node)) -> Parsed {
    let Some(source) = sources.get(id) else { return Parsed::default() };
    let mut report = Report::new(id);
    let Scan { tokens, spoiled } = scan(&source.text, &mut report);
    let allowances = allowance::read(source, &tokens, &mut report);
    let block_comments: Vec<Token> = tokens
        .iter()
        .filter(|token| token.kind == Kind::BlockComment && !spoiled.contains(&token.start))
        .copied()
        .collect();
    let code = Code { text: &source.text, tokens: tokens.into_iter().filter(|token| !token.is_comment()).collect() };
    let pieces = split::statements(&code, 0..code.tokens.len());
    refuse_block_comments(&code, &block_comments, &pieces, &mut report);
    let mut reader =
        Reader { code: &code, spoiled, report: &mut report, statements: Vec::new(), block: String::new(), show };
    for piece in pieces {
        reader.statement(piece, true);
    }
    let statements = reader.statements;
    report.diagnostics.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span.start));
    Parsed { file: ast::File { statements, allowances }, diagnostics: report.diagnostics }
}

/// Within a statement the grammar refuses them; between statements nobody else would look.
fn refuse_block_comments(code: &Code, comments: &[Token], pieces: &[Range<usize>], report: &mut Report) {
    for comment in comments {
        let next = code.index_at(comment.start);
        let piece = pieces.partition_point(|piece| piece.end <= next);
        if pieces.get(piece).is_none_or(|piece| piece.start == next) {
            let span = report.span(comment.start, comment.start + 2);
            report.add(codes::N0101, "expected a statement, found `/*`", |diagnostic| {
                diagnostic.at(span, "here").help("comments begin with `--`")
            });
        }
    }
}

pub(super) struct Reader<'t, 'r> {
    pub code: &'t Code<'t>,
    spoiled: Vec<usize>,
    pub report: &'r mut Report,
    statements: Vec<ast::Statement>,
    /// The statement whose clauses are being read alone.
    pub block: String,
    show: &'r mut dyn FnMut(&Node),
}

impl<'t> Reader<'t, '_> {
    fn is_spoiled(&self, piece: &Range<usize>) -> bool {
        let bytes = self.code.bytes(piece);
        let next = self.spoiled.partition_point(|at| *at < bytes.start);
        self.spoiled.get(next).is_some_and(|at| *at < bytes.end)
    }

    fn read(&self, piece: &Range<usize>, rule: Rule) -> Result<Node<'t>, Failure> {
        let bytes = self.code.bytes(piece);
        grammar::read(self.code.text, bytes.start, bytes.end, rule)
    }

    /// `may_cut`: the piece may be several statements that a forgotten bracket runs together.
    fn statement(&mut self, piece: Range<usize>, may_cut: bool) {
        if self.report.is_full() {
            return;
        }
        let spoiled = self.is_spoiled(&piece);
        let failure =
            if spoiled { None } else { self.read(&piece, Rule::only_statement).map(|node| self.lower(&node)).err() };
        if !spoiled && failure.is_none() {
            return;
        }
        let parts = if may_cut { split::cut_at_margins(self.code, piece.clone()) } else { Vec::new() };
        if parts.len() > 1 {
            for part in parts.into_iter().flat_map(|part| split::statements(self.code, part)) {
                self.statement(part, false);
            }
        } else if let Some(failure) = failure {
            self.recover(piece, &failure);
        }
    }

    fn lower(&mut self, node: &Node) {
        (self.show)(node);
        match (Lower { report: self.report }).statement(node) {
            Some(statement) => self.statements.push(statement),
            None => self.disagree(node),
        }
    }

    fn disagree(&mut self, node: &Node) {
        let span = self.report.span(node.start(), node.end());
        self.report.add(codes::N0101, "internal error: the grammar and its reader disagree", |diagnostic| {
            diagnostic.at(span, "read, but not understood").help("please report this statement as a bug of noren")
        });
    }

    fn recover(&mut self, piece: Range<usize>, failure: &Failure) {
        let word = self.code.word(piece.start);
        if !STATEMENTS.contains(&word.as_str()) {
            explain::unknown_statement(self, &piece);
            return;
        }
        if let Some(open) = split::unclosed(self.code, piece.clone()) {
            self.never_closed(open);
            if self.code.mark(open) == Some('(') {
                return;
            }
        }
        let before = self.report.diagnostics.len();
        match split::block_body(self.code, &piece) {
            Some(body) if BLOCKS.contains(&word.as_str()) => self.recover_block(&piece, &body, &word),
            _ => self.explain_and_go_on(piece.clone(), failure),
        }
        if self.report.diagnostics.len() == before && split::unclosed(self.code, piece.clone()).is_none() {
            explain::failure(self, failure, &piece);
        }
    }

    fn never_closed(&mut self, open: usize) {
        let (mark, closing) = if self.code.mark(open) == Some('(') { ('(', ')') } else { ('{', '}') };
        let span = self.token_span(open);
        self.report.add(
            codes::N0103,
            format!("expected `{closing}`, found no end of what `{mark}` opens"),
            |diagnostic| diagnostic.at(span, "opened here and never closed").help(format!("close it with `{closing}`")),
        );
    }

    pub(super) fn token_span(&self, index: usize) -> crate::source::Span {
        let end = self.code.text.len();
        let token = self.code.token(index);
        let (start, end) = token.map_or((end, end), |Token { start, end, .. }| (start, end));
        self.report.span(start, end)
    }

    fn recover_block(&mut self, piece: &Range<usize>, body: &Range<usize>, word: &str) {
        let Some((head_rule, clause_rule)) = block_rules(word) else { return };
        let head_piece = piece.start..body.start;
        let head =
            self.read(&head_piece, head_rule).map_err(|failure| explain::failure(self, &failure, &head_piece)).ok();
        let mut clauses = Vec::new();
        word.clone_into(&mut self.block);
        for clause in split::clauses(self.code, body.start + 1..body.end) {
            self.clause(clause, clause_rule, &mut clauses);
        }
        self.block.clear();
        if let Some(head) = head {
            let bytes = self.code.bytes(piece);
            let block = Block { head, clauses, span: self.report.span(bytes.start, bytes.end) };
            match (Lower { report: self.report }).block(&block) {
                Some(statement) => self.statements.push(statement),
                None => self.disagree(&block.head),
            }
        }
    }

    fn clause(&mut self, mut piece: Range<usize>, rule: Rule, clauses: &mut Vec<Node<'t>>) {
        while !piece.is_empty() && !self.is_spoiled(&piece) && !self.report.is_full() {
            match self.read(&piece, rule) {
                Ok(node) => return clauses.push(node),
                Err(failure) => {
                    explain::failure(self, &failure, &piece);
                    match self.rest_after_missing_end(&piece, &failure) {
                        Some(rest) => piece = rest,
                        None => return,
                    }
                }
            }
        }
    }

    fn explain_and_go_on(&mut self, piece: Range<usize>, failure: &Failure) {
        explain::failure(self, failure, &piece);
        if let Some(rest) = self.rest_after_missing_end(&piece, failure) {
            self.statement(rest, false);
        }
    }

    /// Where only the `;` is missing at the end of a line, the next line is a piece of its own.
    fn rest_after_missing_end(&self, piece: &Range<usize>, failure: &Failure) -> Option<Range<usize>> {
        let found = self.code.index_at(failure.at);
        let resumes = failure.expected.contains(&Rule::semicolon) && self.code.begins_line(found);
        (resumes && piece.start < found && found < piece.end).then_some(found..piece.end)
    }
}

fn block_rules(word: &str) -> Option<(Rule, Rule)> {
    Some(match word {
        "table" => (Rule::only_table_head, Rule::only_table_clause),
        "tenancy" => (Rule::only_tenancy_head, Rule::only_tenancy_clause),
        "role" => (Rule::only_role_head, Rule::only_role_clause),
        "export" => (Rule::only_export_head, Rule::only_export_clause),
        "extension" => (Rule::only_extension_head, Rule::only_extension_clause),
        _ => return None,
    })
}
