//! A small document algebra: where a line may break is said apart from whether it does.
//!
//! A group is printed on one line when it fits, otherwise all its breaks become line breaks. Tokens are printed
//! as they are, so that a newline inside a literal is never indented.

use super::token::{Meaning, Token};
use std::borrow::Cow;
use std::slice;

/// Columns that a line should not pass.
const WIDTH: usize = 100;
/// Columns of one step of indentation.
const STEP: usize = 2;

/// A document.
#[derive(Clone, Debug)]
pub(crate) enum Doc<'t> {
    /// A token.
    Token(Token<'t>),
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
    Indent(Box<Doc<'t>>),
    /// On one line if it fits.
    Group(Box<Doc<'t>>),
    /// One after the other.
    All(Vec<Doc<'t>>),
}

/// Printed text with the place of each token.
pub(crate) struct Printed<'d> {
    /// The text, without a newline at its end.
    pub text: String,
    /// Each token with the byte at which it starts.
    pub tokens: Vec<(usize, &'d Token<'d>)>,
}

impl Printed<'_> {
    /// The text as the server sees it, variables standing as literals of their own name.
    pub(crate) fn as_sent(&self) -> Cow<'_, str> {
        let mut sent = String::new();
        let mut done = 0;
        for (start, token) in &self.tokens {
            if let Meaning::Variable(name) = &token.meaning {
                sent.push_str(self.text.get(done..*start).unwrap_or_default());
                sent.push_str(&Token::literal(name).text);
                done = start + token.text.len();
            }
        }
        if done == 0 {
            return Cow::Borrowed(&self.text);
        }
        sent.push_str(self.text.get(done..).unwrap_or_default());
        Cow::Owned(sent)
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

    fn token(&mut self, token: &'d Token<'d>) {
        self.space(0);
        self.out.tokens.push((self.out.text.len(), token));
        self.out.text.push_str(&token.text);
        match token.text.rsplit_once('\n') {
            Some((_, last)) => self.column = width(last),
            None => self.column += width(&token.text),
        }
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
    if text.is_ascii() { text.len() } else { text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum() }
}

/// Lays a document out.
pub(crate) fn print<'d>(doc: &'d Doc<'d>) -> Printed<'d> {
    let empty = Printed { text: String::new(), tokens: Vec::new() };
    let mut printer = Printer { out: empty, column: 0, pending: 0 };
    let mut stack = vec![(0, Mode::Broken, slice::from_ref(doc))];
    let mut measured = Vec::new();
    while let Some((indent, mode, doc)) = next(&mut stack) {
        match doc {
            Doc::Token(token) => printer.token(token),
            Doc::Space => printer.space(1),
            Doc::Line if mode == Mode::Flat => printer.space(1),
            Doc::Soft if mode == Mode::Flat => {}
            Doc::Line | Doc::Soft | Doc::Hard => printer.newline(indent),
            Doc::Own(more) => printer.newline(indent + more),
            Doc::Indent(inner) => stack.push((indent + STEP, mode, slice::from_ref(inner))),
            Doc::All(docs) => stack.push((indent, mode, docs)),
            Doc::Group(inner) => {
                let room = WIDTH.saturating_sub(printer.column + printer.pending);
                let flat = mode == Mode::Flat || fits(room, inner, &stack, &mut measured);
                stack.push((indent, if flat { Mode::Flat } else { Mode::Broken }, slice::from_ref(inner)));
            }
        }
    }
    printer.out
}

/// What is still to be laid out, last what comes first: documents one after the other, how far they are indented and
/// whether they break.
type Rest<'d> = (usize, Mode, &'d [Doc<'d>]);

fn next<'d>(stack: &mut Vec<Rest<'d>>) -> Option<(usize, Mode, &'d Doc<'d>)> {
    loop {
        let (indent, mode, docs) = stack.last_mut()?;
        if let [first, rest @ ..] = *docs {
            *docs = rest;
            return Some((*indent, *mode, first));
        }
        stack.pop();
    }
}

/// Whether a group fits on the rest of the line, together with what follows it up to the next possible break.
/// No more is looked at than fills a line. `stack` is room to work in.
fn fits<'d>(room: usize, group: &'d Doc<'d>, rest: &[Rest<'d>], stack: &mut Vec<Rest<'d>>) -> bool {
    let mut room = room;
    stack.clear();
    stack.push((0, Mode::Flat, slice::from_ref(group)));
    let mut following = rest.iter().rev();
    loop {
        let Some((_, mode, doc)) = next(stack) else {
            let Some(more) = following.next() else { return true };
            stack.push(*more);
            continue;
        };
        let needed = match doc {
            Doc::Token(token) if token.text.contains('\n') => return false,
            Doc::Token(token) => width(&token.text),
            Doc::Line | Doc::Soft if mode == Mode::Broken => return true,
            Doc::Hard | Doc::Own(_) => return mode == Mode::Broken,
            Doc::Space | Doc::Line => 1,
            Doc::Soft => 0,
            Doc::Indent(inner) | Doc::Group(inner) => {
                stack.push((0, mode, slice::from_ref(inner)));
                0
            }
            Doc::All(docs) => {
                stack.push((0, mode, docs));
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
pub(crate) fn words(text: &str) -> Doc<'_> {
    if !text.contains(' ') {
        return Doc::Token(Token::word(text));
    }
    let words = text.split(' ').map(|word| Doc::Token(Token::word(word)));
    separated(words.collect(), &Doc::Space)
}

/// An operator, bracket or number.
pub(crate) fn exact<'t>(text: impl Into<Cow<'t, str>>) -> Doc<'t> {
    Doc::Token(Token::exact(text))
}

/// One after the other.
pub(crate) fn all<'t>(docs: impl IntoIterator<Item = Doc<'t>>) -> Doc<'t> {
    Doc::All(docs.into_iter().collect())
}

