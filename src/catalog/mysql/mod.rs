//! A MySQL schema: what `mysqldump --no-data` prints, or migrations in name order, as a [`Catalog`].
//!
//! The dump's form is that of `SHOW CREATE TABLE`, which is regular: so tables are read by a grammar of their own, word by
//! word, and what it does not know is an error at that word. Of expressions only what they read is wanted, and that is
//! their tokens. A statement of another kind is a warning with its line, unless it can change no table.
//!
//! A database is one schema here. The files name none, so it gets the name that the project looks names up in.

mod lexer;
mod parse;
mod statement;
mod table;
mod types;

pub use types::{NAMES, SCHEMA};

use super::{Catalog, QName};
use crate::diagnostic::codes::{N0950, N0951};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceId, Sources, Span};
use lexer::Kind;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// What MySQL knows of a schema beyond what a [`Catalog`] says.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Facts {
    /// The version of Aurora MySQL that the project is for: 2 is MySQL 5.7, 3 is 8.0. No part of the schema.
    #[serde(skip)]
    pub version: u32,
    /// By table and column.
    #[serde(serialize_with = "pairs")]
    pub columns: BTreeMap<(QName, String), OwnType>,
}

/// A column's type in the server's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnType {
    /// `information_schema.columns.column_type` without display widths: `int unsigned`, `varchar(20)`.
    pub words: String,
    /// Text with a character set.
    pub is_text: bool,
}

/// JSON has no keys but strings.
fn pairs<K: Serialize, V: Serialize, S: Serializer>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map)
}

/// Whether a type list of a policy may name this.
pub fn is_type(word: &str) -> bool {
    NAMES.contains(&word)
}

/// Reads schema files in order into one catalog, with everything that was found amiss.
pub fn read(sources: &Sources, files: &[SourceId], database: &str, version: u32) -> (Catalog, Vec<Diagnostic>) {
    let catalog = Catalog { mysql: Some(Facts { version, ..Facts::default() }), ..Catalog::default() };
    let mut reader = Reader { catalog, found: Vec::new(), database: database.to_owned(), named: None };
    for id in files {
        let Some(source) = sources.get(*id) else { continue };
        reader.file(*id, &source.text);
    }
    reader.close();
    let Reader { catalog, mut found, .. } = reader;
    found.sort_by_key(|finding| finding.severity == Severity::Note);
    (catalog, found)
}

/// An expression of the schema with names and strings as the standard has them: for questions that do not depend on the
/// engine. `None` where a string has no such form.
pub fn standard(sql: &str) -> Option<String> {
    let (statements, open) = lexer::statements(sql);
    let [statement] = statements.as_slice() else { return None };
    let mut words = Vec::new();
    for token in &statement.tokens {
        words.push(match &token.kind {
            Kind::Name(name) => format!("\"{}\"", name.replace('"', "\"\"")),
            Kind::Text(text) if text.chars().any(char::is_control) => return None,
            Kind::Text(text) => format!("'{}'", text.replace('\'', "''")),
            // The character set of the string that follows.
            Kind::Word(word) if word.starts_with('_') => continue,
            Kind::Word(word) | Kind::Number(word) => word.clone(),
            // Operators of two characters stand together.
            Kind::Symbol(symbol) => symbol.to_string(),
        });
        let next = statement.tokens.iter().find(|next| next.range.start == token.range.end);
        let joins = matches!(token.kind, Kind::Symbol('<' | '>' | '!'))
            && next.is_some_and(|next| matches!(next.kind, Kind::Symbol('=' | '>')));
        if !joins {
            words.push(" ".to_owned());
        }
    }
    open.is_none().then(|| words.concat())
}

struct Reader {
    catalog: Catalog,
    found: Vec<Diagnostic>,
    /// The schema that all tables are in.
    database: String,
    /// The database that the files name, with its place.
    named: Option<(String, Span)>,
}

/// A statement's place.
#[derive(Clone, Copy)]
struct Place<'t> {
    source: SourceId,
    text: &'t str,
}

impl Place<'_> {
    fn span(self, range: &std::ops::Range<usize>) -> Span {
        Span::new(self.source, range.start, range.end)
    }
}

impl Reader {
    fn file(&mut self, source: SourceId, text: &str) {
        if let Some(finding) = not_a_dump(source, text) {
            self.found.push(finding);
            return;
        }
        let (statements, open) = lexer::statements(text);
        let place = Place { source, text };
        // What holds the opening of something that never ends is no statement.
        let whole = if open.is_some() { statements.len().saturating_sub(1) } else { statements.len() };
        for statement in statements.iter().take(whole) {
            self.statement(place, &statement.tokens);
        }
        if let Some(open) = open {
            self.found.push(
                Diagnostic::new(N0951, format!("expected the end of this {}, found the end of the file", open.what))
                    .at(Span::new(source, open.start, open.start + 1), "opened here and never closed")
                    .note("nothing after it can be read as statements")
                    .help("close it; when the file was cut off, take the dump again"),
            );
        } else if let Some(finding) = truncated(source, text) {
            self.found.push(finding);
        }
    }

    fn name(&self, name: &str) -> QName {
        QName::new(self.database.as_str(), name)
    }

    /// One database a project: statements name tables without it, so that a copy may have another name.
    fn enter(&mut self, database: &str, span: Span) {
        match &self.named {
            None => self.named = Some((database.to_owned(), span)),
            Some((first, _)) if first == database => {}
            Some((first, place)) => self.found.push(
                Diagnostic::new(
                    N0951,
                    format!("expected the schema of one database, found a second one, `{database}`"),
                )
                .at(span, "another database")
                .label(*place, format!("`{first}`, the first"))
                .note("tables of two databases would pass for one schema")
                .help("dump each database to a file of its own, without `--databases`, and make a project of each"),
            ),
        }
    }

    fn refuse(&mut self, span: Span, found: &str) {
        self.found.push(
            Diagnostic::new(N0950, format!("expected SQL as `mysqldump --no-data` prints it, found {found}"))
                .at(span, "not understood")
                .note("the statement is left out, so the schema is not known in full")
                .help("take the schema from `mysqldump --no-data --routines --triggers`, or correct the statement"),
        );
    }
}

fn not_a_dump(source: SourceId, text: &str) -> Option<Diagnostic> {
    let at = text.find('\0')?;
    let finding = Diagnostic::new(N0951, "expected a schema as SQL text, found a NUL byte")
        .at(Span::new(source, at, at + 1), "not SQL")
        .help("give the text that `mysqldump --no-data` prints, in UTF-8");
    Some(finding)
}

/// `mysqldump` begins and ends with a comment of its own; a file with the first only lost its tail.
fn truncated(source: SourceId, text: &str) -> Option<Diagnostic> {
    let begins =
        text.lines().take(5).any(|line| line.starts_with("-- MySQL dump ") || line.starts_with("-- MariaDB dump "));
    if !begins || text.contains("\n-- Dump completed") {
        return None;
    }
    let end = text.trim_end().len();
    let start = text.get(..end).and_then(|text| text.rfind('\n')).map_or(0, |newline| newline + 1);
    let finding = Diagnostic::new(N0951, "expected `-- Dump completed` at the end, found the end of the file")
        .at(Span::new(source, start, end), "the dump breaks off here")
        .note("whatever followed is missing from the catalog, and the policy cannot speak of it")
        .help("take the dump again, and see that `mysqldump` ends without an error");
    Some(finding)
}
