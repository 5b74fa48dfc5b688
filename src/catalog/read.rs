//! From files to a catalog.
//!
//! PostgreSQL's parser judges every statement, one at a time: the tree of a whole dump takes twenty times its
//! text. Its message names a token and no place, so the place of a syntax error is searched for: the shortest
//! prefix of the statement, token by token, that it refuses for the same reason.

use super::Catalog;
use super::apply::{self, Builder, Place};
use super::scan::{self, Scan};
use crate::diagnostic::codes::{N0950, N0951, N0953};
use crate::diagnostic::{Diagnostic, Severity};
use crate::postgres::{Refused, with_deep_stack, with_tree};
use crate::source::{SourceId, Sources, Span};
use std::ops::Range;

/// Reads schema files in order — one dump, or migrations — into one catalog, with everything that was found amiss.
///
/// Errors leave out the statement they are about and nothing else, so that one run shows them all.
pub fn read(sources: &Sources, files: &[SourceId]) -> (Catalog, Vec<Diagnostic>) {
    with_deep_stack(|| read_files(sources, files))
}

fn read_files(sources: &Sources, files: &[SourceId]) -> (Catalog, Vec<Diagnostic>) {
    let Some(first) = files.first() else { return (Catalog::default(), Vec::new()) };
    // All texts with psql's commands blanked; the builder keeps references into them.
    let scans: Vec<(SourceId, &str, Scan, Option<String>)> = files
        .iter()
        .filter_map(|id| {
            let text = sources.get(*id)?.text.as_str();
            let scan = scan::scan(text);
            let blanked = scan::blank(text, &scan);
            Some((*id, text, scan, blanked))
        })
        .collect();
    let mut builder = Builder::new(Place { source: *first, base: 0, text: "" });
    for (id, text, scan, blanked) in &scans {
        if let Some(finding) = not_a_dump(*id, text) {
            builder.found.push(finding);
            continue;
        }
        builder.begin_file(dumped_from(text));
        builder.found.extend(commands(*id, text, scan));
        read_text(&mut builder, *id, blanked.as_deref().unwrap_or(text), scan);
        builder.found.extend(truncated(*id, text, scan));
    }
    builder.catalog.sort();
    let mut found = builder.found;
    found.sort_by_key(|finding| finding.severity == Severity::Note);
    (builder.catalog, found)
}

