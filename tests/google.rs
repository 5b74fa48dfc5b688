//! Target `gcs` on real databases, with a stand-in for the storage CLI (`google/gcloud`) that keeps objects in a folder and
//! fails in the ways in which a network does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use noren::server::Server;

use crate::aws_s3::{POLICY, ROWS, SCHEMA, key_in_hex, refused};
use crate::end_to_end::harness::{self, KEY, Project};
use crate::support::{self, Database};

const KMS_KEY: &str = "projects/masking/locations/asia-northeast1/keyRings/exports/cryptoKeys/masked";
const EXPORT: &str = "export developers { tables *; }\n";

fn manifest(engine: &str, version: u32, target: &str) -> String {
    format!(
        "[project]\nname = \"google\"\nengine = \"{engine}\"\nversion = {version}\nschema = [\"schema.sql\"]\n\
         policies = [\"*.noren\"]\n\n[export.developers]\n{target}\n"
    )
}

fn to_gcs(more: &str) -> String {
    format!("target = \"gcs\"\nbucket = \"masked-exports\"\nprefix = \"nightly\"\nkms_key = \"{KMS_KEY}\"\n{more}")
}

/// A project and a client's machine: the stand-in first on its path, a folder of buckets, a folder for temporary files.
struct Cloud {
    server: &'static Server,
    project: Project,
    machine: tempfile::TempDir,
}

impl Cloud {
    fn of(server: &'static Server, project: Project) -> Self {
        project.build();
        let machine = tempfile::tempdir().unwrap();
        for name in ["buckets", "scratch"] {
            std::fs::create_dir(machine.path().join(name)).unwrap();
        }
        Self { server, project, machine }
    }

    fn small(server: &'static Server, target: &str) -> Self {
        let toml = manifest("cloud-sql", server.major(), target);
        Self::of(server, Project::of(SCHEMA, &format!("{POLICY}{EXPORT}"), &toml))
    }

    fn source(&self) -> Database {
        let source = Database::new(self.server, "source");
        source.sql(&self.project.schema);
        source.sql(ROWS);
        source
    }

    fn target(&self) -> Database {
        self.project.target(self.server, "developers", 23)
    }

    /// One file of the export, by psql on the client's machine.
    fn psql(&self, database: &Database, user: &str, file: &str, run: &str, cli: &str) -> Output {
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", support::root().join("tests/google").display());
        let buckets = self.machine.path().join("buckets").display().to_string();
        let scratch = self.machine.path().join("scratch").display().to_string();
        let mut environment = vec![("PATH", path.as_str()), ("BUCKETS", &buckets), ("TMPDIR", &scratch), ("CLI", cli)];
        environment.extend(file.ends_with("run.sql").then_some(("NOREN_MASK_KEY", KEY)));
        let file = self.project.file("developers", file);
        database.psql(user, harness::arguments(Path::new(run), &file), &environment, self.project.folder.path())
    }

    fn export(&self, source: &Database, run: &str) -> Output {
        self.psql(source, "postgres", "run.sql", run, "")
    }

    fn import(&self, target: &Database, run: &str) -> Output {
        self.import_as(target, harness::OWNER, run, "")
    }

    fn import_as(&self, target: &Database, user: &str, run: &str, cli: &str) -> Output {
        let loaded = self.psql(target, user, "import.sql", run, cli);
        if loaded.status.success() { self.psql(target, user, "after.sql", run, cli) } else { loaded }
    }

    /// Names and files of all objects, the attempt's random name taken out.
    fn objects(&self) -> BTreeMap<String, PathBuf> {
        let buckets = self.machine.path().join("buckets");
        let files = walkdir::WalkDir::new(&buckets).min_depth(2).into_iter().map(|entry| entry.unwrap());
        let named = files.filter(|entry| entry.file_type().is_file()).map(|entry| {
            let path = entry.into_path();
            let name = path.strip_prefix(&buckets).unwrap().to_str().unwrap().to_owned();
            let name: Vec<&str> = name.split('/').filter(|part| part.len() != 36).collect();
            (name.join("/"), path)
        });
        named.collect()
    }

    fn names(&self) -> Vec<String> {
        self.objects().into_keys().collect()
    }

