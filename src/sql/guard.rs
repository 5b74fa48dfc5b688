//! The soundness guard: nothing is printed that PostgreSQL would read otherwise than it was meant.
//!
//! Every printed token carries its meaning. PostgreSQL's scanner reads the text again and must find those tokens
//! and no others, with those values; PostgreSQL's grammar must find the meant statements. What psql would do to
//! a colon is looked at too, since it acts before the server sees anything.

use super::layout::{self, Doc, Printed};
use super::source::{slice, tokens};
use super::token::{Meaning, Token};
use super::{Expr, Mismatch, print};
use crate::postgres::with_tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{KeywordKind, RawStmt, ScanToken, Token as Kind};

/// The text of a piece of a file that holds these statements.
pub(super) fn section(doc: &Doc, kinds: &[&'static str]) -> Result<String, Mismatch> {
    let printed = layout::print(doc);
    check_tokens(&printed)?;
    check_statements(&printed.as_sent(), kinds)?;
    Ok(printed.text)
}

/// The text of an expression.
pub(super) fn expression(of: &Expr) -> Result<String, Mismatch> {
    let doc = print::expr(of);
    let printed = layout::print(&doc);
    check_tokens(&printed)?;
    check_statements(&format!("SELECT {}", printed.as_sent()), &["SelectStmt"])?;
    Ok(printed.text)
}

fn check_tokens(printed: &Printed<'_>) -> Result<(), Mismatch> {
    printed.tokens.iter().try_for_each(|(_, token)| token.check())?;
    check_colons(printed)?;
    let sent = printed.as_sent();
    let found = tokens(&sent).unwrap_or_default();
    let longest = found.len().max(printed.tokens.len());
    for index in 0..longest {
        let meant = printed.tokens.get(index).map(|(_, token)| token);
        let read = found.get(index);
        let agree = meant.zip(read).is_some_and(|(meant, read)| is_meant(meant, read, slice(&sent, read)));
        if !agree {
            let meant = meant.map(|token| token.text.clone()).unwrap_or_default();
            let found = read.map(|read| slice(&sent, read).to_owned()).unwrap_or_default();
            return Err(Mismatch::Tokens { meant, found, sql: printed.text.clone() });
        }
    }
    Ok(())
}

fn is_meant(meant: &Token, read: &ScanToken, text: &str) -> bool {
    match &meant.meaning {
        Meaning::Word => read.keyword_kind != KeywordKind::NoKeyword as i32 && text.eq_ignore_ascii_case(&meant.text),
        Meaning::Name(name) => name_of(read, text).as_ref() == Some(name),
        Meaning::Literal(value) | Meaning::Variable(value) => value_of(read, text).as_ref() == Some(value),
        Meaning::Exact => text == meant.text,
        Meaning::Source(kind) => read.token == *kind && text == meant.text,
    }
}

/// The value of an identifier, or of a key word that may stand for one.
fn name_of(read: &ScanToken, text: &str) -> Option<String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let inner = (read.token == Kind::Ident as i32).then(|| quoted.strip_suffix('"'))?;
        return inner.map(|inner| inner.replace("\"\"", "\""));
    }
    let bare = [KeywordKind::NoKeyword, KeywordKind::UnreservedKeyword, KeywordKind::TypeFuncNameKeyword];
    let folds_to_itself = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let named = bare.iter().any(|kind| *kind as i32 == read.keyword_kind) && folds_to_itself;
    (named && text.starts_with(|first: char| first.is_alphabetic() || first == '_')).then(|| text.to_owned())
}

/// The value of `'…'` or of a dollar-quoted string.
fn value_of(read: &ScanToken, text: &str) -> Option<String> {
    if read.token != Kind::Sconst as i32 {
        return None;
    }
    if let Some(quoted) = text.strip_prefix('\'') {
        let inner = quoted.strip_suffix('\'')?;
        let doubled = inner.replace("''", "");
        return (!doubled.contains('\'')).then(|| inner.replace("''", "'"));
    }
    let tag_end = text.strip_prefix('$')?.find('$')? + 2;
    let tag = text.get(..tag_end)?;
    text.strip_prefix(tag)?.strip_suffix(tag).map(str::to_owned)
}

/// psql reads a variable where a colon touches a word, a quote or a brace; `::` and `:=` it leaves alone.
fn check_colons(printed: &Printed<'_>) -> Result<(), Mismatch> {
    let touches = |(start, token): &(usize, &Token)| {
        token.text == ":" && !printed.text.get(start + 1..).is_some_and(|rest| rest.starts_with([' ', '\n']))
    };
    if printed.tokens.iter().any(touches) {
        return Err(Mismatch::Substitution { sql: printed.text.clone() });
    }
    Ok(())
}

fn check_statements(sent: &str, kinds: &[&'static str]) -> Result<(), Mismatch> {
    if kinds.is_empty() {
        return Ok(());
    }
    let mismatch = |found: String| Mismatch::Statements { meant: kinds.to_vec(), found, sql: sent.to_owned() };
    let found = with_tree(sent, |tree| {
        let kind = |raw: &RawStmt| node(raw.stmt.as_ref().and_then(|node| node.node.as_ref()));
        tree.map(|tree| tree.stmts.iter().map(kind).collect::<Vec<_>>())
    });
    let found = found.map_err(|error| mismatch(error.to_string()))?;
    if found == kinds { Ok(()) } else { Err(mismatch(found.join(", "))) }
}

fn node(of: Option<&NodeEnum>) -> &'static str {
    match of {
        Some(NodeEnum::SelectStmt(_)) => "SelectStmt",
        Some(NodeEnum::CopyStmt(_)) => "CopyStmt",
        Some(NodeEnum::LockStmt(_)) => "LockStmt",
        Some(NodeEnum::TransactionStmt(_)) => "TransactionStmt",
        Some(NodeEnum::VariableSetStmt(_)) => "VariableSetStmt",
        Some(NodeEnum::ConstraintsSetStmt(_)) => "ConstraintsSetStmt",
        Some(NodeEnum::CreateStmt(_)) => "CreateStmt",
        Some(NodeEnum::InsertStmt(_)) => "InsertStmt",
        Some(NodeEnum::TruncateStmt(_)) => "TruncateStmt",
        Some(NodeEnum::AlterTableStmt(_)) => "AlterTableStmt",
        Some(NodeEnum::AlterSeqStmt(_)) => "AlterSeqStmt",
        Some(NodeEnum::VacuumStmt(_)) => "VacuumStmt",
        Some(NodeEnum::RefreshMatViewStmt(_)) => "RefreshMatViewStmt",
        Some(NodeEnum::DropStmt(_)) => "DropStmt",
        Some(NodeEnum::DoStmt(_)) => "DoStmt",
        _ => "another statement",
    }
}