/// The major version of the server that a dump was taken from: `-- Dumped from database version 15.20`.
pub fn dumped_from(text: &str) -> Option<u32> {
    let line = text.lines().take(40).find_map(|line| line.strip_prefix("-- Dumped from database version "))?;
    line.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Files that are no SQL text at all.
fn not_a_dump(source: SourceId, text: &str) -> Option<Diagnostic> {
    let (found, help) = if text.starts_with("PGDMP") {
        ("pg_dump's custom format", "write it as text: `pg_restore --schema-only --file schema.sql` and the archive")
    } else if text.contains('\0') {
        ("a NUL byte", "give the text that `pg_dump --schema-only` prints, in UTF-8")
    } else {
        return None;
    };
    let at = text.find('\0').filter(|_| !text.starts_with("PGDMP")).unwrap_or(0);
    let finding = Diagnostic::new(N0951, format!("expected a schema as SQL text, found {found}"))
        .at(Span::new(source, at, at + 1), "not SQL")
        .help(help);
    Some(finding)
}

/// `pg_dump` begins and ends with a comment of its own; a file with the first only lost its tail.
fn truncated(source: SourceId, text: &str, scan: &Scan) -> Option<Diagnostic> {
    let begins = text
        .lines()
        .take(10)
        .any(|line| matches!(line, "-- PostgreSQL database dump" | "-- PostgreSQL database cluster dump"));
    if scan.unterminated.is_some()
        || !begins
        || text.contains("\n-- PostgreSQL database dump complete")
        || text.contains("\n-- PostgreSQL database cluster dump complete")
    {
        return None;
    }
    let end = text.trim_end().len();
    let start = text.get(..end).and_then(|text| text.rfind('\n')).map_or(0, |newline| newline + 1);
    let finding =
        Diagnostic::new(N0951, "expected `-- PostgreSQL database dump complete` at the end, found the end of the file")
            .at(Span::new(source, start, end), "the dump breaks off here")
            .note("whatever followed is missing from the catalog, and the policy cannot speak of it")
            .help("take the dump again, and see that `pg_dump` ends without an error");
    Some(finding)
}

/// psql's commands that change what the file means.
fn commands(source: SourceId, text: &str, scan: &Scan) -> Vec<Diagnostic> {
    let mut databases: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for range in &scan.commands {
        let line = text.get(range.clone()).unwrap_or_default().trim_end();
        let mut words = line.split_whitespace();
        let command = words.next().unwrap_or_default();
        let place = Span::new(source, range.start, range.start + line.len());
        match command {
            "\\connect" | "\\c" => {
                let database = words.next().unwrap_or_default();
                if !databases.contains(&database) {
                    databases.push(database);
                }
                if databases.len() > 1 {
                    found.push(second_database(place, database));
                }
            }
            "\\i" | "\\ir" | "\\include" | "\\include_relative" | "\\if" | "\\elif" | "\\else" | "\\gexec"
            | "\\gset" => {
                found.push(included(place, command));
            }
            _ => {}
        }
    }
    found
}

fn second_database(span: Span, database: &str) -> Diagnostic {
    Diagnostic::new(N0951, format!("expected the schema of one database, found a second one, `{database}`"))
        .at(span, "another database begins here")
        .note("tables of two databases would pass for one schema")
        .help("dump each database to a file of its own: `pg_dump --schema-only` instead of `pg_dumpall`")
}

fn included(span: Span, command: &str) -> Diagnostic {
    Diagnostic::new(N0953, format!("expected SQL, found psql's command `{command}`, which is not followed"))
        .at(span, "left out")
        .note("whatever it reads or skips is not known to the catalog")
        .help("list each file under `schema` in the project file instead")
}

/// The statements of a schema file as PostgreSQL's parser splits them, without psql's commands and without rows; the
/// parser's message where it refuses the file.
pub fn statements(text: &str) -> Result<Vec<String>, String> {
    let blanked = scan::blank(text, &scan::scan(text));
    let text = blanked.as_deref().unwrap_or(text);
    let split = pg_query::split_with_parser(text).map_err(|error| error.to_string())?;
    Ok(split.into_iter().map(str::to_owned).collect())
}

/// By psql's rules, for which dumps are written: where each piece is a statement to PostgreSQL's parser, so is it in
/// the whole text, and reading that once more to split it would be a third of reading the schema.
fn read_text<'t>(builder: &mut Builder<'t>, source: SourceId, text: &'t str, scan: &Scan) {
    for range in &scan.statements {
        let Some(statement) = text.get(range.clone()) else { continue };
        let open = scan.unterminated.filter(|open| range.contains(&open.start));
        match open {
            Some(open) => builder.found.push(unterminated(source, open)),
            None => read_statement(builder, Place { source, base: range.start, text: statement }),
        }
    }
    // An open comment belongs to no statement.
    if let Some(open) =
        scan.unterminated.filter(|open| !scan.statements.iter().any(|range| range.contains(&open.start)))
    {
        builder.found.push(unterminated(source, open));
    }
}

fn unterminated(source: SourceId, open: scan::Unterminated) -> Diagnostic {
    Diagnostic::new(N0951, format!("expected the end of this {}, found the end of the file", open.what))
        .at(Span::new(source, open.start, open.start + 1), "opened here and never closed")
        .note("nothing after it can be read as statements")
        .help("close it; when the file was cut off, take the dump again")
}

fn read_statement<'t>(builder: &mut Builder<'t>, place: Place<'t>) {
    let found = with_tree(place.text, |tree| match tree {
        Ok(tree) => {
            let parts = parts(place.text, tree.stmts.len());
            for part in &parts {
                let base = place.base + (part.as_ptr().addr() - place.text.as_ptr().addr());
                read_statement(builder, Place { base, text: part, ..place });
            }
            let own = tree.stmts.iter().filter(|_| parts.is_empty());
            for statement in own.filter_map(|raw| raw.stmt.as_ref()?.node.as_ref()) {
                builder.apply(place, statement);
            }
            // The parser printed its tree back with more stack for each level than it read it with.
            apply::text_was_lost().then_some(Refused::TooDeep)
        }
        Err(error) => Some(error),
    });
    builder.found.extend(found.map(|error| refused(&place, &error)));
}

