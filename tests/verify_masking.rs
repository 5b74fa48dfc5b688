//! What `noren verify` shows of exports, and that it sees a mask that does not hold.

use std::path::Path;

use noren::compiler::{self, Compiled};
use noren::plan;
use noren::project::{self, Loaded};
use noren::verify::access;
use noren::verify::engine::{Engine as _, Private};
use noren::verify::masking;
use noren::verify::report::{Kind, Outcome, Report};
use noren::verify::text::Sql;
use noren::verify::world::World;

use crate::support;

/// A project with rows on a server of its own.
struct Bench {
    loaded: Loaded,
    compiled: Compiled,
    rows: String,
}

impl Bench {
    fn sample(name: &str) -> Self {
        Self::at(&support::root().join("policies").join(name))
    }

    fn at(folder: &Path) -> Self {
        let loaded = project::load(folder);
        let project = loaded.project.as_ref().unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
        let compiled = compiler::compile(&loaded.sources, project);
        assert!(compiled.files.is_some(), "{:?}", compiled.diagnostics);
        let rows = std::fs::read_to_string(folder.join("rows.sql")).unwrap();
        Self { loaded, compiled, rows }
    }

    /// Every check of exports; `damage` may change the files that are run, in this folder.
    fn masking(&self, damage: &dyn Fn(&Path)) -> Report {
        let engine = Private::start(support::binaries(None)).unwrap();
        let project = self.loaded.project.as_ref().unwrap();
        let mut report = Report::new("test", engine.name(), 1);
        let world = World::new(&engine, &self.loaded.sources, project, &self.compiled).unwrap();
        world.superuser(world.source()).unwrap().run(&Sql::whole(self.rows.as_str())).unwrap();
        let applied = access::check(&world, &mut report).unwrap();
        damage(&world.folder().join("generated"));
        let facts = compiler::facts(&self.compiled.catalog, project);
        let planned = plan::plan(&self.compiled.catalog, self.compiled.model.as_ref().unwrap(), &facts).unwrap();
        masking::check(&world, &planned, applied.as_deref(), &mut report).unwrap();
        report
    }
}

fn failures(report: &Report) -> Vec<String> {
    let told = report.failures().map(|check| format!("{}: {}: {:?}", check.subject, check.name, check.outcome));
    told.collect()
}

fn passed(report: &Report) -> usize {
    report.checks.iter().filter(|check| check.kind == Kind::Masking && check.outcome == Outcome::Passed).count()
}

#[test]
fn every_export_of_the_samples_holds() {
    if support::server(None).is_none() {
        return;
    }
    for (sample, least) in [("expense", 500), ("clinic", 300), ("storefront", 150)] {
        let report = Bench::sample(sample).masking(&|_| ());
        assert_eq!(failures(&report), Vec::<String>::new(), "{sample}");
        assert!(passed(&report) >= least, "{sample}: {} checks", passed(&report));
        if std::env::var_os("NOREN_SHOW").is_some() {
            for check in &report.checks {
                eprintln!("{sample}: {} | {} | {:?}", check.subject, check.name, check.outcome);
            }
        }
    }
}
