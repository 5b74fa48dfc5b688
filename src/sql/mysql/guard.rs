//! Nothing is printed that MySQL would read otherwise than it was meant.
//!
//! A scanner of MySQL's rules (the `sqlparser` crate) reads the whole text again and must find the tokens that each
//! printed piece has by itself, and no others: a quote or a comment that swallows its neighbour shows. Names and strings
//! must have the values that were meant. What is a SELECT must be one to the crate's grammar too, which knows no `S3`
//! clause, so that of an export it judges the SELECT inside.

use super::print;
use crate::sql::layout::{self, Doc};
use crate::sql::token::{Meaning, Token};
use crate::sql::{Expr, Mismatch};
use sqlparser::ast::Statement;
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token as Read, Tokenizer};

/// Tokens by MySQL's rules, white space and comments left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Read>, String> {
    let found = Tokenizer::new(&MySqlDialect {}, text).tokenize().map_err(|error| error.to_string())?;
    Ok(found.into_iter().filter(|token| !matches!(token, Read::Whitespace(_) | Read::EOF)).collect())
}

/// The text of a document whose tokens are the meant ones.
pub(super) fn text(doc: &Doc<'_>) -> Result<String, Mismatch> {
    let printed = layout::print(doc);
    let mismatch = |meant: &str, found: &str| Mismatch::Tokens {
        meant: meant.to_owned(),
        found: found.to_owned(),
        sql: printed.text.clone(),
    };
    let mut meant = Vec::new();
    for (_, token) in &printed.tokens {
        let own = tokens(&token.text).map_err(|error| mismatch(&token.text, &error))?;
        if !has_value(token, &own) {
            return Err(mismatch(&token.text, "another value"));
        }
        meant.extend(own);
    }
    let found = tokens(&printed.text).map_err(|error| mismatch("tokens", &error))?;
    match meant.iter().zip(&found).find(|(meant, found)| meant != found) {
        Some((meant, found)) => Err(mismatch(&meant.to_string(), &found.to_string())),
        None if meant.len() != found.len() => Err(mismatch("as many tokens", "more or fewer")),
        None => Ok(printed.text),
    }
}

fn has_value(token: &Token<'_>, read: &[Read]) -> bool {
    match (&token.meaning, read) {
        (Meaning::Name(name), [Read::Word(word)]) => word.quote_style == Some('`') && word.value == *name,
        (Meaning::Literal(value), [Read::SingleQuotedString(found)]) => found == value,
        (Meaning::Word, [Read::Word(word)]) => word.quote_style.is_none(),
        (Meaning::Exact, _) => true,
        _ => false,
    }
}

/// How deep expressions may lie in each other. What is printed is bounded by its masks, which nest a call for each sign of a
/// written form.
const DEPTH: usize = 250;

fn parse(text: &str) -> Result<Vec<Statement>, ParserError> {
    Parser::new(&MySqlDialect {}).with_recursion_limit(DEPTH).try_with_sql(text)?.parse_statements()
}

/// A statement that must be one query to the grammar.
pub(super) fn query(doc: &Doc<'_>) -> Result<String, Mismatch> {
    let text = text(doc)?;
    let found = match parse(&text).as_deref() {
        Ok([Statement::Query(_)]) => return Ok(text),
        Ok(others) => format!("{} statements of another kind", others.len()),
        Err(error) => error.to_string(),
    };
    Err(Mismatch::Statements { meant: vec!["SELECT"], found, sql: text })
}

/// The text of an expression.
pub(super) fn expression(of: &Expr) -> Result<String, Mismatch> {
    let doc = print::expr(of)?;
    let text = text(&doc)?;
    match parse(&format!("SELECT {text}")).as_deref() {
        Ok([Statement::Query(_)]) => Ok(text),
        other => {
            let found = format!("{other:?}");
            Err(Mismatch::Statements { meant: vec!["SELECT"], found, sql: text })
        }
    }
}