/// A routine called `begin` is enough for psql to take two statements for one; PostgreSQL's splitter does not.
fn parts(text: &str, statements: usize) -> Vec<&str> {
    let parts = if statements > 1 { pg_query::split_with_parser(text).unwrap_or_default() } else { Vec::new() };
    if parts.len() > 1 { parts } else { Vec::new() }
}

fn refused(place: &Place<'_>, error: &Refused) -> Diagnostic {
    let (range, message) = match error {
        Refused::Syntax(message) => (error_token(place.text, message), plain(message)),
        other => (None, other.to_string()),
    };
    let span = match range {
        Some(range) => Span::new(place.source, place.base + range.start, place.base + range.end),
        None => place.head(),
    };
    let help = match error {
        Refused::Syntax(_) if has_later_word(place.text) => {
            "a word in it is one of SQL's own since PostgreSQL 16 or 17: quote it, or take the dump with `pg_dump --schema-only --quote-all-identifiers`"
        }
        Refused::Syntax(_) => "correct the statement, or take the schema from `pg_dump --schema-only`",
        Refused::TooDeep => "break the statement up: a chain of 1,000 operators or joins is read for certain",
        Refused::NoStack => "give the process more address space",
    };
    Diagnostic::new(N0950, format!("expected SQL that PostgreSQL's parser accepts, found {message}"))
        .at(span, "refused here")
        .note("the statement is left out, so the schema is not known in full")
        .help(help)
}

/// Names that servers up to 15 take without quotes and the grammar that reads them here does not everywhere.
const LATER_WORDS: &[&str] = &[
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "merge_action",
    "system_user",
];

/// Whether the statement is one as soon as they are quoted.
fn has_later_word(text: &str) -> bool {
    let Ok(scan) = pg_query::scan(text) else { return false };
    let (mut quoted, mut at) = (String::with_capacity(text.len() + 16), 0);
    for token in &scan.tokens {
        let (Ok(start), Ok(end)) = (usize::try_from(token.start), usize::try_from(token.end)) else { return false };
        let word = text.get(start..end).unwrap_or_default().to_ascii_lowercase();
        if LATER_WORDS.contains(&word.as_str()) {
            quoted.extend([text.get(at..start).unwrap_or_default(), "\"", &word, "\""]);
            at = end;
        }
    }
    quoted.push_str(text.get(at..).unwrap_or_default());
    at > 0 && with_tree(&quoted, |tree| tree.is_ok())
}

/// PostgreSQL's words, with its quotes for names turned into ours.
fn plain(message: &str) -> String {
    match message.split_once(" at or near \"") {
        Some((what, token)) => format!("a {what} at `{}`", token.trim_end_matches('"')),
        None => match message {
            "syntax error at end of input" => "the end of the statement too early".to_owned(),
            other => other.to_owned(),
        },
    }
}

/// The last token of the shortest prefix that fails as the whole does.
fn error_token(text: &str, message: &str) -> Option<Range<usize>> {
    let tokens = pg_query::scan(text).ok()?.tokens;
    let offset = |number: i32| usize::try_from(number).ok();
    let fails = |count: usize| {
        let end = tokens.get(count).and_then(|token| offset(token.end)).unwrap_or(text.len());
        let prefix = text.get(..end).unwrap_or(text);
        with_tree(prefix, |tree| matches!(tree, Err(Refused::Syntax(found)) if found == message))
    };
    let last = tokens.len().checked_sub(1)?;
    // Every prefix fails at its end; only the end of the whole is the place.
    let mut low = if message.ends_with("at end of input") { last } else { 0 };
    let mut high = last;
    while low < high {
        let middle = low + (high - low) / 2;
        if fails(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    let token = tokens.get(low)?;
    Some(offset(token.start)?..offset(token.end)?)
}
