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
/// As many as most lines begin with.
const SPACES: &str = "                                ";

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
    Indent(Vec<Doc<'t>>),
    /// On one line if it fits.
    Group(Vec<Doc<'t>>),
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

/// What a document comes to when it is read from its beginning to its end.
enum Step<'d> {
    /// A token; how wide it is, or its last line where it `ends` others.
    Token {
        token: &'d Token<'d>,
        width: usize,
        ends: bool,
    },
    Space,
    Line,
    Soft,
    Hard,
    Own(usize),
    Indent,
    Dedent,
    /// A group and how much room it takes on one line; `None` if it has more than one.
    Open(Option<usize>),
    Close,
}

/// The steps of a document, those of a group opened without their room.
fn steps<'d>(doc: &'d Doc<'d>) -> Vec<Step<'d>> {
    // As many as a typical statement has: a vector that grows is copied each time.
    let mut steps = Vec::with_capacity(512);
    let mut stack = vec![(slice::from_ref(doc), None)];
    while let Some((docs, end)) = stack.last_mut() {
        let [first, rest @ ..] = *docs else {
            steps.extend(end.take());
            stack.pop();
            continue;
        };
        *docs = rest;
        steps.push(match first {
            Doc::Token(token) => measured(token),
            Doc::Space => Step::Space,
            Doc::Line => Step::Line,
            Doc::Soft => Step::Soft,
            Doc::Hard => Step::Hard,
            Doc::Own(more) => Step::Own(*more),
            Doc::Indent(inner) => {
                stack.push((inner, Some(Step::Dedent)));
                Step::Indent
            }
            Doc::Group(inner) => {
                stack.push((inner, Some(Step::Close)));
                Step::Open(None)
            }
            Doc::All(docs) => {
                stack.push((docs, None));
                continue;
            }
        });
    }
    steps
}

fn measured<'d>(token: &'d Token<'d>) -> Step<'d> {
    // Nearly every token.
    if token.text.bytes().all(|byte| byte.is_ascii() && byte != b'\n') {
        return Step::Token { token, width: token.text.len(), ends: false };
    }
    match token.text.rsplit_once('\n') {
        Some((_, last)) => Step::Token { token, width: width(last), ends: true },
        None => Step::Token { token, width: width(&token.text), ends: false },
    }
}

/// Tells each group its room: on one line, together with what follows it up to the next possible break. Gives the columns
/// of the whole document on one line.
fn measure(steps: &mut [Step<'_>]) -> usize {
    // Both count from the document's end: all columns, and those before the last possible break.
    let (mut columns, mut lines) = (0, 0);
    let mut follows = Some(0);
    let mut open = Vec::new();
    for step in steps.iter_mut().rev() {
        match step {
            Step::Token { ends: true, .. } => (lines, follows) = (lines + 1, None),
            Step::Token { width, .. } => (columns, follows) = (columns + *width, follows.map(|room| room + *width)),
            Step::Space => (columns, follows) = (columns + 1, follows.map(|room| room + 1)),
            Step::Line => (columns, follows) = (columns + 1, Some(0)),
            Step::Soft => follows = Some(0),
            Step::Hard | Step::Own(_) => (lines, follows) = (lines + 1, Some(0)),
            Step::Indent | Step::Dedent => {}
            Step::Close => open.push((columns, lines, follows)),
            Step::Open(room) => {
                let after = open.pop().filter(|(_, after, _)| *after == lines);
                *room = after.and_then(|(after, _, follows)| Some(columns - after + follows?));
            }
        }
    }
    columns
}

struct Printer<'d> {
    out: Printed<'d>,
    column: usize,
    pending: usize,
}

impl Printer<'_> {
    fn newline(&mut self, indent: usize) {
        self.out.text.push('\n');
        self.column = 0;
        self.pending = indent;
    }

    /// Indentation is written when something stands on the line, so that no line ends in spaces.
    fn space(&mut self, more: usize) {
        let spaces = self.pending + more;
        self.column += spaces;
        let mut left = spaces;
        while left > 0 {
            let some = SPACES.get(..left).unwrap_or(SPACES);
            self.out.text.push_str(some);
            left -= some.len();
        }
        self.pending = 0;
    }
}

fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum() }
}

/// Lays a document out. Takes time in proportion to it: whether a group fits is told from what was measured once.
pub(crate) fn print<'d>(doc: &'d Doc<'d>) -> Printed<'d> {
    let mut steps = steps(doc);
    let columns = measure(&mut steps);
    // Indentation comes to about as much again where lines break.
    let empty = Printed { text: String::with_capacity(columns * 3 / 2), tokens: Vec::with_capacity(steps.len()) };
    let mut printer = Printer { out: empty, column: 0, pending: 0 };
    let mut indent = 0;
    // Groups that are open, from the first that stays on one line on.
    let mut flat = 0_usize;
    for step in steps {
        match step {
            Step::Token { token, width, ends } => {
                printer.space(0);
                printer.out.tokens.push((printer.out.text.len(), token));
                printer.out.text.push_str(&token.text);
                printer.column = if ends { width } else { printer.column + width };
            }
            Step::Space => printer.space(1),
            Step::Line if flat > 0 => printer.space(1),
            Step::Soft if flat > 0 => {}
            Step::Line | Step::Soft | Step::Hard => printer.newline(indent),
            Step::Own(more) => printer.newline(indent + more),
            Step::Indent => indent += STEP,
            Step::Dedent => indent -= STEP,
            Step::Open(room) => {
                let left = WIDTH.saturating_sub(printer.column + printer.pending);
                flat += usize::from(flat > 0 || room.is_some_and(|room| room <= left));
            }
            Step::Close => flat = flat.saturating_sub(1),
        }
    }
    printer.out
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
    Doc::Group(docs.into_iter().collect())
}

/// One step to the right.
pub(crate) fn indent<'t>(docs: impl IntoIterator<Item = Doc<'t>>) -> Doc<'t> {
    Doc::Indent(docs.into_iter().collect())
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
