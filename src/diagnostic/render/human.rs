//! The place shown in its file, as rustc shows it.
//!
//! A snippet gets only the lines between the first and the last place that it marks: laying out a whole schema
//! dump for each of a thousand findings would cost minutes.

use super::summary;
use crate::diagnostic::plural;
use crate::diagnostic::words::{printable, printable_lines};
use crate::diagnostic::{Diagnostic, Fix, Label, Severity};
use crate::source::{Source, SourceId, Sources, Span};
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet};
use std::ops::Range;

/// Longer stretches are not laid out: only their position is said. A megabyte on one line is no help to anybody.
const LONGEST_SNIPPET: usize = 64 * 1024;

/// More than anybody reads at once; the other formats list everything.
const MOST_SHOWN: usize = 200;

/// The findings, an empty line after each, and the summary. Of very many, the heaviest are shown.
pub(super) fn render(diagnostics: &[&Diagnostic], sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in heaviest(diagnostics) {
        text.push_str(&renderer.render(&groups(diagnostic, sources)));
        text.push_str("\n\n");
    }
    let more = diagnostics.len().saturating_sub(MOST_SHOWN);
    if more > 0 {
        let more = plural(more, "more finding");
        text.extend([more.as_str(), " not shown here; `--format concise` lists all, one a line\n\n"]);
    }
    let owned: Vec<Diagnostic> = diagnostics.iter().map(|diagnostic| (*diagnostic).clone()).collect();
    if let Some(summary) = summary(&owned) {
        text.push_str(&summary);
        text.push('\n');
    }
    text
}

/// In the given order.
fn heaviest<'a>(diagnostics: &[&'a Diagnostic]) -> Vec<&'a Diagnostic> {
    let mut places: Vec<usize> = (0..diagnostics.len()).collect();
    places.sort_by_key(|place| diagnostics.get(*place).map(|diagnostic| diagnostic.severity));
    places.truncate(MOST_SHOWN);
    places.sort_unstable();
    places.into_iter().filter_map(|place| diagnostics.get(place).copied()).collect()
}

fn groups<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let title = level(diagnostic.severity).primary_title(printable(&diagnostic.title)).id(diagnostic.code.id);
    let notes = diagnostic.notes.iter().map(|note| Element::from(Level::NOTE.message(printable_lines(note))));
    let mut main = Group::with_title(title).elements(places(diagnostic, sources)).elements(notes);
    let fix = diagnostic.fix.as_ref().and_then(|fix| suggestion(fix, sources));
    if let (Some(help), None) = (&diagnostic.help, &fix) {
        main = main.element(Level::HELP.message(printable_lines(help)));
    }
    let help = || diagnostic.help.as_deref().unwrap_or("change it like this");
    let fix = fix.map(|element| Level::HELP.secondary_title(printable_lines(help())).element(element));
    std::iter::once(main).chain(fix).collect()
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// One element a file that the finding points into; the primary place's file comes first.
fn places<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Element<'a>> {
    let mut files: Vec<(SourceId, Vec<(AnnotationKind, &Label)>)> = Vec::new();
    let primary = diagnostic.primary.iter().map(|label| (AnnotationKind::Primary, label));
    let others = diagnostic.labels.iter().map(|label| (AnnotationKind::Context, label));
    for (kind, label) in primary.chain(others) {
        match files.iter_mut().find(|(source, _)| *source == label.span.source) {
            Some((_, labels)) => labels.push((kind, label)),
            None => files.push((label.span.source, vec![(kind, label)])),
        }
    }
    files.iter().filter_map(|(id, labels)| Some(file(sources.get(*id)?, labels))).flatten().collect()
}

fn file<'a>(source: &'a Source, labels: &[(AnnotationKind, &'a Label)]) -> Vec<Element<'a>> {
    let window = window(source, labels.iter().map(|(_, label)| label.span));
    let Some(shown) = source.text.get(window.clone()).filter(|shown| shown.len() <= LONGEST_SNIPPET) else {
        return labels.iter().flat_map(|(_, label)| position_only(source, label)).collect();
    };
    let annotations = labels.iter().map(|(kind, label)| annotation(*kind, label, &window));
    vec![snippet(source, shown, &window).annotations(annotations).into()]
}

fn snippet<'a, T: Clone>(source: &'a Source, shown: &'a str, window: &Range<usize>) -> Snippet<'a, T> {
    let first_line = source.position(u32::try_from(window.start).unwrap_or(u32::MAX)).line;
    Snippet::source(shown).path(printable(&source.path)).line_start(first_line as usize)
}

fn annotation<'a>(kind: AnnotationKind, label: &'a Label, window: &Range<usize>) -> Annotation<'a> {
    let annotation = kind.span(within(label.span, window));
    if label.text.is_empty() { annotation } else { annotation.label(printable(&label.text)) }
}

fn position_only<'a>(source: &'a Source, label: &'a Label) -> Vec<Element<'a>> {
    let position = source.position(label.span.start);
    let origin =
        Origin::path(printable(&source.path)).line(position.line as usize).char_column(position.column as usize);
    let text = (!label.text.is_empty()).then(|| Element::from(Level::NOTE.message(printable(&label.text))));
    std::iter::once(Element::from(origin)).chain(text).collect()
}

fn suggestion<'a>(fix: &'a Fix, sources: &'a Sources) -> Option<Element<'a>> {
    let source = sources.get(fix.span.source)?;
    let window = window(source, std::iter::once(fix.span));
    let shown = source.text.get(window.clone()).filter(|shown| shown.len() <= LONGEST_SNIPPET)?;
    let patch = Patch::new(within(fix.span, &window), printable_lines(&fix.text));
    Some(snippet(source, shown, &window).patch(patch).into())
}

/// The whole lines that hold all spans. Spans never split a character, since they come from parsers.
fn window(source: &Source, spans: impl Iterator<Item = Span>) -> Range<usize> {
    let ends = spans.map(|span| (span.start as usize, span.end as usize));
    let (start, end) = ends.reduce(|all, next| (all.0.min(next.0), all.1.max(next.1))).unwrap_or((0, 0));
    let bytes = source.text.as_bytes();
    let first = bytes.iter().take(start).rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let last = bytes.iter().skip(end).position(|byte| *byte == b'\n').map_or(bytes.len(), |offset| end + offset);
    first..last.max(first)
}

fn within(span: Span, window: &Range<usize>) -> Range<usize> {
    let clamp = |offset: u32| (offset as usize).clamp(window.start, window.end) - window.start;
    clamp(span.start)..clamp(span.end)
}
