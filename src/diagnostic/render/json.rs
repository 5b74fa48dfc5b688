//! One array of objects, one object a line. Keys are only ever added; `docs/diagnostics.md` is their contract.

use crate::diagnostic::{Diagnostic, Label};
use crate::source::{Position, Source, Sources, Span};
use serde::Serialize;
use std::fmt::Write as _;

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    severity: String,
    title: &'a str,
    place: Option<Place<'a>>,
    labels: Vec<Place<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    fix: Option<Edit<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    start: Point,
    end: Point,
    text: &'a str,
}

#[derive(Serialize)]
struct Edit<'a> {
    path: &'a str,
    start: Point,
    end: Point,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
    offset: u32,
}

/// The whole array with its line end; `[]` without findings.
pub(super) fn render(diagnostics: &[&Diagnostic], sources: &Sources) -> String {
    let objects: Vec<String> = diagnostics.iter().map(|diagnostic| object(diagnostic, sources)).collect();
    if objects.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", objects.join(",\n")) }
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let finding = Finding {
        code: diagnostic.code.id,
        severity: diagnostic.severity.to_string(),
        title: &diagnostic.title,
        place: diagnostic.primary.as_ref().map(|label| place(label, sources)),
        labels: diagnostic.labels.iter().map(|label| place(label, sources)).collect(),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
        fix: diagnostic.fix.as_ref().map(|fix| {
            let (start, end) = points(fix.span, sources);
            Edit { path: sources.path(fix.span), start, end, replacement: &fix.text }
        }),
    };
    // Only a map with keys that are not strings, or a failing writer, can make this fail; there is neither.
    escape_controls(&serde_json::to_string(&finding).unwrap_or_default())
}

/// JSON itself escapes what is below U+0020; the rest that a terminal or an eye could stumble over is escaped
/// here, which is sound since such characters can stand in strings only.
fn escape_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && character != '\u{7f}' || !super::words::is_unprintable(character) {
            escaped.push(character);
        } else {
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        }
    }
    escaped
}

fn place<'a>(label: &'a Label, sources: &'a Sources) -> Place<'a> {
    let (start, end) = points(label.span, sources);
    Place { path: sources.path(label.span), start, end, text: &label.text }
}

fn points(span: Span, sources: &Sources) -> (Point, Point) {
    let source = sources.get(span.source);
    (point(source, span.start), point(source, span.end))
}

fn point(source: Option<&Source>, offset: u32) -> Point {
    let Position { line, column } = source.map_or(Position { line: 1, column: 1 }, |source| source.position(offset));
    Point { line, column, offset }
}
