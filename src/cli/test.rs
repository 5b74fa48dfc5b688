//! `noren test`: the policy's own tests, on a private PostgreSQL.

use super::arguments::TestOptions;
use super::console::Console;
use super::progress::Progress;
use super::{Failure, Outcome, Result, check, load_for_postgresql, verify};
use crate::diagnostic::{Severity, did_you_mean};
use crate::verify::engine::Private;
use crate::verify::{self as verification, Options};

pub(super) fn run(options: &TestOptions, console: &Console) -> Result<Outcome> {
    let loaded = load_for_postgresql("test")?;
    let Some(run) = check::compile(&loaded, console) else { return Ok(Outcome::Failed) };
    if check::worst(&run.found) == Some(Severity::Error) || run.compiled.files.is_none() {
        console.findings(&run.found, &loaded.sources);
        return Ok(Outcome::Findings);
    }
    let titles: Vec<&str> =
        run.compiled.model.iter().flat_map(|model| model.tests.keys()).map(String::as_str).collect();
    if titles.is_empty() {
        return Err(Failure::new("expected a test in the policy, found none").help(
            "add one: `test \"an address leaves no trace\" expect (mask.email('a@corp.example') not like '%corp%');`",
        ));
    }
    if let Some(title) = options.title.as_deref().filter(|title| !titles.contains(title)) {
        let failure = Failure::new(format!("expected the title of a test, found `{title}`"));
        return Err(match did_you_mean(title, titles) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("without a title all tests run"),
        });
    }
    let progress = Progress::start("testing on a private PostgreSQL", console);
    let engine = Private::start(options.pg_bin.clone()).map_err(|error| {
        Failure::new(format!("tests run on a PostgreSQL of their own, which cannot be started: {error}"))
    })?;
    let settings = Options { seed: options.seed.unwrap_or(verify::SEED), mutants: false, watch: &() };
    let title = options.title.as_deref();
    let report = verification::test(&engine, &loaded.sources, run.project, &run.compiled, settings, title)
        .map_err(|failure| Failure::new(failure.message).help(failure.help))?;
    drop(progress);
    verify::print(&report, false, console)
}
