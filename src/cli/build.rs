//! `noren build`: the generated files, written, compared or shown.

use super::arguments::BuildOptions;
use super::check::{self, Run};
use super::console::Console;
use super::{Failure, Outcome, Result, load};
use crate::artifact::{self, Difference, Files};
use crate::diagnostic::{Format, Severity, plural};
use crate::project::Loaded;
use std::mem::ManuallyDrop;
use std::path::Path;

pub(super) fn run(options: &BuildOptions, console: &Console) -> Result<Outcome> {
    // The process ends after this, and with it its memory: to give a large catalog back piece by piece is for nothing.
    let loaded = ManuallyDrop::new(load()?);
    let Some(run) = check::compile(&loaded, console) else { return Ok(Outcome::Failed) };
    let mut run = ManuallyDrop::new(run);
    console.findings(&run.found, &loaded.sources);
    if let Some(failure) = run.compiled.failure.take() {
        return Err(Failure::new(failure).help("this is an error of noren, not of the policy: nothing was written"));
    }
    let Some(files) = run.compiled.files.take().filter(|_| check::worst(&run.found) != Some(Severity::Error)) else {
        return Ok(Outcome::Findings);
    };
    let files = artifact::with_lock(files, &run.compiled.schema_digest, &run.compiled.policy_digest);
    let output = loaded.root.join(&run.project.output);
    if options.diff {
        return diff(&output, &files, &run, console);
    }
    if options.check {
        return compare(&output, &files, &run, console);
    }
    write(&output, &files, &run, &loaded, console)
}

fn write(output: &Path, files: &Files, run: &Run<'_>, loaded: &Loaded, console: &Console) -> Result<Outcome> {
    let name = folder_name(run);
    let written = match artifact::write(output, files, &name) {
        Ok(written) => written,
        Err(artifact::Failure::InTheWay(found)) => {
            console.findings(&found, &loaded.sources);
            return Err(Failure::new("nothing was written"));
        }
        Err(failure) => return Err(failure.into()),
    };
    for path in &written.left {
        console.err(&format!("left alone: {name}/{path} is no longer written, but was changed by hand\n"));
    }
    if console.format == Format::Human {
        console.err(&format!("{name}: {written}\n"));
    }
    Ok(Outcome::Fine)
}

fn compare(output: &Path, files: &Files, run: &Run<'_>, console: &Console) -> Result<Outcome> {
    let differences = artifact::check(output, files)?;
    if differences.is_empty() {
        return Ok(Outcome::Fine);
    }
    let name = folder_name(run);
    for difference in &differences {
        let word = match difference {
            Difference::Missing(_) => "missing",
            Difference::Stale(_) => "stale",
            Difference::Unexpected(_) => "no longer written",
        };
        console.err(&format!("{word}: {name}/{}\n", difference.path()));
    }
    let count = plural(differences.len(), "generated file");
    console.failure(&format!("{count} not up to date"), Some("run `noren build` and commit what it changes"));
    Ok(Outcome::Findings)
}

fn diff(output: &Path, files: &Files, run: &Run<'_>, console: &Console) -> Result<Outcome> {
    let text = artifact::diff(output, files, &folder_name(run), console.color())?;
    console.out(&text);
    Ok(if text.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

fn folder_name(run: &Run<'_>) -> String {
    run.project.output.display().to_string()
}

impl From<artifact::Failure> for Failure {
    fn from(failure: artifact::Failure) -> Self {
        match failure {
            artifact::Failure::Io { doing, error } => Self::new(format!("cannot {doing}: {error}")),
            artifact::Failure::InTheWay(found) => {
                Self::new(found.into_iter().map(|diagnostic| diagnostic.title).collect::<Vec<_>>().join("; "))
            }
        }
    }
}
