//! A place in a statement's tokens, and the small words of MySQL's grammar.

use super::lexer::{Kind, Token};
use std::ops::Range;

/// Reads tokens from left to right; nothing is consumed by a question that is answered with no.
#[derive(Clone)]
pub(super) struct Cursor<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(tokens: &'t [Token]) -> Self {
        Self { tokens, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn advance(&mut self) -> Option<&'t Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// The place of the next token, or of the last one at the end.
    pub(super) fn place(&self) -> Range<usize> {
        let token = self.peek().or_else(|| self.tokens.last());
        token.map_or(0..0, |token| token.range.clone())
    }

    /// Whether the words stand here.
    pub(super) fn sees(&self, words: &str) -> bool {
        self.clone().take(words)
    }

    /// The key words, separated by blanks, if they stand here.
    pub(super) fn take(&mut self, words: &str) -> bool {
        let mut ahead = self.clone();
        for word in words.split(' ') {
            match ahead.advance().map(|token| &token.kind) {
                Some(Kind::Word(found)) if found.eq_ignore_ascii_case(word) => {}
                _ => return false,
            }
        }
        *self = ahead;
        true
    }

    pub(super) fn symbol(&mut self, symbol: char) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == Kind::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    /// A word without quotes.
    pub(super) fn word(&mut self) -> Option<&'t str> {
        let Kind::Word(word) = &self.peek()?.kind else { return None };
        self.at += 1;
        Some(word)
    }

    pub(super) fn text(&mut self) -> Option<&'t str> {
        let Kind::Text(text) = &self.peek()?.kind else { return None };
        self.at += 1;
        Some(text)
    }

    /// A name, quoted or bare.
    pub(super) fn name(&mut self) -> Option<&'t str> {
        let (Kind::Name(name) | Kind::Word(name)) = &self.peek()?.kind else { return None };
        self.at += 1;
        Some(name)
    }

    /// `name` or `database.name`.
    pub(super) fn qualified(&mut self) -> Option<(Option<&'t str>, &'t str)> {
        let first = self.name()?;
        if !self.symbol('.') {
            return Some((None, first));
        }
        Some((Some(first), self.name()?))
    }

    /// `(a, b, …)`
    pub(super) fn names(&mut self) -> Option<Vec<String>> {
        self.symbol('(').then_some(())?;
        let mut names = Vec::new();
        loop {
            names.push(self.name()?.to_owned());
            if !self.symbol(',') {
                break;
            }
        }
        self.symbol(')').then_some(names)
    }

    /// `(1, 2)`, or nothing.
    pub(super) fn numbers(&mut self) -> Vec<i32> {
        let mut ahead = self.clone();
        let mut numbers = Vec::new();
        if !ahead.symbol('(') {
            return numbers;
        }
        while let Some(Token { kind: Kind::Number(number), .. }) = ahead.advance() {
            numbers.extend(number.parse::<i32>().ok());
            if ahead.symbol(')') {
                *self = ahead;
                return numbers;
            }
            if !ahead.symbol(',') {
                break;
            }
        }
        Vec::new()
    }

    /// The tokens inside of balanced parentheses, which are consumed.
    pub(super) fn parenthesised(&mut self) -> Option<&'t [Token]> {
        let start = self.at;
        self.symbol('(').then_some(())?;
        let mut depth = 1_usize;
        while let Some(token) = self.advance() {
            match token.kind {
                Kind::Symbol('(') => depth += 1,
                Kind::Symbol(')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return self.tokens.get(start + 1..self.at - 1);
            }
        }
        None
    }

    /// Everything up to a comma or a closing parenthesis of this level.
    pub(super) fn skip_item(&mut self) {
        while let Some(token) = self.peek() {
            match token.kind {
                Kind::Symbol(',' | ')') => return,
                Kind::Symbol('(') => {
                    if self.parenthesised().is_none() {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
    }
}
