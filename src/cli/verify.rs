//! `noren verify`: what the policy claims, shown on a private PostgreSQL.

use super::arguments::VerifyOptions;
use super::check;
use super::console::Console;
use super::progress::Progress;
use super::{Failure, Outcome, Result, load_for_postgresql, read_file};
use crate::compiler;
use crate::diagnostic::{Format, Severity};
use crate::project::Loaded;
use crate::verify::compare::Queries;
use crate::verify::engine::Private;
use crate::verify::engine::foreign::Foreign;
use crate::verify::renamed::renamed;
use crate::verify::render;
use crate::verify::report::Report;
use crate::verify::session::{Connection, Session as _};
use crate::verify::text::Sql;
use crate::verify::{self, Options, world};

/// Where rows come from when nobody says otherwise; any number is as good.
pub(super) const SEED: u64 = 1;

pub(super) fn run(options: &VerifyOptions, console: &Console) -> Result<Outcome> {
    let loaded = load_for_postgresql("verify")?;
    let Some(run) = check::compile(&loaded, console) else { return Ok(Outcome::Failed) };
    if check::worst(&run.found) == Some(Severity::Error) || run.compiled.files.is_none() {
        console.findings(&run.found, &loaded.sources);
        return Ok(Outcome::Findings);
    }
    if let Some(url) = &options.database_url {
        return if options.read_only {
            figures(url, &run, console)
        } else {
            elsewhere(url, &loaded, &run, options, console)
        };
    }
    let progress = Progress::start("verifying on a private PostgreSQL", console);
    let engine = Private::start(options.pg_bin.clone()).map_err(|error| {
        Failure::new(format!("a verification runs on a PostgreSQL of its own, which cannot be started: {error}"))
    })?;
    let settings = Options { seed: options.seed.unwrap_or(SEED), mutants: options.mutants, watch: &progress };
    let queries = options.compare.as_deref().map(read_file).transpose()?;
    let (sources, compiled) = (&loaded.sources, &run.compiled);
    let report = match queries {
        Some(text) => {
            let queries = Queries { text: &text, rows: options.rows };
            verify::compare(&engine, sources, run.project, compiled, settings, &queries)
        }
        None => verify::verify(&engine, sources, run.project, compiled, settings),
    };
    let report = report.map_err(|failure| Failure::new(failure.message).help(failure.help))?;
    drop(progress);
    // A comparison is nothing but its notes.
    print(&report, options.verbose || options.compare.is_some(), console)
}

/// The whole of it on a server that is somebody else's.
fn elsewhere(
    url: &str,
    loaded: &Loaded,
    run: &check::Run<'_>,
    options: &VerifyOptions,
    console: &Console,
) -> Result<Outcome> {
    let failed = |failure: world::Failure| Failure::new(failure.message).help(failure.help);
    let progress = Progress::start("verifying in databases of its own", console);
    let engine = Foreign::start(url).map_err(failed)?;
    let settings = Options { seed: options.seed.unwrap_or(SEED), mutants: options.mutants, watch: &progress };
    let report = renamed(&loaded.sources, run.project, engine.prefix()).and_then(|sources| {
        let compiled = compiler::compile(&sources, run.project);
        verify::verify(&engine, &sources, run.project, &compiled, settings)
    });
    let prefix = engine.prefix().to_owned();
    // What went wrong on the way is told before what is left.
    let ended = engine.end();
    let report = report.map_err(failed)?.without(&prefix);
    ended.map_err(failed)?;
    drop(progress);
    print(&report, options.verbose, console)
}

/// What singles people out in a real database, as counts.
fn figures(url: &str, run: &check::Run<'_>, console: &Console) -> Result<Outcome> {
    // The URL may hold a password, so no message repeats it.
    let unread = |why: &dyn std::fmt::Display| Failure::new(format!("cannot read from the database: {why}"));
    let config: postgres::Config = url.parse().map_err(|error: postgres::Error| {
        unread(&error).help("write `postgresql://USER@HOST/DATABASE`, or `host=… dbname=… user=…`")
    })?;
    let mut session = Connection::open(&config).map_err(|refusal| unread(&refusal))?;
    let progress = Progress::start("counting in the database, which is not changed", console);
    let version = session.run(&Sql::whole("SHOW server_version")).map_err(|refusal| unread(&refusal))?;
    let engine = format!("PostgreSQL {}, read only", version.value().unwrap_or_default());
    let report = verify::figures(&mut session, engine, run.project, &run.compiled);
    let report = report.map_err(|failure| Failure::new(failure.message).help(failure.help))?;
    drop(progress);
    print(&report, true, console)
}

/// What was tried, and what a program asks of it.
pub(super) fn print(report: &Report, verbose: bool, console: &Console) -> Result<Outcome> {
    console.out(&match console.format {
        _ if console.junit => render::junit(report),
        Format::Json => json(report)?,
        Format::Github => render::github(report),
        Format::Human | Format::Concise => render::human(report, verbose),
    });
    Ok(if report.failures().next().is_some() { Outcome::Findings } else { Outcome::Fine })
}

fn json(report: &Report) -> Result<String> {
    serde_json::to_string_pretty(report)
        .map(|text| text + "\n")
        .map_err(|error| Failure::new(format!("cannot write the report: {error}")))
}
