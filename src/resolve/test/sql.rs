//! The SQL of a test: `tenant('A')`, `sample('u1')` and `mask.NAME(value, …)` found among PostgreSQL's own tokens.

use super::super::treatment::{Target, Treatments};
use super::super::types;
use crate::catalog::{Column, DataType, QName, Table, TableKind};
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::hmac::Canonical;
use crate::mask::{Hashes, Value};
use crate::model::access::Tenancy;
use crate::model::test::{TestMask, TestPiece, TestSql, VALUE};
use crate::model::{MaskUse, Treatment};
use crate::postgres::{tokens, with_tree};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, ArgumentValue, TreatmentKind, TypePattern};
use indexmap::IndexMap;
use pg_query::protobuf::{ScanToken, Token};
use std::ops::Range;

/// Types that a mask is tried with where nothing says the type of its value, in this order.
const GUESSES: [&str; 10] =
    ["text", "int4", "numeric", "date", "timestamptz", "uuid", "inet", "jsonb", "bool", "bytea"];

/// Reads expressions of tests.
pub struct Reader<'a> {
    /// What masks are looked up in.
    pub treatments: &'a Treatments<'a>,
    /// Whose type `tenant('A')` has.
    pub tenancy: Option<&'a Tenancy>,
}

/// One token and where it stands.
#[derive(Clone)]
struct Found {
    token: Token,
    range: Range<usize>,
}

fn scan(text: &str) -> Option<Vec<Found>> {
    let place = |at: i32| usize::try_from(at).unwrap_or_default();
    let found = |token: &ScanToken| Found { token: token.token(), range: place(token.start)..place(token.end) };
    let is_code = |found: &Found| !matches!(found.token, Token::SqlComment | Token::CComment);
    Some(tokens(text)?.iter().map(found).filter(is_code).collect())
}

/// The parts between commas that stand in no parentheses, each with its place.
pub fn split(text: &str) -> Vec<(usize, &str)> {
    let found = scan(text).unwrap_or_default();
    let commas = top_level(&found).filter(|found| found.token == Token::Ascii44).map(|found| found.range.start);
    let mut parts = Vec::new();
    let mut start = 0;
    for end in commas.chain([text.len()]) {
        let part = text.get(start..end).unwrap_or_default();
        let skipped = part.len() - part.trim_start().len();
        parts.push((start + skipped, part.trim()));
        start = end + 1;
    }
    parts
}

fn top_level(found: &[Found]) -> impl Iterator<Item = &Found> {
    found
        .iter()
        .scan(0_usize, |depth, found| {
            let here = *depth;
            match found.token {
                Token::Ascii40 | Token::Ascii91 => *depth += 1,
                Token::Ascii41 | Token::Ascii93 => *depth = depth.saturating_sub(1),
                _ => {}
            }
            Some((here == 0).then_some(found))
        })
        .flatten()
}

