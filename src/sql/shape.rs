//! One judgement for all texts of one shape.
//!
//! The problem: ten thousand tables give ten thousand statements that differ in names and strings alone, and reading
//! each back is a fifth of a compile. PostgreSQL's scanner makes the same row of tokens of two texts that differ in
//! nothing but plain identifiers, quoted names without a quote inside, strings without a quote inside and line
//! comments, as long as nothing that touches one of these could run together with it. Its grammar reads tokens and
//! looks at the value of none of these in the statements that [`super::guard`] knows by their first word. So the shape
//! of a text is everything in it but those values, and what was judged once need not be judged again.
//!
//! Whether a bare word is an identifier or a key word is asked of the scanner, once a word.

use super::guard::name_of;
use super::layout::Printed;
use super::source::{slice, tokens};
use super::token::{Meaning, Token};
use foldhash::fast::FixedState;
use indexmap::IndexMap;
use pg_query::protobuf::{ScanToken, Token as Kind};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The digest of a shape.
pub(super) type Shape = [u8; 32];

thread_local! {
    static JUDGED: RefCell<BTreeSet<Shape>> = const { RefCell::new(BTreeSet::new()) };
    static IDENTIFIERS: RefCell<IndexMap<String, bool, FixedState>> = RefCell::default();
}

/// Whether a text of this shape was found to be what it was meant to be.
pub(super) fn is_judged(shape: &Shape) -> bool {
    JUDGED.with_borrow(|judged| judged.contains(shape))
}

/// Remembers a shape whose text was found to be what it was meant to be.
pub(super) fn was_judged(shape: Shape) {
    JUDGED.with_borrow_mut(|judged| judged.insert(shape));
}

/// The shape of a printed statement of a kind; `None` where psql puts values into it.
pub(super) fn of(printed: &Printed<'_>, kind: &str) -> Option<Shape> {
    let text = printed.text.as_str();
    // A token taken as it is has six bytes about it.
    let mut shape = Vec::with_capacity(text.len() + 6 * printed.tokens.len() + 64);
    put(&mut shape, b'k', kind);
    let mut done = 0;
    for (start, token) in &printed.tokens {
        let end = start + token.text.len();
        put(&mut shape, b'g', text.get(done..*start)?);
        let before = text.get(..*start)?.bytes().next_back();
        let after = text.as_bytes().get(end).copied();
        match class(token, before, after) {
            Some(class) => shape.push(class),
            None => verbatim(&mut shape, token)?,
        }
        done = end;
    }
    put(&mut shape, b'g', text.get(done..)?);
    Some(Sha256::digest(&shape).into())
}

/// What of the token matters where its value does not; `None` where its value does.
fn class(token: &Token<'_>, before: Option<u8>, after: Option<u8>) -> Option<u8> {
    let text = token.text.as_ref();
    let apart =
        before.is_none_or(|byte| b" \n.,([".contains(&byte)) && after.is_none_or(|byte| b" \n.,()[]:;".contains(&byte));
    match &token.meaning {
        Meaning::Name(name) if apart && text == name => is_identifier(text).then_some(b'i'),
        Meaning::Name(name) if apart && is_quoted(text, name, '"') => Some(b'q'),
        Meaning::Literal(value) if apart && is_quoted(text, value, '\'') => Some(b's'),
        // Control characters, line ends among them, were refused before.
        Meaning::Exact if text.starts_with("--") && after.is_none_or(|byte| byte == b'\n') => Some(b'c'),
        _ => None,
    }
}

fn is_quoted(text: &str, value: &str, quote: char) -> bool {
    let inside = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    inside == Some(value) && !value.contains(quote) && (quote == '\'' || !value.is_empty())
}

fn is_identifier(word: &str) -> bool {
    if let Some(known) = IDENTIFIERS.with_borrow(|known| known.get(word).copied()) {
        return known;
    }
    let found = tokens(word).unwrap_or_default();
    let means_itself = |one: &ScanToken| name_of(one, slice(word, one)).is_some_and(|name| name == word);
    let is = matches!(found.as_slice(), [one] if one.token == Kind::Ident as i32 && means_itself(one));
    IDENTIFIERS.with_borrow_mut(|known| known.insert(word.to_owned(), is));
    is
}

/// Text and meaning; `None` for what is put in later, whose text is not what the server sees.
fn verbatim(shape: &mut Vec<u8>, token: &Token<'_>) -> Option<()> {
    match &token.meaning {
        Meaning::Word => put(shape, b'w', ""),
        Meaning::Name(name) => put(shape, b'n', name),
        Meaning::Literal(value) => put(shape, b'l', value),
        Meaning::Exact => put(shape, b'e', ""),
        Meaning::Source(kind) => put(shape, b'o', &kind.to_string()),
        Meaning::Variable(_) | Meaning::Hole(_) => return None,
    }
    put(shape, b't', &token.text);
    Some(())
}

/// With its length before it, so that no two rows of parts run together.
fn put(shape: &mut Vec<u8>, tag: u8, text: &str) {
    shape.push(tag);
    match u8::try_from(text.len()) {
        Ok(length) if length < u8::MAX => shape.push(length),
        _ => {
            shape.push(u8::MAX);
            shape.extend(text.len().to_be_bytes());
        }
    }
    shape.extend_from_slice(text.as_bytes());
}
