//! Whole runs of `noren verify`, as its users make them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::real::schemas;
use crate::support;

/// A copy of a project, with a schema from elsewhere if it has none, for a server of this version.
fn project(from: &Path, schema: Option<&Path>, major: Option<u32>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        std::fs::write(folder.path().join(entry.file_name()), std::fs::read(entry.path()).unwrap()).unwrap();
    }
    if let Some(schema) = schema {
        std::fs::write(folder.path().join("schema.sql"), std::fs::read(schema).unwrap()).unwrap();
    }
    // Rows that people look at are rows that others are made beside.
    if folder.path().join("rows.sql").exists() {
        std::fs::create_dir(folder.path().join("fixtures")).unwrap();
        std::fs::rename(folder.path().join("rows.sql"), folder.path().join("fixtures/rows.sql")).unwrap();
    }
    let toml = folder.path().join("noren.toml");
    let mut text = std::fs::read_to_string(&toml).unwrap();
    if let Some(major) = major {
        text = text.replace("version  = 15", &format!("version  = {major}"));
    }
    std::fs::write(toml, text.replace(r#"["policy.noren"]"#, r#"["*.noren"]"#)).unwrap();
    folder
}

fn verify(folder: &Path, bin: Option<PathBuf>, arguments: &[&str]) -> Command {
    let mut command = support::noren();
    command.arg("-C").arg(folder).arg("verify").args(arguments);
    if let Some(bin) = bin {
        command.arg("--pg-bin").arg(bin);
    }
    command
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", support::text(output)))
}

/// A check as a report has it: kind, subject, name, outcome, why.
fn checks(report: &Value) -> Vec<[&str; 5]> {
    let text = |check: &'_ Value, key: &str| -> &'static str {
        Box::leak(check[key].as_str().unwrap_or_default().to_owned().into_boxed_str())
    };
    let all = report["checks"].as_array().unwrap().iter();
    all.map(|check| ["kind", "subject", "name", "outcome", "why"].map(|key| text(check, key))).collect()
}

fn count(report: &Value, kind: &str, outcome: &str) -> usize {
    checks(report).iter().filter(|check| check[0] == kind && check[3] == outcome).count()
}

/// `tests/mutants.txt`: by project, what may survive.
fn explained() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut explained: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    let text = std::fs::read_to_string(support::root().join("tests/mutants.txt")).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [project, subject, change, reason] = parts.as_slice() else { panic!("expected four parts: {line}") };
        assert!(reason.split_whitespace().count() > 3, "no reason: {line}");
        explained.entry((*project).to_owned()).or_default().insert(((*subject).to_owned(), (*change).to_owned()));
    }
    explained
}

/// Everything holds, and every weakening is noticed but for those that are explained.
fn every_mutant_is_killed(name: &str, folder: &Path, major: Option<u32>, at_least: usize) {
    let Some(bin) = support::binaries(major) else { return };
    let output = support::run(&mut verify(folder, Some(bin), &["--mutants", "--format", "json"]));
    let report = json(&output);
    let failed: Vec<_> = checks(&report).into_iter().filter(|check| check[3] == "failed").collect();
    let (mutants, others): (Vec<_>, Vec<_>) = failed.into_iter().partition(|check| check[0] == "mutant");
    assert!(others.is_empty(), "{name}: {others:#?}");
    let explained = explained().remove(name).unwrap_or_default();
    let is_explained = |check: &&[&str; 5]| explained.contains(&(check[1].to_owned(), check[2].to_owned()));
    let survivors: Vec<_> = mutants.iter().filter(|check| !is_explained(check)).collect();
    let told = survivors
        .iter()
        .map(|check| format!("{name} | {} | {}\n  {}", check[1], check[2], check[4].replace('\n', "\n  ")));
    assert!(survivors.is_empty(), "{} survive\n{}", survivors.len(), told.collect::<Vec<_>>().join("\n"));
    let idle = explained.len() - (mutants.len() - survivors.len());
    assert_eq!(idle, 0, "{name}: explained, and noticed all the same");
    assert_eq!(count(&report, "mutant", "skipped"), 0, "{name}: not tried");
    let killed = count(&report, "mutant", "passed");
    assert!(killed >= at_least, "{name}: only {killed} weakenings were tried");
}

fn of_sample(name: &str, at_least: usize) {
    let project = project(&support::root().join("policies").join(name), None, None);
    every_mutant_is_killed(name, project.path(), None, at_least);
}

#[test]
fn every_mutant_of_expense_is_killed() {
    of_sample("expense", 1_000);
}

#[test]
fn every_mutant_of_clinic_is_killed() {
    of_sample("clinic", 500);
}

#[test]
fn every_mutant_of_the_smaller_samples_is_killed() {
    of_sample("storefront", 10);
    of_sample("nightly", 10);
}

/// The schema of another project under a policy of ours.
fn of_real(name: &str, major: Option<u32>, at_least: usize) {
    let Some(folder) = schemas() else { return };
    let policy = support::root().join("tests/real").join(name);
    let project = project(&policy, Some(&folder.join(name).with_extension("sql")), None);
    every_mutant_is_killed(name, project.path(), major, at_least);
}

#[test]
fn every_mutant_of_crates_io_is_killed() {
    of_real("crates_io", None, 10);
}