/// On one line if it fits.
pub(crate) fn group<'t>(docs: impl IntoIterator<Item = Doc<'t>>) -> Doc<'t> {
    Doc::Group(Box::new(all(docs)))
}

/// One step to the right.
pub(crate) fn indent<'t>(docs: impl IntoIterator<Item = Doc<'t>>) -> Doc<'t> {
    Doc::Indent(Box::new(all(docs)))
}

/// With `between` between them.
pub(crate) fn separated<'t>(docs: Vec<Doc<'t>>, between: &Doc<'t>) -> Doc<'t> {
    divided(docs, slice::from_ref(between))
}

/// With commas, each at the end of its line.
pub(crate) fn commas<'t>(docs: Vec<Doc<'t>>, line: Doc<'t>) -> Doc<'t> {
    divided(docs, &[exact(","), line])
}

fn divided<'t>(docs: Vec<Doc<'t>>, between: &[Doc<'t>]) -> Doc<'t> {
    let mut out = Vec::with_capacity(docs.len() * (1 + between.len()));
    for (index, doc) in docs.into_iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(between);
        }
        out.push(doc);
    }
    Doc::All(out)
}

/// With commas, as many on a line as fit.
pub(crate) fn filled(docs: Vec<Doc<'_>>) -> Doc<'_> {
    let last = docs.len().saturating_sub(1);
    let items = docs.into_iter().enumerate().map(|(index, doc)| {
        let comma = (index < last).then(|| exact(","));
        let item = all([doc].into_iter().chain(comma));
        if index == 0 { item } else { group([Doc::Line, item]) }
    });
    all(items)
}

/// `(…)`, the inside one step to the right when it breaks.
pub(crate) fn parenthesised(inner: Doc<'_>) -> Doc<'_> {
    group([exact("("), indent([Doc::Soft, inner]), Doc::Soft, exact(")")])
}