    fn text(&self) -> String {
        self.objects().into_values().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    fn note(&self, name: &str) -> String {
        std::fs::read_to_string(self.machine.path().join("buckets").join(name)).unwrap_or_default()
    }

    /// What a finished run left on the client.
    fn left(&self) -> usize {
        std::fs::read_dir(self.machine.path().join("scratch")).unwrap().count()
    }
}

fn rows(database: &Database) -> BTreeMap<String, String> {
    let kept = |name: &String| name.starts_with("rows of") || name.starts_with("place of");
    harness::state(database).into_iter().filter(|(name, _)| kept(name)).collect()
}

/// Both targets from one source, and both copies are the same to the last row.
#[track_caller]
fn same_as_files(cloud: &Cloud, files: &Project, source: &Database) {
    let target = cloud.target();
    support::succeeded(&cloud.export(source, "one"), "run.sql");
    support::succeeded(&cloud.import(&target, "one"), "import.sql");
    files.build();
    let by_files = files.target(cloud.server, "developers", 23);
    let run = files.folder.path().join("run");
    support::succeeded(&files.export(source, "developers", &run), "run.sql");
    support::succeeded(&files.import(&by_files, "developers", &run), "import.sql");
    let (one, other) = (rows(&target), rows(&by_files));
    assert!(one.len() > 3, "{one:?}");
    assert_eq!(harness::difference(&one, &other), Vec::<String>::new());
    assert_eq!(cloud.left(), 0);
}

#[test]
fn the_copy_is_the_one_that_files_give() {
    for major in [None, Some(14), Some(18)] {
        let Some(server) = support::server(major) else { continue };
        let cloud = Cloud::small(server, &to_gcs(""));
        let source = cloud.source();
        let toml = manifest("alloydb", server.major(), "target = \"psql\"");
        let files = Project::of(SCHEMA, &format!("{POLICY}{EXPORT}"), &toml);
        same_as_files(&cloud, &files, &source);
        let objects = ["manifest", "public.events.txt", "public.nothing.txt", "public.people.txt", "public.teams.txt"];
        assert_eq!(cloud.names(), objects.map(|name| format!("masked-exports/nightly/one/{name}")));
        let text = cloud.text();
        assert!(text.contains("masked.example") && text.contains("team"), "{text}");
        for raw in ["secret-", "Real Name", "what 1"] {
            assert!(!text.contains(raw), "{raw}");
        }
        assert_eq!(cloud.note("keys"), format!("{KMS_KEY}\n").repeat(objects.len()));
    }
}

/// Names that a shell, psql or the CLI could take for something else.
#[test]
fn odd_names() {
    let Some(server) = support::server(None) else { return };
    let folder = support::root().join("tests/end_to_end/names");
    let files = Project::copy(&folder, None);
    let project = Project::copy(&folder, None);
    let file = project.folder.path().join("noren.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (head, _) = text.split_once("target").unwrap();
    std::fs::write(&file, format!("{head}{}", to_gcs(""))).unwrap();
    let cloud = Cloud::of(server, project);
    let source = cloud.project.source(server, 11);
    same_as_files(&cloud, &files, &source);
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-./".contains(letter);
    assert!(cloud.names().iter().all(|name| name.chars().all(plain)), "{:?}", cloud.names());
    assert!(cloud.names().len() > 20);
}

/// However the CLI fails over one table, the run fails, and no manifest is there.
#[test]
fn a_failing_upload_ends_the_run() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::small(server, &to_gcs(""));
    let (source, target) = (cloud.source(), cloud.target());
    let before = harness::state(&target);
    for cli in ["refuses", "breaks", "stops", "refuses-manifest"] {
        let output = cloud.psql(&source, "postgres", "run.sql", cli, cli);
        let said = support::text(&output);
        assert!(!output.status.success(), "{cli}: {said}");
        let manifests = cloud.names().iter().filter(|name| name.contains("/manifest")).count();
        assert_eq!(manifests, 0, "{cli}: {said}");
        assert!(!said.contains("written:"), "{cli}: {said}");
        refused(&cloud.import(&target, cli), "matched no objects");
    }
    // The rows of `nothing` are none, and its object is the only one that a wrong CLI could not shorten.
    assert_eq!(harness::difference(&before, &harness::state(&target)), Vec::<String>::new());
    // It takes everything, keeps half, and says that all is well: the import finds what the run cannot.
    let output = cloud.psql(&source, "postgres", "run.sql", "lies", "lies");
    support::succeeded(&output, "run.sql");
    refused(&cloud.import(&target, "lies"), "is not the object that was sent");
    assert_eq!(harness::difference(&before, &harness::state(&target)), Vec::<String>::new());
}

/// Whatever stops an import, everything is as it was: rows, sequences, triggers, keys.
#[test]
fn a_failing_import_changes_nothing() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::small(server, &to_gcs(""));
    let (source, target) = (cloud.source(), cloud.target());
    support::succeeded(&cloud.export(&source, "one"), "run.sql");
    let before = harness::state(&target);
    let unchanged = |said: &str, run: &str, cli: &str| {
        refused(&cloud.import_as(&target, harness::OWNER, run, cli), said);
        assert_eq!(harness::difference(&before, &harness::state(&target)), Vec::<String>::new(), "{said}");
    };
    unchanged("matched no objects", "two", "");
    unchanged("the name of a run must be", "../one", "");
    unchanged("the name of a run must be", "$(id)", "");
    unchanged("is not the object that was sent", "one", "breaks");
    unchanged("is not the object that was sent", "one", "stops");