#[test]
fn every_mutant_of_pagila_is_killed() {
    of_real("pagila", Some(18), 300);
}

#[test]
fn expense_holds_on_every_version() {
    for major in [14, 16, 17, 18] {
        let Some(bin) = support::binaries(Some(major)) else { return };
        let project = project(&support::root().join("policies/expense"), None, Some(major));
        let output = support::run(&mut verify(project.path(), Some(bin), &["--format", "json"]));
        support::succeeded(&output, &format!("expense on {major}"));
        let report = json(&output);
        assert!(
            report["engine"].as_str().unwrap().starts_with(&format!("PostgreSQL {major}.")),
            "{}",
            report["engine"]
        );
        for (kind, least) in [("data", 40), ("access", 3), ("isolation", 11_000), ("masking", 1_500), ("test", 2)] {
            let passed = count(&report, kind, "passed");
            assert!(passed >= least, "{major}: {passed} checks of {kind}");
        }
    }
}

#[test]
fn two_runs_give_the_same_report() {
    if support::server(None).is_none() {
        return;
    }
    let folder = support::root().join("tests/faults");
    let run = |arguments: &[&str]| {
        let output = support::run(&mut verify(&folder, None, arguments));
        support::succeeded(&output, "noren verify");
        String::from_utf8(output.stdout).unwrap()
    };
    let arguments = ["--mutants", "--format", "json"];
    let first = run(&arguments);
    assert!(first == run(&arguments), "two runs differ");
    assert!(first.len() > 10_000, "{first}");
    let junit = run(&["--format", "junit"]);
    for words in
        ["<testsuite name=\"isolation\"", "<testcase classname=\"public.orders\" name=\"app: read (tenant A)\"/>"]
    {
        assert!(junit.contains(words), "{words}");
    }
}

/// Tables in families of five, each below the one before and all of one tenant.
fn many_tables(tables: usize) -> tempfile::TempDir {
    let mut schema = "CREATE TABLE public.tenants (id integer PRIMARY KEY, name text NOT NULL);\n".to_owned();
    for number in 0..tables {
        let above = if number % 5 == 0 { String::new() } else { format!("REFERENCES public.t_{}", number - 1) };
        write!(
            schema,
            "CREATE TABLE public.t_{number} (id integer PRIMARY KEY, tenant_id integer NOT NULL REFERENCES public.tenants, \
             above integer {above}, email text UNIQUE, note text, at timestamptz, amount numeric(10, 2));\n\
             CREATE INDEX ON public.t_{number} (tenant_id);\n"
        )
        .unwrap();
    }
    let policy = "setting app.tenant_id integer;\nsetting noren.mask_key text secret;\n\
        -- noren: allow N0520 because \"a test\"\n-- noren: allow N0521 because \"a test\"\n\
        tenancy { root tenants (id); column tenant_id; setting app.tenant_id; }\n\
        table tenants { scoped by id; }\n\
        role app { login; tenants own; }\nrole migrator { existing; owns *; }\n\
        grant select, insert, update, delete on scoped tables to app;\nworkload web as app;\n\
        table * { id, *_id, above, at, amount keep; name mask constant('a tenant'); email mask email(); note mask null; }\n\
        export developers { tables *; }\n";
    let toml = "[project]\nname = \"many\"\nengine = \"postgresql\"\nversion = 15\nschema = [\"schema.sql\"]\n\
        policies = [\"policy.noren\"]\n[export.developers]\ntarget = \"psql\"\ndir = \"data\"\n";
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("schema.sql", schema.as_str()), ("policy.noren", policy), ("noren.toml", toml)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// CPU seconds of a verification and of everything that it started, which its shell waits for and sums up.
fn cpu_seconds(tables: usize) -> f64 {
    let folder = many_tables(tables);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", r#""$@" || exit; times"#, "sh"]).arg(env!("CARGO_BIN_EXE_noren"));
    command.arg("-C").arg(folder.path()).args(["verify", "--format", "concise"]);
    let output = support::run(&mut command);
    support::succeeded(&output, &format!("{tables} tables"));
    let printed = String::from_utf8(output.stdout).unwrap();
    let tried = printed.lines().find(|line| line.starts_with("isolation ")).unwrap();
    let seconds = |time: &str| -> f64 {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    let used = printed.lines().last().unwrap().split_whitespace().map(seconds).sum();
    eprintln!("{tables} tables: {used:.1} CPU seconds; {tried}");
    used
}

fn grows_linearly(sizes: [usize; 3]) {
    if support::server(None).is_none() {
        return;
    }
    let [small, middle, large] = sizes.map(cpu_seconds);
    // Twice the tables in twice the time, with a quarter for what a busy machine does to caches.
    assert!(middle < small * 2.5 && large < middle * 2.5, "{small:.1}, {middle:.1}, {large:.1} CPU seconds");
}

#[test]
fn time_grows_with_the_number_of_tables() {
    grows_linearly([15, 30, 60]);
}

/// `cargo test --test tests -- --ignored --nocapture five_hundred_tables`
#[test]
#[ignore = "takes minutes; the same is asked of fewer tables above"]
fn five_hundred_tables() {
    grows_linearly([125, 250, 500]);
}
