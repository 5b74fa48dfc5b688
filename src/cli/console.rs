//! Standard output and standard error, with or without colour.

#![allow(clippy::disallowed_methods, reason = "a command line reads its environment")]

use super::arguments::{ColorArgument, FormatArgument};
use crate::diagnostic::words::{printable, printable_lines};
use crate::diagnostic::{Diagnostic, Format, render};
use crate::source::Sources;
use std::cell::Cell;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Where a verb prints.
#[derive(Debug)]
pub(super) struct Console {
    pub(super) format: Format,
    /// Reports are JUnit's XML.
    pub(super) junit: bool,
    color_out: bool,
    color_err: bool,
    lost: Cell<bool>,
}

impl Console {
    pub(super) fn new(format: FormatArgument, color: ColorArgument) -> Self {
        Self {
            format: format.into(),
            junit: matches!(format, FormatArgument::Junit),
            color_out: wants_color(color, io::stdout().is_terminal()),
            color_err: wants_color(color, io::stderr().is_terminal()),
            lost: Cell::new(false),
        }
    }

    /// Whether what goes to standard output is coloured.
    pub(super) fn color(&self) -> bool {
        self.color_out
    }

    /// What the verb makes. A reader that has seen enough (`| head`) is no failure; a full disk is.
    pub(super) fn out(&self, text: &str) {
        let mut stream = io::stdout().lock();
        let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                self.lost.set(true);
                self.failure(&format!("cannot write to standard output: {error}"), None);
            }
            _ => {}
        }
    }

    /// What is said on the way. Nobody can be told when this fails, but the exit code shows it.
    pub(super) fn err(&self, text: &str) {
        let written = io::stderr().lock().write_all(text.as_bytes());
        if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
            self.lost.set(true);
        }
    }

    /// Findings: for people to standard error, for machines to standard output.
    pub(super) fn findings(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        match self.format {
            Format::Human => self.err(&render(diagnostics, sources, self.format, self.color_err)),
            _ => self.out(&render(diagnostics, sources, self.format, self.color_out)),
        }
    }

    /// Why the job could not be done, always to standard error.
    pub(super) fn failure(&self, message: &str, help: Option<&str>) {
        let (bold, plain) = if self.color_err { ("\u{1b}[1;91m", "\u{1b}[0m") } else { ("", "") };
        let help = help.map(|help| format!("help: {}\n", printable_lines(help))).unwrap_or_default();
        self.err(&format!("{bold}error{plain}: {}\n{help}", printable(message)));
    }

    /// Whether something that was to be printed is lost.
    pub(super) fn lost_output(&self) -> bool {
        self.lost.get()
    }

    /// Whether somebody watches standard error who may be told about progress.
    pub(super) fn is_watched(&self) -> bool {
        self.format == Format::Human && !self.junit && io::stderr().is_terminal()
    }
}

/// `--color` decides; then `NO_COLOR` (anything but empty), `CLICOLOR_FORCE` (anything but `0`) and the
/// terminal, in this order (no-color.org, bixense.com/clicolors).
fn wants_color(argument: ColorArgument, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match argument {
        ColorArgument::Always => true,
        ColorArgument::Never => false,
        ColorArgument::Auto if set("NO_COLOR").is_some() => false,
        ColorArgument::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColorArgument::Auto => terminal && set("TERM").is_none_or(|term| term != "dumb"),
    }
}
