//! A small document algebra: where a line may break is said apart from whether it does.
//!
//! A group is printed on one line when it fits, otherwise all its breaks become line breaks. Tokens are printed
//! as they are, so that a newline inside a literal is never indented.

use super::token::{Meaning, Token};

/// Columns that a line should not pass.
const WIDTH: usize = 100;
/// Columns of one step of indentation.
const STEP: usize = 2;

/// A document.
#[derive(Clone, Debug)]
pub(crate) enum Doc {
    /// A token.
    Token(Token),
    /// One space, always.
    Space,
    /// A space, or a new line when the group breaks.
    Line,
    /// Nothing, or a new line when the group breaks.
    Soft,
    /// A new line; breaks every group around it.
    Hard,
    /// A new line, then this many more spaces: a user's own layout.
    Own(usize),
    /// One step further to the right after each new line.
    Indent(Box<Doc>),
    /// On one line if it fits.
    Group(Box<Doc>),
    /// One after the other.
    All(Vec<Doc>),
}

/// Printed text with the place of each token.
pub(crate) struct Printed<'d> {
    /// The text, without a newline at its end.
    pub text: String,
    /// Each token with the byte at which it starts.
    pub tokens: Vec<(usize, &'d Token)>,
}

impl Printed<'_> {
    /// The text as the server sees it, variables standing as literals of their own name.
    pub(crate) fn as_sent(&self) -> String {
        let mut sent = String::with_capacity(self.text.len());
        let mut done = 0;
        for (start, token) in &self.tokens {
            if let Meaning::Variable(name) = &token.meaning {
                sent.push_str(self.text.get(done..*start).unwrap_or_default());
                sent.push_str(&Token::literal(name).text);
                done = start + token.text.len();
            }
        }
        sent.push_str(self.text.get(done..).unwrap_or_default());
        sent
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Flat,
    Broken,
}

struct Printer<'d> {
    out: Printed<'d>,
    column: usize,
    pending: usize,
}

impl<'d> Printer<'d> {
    fn newline(&mut self, indent: usize) {
        self.out.text.push('\n');
        self.column = 0;
        self.pending = indent;
    }

    fn token(&mut self, token: &'d Token) {
        self.space(0);
        self.out.tokens.push((self.out.text.len(), token));
        self.out.text.push_str(&token.text);
        let last = token.text.rsplit('\n').next().unwrap_or_default();
        self.column = if token.text.contains('\n') { width(last) } else { self.column + width(last) };
    }

    /// Indentation is written when something stands on the line, so that no line ends in spaces.
    fn space(&mut self, more: usize) {
        let spaces = self.pending + more;
        self.out.text.extend(std::iter::repeat_n(' ', spaces));
        self.column += spaces;
        self.pending = 0;
    }
}

fn width(text: &str) -> usize {
    text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum()
}

/// Lays a document out.
pub(crate) fn print(doc: &Doc) -> Printed<'_> {
    let empty = Printed { text: String::new(), tokens: Vec::new() };
    let mut printer = Printer { out: empty, column: 0, pending: 0 };
    let mut stack = vec![(0, Mode::Broken, doc)];
    while let Some((indent, mode, doc)) = stack.pop() {
        match doc {
            Doc::Token(token) => printer.token(token),
            Doc::Space => printer.space(1),
            Doc::Line if mode == Mode::Flat => printer.space(1),
            Doc::Soft if mode == Mode::Flat => {}
            Doc::Line | Doc::Soft | Doc::Hard => printer.newline(indent),
            Doc::Own(more) => printer.newline(indent + more),
            Doc::Indent(inner) => stack.push((indent + STEP, mode, inner)),
            Doc::All(docs) => stack.extend(docs.iter().rev().map(|doc| (indent, mode, doc))),
            Doc::Group(inner) => {
                let flat =
                    mode == Mode::Flat || fits(WIDTH.saturating_sub(printer.column + printer.pending), inner, &stack);
                stack.push((indent, if flat { Mode::Flat } else { Mode::Broken }, inner));
            }
        }
    }
    printer.out
}

/// Whether a group fits on the rest of the line, together with what follows it up to the next possible break.
fn fits(room: usize, group: &Doc, rest: &[(usize, Mode, &Doc)]) -> bool {
    let mut room = room;
    let mut stack = vec![(Mode::Flat, group)];
    let mut following = rest.iter().rev();
    loop {
        let next = stack.pop().or_else(|| following.next().map(|(_, mode, doc)| (*mode, *doc)));
        let Some((mode, doc)) = next else { return true };
        let needed = match doc {
            Doc::Token(token) if token.text.contains('\n') => return false,
            Doc::Token(token) => width(&token.text),
            Doc::Line | Doc::Soft if mode == Mode::Broken => return true,
            Doc::Hard | Doc::Own(_) => return mode == Mode::Broken,
            Doc::Space | Doc::Line => 1,
            Doc::Soft => 0,
            Doc::Indent(inner) | Doc::Group(inner) => {
                stack.push((mode, inner));
                0
            }
            Doc::All(docs) => {
                stack.extend(docs.iter().rev().map(|doc| (mode, doc)));
                0
            }
        };
        match room.checked_sub(needed) {
            Some(left) => room = left,
            None => return false,
        }
    }
}

/// Key words with single spaces: `words("IS NOT NULL")`.
pub(crate) fn words(text: &str) -> Doc {
    let words = text.split(' ').map(|word| Doc::Token(Token::word(word)));
    separated(words.collect(), &Doc::Space)
}

/// An operator, bracket or number.
pub(crate) fn exact(text: impl Into<String>) -> Doc {
    Doc::Token(Token::exact(text))
}

/// One after the other.
pub(crate) fn all(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::All(docs.into_iter().collect())
}

/// On one line if it fits.
pub(crate) fn group(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Group(Box::new(all(docs)))
}

/// One step to the right.
pub(crate) fn indent(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Indent(Box::new(all(docs)))
}

/// With `between` between them.
pub(crate) fn separated(docs: Vec<Doc>, between: &Doc) -> Doc {
    let mut out = Vec::with_capacity(docs.len() * 2);
    for (index, doc) in docs.into_iter().enumerate() {
        if index > 0 {
            out.push(between.clone());
        }
        out.push(doc);
    }
    Doc::All(out)
}

/// With commas, each at the end of its line.
pub(crate) fn commas(docs: Vec<Doc>, line: Doc) -> Doc {
    separated(docs, &all([exact(","), line]))
}

/// With commas, as many on a line as fit.
pub(crate) fn filled(docs: Vec<Doc>) -> Doc {
    let last = docs.len().saturating_sub(1);
    let items = docs.into_iter().enumerate().map(|(index, doc)| {
        let comma = (index < last).then(|| exact(","));
        let item = all([doc].into_iter().chain(comma));
        if index == 0 { item } else { group([Doc::Line, item]) }
    });
    all(items)
}

/// `(…)`, the inside one step to the right when it breaks.
pub(crate) fn parenthesised(inner: Doc) -> Doc {
    group([exact("("), indent([Doc::Soft, inner]), Doc::Soft, exact(")")])
}