    let objects = cloud.objects();
    let object = |name: &str| &objects[&format!("masked-exports/nightly/one/{name}")];
    let with = |name: &str, change: &dyn Fn(&str) -> String, said: &str| {
        let text = std::fs::read_to_string(object(name)).unwrap();
        let changed = change(&text);
        assert_ne!(text, changed, "{said}");
        std::fs::write(object(name), changed).unwrap();
        unchanged(said, "one", "");
        std::fs::write(object(name), text).unwrap();
    };
    let without_last_line = |text: &str| text.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
    with("public.events.txt", &without_last_line, "is not the object that was sent");
    with("public.people.txt", &|text| text.replacen("masked", "masked2", 1), "is not the object that was sent");
    with("manifest", &without_last_line, "not a whole export of the policy");
    with("manifest", &|text| text.replacen("policy\t", "policy\t0", 1), "not a whole export of the policy");
    with("manifest", &|text| text.replacen("attempt\t", "attempt\t../", 1), "does not say where the objects");
    with("manifest", &|text| text.replacen("attempt\t", "other\t", 1), "not a whole export of the policy");
    with("manifest", &|text| format!("{text}{}\n", text.lines().nth(4).unwrap()), "listed 2 times");
    std::fs::remove_file(object("public.teams.txt")).unwrap();
    unchanged("matched no objects", "one", "");
}

/// A run of a name that was there before writes beside it, and one that fails leaves it as it was.
#[test]
fn a_run_never_writes_over_another() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::small(server, &to_gcs(""));
    let (source, target) = (cloud.source(), cloud.target());
    support::succeeded(&cloud.export(&source, "one"), "run.sql");
    source.sql("UPDATE people SET boss_id = NULL; DELETE FROM events; DELETE FROM people WHERE id > 100;");
    let output = cloud.psql(&source, "postgres", "run.sql", "one", "breaks");
    assert!(!output.status.success());
    support::succeeded(&cloud.import(&target, "one"), "import.sql");
    assert_eq!(target.value("SELECT count(*) FROM people"), "2000");
    support::succeeded(&cloud.export(&source, "one"), "run.sql");
    support::succeeded(&cloud.import(&target, "one"), "import.sql");
    assert_eq!(target.value("SELECT count(*) FROM people"), "100");
}

/// No statement and no log holds the key, no object, and not the environment of the CLI, which refuses to work with it.
#[test]
fn the_key_is_seen_nowhere() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::small(server, &to_gcs(""));
    let source = cloud.source();
    source.sql("SELECT format('ALTER DATABASE %I SET log_statement = ''all''', current_database()) \\gexec");
    let output = cloud.export(&source, "one");
    support::succeeded(&output, "run.sql");
    let log = server.log();
    assert!(log.contains("noren_key"), "the log has the run's statements");
    for text in [&log, &support::text(&output), &cloud.text(), &cloud.note("calls")] {
        assert!(!text.contains(KEY) && !text.contains(&key_in_hex()));
    }
}

