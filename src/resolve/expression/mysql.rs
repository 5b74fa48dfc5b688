//! A user's SQL expression over one row, read by a grammar of MySQL.
//!
//! As for PostgreSQL, the tree is walked against a list of what is understood, and all else is refused by name. What a
//! text means must not depend on `sql_mode` either: so `||`, strings in double quotes and backslashes in strings are
//! refused too, and comments, of which some are SQL. Of functions only those that are known to look at nothing but their
//! arguments may be called.

use super::{Refusal, Scope};
use crate::model::{Facts, RowSql};
use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, InTarget, SelectItem,
    SetExpr, Statement, Value,
};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token, Tokenizer, Whitespace};
use std::collections::BTreeSet;
use std::ops::Range;

const PREFIX: &str = "SELECT (";

/// They give NULL where an argument is NULL, raise nothing, and hide what they are given.
const HIDING: &[&str] = &[
    "ASCII",
    "BIT_LENGTH",
    "CHAR_LENGTH",
    "CHARACTER_LENGTH",
    "CRC32",
    "DATE",
    "DATEDIFF",
    "DAY",
    "DAYNAME",
    "DAYOFMONTH",
    "DAYOFWEEK",
    "DAYOFYEAR",
    "FIELD",
    "FIND_IN_SET",
    "HOUR",
    "INSTR",
    "LAST_DAY",
    "LENGTH",
    "LOCATE",
    "MD5",
    "MINUTE",
    "MONTH",
    "MONTHNAME",
    "OCTET_LENGTH",
    "QUARTER",
    "SECOND",
    "SHA",
    "SHA1",
    "SHA2",
    "SIGN",
    "SOUNDEX",
    "STRCMP",
    "TO_DAYS",
    "WEEK",
    "WEEKDAY",
    "YEAR",
    "YEARWEEK",
];

/// The same, but what they are given can be read off.
const SHOWING: &[&str] = &[
    "BINARY",
    "CONCAT",
    "CONCAT_WS",
    "DATE_FORMAT",
    "HEX",
    "INSERT",
    "LCASE",
    "LEFT",
    "LOWER",
    "LPAD",
    "LTRIM",
    "MID",
    "QUOTE",
    "REPEAT",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "RPAD",
    "RTRIM",
    "SPACE",
    "SUBSTR",
    "SUBSTRING",
    "SUBSTRING_INDEX",
    "TO_BASE64",
    "TRIM",
    "UCASE",
    "UPPER",
];

/// They may give NULL, or raise an error, of arguments that are not NULL.
const OTHERS: &[&str] = &[
    "ABS",
    "CEIL",
    "CEILING",
    "COALESCE",
    "CONV",
    "ELT",
    "FLOOR",
    "FROM_BASE64",
    "GREATEST",
    "IF",
    "IFNULL",
    "INET_ATON",
    "INET_NTOA",
    "ISNULL",
    "JSON_ARRAY",
    "JSON_EXTRACT",
    "JSON_LENGTH",
    "JSON_OBJECT",
    "JSON_REMOVE",
    "JSON_SET",
    "JSON_TYPE",
    "JSON_UNQUOTE",
    "JSON_VALID",
    "LEAST",
    "MAKEDATE",
    "MOD",
    "NULLIF",
    "POW",
    "POWER",
    "ROUND",
    "STR_TO_DATE",
    "TIMESTAMPDIFF",
    "TRUNCATE",
    "UNHEX",
];

/// Reads `text` as one expression.
pub fn parse_row_sql(text: &str, scope: &Scope<'_>) -> Result<RowSql, Refusal> {
    check_tokens(text)?;
    let statement = format!("{PREFIX}{text}\n)");
    let read = Parser::parse_sql(&MySqlDialect {}, &statement).map_err(|error| Refusal::Syntax(error.to_string()))?;
    let expression = sole_expression(&read).ok_or(Refusal::Construct("more than one expression"))?;
    let mut walker = Walker { scope, text, references: Vec::new() };
    let value = walker.value(expression)?;
    walker.references.sort_by_key(|(range, _)| range.start);
    let columns: BTreeSet<String> = walker.references.iter().map(|(_, column)| column.clone()).collect();
    let facts = Facts {
        null_only_with: value.null_only_with.map(|columns| columns.into_iter().collect()),
        total: value.total,
        identity_of: value.identity_of,
        shows: value.shows.into_iter().collect(),
    };
    Ok(RowSql { text: text.to_owned(), references: walker.references, columns: columns.into_iter().collect(), facts })
}

