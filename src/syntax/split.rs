//! Cuts the tokens of a file into statements, and those of a block into clauses, so that an error in one does not
//! hide the others. Only brackets, `;` and first words are looked at; whether a piece is right, the grammar says.

use super::scan::{Kind, Token};
use std::ops::Range;

/// Every word that a statement begins with.
pub(super) const STATEMENTS: [&str; 12] = [
    "class",
    "table",
    "setting",
    "tenancy",
    "role",
    "grant",
    "policy",
    "workload",
    "export",
    "mask",
    "test",
    "extension",
];

/// The statements that end with `}`.
pub(super) const BLOCKS: [&str; 5] = ["table", "tenancy", "role", "export", "extension"];

/// The tokens of a text without its comments.
pub(super) struct Code<'t> {
    pub text: &'t str,
    pub tokens: Vec<Token>,
}

impl<'t> Code<'t> {
    pub(super) fn token(&self, index: usize) -> Option<Token> {
        self.tokens.get(index).copied()
    }

    pub(super) fn token_text(&self, index: usize) -> &'t str {
        self.token(index).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }

    /// A word in lower case, empty for anything else.
    pub(super) fn word(&self, index: usize) -> String {
        match self.token(index) {
            Some(Token { kind: Kind::Word, .. }) => self.token_text(index).to_ascii_lowercase(),
            _ => String::new(),
        }
    }

    pub(super) fn mark(&self, index: usize) -> Option<char> {
        match self.token(index)?.kind {
            Kind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    /// The bytes of some tokens.
    pub(super) fn bytes(&self, piece: &Range<usize>) -> Range<usize> {
        let start = self.token(piece.start).map_or(self.text.len(), |token| token.start);
        let end = piece.end.checked_sub(1).and_then(|last| self.token(last)).map_or(start, |token| token.end);
        start..end.max(start)
    }

    /// The first token that ends behind a byte.
    pub(super) fn index_at(&self, byte: usize) -> usize {
        self.tokens.partition_point(|token| token.end <= byte)
    }

    /// Whether a token is the first of its line.
    pub(super) fn begins_line(&self, index: usize) -> bool {
        self.token(index).and_then(|token| self.text.get(..token.start)).is_none_or(|before| {
            before.trim_end_matches([' ', '\t']).ends_with('\n') || before.trim_end_matches([' ', '\t']).is_empty()
        })
    }

    fn begins_statement_line(&self, index: usize) -> bool {
        let at_margin = self
            .token(index)
            .and_then(|token| self.text.get(..token.start))
            .is_none_or(|before| before.ends_with('\n'));
        at_margin && STATEMENTS.contains(&self.word(index).as_str())
    }
}

/// Opening marks that still wait for their closing one.
#[derive(Default)]
struct Brackets {
    open: Vec<(char, usize)>,
    unclosed: Option<usize>,
}

impl Brackets {
    /// `}` also ends parentheses that were forgotten within its block.
    fn step(&mut self, mark: char, index: usize) {
        match mark {
            '(' | '{' => self.open.push((mark, index)),
            ')' if self.open.last().is_some_and(|(mark, _)| *mark == '(') => {
                self.open.pop();
            }
            '}' => {
                if let Some(at) = self.open.iter().rposition(|(mark, _)| *mark == '{') {
                    self.unclosed = self.unclosed.or(self.open.get(at + 1).map(|(_, index)| *index));
                    self.open.truncate(at);
                }
            }
            _ => {}
        }
    }
}

/// Statements: up to `;`, or up to the `}` of a block.
pub(super) fn statements(code: &Code, piece: Range<usize>) -> Vec<Range<usize>> {
    split(code, piece, true)
}

/// Clauses of a block: up to `;`.
pub(super) fn clauses(code: &Code, piece: Range<usize>) -> Vec<Range<usize>> {
    split(code, piece, false)
}

fn split(code: &Code, piece: Range<usize>, block_ends: bool) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = piece.start;
    let mut brackets = Brackets::default();
    for index in piece.clone() {
        let Some(mark) = code.mark(index) else { continue };
        brackets.step(mark, index);
        let closed = brackets.open.is_empty();
        if closed && (mark == ';' || mark == '}' && block_ends && block_ends_here(code, start, index)) {
            pieces.push(start..index + 1);
            start = index + 1;
        }
    }
    if start < piece.end {
        pieces.push(start..piece.end);
    }
    pieces
}

/// `class x mask json { … };` goes on after its `}`; a misspelt block does not.
fn block_ends_here(code: &Code, start: usize, index: usize) -> bool {
    let word = code.word(start);
    BLOCKS.contains(&word.as_str()) || !STATEMENTS.contains(&word.as_str()) && code.mark(index + 1) != Some(';')
}

/// Pieces of a broken statement, cut where a line begins with a statement's word: a bracket that was forgotten
/// would otherwise take the rest of the file with it.
pub(super) fn cut_at_margins(code: &Code, piece: Range<usize>) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = vec![piece.start];
    starts.extend((piece.start + 1..piece.end).filter(|index| code.begins_statement_line(*index)));
    let ends = starts.iter().skip(1).copied().chain([piece.end]);
    starts.iter().zip(ends).map(|(start, end)| *start..end).collect()
}

/// The first opening mark that is never closed.
pub(super) fn unclosed(code: &Code, piece: Range<usize>) -> Option<usize> {
    let mut brackets = Brackets::default();
    for index in piece {
        if let Some(mark) = code.mark(index) {
            brackets.step(mark, index);
        }
    }
    brackets.unclosed.or(brackets.open.last().map(|(_, index)| *index))
}

/// The `{` of a block and its `}`, or the piece's end where that is missing.
pub(super) fn block_body(code: &Code, piece: &Range<usize>) -> Option<Range<usize>> {
    let open = piece.clone().find(|index| code.mark(*index) == Some('{'))?;
    let mut brackets = Brackets::default();
    for index in open..piece.end {
        if let Some(mark) = code.mark(index) {
            brackets.step(mark, index);
        }
        if brackets.open.is_empty() {
            return Some(open..index);
        }
    }
    Some(open..piece.end)
}
