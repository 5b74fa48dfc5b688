//! Renderers: one file a format. All of them see the findings in one order, and none prints a control character
//! that came from the user's files.

mod concise;
mod github;
mod human;
mod json;

use super::{Diagnostic, Severity, words};
use crate::source::Sources;

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// With the place shown in its file, for people.
    #[default]
    Human,
    /// One line a finding, for editors and `grep`.
    Concise,
    /// One array of objects, for programs; `docs/diagnostics.md` says what its keys mean.
    Json,
    /// GitHub's workflow commands.
    Github,
}

/// All findings as text, in order of path, position and code; empty for no findings, but `[]` as JSON.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, format: Format, color: bool) -> String {
    let sorted = in_order(diagnostics, sources);
    match format {
        Format::Human => human::render(&sorted, sources, color),
        Format::Concise => lines(&sorted, |diagnostic| concise::line(diagnostic, sources)),
        Format::Json => json::render(&sorted, sources),
        Format::Github => lines(&sorted, |diagnostic| github::line(diagnostic, sources)),
    }
}

/// By path, position and code, so that the order in which checks run never shows.
pub fn in_order<'a>(diagnostics: &'a [Diagnostic], sources: &Sources) -> Vec<&'a Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_cached_key(|diagnostic| {
        let place = diagnostic.primary.as_ref().map(|primary| {
            (sources.path(primary.span).to_owned(), primary.span.source, primary.span.start, primary.span.end)
        });
        (place, diagnostic.code.id, diagnostic.title.clone())
    });
    sorted
}

/// `3 errors and 1 warning`; `None` when there are neither.
pub fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let part = |number: usize, noun| (number > 0).then(|| words::plural(number, noun));
    match (part(count(Severity::Error), "error"), part(count(Severity::Warning), "warning")) {
        (Some(errors), Some(warnings)) => Some(format!("{errors} and {warnings}")),
        (errors, warnings) => errors.or(warnings),
    }
}

fn lines(diagnostics: &[&Diagnostic], line: impl Fn(&Diagnostic) -> String) -> String {
    diagnostics.iter().map(|diagnostic| line(diagnostic) + "\n").collect()
}

#[cfg(test)]
mod tests;