fn check_tokens(text: &str) -> Result<(), Refusal> {
    if text.chars().any(|letter| letter.is_control() && letter != '\n') {
        return Err(Refusal::Construct("a control character"));
    }
    let raw = Tokenizer::new(&MySqlDialect {}, text).with_unescape(false);
    let tokens = { raw }.tokenize().map_err(|error| Refusal::Syntax(error.to_string()))?;
    for token in tokens {
        let refused = match token {
            Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
                "a comment, of which MySQL runs some"
            }
            Token::SingleQuotedString(value) if value.contains('\\') => {
                "a backslash in a string, which `sql_mode` may change"
            }
            Token::SingleQuotedString(value) if value.contains('\n') => "a string of several lines",
            Token::DoubleQuotedString(_) => "a string in double quotes, which `sql_mode` may make a name",
            Token::StringConcat => "`||`, which is OR or CONCAT by `sql_mode`; write one of them",
            Token::AtSign | Token::Placeholder(_) => "a variable",
            Token::Word(word) if word.quote_style.is_none() && word.value.starts_with('@') => "a variable",
            Token::SemiColon => "a semicolon",
            _ => continue,
        };
        return Err(Refusal::Construct(refused));
    }
    Ok(())
}

fn sole_expression(read: &[Statement]) -> Option<&Expr> {
    let [Statement::Query(query)] = read else { return None };
    if query.with.is_some() || query.order_by.is_some() || query.limit_clause.is_some() || query.fetch.is_some() {
        return None;
    }
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let bare = select.from.is_empty() && select.selection.is_none() && select.into.is_none() && select.having.is_none();
    let [SelectItem::UnnamedExpr(Expr::Nested(inner))] = select.projection.as_slice() else { return None };
    bare.then_some(inner.as_ref())
}

/// What is known of a sub-expression.
struct Known {
    null_only_with: Option<BTreeSet<String>>,
    total: bool,
    identity_of: Option<String>,
    shows: BTreeSet<String>,
}

impl Known {
    fn constant() -> Self {
        Self { null_only_with: Some(BTreeSet::new()), total: true, identity_of: None, shows: BTreeSet::new() }
    }

    /// NULL only where one of the parts is.
    fn strict(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::constant();
        for part in parts {
            all.total &= part.total;
            all.shows.extend(part.shows);
            all.null_only_with = all.null_only_with.zip(part.null_only_with).map(|(mut left, right)| {
                left.extend(right);
                left
            });
        }
        all
    }

    fn hiding(mut self) -> Self {
        self.shows.clear();
        self
    }

    fn open(mut self) -> Self {
        self.null_only_with = None;
        self.total = false;
        self
    }
}

struct Walker<'a> {
    scope: &'a Scope<'a>,
    text: &'a str,
    references: Vec<(Range<usize>, String)>,
}

