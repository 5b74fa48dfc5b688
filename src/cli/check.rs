//! `noren check`: everything that is wrong or open, and nothing written.

use super::console::Console;
use super::progress::Progress;
use super::{Failure, Outcome, Result, load};
use crate::compiler::{self, Compiled};
use crate::diagnostic::{Diagnostic, Format, Severity, plural};
use crate::project::{Loaded, Project};

/// Exit 1 for errors and for warnings: a warning that is meant to stay has its allowance.
pub(super) fn run(console: &Console) -> Result<Outcome> {
    let loaded = load()?;
    let Some(mut run) = compile(&loaded, console) else { return Ok(Outcome::Failed) };
    console.findings(&run.found, &loaded.sources);
    if let Some(failure) = run.compiled.failure.take() {
        return Err(Failure::new(failure).help("this is an error of noren, not of the policy"));
    }
    if worst(&run.found).is_some_and(|severity| severity < Severity::Note) {
        return Ok(Outcome::Findings);
    }
    if console.format == Format::Human {
        console.err(&format!("{}: {}\n", run.project.name, measure(&run)));
    }
    Ok(Outcome::Fine)
}

/// A compiled project with all of its findings.
pub(super) struct Run<'a> {
    pub(super) project: &'a Project,
    pub(super) compiled: Compiled,
    pub(super) found: Vec<Diagnostic>,
}

/// `None` after the project's own errors were told: without a project there is nothing to compile.
pub(super) fn compile<'a>(loaded: &'a Loaded, console: &Console) -> Option<Run<'a>> {
    let Some(project) = &loaded.project else {
        console.findings(&loaded.diagnostics, &loaded.sources);
        return None;
    };
    let progress = Progress::start("compiling", console);
    let mut compiled = compiler::compile(&loaded.sources, project);
    drop(progress);
    let mut found = loaded.diagnostics.clone();
    found.append(&mut compiled.diagnostics);
    Some(Run { project, compiled, found })
}

/// The heaviest finding; errors are the least in order.
pub(super) fn worst(found: &[Diagnostic]) -> Option<Severity> {
    found.iter().map(|diagnostic| diagnostic.severity).min()
}

fn measure(run: &Run<'_>) -> String {
    let tables = run.compiled.catalog.tables.len();
    let exports = run.compiled.model.as_ref().map_or(0, |model| model.exports.len());
    format!("{} and {} without a finding", plural(tables, "table"), plural(exports, "export"))
}
