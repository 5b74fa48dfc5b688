//! The command line: one file a verb.
//!
//! What a verb makes goes to standard output, so that it can be piped: a formatted file, a diff, a page, and
//! findings in the formats for machines. What it says on the way goes to standard error: findings for people,
//! a summary, progress, and why it could not do the job.

#![allow(clippy::disallowed_methods, reason = "a command line reads its environment")]

mod arguments;
mod build;
mod check;
mod completions;
mod console;
mod explain;
mod fmt;
mod init;
mod masks;
mod preview;
mod progress;
mod test;
mod verify;
mod why;

use crate::project::{self, Loaded};
use arguments::{Arguments, Verb};
use clap::Parser as _;
use console::Console;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// How a run ended; the numbers are the exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 0
    Fine,
    /// 1: something was found, or generated files are stale.
    Findings,
    /// 2: the job could not be done.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Findings => 1,
            Outcome::Failed => 2,
        })
    }
}

/// Why a job could not be done, where no place in a file is to blame.
#[derive(Debug)]
struct Failure {
    message: String,
    help: Option<String>,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

type Result<T> = std::result::Result<T, Failure>;

/// Runs the verb that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Outcome {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Outcome::Failed } else { Outcome::Fine };
        }
    };
    let console = Console::new(arguments.format, arguments.color);
    let outcome = dispatch(&arguments, &console).unwrap_or_else(|failure| {
        console.failure(&failure.message, failure.help.as_deref());
        Outcome::Failed
    });
    if console.lost_output() { Outcome::Failed } else { outcome }
}

fn dispatch(arguments: &Arguments, console: &Console) -> Result<Outcome> {
    if let Some(folder) = &arguments.directory {
        std::env::set_current_dir(folder)
            .map_err(|error| Failure::new(format!("cannot change to the folder `{}`: {error}", folder.display())))?;
    }
    if console.junit && !matches!(arguments.verb, Verb::Verify(_) | Verb::Test(_)) {
        let message = "expected `--format junit` with a verb that makes a report, found another one";
        return Err(Failure::new(message).help("`noren verify` and `noren test` make reports"));
    }
    match &arguments.verb {
        Verb::Check => check::run(console),
        Verb::Build(options) => build::run(options, console),
        Verb::Fmt(options) => fmt::run(options, console),
        Verb::Explain { code } => explain::run(code.as_deref(), console),
        Verb::Masks { name, markdown } => masks::run(name.as_deref(), *markdown, console),
        Verb::Preview(options) => preview::run(options, console),
        Verb::Verify(options) => verify::run(options, console),
        Verb::Test(options) => test::run(options, console),
        Verb::Why { column, export } => why::run(column, export.as_deref(), console),
        Verb::Init { from } => init::run(from, console),
        Verb::Completions { shell } => Ok(completions::completions(*shell, console)),
        Verb::Man { verb } => completions::man(verb.as_deref(), console),
    }
}

/// The project of the current folder or of one above it, read.
fn load() -> Result<Loaded> {
    let here =
        std::env::current_dir().map_err(|error| Failure::new(format!("cannot tell the current folder: {error}")))?;
    let Some(root) = project::find(&here) else {
        let message =
            format!("expected a `{}` in `{}` or a folder above it, found none", project::MANIFEST, here.display());
        return Err(Failure::new(message)
            .help("start a project with `noren init --from schema.sql`, or name its folder with `-C DIR`"));
    };
    Ok(project::load(&root))
}

/// The same, for a verb that shows something on a private PostgreSQL.
fn load_for_postgresql(verb: &str) -> Result<Loaded> {
    let loaded = load()?;
    if loaded.project.as_ref().is_some_and(|project| project.engine == project::Engine::AuroraMySql) {
        let message = format!("`noren {verb}` runs a private PostgreSQL, and this project is for aurora-mysql");
        return Err(Failure::new(message).help("`noren check`, `build` and `why` are for every engine"));
    }
    Ok(loaded)
}

fn read_file(path: &Path) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("cannot read `{}`: {error}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        failed(&format!("expected UTF-8, found something else at byte {offset}"))
    })?;
    // As the project's own files are read: the mark is not text.
    Ok(text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text))
}
