//! A user's own expression among ours.
//!
//! It is printed token by token in the user's own layout, indented where it stands. Long ones are laid out by
//! `sqlformat`, which knows neither dollar quotes nor `'c:\'` nor `0xFF`; so it sees placeholders in place of
//! everything but plain words and operators, and its layout counts only if the tokens come out the same.

use super::layout::{Doc, all, exact, group, indent};
use super::token::{Meaning, Token};
use pg_query::protobuf::{ScanToken, Token as Kind};

/// A line that is not longer than this keeps its own layout.
const LINE: usize = 80;

/// `(text)`, without comments.
pub(super) fn print(text: &str) -> Doc<'_> {
    let Some(tokens) = tokens(text) else { return exact(text) };
    let kept = without_comments(text, &tokens);
    let laid_out = if kept.contains('\n') || kept.len() > LINE { tidy(&kept) } else { kept };
    let Some(tokens) = self::tokens(&laid_out) else { return exact(text) };
    let body = body(&laid_out, &tokens);
    if laid_out.contains('\n') {
        all([exact("("), indent([Doc::Hard, body]), Doc::Hard, exact(")")])
    } else {
        group([exact("("), body, exact(")")])
    }
}

/// SQL of ours as it stands, with its comments.
pub(super) fn fixed(text: &'static str) -> Doc<'static> {
    let text = text.trim_end();
    // Without tokens it is one that no scanner reads, which the guard then finds.
    tokens(text).map_or_else(|| exact(text), |tokens| body(text, &tokens))
}

fn body(text: &str, tokens: &[ScanToken]) -> Doc<'static> {
    let mut docs = Vec::new();
    let mut done = None;
    for token in tokens {
        let word = slice(text, token);
        let before = done.and_then(|(end, _)| text.get(end..start(token)));
        match (before, done) {
            (Some(gap), _) if gap.contains('\n') => docs.push(Doc::Own(gap.rsplit('\n').next().map_or(0, str::len))),
            // psql reads a variable where a colon touches a word: `a[1:n]` becomes `a[1: n]`.
            (Some(gap), Some((_, colon))) if colon || !gap.is_empty() => docs.push(Doc::Space),
            _ => {}
        }
        done = Some((start(token) + word.len(), word == ":"));
        docs.push(Doc::Token(Token { text: word.to_owned().into(), meaning: Meaning::Source(token.token) }));
    }
    all(docs)
}

pub(super) fn start(token: &ScanToken) -> usize {
    usize::try_from(token.start).unwrap_or(usize::MAX)
}

/// The token's text; empty if the scanner's offsets were not the text's, which the guard then finds.
pub(super) fn slice<'a>(text: &'a str, token: &ScanToken) -> &'a str {
    let end = usize::try_from(token.end).unwrap_or(usize::MAX);
    text.get(start(token)..end).unwrap_or_default()
}

/// PostgreSQL's own scanner; `None` where it finds no tokens.
pub(super) fn tokens(text: &str) -> Option<Vec<ScanToken>> {
    crate::postgres::tokens(text)
}

pub(super) fn is_comment(token: &ScanToken) -> bool {
    [Kind::SqlComment as i32, Kind::CComment as i32].contains(&token.token)
}

/// A `--` comment would swallow our closing parenthesis; a comment's place is a line end or a space anyway.
fn without_comments(text: &str, tokens: &[ScanToken]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut done = 0;
    for token in tokens.iter().filter(|token| is_comment(token)) {
        kept.push_str(text.get(done..start(token)).unwrap_or_default());
        kept.push(' ');
        done = start(token) + slice(text, token).len();
    }
    kept.push_str(text.get(done..).unwrap_or_default());
    let lines: Vec<&str> = kept.trim().lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    if tokens.iter().any(is_comment) { lines.join("\n") } else { kept.trim().to_owned() }
}

/// What `sqlformat` may see as it is: words that are plain, and operators.
fn is_safe(text: &str, token: &ScanToken) -> bool {
    let word = slice(text, token);
    let plain = word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let operator = ["(", ")", ",", ".", "=", "<", ">", "<=", ">=", "<>", "+", "*", "/", "||", "::"].contains(&word);
    plain || operator
}

/// Lays a long expression out, or leaves it as it is where that would change a token.
pub fn tidy(text: &str) -> String {
    let Some(before) = tokens(text) else { return text.to_owned() };
    let mut hidden = String::with_capacity(text.len());
    let mut done = 0;
    let mut put_back = Vec::new();
    for token in &before {
        let word = slice(text, token);
        hidden.push_str(text.get(done..start(token)).unwrap_or_default());
        if is_safe(text, token) {
            hidden.push_str(word);
        } else {
            hidden.push_str(&placeholder(put_back.len()));
            put_back.push(word);
        }
        done = start(token) + word.len();
    }
    let options = sqlformat::FormatOptions { dialect: sqlformat::Dialect::PostgreSql, ..Default::default() };
    let mut laid_out = sqlformat::format(&hidden, &sqlformat::QueryParams::None, &options);
    for (index, word) in put_back.iter().enumerate() {
        laid_out = laid_out.replace(&placeholder(index), word);
    }
    if same(text, &before, &laid_out) { laid_out } else { text.to_owned() }
}

fn placeholder(index: usize) -> String {
    format!("\"@{index}@\"")
}

fn same(text: &str, before: &[ScanToken], laid_out: &str) -> bool {
    let Some(after) = tokens(laid_out) else { return false };
    let pair =
        |(one, two): (&ScanToken, &ScanToken)| one.token == two.token && slice(text, one) == slice(laid_out, two);
    before.len() == after.len() && before.iter().zip(&after).all(pair)
}