impl Walker<'_> {
    fn value(&mut self, expression: &Expr) -> Result<Known, Refusal> {
        Ok(match expression {
            Expr::Identifier(column) => self.column(column, column)?,
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [table, column] if table.value == self.scope.qualifier => self.column(table, column)?,
                names => {
                    let name = names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(".");
                    let range = names.first().map_or(0..0, |first| self.place(first.span.start..first.span.end));
                    return Err(Refusal::UnknownColumn(name, range));
                }
            },
            Expr::Value(value) => match &value.value {
                Value::Null => Known { null_only_with: None, ..Known::constant() },
                _ => Known::constant(),
            },
            Expr::Nested(inner) => self.value(inner)?,
            Expr::UnaryOp { expr, .. } => self.value(expr)?.hiding(),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right)?,
            Expr::IsNull(inner) | Expr::IsNotNull(inner) => {
                self.value(inner)?;
                Known::constant()
            }
            Expr::IsTrue(inner) | Expr::IsFalse(inner) | Expr::IsNotTrue(inner) | Expr::IsNotFalse(inner) => {
                Known { total: self.value(inner)?.total, ..Known::constant() }
            }
            Expr::In { expr, target: InTarget::List(list), .. } => {
                let mut parts = vec![self.value(expr)?];
                for item in list {
                    parts.push(self.value(item)?);
                }
                Known::strict(parts).hiding()
            }
            Expr::Between { expr, low, high, .. } => {
                Known::strict([self.value(expr)?, self.value(low)?, self.value(high)?]).hiding()
            }
            Expr::Like { expr, pattern, .. } => Known::strict([self.value(expr)?, self.value(pattern)?]).hiding(),
            Expr::RLike { expr, pattern, .. } => {
                let mut known = Known::strict([self.value(expr)?, self.value(pattern)?]).hiding();
                known.total = false;
                known
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                let mut total = operand.as_ref().map_or(Ok(true), |of| self.value(of).map(|known| known.total))?;
                let mut results = Vec::new();
                for arm in conditions {
                    total &= self.value(&arm.condition)?.total;
                    results.push(self.value(&arm.result)?);
                }
                let complete = else_result.is_some();
                results.extend(else_result.as_ref().map(|of| self.value(of)).transpose()?);
                let mut known = Known::strict(results);
                known.total &= total;
                known.null_only_with = known.null_only_with.filter(|_| complete);
                known
            }
            Expr::Cast { expr, .. } => {
                let inner = self.value(expr)?;
                Known { identity_of: inner.identity_of.clone(), ..inner.open() }
            }
            Expr::Convert { expr, .. } => {
                let inner = self.value(expr)?;
                Known { identity_of: inner.identity_of.clone(), ..inner }
            }
            Expr::Collate { expr, .. } => self.value(expr)?,
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let mut parts = vec![self.value(expr)?];
                for part in [substring_from, substring_for].into_iter().flatten() {
                    parts.push(self.value(part)?);
                }
                Known::strict(parts)
            }
            Expr::Trim { expr, trim_what, .. } => {
                let mut parts = vec![self.value(expr)?];
                parts.extend(trim_what.as_ref().map(|what| self.value(what)).transpose()?);
                Known::strict(parts)
            }
            Expr::Position { expr, r#in } => Known::strict([self.value(expr)?, self.value(r#in)?]).hiding(),
            Expr::Floor { expr, .. } | Expr::Ceil { expr, .. } => self.value(expr)?.open(),
            Expr::TypedString(_) | Expr::Prefixed { .. } => Known::constant(),
            Expr::Function(function) => self.function(function)?,
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::In { .. } => {
                return Err(Refusal::Construct("a sub-select"));
            }
            _ => return Err(Refusal::Construct("a construct that the compiler does not reason about")),
        })
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Known, Refusal> {
        let both = Known::strict([self.value(left)?, self.value(right)?]);
        Ok(match op {
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
            | BinaryOperator::And
            | BinaryOperator::Or
            | BinaryOperator::Xor => both.hiding(),
            BinaryOperator::Spaceship => Known { total: both.total, ..Known::constant() },
            BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply => {
                let mut known = both;
                known.total = false;
                known
            }
            BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::MyIntegerDivide
            | BinaryOperator::BitwiseAnd
            | BinaryOperator::BitwiseOr
            | BinaryOperator::BitwiseXor
            | BinaryOperator::Arrow
            | BinaryOperator::LongArrow => both.open(),
            _ => return Err(Refusal::Construct("an operator that the compiler does not reason about")),
        })
    }

    fn function(&mut self, function: &Function) -> Result<Known, Refusal> {
        let name = function.name.to_string().to_ascii_uppercase();
        let plain = function.over.is_none() && function.filter.is_none() && function.within_group.is_empty();
        let FunctionArguments::List(list) = &function.args else {
            return Err(Refusal::Construct("a call without a list of arguments"));
        };
        if !plain || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
            return Err(Refusal::Construct("an aggregate or a window"));
        }
        let mut arguments = Vec::new();
        for argument in &list.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument else {
                return Err(Refusal::Construct("an argument that is no expression"));
            };
            arguments.push(self.value(argument)?);
        }
        let known = Known::strict(arguments);
        match name.as_str() {
            "CONCAT_WS" => Ok(known.open()),
            name if HIDING.contains(&name) => Ok(known.hiding()),
            name if SHOWING.contains(&name) => Ok(known),
            name if OTHERS.contains(&name) => Ok(known.open()),
            _ => Err(Refusal::Construct("a function that is not known to look at its arguments alone")),
        }
    }

    fn column(&mut self, first: &Ident, column: &Ident) -> Result<Known, Refusal> {
        let range = self.place(first.span.start..column.span.end);
        let written = self.text.get(range.clone()).unwrap_or_default();
        // What stands there must be the name that was read, or nothing is replaced in its place.
        if !(self.scope.is_column)(&column.value) || !written.contains(&column.value.replace('`', "``")) {
            return Err(Refusal::UnknownColumn(column.value.clone(), range));
        }
        let name = column.value.clone();
        self.references.push((range, name.clone()));
        Ok(Known {
            null_only_with: Some(BTreeSet::from([name.clone()])),
            total: true,
            identity_of: Some(name.clone()),
            shows: BTreeSet::from([name]),
        })
    }

    /// Lines and columns of the statement as bytes of the text; both count from 1, and columns are characters.
    fn place(&self, span: Range<Location>) -> Range<usize> {
        let byte = |at: Location| {
            let line_index = usize::try_from(at.line.saturating_sub(1)).unwrap_or_default();
            let before: usize = self.text.split_inclusive('\n').take(line_index).map(str::len).sum();
            let skipped = if line_index == 0 { PREFIX.len() } else { 0 };
            let column = usize::try_from(at.column.saturating_sub(1)).unwrap_or_default().saturating_sub(skipped);
            let line = self.text.get(before..).unwrap_or_default();
            before + line.char_indices().nth(column).map_or(line.len(), |(place, _)| place)
        };
        byte(span.start)..byte(span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RowSql, Refusal> {
        parse_row_sql(
            text,
            &Scope {
                is_column: &|name| ["name", "note", "年"].contains(&name),
                qualifier: "people",
                is_extension_typed: &|_| false,
                schema_of_function: &|_| None,
            },
        )
    }

    #[test]
    fn references_have_their_places() {
        let text = "CONCAT(LEFT(`name`, 1),\n '日', people.note, 年)";
        let read = read(text).unwrap();
        let places: Vec<&str> = read.references.iter().map(|(range, _)| &text[range.clone()]).collect();
        assert_eq!(places, ["`name`", "people.note", "年"]);
        assert_eq!(read.columns, ["name", "note", "年"]);
        assert_eq!(self::read("name").unwrap().facts.identity_of.as_deref(), Some("name"));
        assert_eq!(self::read("IF(name = 'x', NULL, 1)").unwrap().facts.null_only_with, None);
        assert!(self::read("CHAR_LENGTH(name) > 3").unwrap().facts.shows.is_empty());
    }

    #[test]
    fn what_a_server_could_read_otherwise_is_refused() {
        for text in [
            "name || 'x'",
            "\"name\"",
            "'a\\'b'",
            "name -- x",
            "name # x",
            "name /*!40000 , note */",
            "@secret",
            "@@hostname",
            "(SELECT 1)",
            "name), (note",
            "name) FROM people WHERE (1",
            "SLEEP(1)",
            "LOAD_FILE('x')",
            "COUNT(name)",
            "RAND()",
            "USER()",
            "other",
            "a.b.name",
        ] {
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
    }
}