/// Row security of the schema's own, which binds even the owner; roles that have what the files give them and no more.
#[test]
fn roles_and_forced_row_security() {
    const FORCED: &str = "
ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.people FORCE ROW LEVEL SECURITY;
CREATE POLICY own_team ON public.people USING ((team_id = (current_setting('app.team'::text, true))::integer));
";
    let Some(server) = support::server(None) else { return };
    let [exporter, importer] = ["exporter", "importer"].map(support::unique);
    let policy = format!(
        "{POLICY}role {exporter} {{ nologin; }}\nrole {importer} {{ nologin; }}\n\
         export developers {{ tables *; as {exporter}; import as {importer}; }}\n"
    );
    let toml = manifest("alloydb", server.major(), &format!("{}\n[rls]\nbypass = \"policy\"\n", to_gcs("")));
    let cloud = Cloud::of(server, Project::of(&format!("{SCHEMA}{FORCED}"), &policy, &toml));
    let login = |role: &str| format!("{role}_login");
    for role in [&exporter, &importer] {
        let sql = format!("CREATE ROLE {role} NOLOGIN; CREATE ROLE {} LOGIN IN ROLE {role};", login(role));
        server.execute("postgres", &sql).unwrap();
    }
    let close = |database: &Database| {
        database.sql("REVOKE ALL ON SCHEMA public FROM PUBLIC;");
        database.sql("SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC; GRANT CONNECT ON DATABASE %I TO PUBLIC', current_database(), current_database()) \\gexec");
    };
    let source = cloud.source();
    close(&source);
    let without = cloud.psql(&source, &login(&exporter), "run.sql", "one", "");
    assert!(!without.status.success());
    support::succeeded(&cloud.psql(&source, "postgres", "rights_source.sql", "one", ""), "rights_source.sql");
    support::succeeded(&cloud.psql(&source, &login(&exporter), "run.sql", "one", ""), "run.sql");

    let target = Database::new(server, "target");
    target.sql(&cloud.project.schema);
    target.sql("CREATE SCHEMA noren; CREATE TABLE noren.import_target AS SELECT 'developers'::text AS export;");
    close(&target);
    support::succeeded(&cloud.psql(&target, "postgres", "rights_target.sql", "one", ""), "rights_target.sql");
    support::succeeded(&cloud.import_as(&target, &login(&importer), "one", ""), "import.sql");
    assert_eq!(target.value("SELECT count(*) FROM people"), "2000");
    assert_eq!(target.value("SELECT relforcerowsecurity FROM pg_class WHERE oid = 'people'::regclass"), "t");

    source.sql("CREATE POLICY nobody ON people AS RESTRICTIVE USING (id < 5);");
    let fewer = cloud.psql(&source, &login(&exporter), "run.sql", "two", "");
    assert!(!fewer.status.success() && !cloud.names().iter().any(|name| name.contains("/two/")));
    drop((source, target));
    for role in [&exporter, &importer] {
        let _ = server.execute("postgres", &format!("DROP ROLE {};", login(role)));
    }
}

/// Another place in another environment: the files of the tables are shared, those that are run say where.
#[test]
fn an_environment_has_its_own_bucket() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::small(server, &to_gcs("[env.staging]\nexport.developers.bucket = \"staging\""));
    let (source, target) = (cloud.source(), cloud.target());
    for (database, user, file) in [(&source, "postgres", "run.sql"), (&target, harness::OWNER, "import.sql")] {
        let there = format!("../../env/staging/export/developers/{file}");
        support::succeeded(&cloud.psql(database, user, &there, "one", ""), file);
    }
    assert_eq!(target.value("SELECT count(*) FROM people"), "2000");
    assert!(cloud.names().iter().all(|name| name.starts_with("staging/nightly/one/")), "{:?}", cloud.names());
    assert!(!cloud.project.folder.path().join("generated/env/staging/export/developers/tables").exists());
}

/// What is wrong with the project file is said with its place and a help.
#[test]
fn a_wrong_place_is_told() {
    let said = |engine: &str, target: &str| {
        let project = Project::of(SCHEMA, &format!("{POLICY}{EXPORT}"), &manifest(engine, 15, target));
        let output = support::run(support::noren().arg("-C").arg(project.folder.path()).arg("build"));
        assert!(!output.status.success() && !project.folder.path().join("generated").exists());
        support::text(&output)
    };
    let holds = |text: &str, all: &[&str]| {
        for words in all {
            assert!(text.contains(words), "expected `{words}` in:\n{text}");
        }
    };
    holds(&said("cloud-sql", "target = \"gcs\""), &["expected `export.developers.bucket`"]);
    let wrong = "target = \"gcs\"\nbucket = \"A$(id)\"\nprefix = \"/a/../b\"\nkms_key = \"k\"\nregion = \"x\"";
    holds(
        &said("alloydb", wrong),
        &[
            "`export.developers.region` is not a key",
            "expected a bucket's name, found `A$(id)`",
            "expected a prefix of object names, found `/a/../b`",
            "expected the name of a KMS key, found `k`",
        ],
    );
    let s3 = crate::aws_s3::to_s3("");
    for engine in ["alloydb", "cloud-sql"] {
        holds(&said(engine, &s3), &["found S3, which", "write `target = \"gcs\"`"]);
    }
}
