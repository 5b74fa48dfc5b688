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
    rows: Option<String>,
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
        // Rows that are made are beside these: a folder of the samples has its own for people to look at.
        let rows = std::fs::read_to_string(folder.join("planted.sql")).ok();
        Self { loaded, compiled, rows }
    }

    /// Every check of exports; `damage` may change the files that are run, in this folder.
    fn masking(&self, damage: &dyn Fn(&Path)) -> Report {
        let engine = Private::start(support::binaries(None)).unwrap();
        let project = self.loaded.project.as_ref().unwrap();
        let mut report = Report::new("test", engine.name(), 1);
        let world = World::new(&engine, &self.loaded.sources, project, &self.compiled, 1).unwrap();
        if let Some(rows) = &self.rows {
            world.superuser(world.source()).unwrap().run(&Sql::whole(rows.as_str())).unwrap();
        }
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

const SCHEMA: &str = "
CREATE TABLE public.people (
  id integer NOT NULL, email text NOT NULL, name text, nickname text, search text, born date, age integer NOT NULL
);
ALTER TABLE ONLY public.people ADD CONSTRAINT people_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.people ADD CONSTRAINT people_email_key UNIQUE (email);
CREATE TABLE public.orders (id integer NOT NULL, person integer NOT NULL, buyer text, note text);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);
";

const POLICY: &str = "
setting noren.mask_key text secret;
class email mask email(domain => 'example.invalid');
mask short(value text) returns text unique no total yes = (left(value, 1) || '.');
table people {
  id        mask permute();
  email     email;
  name      mask fake_name('en');
  nickname  mask short();
  search    mask null;
  born      mask truncate('year');
  age       mask integer(1, 2000000000);
}
table orders { id keep; buyer email; note mask null; }
export developers { tables *; }
";

const TOML: &str = "[project]\nname = \"faults\"\nengine = \"postgresql\"\nversion = 15\nschema = [\"schema.sql\"]\n\
                    policies = [\"policy.noren\"]\n[export.developers]\ntarget = \"psql\"\ndir = \"data\"\n";

const ROWS: &str = "
TRUNCATE people, orders;
INSERT INTO people SELECT n, 'person' || n || '@corp' || n || '.example', 'Maximilian Surname' || n, 'nick-name' || n,
  'searchable' || n || 'words', date '1970-02-03' + n, n FROM generate_series(1, 12) n;
INSERT INTO orders SELECT n, n, 'person' || n || '@corp' || n || '.example', 'note number ' || n FROM generate_series(1, 12) n;
";

/// A project of these texts, in a folder that lasts as long as the bench.
fn bench(schema: &str, policy: &str, rows: &str) -> (tempfile::TempDir, Bench) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("schema.sql", schema), ("policy.noren", policy), ("noren.toml", TOML), ("planted.sql", rows)]
    {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let bench = Bench::at(folder.path());
    (folder, bench)
}

/// Replaces a text that must be there in a generated file.
fn replace(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}: {text}");
    std::fs::write(&path, text.replace(from, to)).unwrap();
}

#[track_caller]
fn finds(report: &Report, subject: &str, name: &str) {
    let found = report.failures().any(|check| check.subject.contains(subject) && check.name == name);
    assert!(found, "expected `{subject}`: `{name}` among {:#?}", failures(report));
    let told = format!("{:?}", report.checks);
    assert!(!told.contains("corp1.example") && !told.contains("Surname1"), "a value is told: {told}");
}

#[test]
fn a_policy_without_a_fault_has_no_failure() {
    if support::server(None).is_none() {
        return;
    }
    let (_folder, bench) = bench(SCHEMA, POLICY, ROWS);
    let report = bench.masking(&|_| ());
    assert_eq!(failures(&report), Vec::<String>::new());
    let skipped: Vec<String> = report
        .checks
        .iter()
        .filter(|check| matches!(check.outcome, Outcome::Skipped(_)))
        .map(|check| format!("{}: {}", check.subject, check.name))
        .filter(|told| !told.contains("other key"))
        .collect();
    let left_out = |name: &str| -> Vec<&str> {
        let named = skipped.iter().filter_map(|told| told.strip_suffix(name)?.strip_prefix("developers: public."));
        named.map(|subject| subject.trim_end_matches(": ")).collect()
    };
    let short = ["people.id", "people.born", "people.age", "orders.person"];
    assert_eq!(left_out("no original value is in any file"), short);
    assert_eq!(left_out("no other column of the row carries it"), ["people.id", "people.age", "orders.person"]);
    assert_eq!(skipped.len(), 7, "{skipped:?}");
}

/// A fault in the policy, the schema or the rows, and the check that must see it.
#[test]
fn faults_of_a_policy_are_found() {
    if support::server(None).is_none() {
        return;
    }
    let kept = POLICY.replace("search    mask null", "search    keep because \"words to find people by\"");
    let carried =
        ROWS.replace("'searchable' || n || 'words'", "upper('person' || n || '@corp' || n || '.example') || ' x'");
    let untouched = POLICY.replace("(left(value, 1) || '.')", "(substr(value, length(value) - length(value) + 1))");
    let raising = POLICY.replace("mask integer(1, 2000000000)", "mask inverse()")
        + "mask inverse(value int4) returns int4 unique no total yes = (100 / (value - 7));";
    let repeating = POLICY.replace("class email mask email(domain => 'example.invalid');", "class email mask first();")
        + "mask first(value text) returns text unique yes total yes = (left(value, 3));";
    for (policy, rows, subject, name) in [
        (&kept, &carried, "public.people.email", "no other column of the row carries it"),
        (&untouched, &ROWS.to_owned(), "public.people.nickname", "values leave changed"),
        (&raising, &ROWS.to_owned(), "developers", "run.sql runs to its end"),
        (&repeating, &ROWS.to_owned(), "public.people (people_email_key)", "what is unique stays unique"),
        (&repeating, &ROWS.to_owned(), "developers", "the files load into another database"),
    ] {
        let (_folder, bench) = bench(SCHEMA, policy, rows);
        finds(&bench.masking(&|_| ()), subject, name);
    }
}

/// A fault in what was compiled, and the check that must see it.
#[test]
fn faults_of_compiled_files_are_found() {
    if support::server(None).is_none() {
        return;
    }
    let (_folder, bench) = bench(SCHEMA, POLICY, ROWS);
    let people = "export/developers/tables/public.people.sql";
    let planned = "the file holds the planned rows";
    for (file, from, to, subject, name) in [
        (people, "AS name", "|| t.name AS name", "public.people", planned),
        (
            people,
            "NULL::text AS search",
            "t.email AS search",
            "public.people.email",
            "no original value is in any file",
        ),
        (people, "class:email", "class:other", "public.people", planned),
        (
            people,
            "ORDER BY id",
            "ORDER BY id * 0",
            "public.people",
            "the order of the rows tells nothing of their keys",
        ),
        (
            "export/developers/import.sql",
            "TRUNCATE",
            "-- TRUNCATE",
            "developers",
            "the files load into another database",
        ),
    ] {
        let report = bench.masking(&|folder| replace(folder, file, from, to));
        finds(&report, subject, name);
    }
}
