//! Workflow commands, which GitHub shows beside the changed lines of a pull request.
//!
//! A command is one line; `%`, CR and LF are percent-encoded in its message, `:` and `,` also in its properties
//! (`@actions/core`, `command.ts`: `escapeData` and `escapeProperty`). Without that a column's name could end the
//! command and start another one.

use crate::diagnostic::words::{printable, printable_lines};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Sources;

/// One finding as one command, without its line end.
pub(super) fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = place(diagnostic, sources);
    properties.push(format!("title={}", property(&format!("{}: {}", diagnostic.code, diagnostic.code.summary))));
    format!("::{command} {}::{}", properties.join(","), data(&message(diagnostic)))
}

fn place(diagnostic: &Diagnostic, sources: &Sources) -> Vec<String> {
    let Some(primary) = &diagnostic.primary else { return Vec::new() };
    let position = sources.position(primary.span);
    vec![
        format!("file={}", property(sources.path(primary.span))),
        format!("line={}", position.line),
        format!("col={}", position.column),
    ]
}

fn message(diagnostic: &Diagnostic) -> String {
    let notes = diagnostic.notes.iter().map(|note| format!("note: {note}"));
    let help = diagnostic.help.iter().map(|help| format!("help: {help}"));
    std::iter::once(printable(&diagnostic.title).into_owned()).chain(notes).chain(help).collect::<Vec<_>>().join("\n")
}

fn data(text: &str) -> String {
    printable_lines(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
