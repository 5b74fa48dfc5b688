//! A sample as `noren verify` sees it, with the rows of its own file.

use std::path::Path;

use noren::compiler::{self, Compiled};
use noren::project::{self, Loaded};
use noren::verify::engine::{Engine, Private};
use noren::verify::report::{Check, Outcome, Report};
use noren::verify::text::Sql;
use noren::verify::world::World;
use noren::verify::{access, isolation};

use crate::support;

/// A compiled project, and a server of its own.
pub struct Sample {
    /// Its fixtures are read when its world is made.
    _folder: tempfile::TempDir,
    loaded: Loaded,
    compiled: Compiled,
    engine: Private,
}

impl Sample {
    /// A sample with more at the end of its schema, and with a policy file more; `None` where there is no server.
    pub fn of(name: &str, major: Option<u32>, more: (&str, &str)) -> Option<Self> {
        Self::at(&support::root().join("policies").join(name), major, more)
    }

    /// The same of a project in any folder.
    pub fn at(from: &Path, major: Option<u32>, (schema, policy): (&str, &str)) -> Option<Self> {
        let engine = Private::start(Some(support::binaries(major)?)).unwrap_or_else(|error| panic!("{error}"));
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        let change = |file: &str, change: &dyn Fn(String) -> String| {
            let path = folder.path().join(file);
            std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
        };
        change("schema.sql", &|text| text + schema);
        if let Some(major) = major {
            change("noren.toml", &|text| text.replace("version  = 15", &format!("version  = {major}")));
        }
        // Rows that are there already are rows that the generator makes others beside.
        if folder.path().join("rows.sql").exists() {
            std::fs::create_dir(folder.path().join("fixtures")).unwrap();
            std::fs::rename(folder.path().join("rows.sql"), folder.path().join("fixtures/rows.sql")).unwrap();
        }
        if !policy.is_empty() {
            std::fs::write(folder.path().join("zz_more.noren"), policy).unwrap();
            change("noren.toml", &|text| text.replace(r#"["policy.noren"]"#, r#"["*.noren"]"#));
        }
        let loaded = project::load(folder.path());
        let compiled = compiler::compile(&loaded.sources, loaded.project.as_ref().unwrap());
        assert!(compiled.files.is_some(), "{:?}", compiled.diagnostics);
        Some(Self { _folder: folder, loaded, compiled, engine })
    }

    /// With rows, and brought to the policy; the database's name.
    pub fn world(&self) -> (World<'_>, String) {
        let project = self.loaded.project.as_ref().unwrap();
        let world = World::new(&self.engine, &self.loaded.sources, project, &self.compiled, 1)
            .unwrap_or_else(|failure| panic!("{}", failure.message));
        let mut report = Report::new(&project.name, self.engine.name(), 1);
        let applied = access::check(&world, &mut report).unwrap_or_else(|failure| panic!("{}", failure.message));
        holds(&report);
        (world, applied.unwrap())
    }

    pub fn engine(&self) -> &Private {
        &self.engine
    }
}

/// Statements of a superuser.
#[track_caller]
pub fn run(engine: &dyn Engine, database: &str, sql: &str) {
    let mut session = engine.connect(database, engine.superuser()).unwrap();
    session.run(&Sql::whole(sql)).unwrap_or_else(|refusal| panic!("{refusal}\nin: {sql}"));
}

/// What the isolation check says of a database.
pub fn checked(world: &World<'_>, database: &str) -> Report {
    let mut report = Report::new("sample", String::new(), 1);
    isolation::check(world, &mut report, database).unwrap_or_else(|failure| panic!("{}", failure.message));
    report
}

/// Nothing failed.
#[track_caller]
pub fn holds(report: &Report) {
    let failed: Vec<String> = report.failures().map(told).collect();
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}

/// One line of a check.
pub fn told(check: &Check) -> String {
    let why = match &check.outcome {
        Outcome::Passed => "",
        Outcome::Failed(why) | Outcome::Skipped(why) => why,
    };
    format!("{}: {}: {why}", check.subject, check.name)
}