impl Reader<'_> {
    /// An expression; `wanted` is the type of a made value that stands in it.
    pub fn expression(
        &self,
        text: &str,
        span: Span,
        wanted: Option<&DataType>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<TestSql> {
        if let Err(message) = reads(text) {
            diagnostics.push(
                Diagnostic::new(codes::N0216, "expected a SQL expression that PostgreSQL can read")
                    .at(span, message)
                    .help("try it in psql: `SELECT (…);`"),
            );
            return None;
        }
        let found = scan(text)?;
        let mut pieces = Vec::new();
        let (mut at, mut end) = (0, 0);
        let before = diagnostics.len();
        while at < found.len() {
            let Some((call, after)) = Call::at(text, &found, at) else {
                at += 1;
                continue;
            };
            pieces.push(TestPiece::Sql(text.get(end..call.range.start).unwrap_or_default().to_owned()));
            pieces.extend(self.piece(&call, span, wanted, diagnostics));
            end = call.range.end;
            at = after;
        }
        pieces.push(TestPiece::Sql(text.get(end..).unwrap_or_default().to_owned()));
        (diagnostics.len() == before).then_some(TestSql { pieces, span })
    }

    fn piece(
        &self,
        call: &Call<'_>,
        span: Span,
        wanted: Option<&DataType>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<TestPiece> {
        let place = within(span, &call.range);
        if call.mask {
            return self.mask(call, span, diagnostics).map(|mask| TestPiece::Mask(Box::new(mask)));
        }
        let label =
            scan(call.inside).filter(|found| found.len() == 1).and_then(|found| literal(call.inside, &found, place));
        let Some(ArgumentValue::Text(label)) = label else {
            let title = format!("expected a label in `{}`, found `{}`", call.name, call.inside.trim());
            let diagnostic = Diagnostic::new(codes::N0216, title).at(place, "is no string");
            diagnostics.push(diagnostic.help(format!("write `{}('A')`; the same label is the same value", call.name)));
            return None;
        };
        if call.name == "sample" {
            return Some(TestPiece::Sample(label, wanted.cloned()));
        }
        if self.tenancy.is_none() {
            diagnostics.push(
                Diagnostic::new(codes::N0216, "expected a policy with a `tenancy`, found none")
                    .at(place, "is a tenant's id")
                    .help("declare the tenancy, or write `sample('A')`"),
            );
            return None;
        }
        Some(TestPiece::Tenant(label))
    }

    fn mask(&self, call: &Call<'_>, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<TestMask> {
        let place = within(span, &call.range);
        let parts = split(call.inside);
        let Some(((at, value), rest)) = parts.split_first().filter(|((_, value), _)| !value.is_empty()) else {
            let title = format!("expected a value in `mask.{}`, found none", call.name);
            let diagnostic = Diagnostic::new(codes::N0216, title).at(place, "masks nothing");
            diagnostics.push(diagnostic.help(format!("write the value first: `mask.{}('…')`", call.name)));
            return None;
        };
        let offset = call.inside_start;
        let value_span = within(span, &(offset + at..offset + at + value.len()));
        let data_type = self.type_of(call.name, value, value_span);
        let value = self.expression(value, value_span, Some(&data_type), diagnostics)?;
        let mut arguments = Vec::new();
        for (at, part) in rest {
            let place = within(span, &(offset + at..offset + at + part.len()));
            arguments.push(argument(part, place, diagnostics)?);
        }
        let name = ast::Name { text: call.name.to_owned(), quoted: true, span: place };
        let table = one_column(&data_type, span);
        let column = table.columns.get(VALUE)?;
        let written = ast::Treatment {
            kind: TreatmentKind::Call(ast::MaskCall { name, arguments, span: place }),
            orphans: None,
            because: None,
            span: place,
        };
        let treatments = Treatments {
            catalog: self.treatments.catalog,
            search: self.treatments.search,
            sources: self.treatments.sources,
            declared: self.treatments.declared,
            class_overrides: self.treatments.class_overrides,
        };
        let found = treatments.in_group(&written, Target { table: &table, column }, "test", diagnostics)?;
        let Treatment::Mask(mask) = found else {
            let title = format!("expected a mask that changes its value, `{}` gives it back", call.name);
            let diagnostic = Diagnostic::new(codes::N0216, title).at(place, "is the value itself");
            diagnostics.push(diagnostic.help("write the value"));
            return None;
        };
        self.fits(&mask, &data_type, call.name, place, diagnostics)?;
        Some(TestMask { value, data_type, mask })
    }

    /// A mask of the catalogue that can be called without the other columns and rows of a table.
    fn fits(
        &self,
        mask: &MaskUse,
        data_type: &DataType,
        name: &str,
        place: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<()> {
        let MaskUse::Call(call) = mask else { return Some(()) };
        let base = self.treatments.catalog.base_type(data_type);
        let (title, help) = if !call.mask.accepts(&base) {
            let title = format!("expected {} for `{name}`, found `{}`", call.mask.accepts_words(), data_type.name.name);
            (title, "cast the value to a type that the mask takes: `mask.NAME('…'::TYPE)`")
        } else if let Err(why) = call.mask.check_arguments(&base, &call.arguments) {
            (format!("expected other arguments of `{name}`: {why}"), "`noren masks NAME` says what it takes")
        } else if call.mask.of_rows()
            || call.mask.needs_default()
            || call.mask.needs_lookup()
            || call.arguments.values().any(|value| matches!(value, Value::Column(_)))
        {
            let title = format!("expected a mask of one value, `{name}` reads other columns or rows of its table");
            (title, "show it with `noren preview`")
        } else if call.mask.hashes(&call.arguments) == Hashes::Input && Canonical::of([&base]).is_none() {
            let title = format!("expected a type whose equal values have one text, found `{}`", data_type.name.name);
            (title, "cast the value to text")
        } else {
            return Some(());
        };
        diagnostics.push(Diagnostic::new(codes::N0216, title).at(place, "cannot be called so").help(help));
        None
    }

    /// What the value says of its type, else the first type that the mask takes.
    fn type_of(&self, mask: &str, value: &str, span: Span) -> DataType {
        let plain =
            |name: &str| DataType { name: QName::new("pg_catalog", name), modifiers: Vec::new(), dimensions: 0 };
        let found = scan(value).unwrap_or_default();
        let kinds: Vec<Token> = found.iter().map(|found| found.token).collect();
        let word = |at: usize| found.get(at).and_then(|found| value.get(found.range.clone())).unwrap_or_default();
        let named = |word: &str| {
            let name = ast::Name { text: word.trim_matches('"').to_owned(), quoted: false, span };
            let pattern = TypePattern::Named { schema: None, name, array: false };
            types::data_type(&pattern, self.treatments.catalog, self.treatments.search)
        };
        let last_cast = kinds.iter().rposition(|token| *token == Token::Typecast);
        let written = match (kinds.as_slice(), last_cast) {
            ([Token::Iconst] | [Token::Ascii45, Token::Iconst], _) => Some(plain("int4")),
            ([Token::Fconst] | [Token::Ascii45, Token::Fconst], _) => Some(plain("numeric")),
            ([Token::TrueP | Token::FalseP], _) => Some(plain("bool")),
            ([_, Token::Sconst], _) => named(word(0)),
            (_, Some(at)) if at + 2 == kinds.len() => named(word(at + 1)),
            _ => None,
        };
        let own = self.treatments.declared.masks.get(mask).and_then(|mask| mask.parameters.first());
        let of_own = own.and_then(|own| types::data_type(&own.kind, self.treatments.catalog, self.treatments.search));
        let takes = |name: &&&str| {
            let base = self.treatments.catalog.base_type(&plain(name));
            crate::mask::find(mask).is_some_and(|mask| mask.accepts(&base))
        };
        let guess = GUESSES.iter().find(takes).map_or("text", |name| *name);
        written.or(of_own).unwrap_or_else(|| plain(guess))
    }
}

/// Whether PostgreSQL reads a text as one expression.
fn reads(text: &str) -> Result<(), String> {
    with_tree(&format!("SELECT ({text}\n)"), |tree| match tree {
        Ok(tree) if tree.stmts.len() == 1 => Ok(()),
        Ok(_) => Err("is more than one statement".to_owned()),
        Err(error) => Err(error.to_string()),
    })
}

fn within(span: Span, range: &Range<usize>) -> Span {
    Span::new(span.source, span.start as usize + range.start, span.start as usize + range.end)
}

/// `tenant(…)`, `sample(…)` or `mask.NAME(…)`.
struct Call<'t> {
    mask: bool,
    name: &'t str,
    inside: &'t str,
    inside_start: usize,
    range: Range<usize>,
}

impl<'t> Call<'t> {
    /// The call whose first token is this one, and the token after it.
    fn at(text: &'t str, found: &[Found], at: usize) -> Option<(Self, usize)> {
        let word = |at: usize| found.get(at).and_then(|found| text.get(found.range.clone()));
        let is = |at: usize, token: Token| found.get(at).is_some_and(|found| found.token == token);
        if at > 0 && is(at - 1, Token::Ascii46) {
            return None;
        }
        let (mask, open) = match word(at)?.to_ascii_lowercase().as_str() {
            "mask" if is(at + 1, Token::Ascii46) => (true, at + 3),
            "tenant" | "sample" => (false, at + 1),
            _ => return None,
        };
        if !is(open, Token::Ascii40) {
            return None;
        }
        let mut depth = 0_usize;
        let close = found.iter().enumerate().skip(open).find_map(|(at, found)| {
            match found.token {
                Token::Ascii40 => depth += 1,
                Token::Ascii41 => depth = depth.saturating_sub(1),
                _ => {}
            }
            (depth == 0).then_some(at)
        })?;
        let name = word(open - 1)?.trim_matches('"');
        let (start, end) = (found.get(open)?.range.end, found.get(close)?.range.start);
        let range = found.get(at)?.range.start..found.get(close)?.range.end;
        let call = Self { mask, name, inside: text.get(start..end)?, inside_start: start, range };
        Some((call, close + 1))
    }
}

/// `VALUE` or `NAME => VALUE`.
fn argument(text: &str, place: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<ast::Argument> {
    let found = scan(text).unwrap_or_default();
    let (name, values) = match found.as_slice() {
        [name, arrow, rest @ ..] if arrow.token == Token::EqualsGreater => {
            let written = text.get(name.range.clone()).unwrap_or_default().to_ascii_lowercase();
            (Some(ast::Name { text: written, quoted: false, span: within(place, &name.range) }), rest)
        }
        all => (None, all),
    };
    let Some(value) = literal(text, values, place) else {
        let title = format!("expected a text, a number or a truth value as an argument of a mask, found `{text}`");
        diagnostics.push(
            Diagnostic::new(codes::N0216, title)
                .at(place, "is no literal")
                .note("the arguments of a mask are known before any row is read")
                .help("write a literal, as in the policy"),
        );
        return None;
    };
    Some(ast::Argument { name, value: Spanned { value, span: place } })
}

fn literal(text: &str, found: &[Found], span: Span) -> Option<ArgumentValue> {
    let word = |found: &Found| text.get(found.range.clone());
    Some(match found {
        [one] => match one.token {
            Token::Sconst => ArgumentValue::Text(unquoted(word(one)?)?),
            Token::Iconst | Token::Fconst => ArgumentValue::Number(word(one)?.to_owned()),
            Token::TrueP => ArgumentValue::Boolean(true),
            Token::FalseP => ArgumentValue::Boolean(false),
            Token::NullP => ArgumentValue::Null,
            _ => return None,
        },
        [minus, number] if minus.token == Token::Ascii45 => ArgumentValue::Number(format!("-{}", word(number)?)),
        [kind, value] if value.token == Token::Sconst => {
            let name = ast::Name { text: word(kind)?.to_ascii_lowercase(), quoted: false, span };
            ArgumentValue::Typed(name, unquoted(word(value)?)?)
        }
        _ => return None,
    })
}

/// `'…'` with doubled quotes undone; other forms of strings are not the language's.
fn unquoted(text: &str) -> Option<String> {
    Some(text.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"))
}

/// A table of one column, which a mask in a test is of.
fn one_column(data_type: &DataType, span: Span) -> Table {
    let column = Column {
        name: VALUE.to_owned(),
        span,
        data_type: data_type.clone(),
        not_null: false,
        default: None,
        identity: None,
        generated: None,
        collation: None,
        comment: None,
    };
    Table {
        name: QName::new("test", "test"),
        span,
        kind: TableKind::Ordinary,
        columns: IndexMap::from([(VALUE.to_owned(), column)]),
        partition_of: None,
        inherits: Vec::new(),
        primary_key: None,
        unique: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        exclusions: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        policies: Vec::new(),
        row_security: false,
        force_row_security: false,
        comment: None,
        owner: None,
        grants: Vec::new(),
        publications: Vec::new(),
        unlogged: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_where_sql_splits_them() {
        let texts = |text| split(text).into_iter().map(|(_, part)| part).collect::<Vec<_>>();
        assert_eq!(texts("1, f(2, 3), 'a,b', ARRAY[1, 2]"), ["1", "f(2, 3)", "'a,b'", "ARRAY[1, 2]"]);
        assert_eq!(split(" a ,b"), [(1, "a"), (4, "b")]);
    }

    #[test]
    fn calls_are_found_and_columns_are_not() {
        let calls = |text: &str| {
            let found = scan(text).unwrap();
            let calls = (0..found.len()).filter_map(|at| Call::at(text, &found, at));
            calls.map(|(call, _)| format!("{}:{}", call.name, call.inside)).collect::<Vec<_>>()
        };
        assert_eq!(calls("mask.hash('a', length => 4) = tenant('B')"), ["hash:'a', length => 4", "tenant:'B'"]);
        assert_eq!(calls("e.tenant = e.sample and mask.id = app.tenant('x')"), Vec::<String>::new());
    }
}
