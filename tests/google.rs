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
/// Row security of the schema's own, which binds even the owner.
const FORCED: &str = "
ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.people FORCE ROW LEVEL SECURITY;
CREATE POLICY own_team ON public.people USING ((team_id = (current_setting('app.team'::text, true))::integer));
";

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

/// Roles that have what the files give them and no more, past row security that is forced.
#[test]
fn roles_and_forced_row_security() {
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

const UNKEYED: &str = r#"
table teams { id, lead_id keep; name mask constant('team'); }
table people {
  id, *_id keep; email mask constant('x@masked.example'); "full Name" mask null;
  note keep because "the test compares it";
}
table nothing { id keep; }
table events { id, person_id, happened_on keep; what mask null; }
"#;

fn managed(engine: &str) -> String {
    format!("target = \"gcs\"\nbucket = \"masked-exports\"\nprefix = \"nightly\"\nmanaged = \"{engine}\"")
}

impl Cloud {
    fn managed(server: &'static Server, engine: &str) -> Self {
        let toml = manifest(engine, server.major(), &managed(engine));
        Self::of(server, Project::of(SCHEMA, &format!("{UNKEYED}{EXPORT}"), &toml))
    }

    /// One script of `managed/`, which finds the server as a service would.
    fn script(&self, database: &Database, file: &str, more: &[&str], environment: &[(&str, &str)]) -> Output {
        let psql = self.server.psql(&database.name, "postgres").unwrap();
        let folder = psql.get_args().skip_while(|argument| *argument != "-h").nth(1).unwrap();
        let mut command = std::process::Command::new("sh");
        let path = std::env::var("PATH").unwrap();
        command
            .arg(self.project.file("developers", "managed").join(file))
            .arg("an-instance")
            .args(self.alloydb().then_some("a-region"))
            .arg(&database.name)
            .args(more)
            .env("PATH", format!("{}:{path}", support::root().join("tests/google").display()))
            .env("BUCKETS", self.machine.path().join("buckets"))
            .env("PSQL", psql.get_program())
            .env("PGHOST", folder)
            .env("PGUSER", "postgres")
            .env("NOREN_MASK_KEY", KEY)
            .envs(environment.iter().copied());
        support::run(&mut command)
    }

    fn alloydb(&self) -> bool {
        let text = std::fs::read_to_string(self.project.folder.path().join("noren.toml")).unwrap();
        text.contains("engine = \"alloydb\"")
    }

    fn prepare(&self, source: &Database) {
        let file = self.project.file("developers", "managed/prepare.sql").into_os_string();
        let arguments = ["-v".into(), "clone=on".into(), "-f".into(), file];
        support::succeeded(&source.psql("postgres", arguments, &[], self.project.folder.path()), "prepare.sql");
    }

    /// The name that the run said.
    #[track_caller]
    fn managed_export(&self, source: &Database, environment: &[(&str, &str)]) -> String {
        let output = self.script(source, "export.sh", &["one"], environment);
        support::succeeded(&output, "export.sh");
        let said = support::text(&output);
        let written = said.lines().find_map(|line| line.strip_prefix("written: ")).unwrap_or_else(|| panic!("{said}"));
        written.to_owned()
    }

    fn stage(&self, target: &Database) -> Output {
        self.psql(target, "postgres", "managed/stage.sql", "-", "")
    }

    /// The three steps in the copy; the first that fails.
    fn managed_import(&self, target: &Database, run: &str, environment: &[(&str, &str)]) -> Output {
        let staged = self.stage(target);
        if !staged.status.success() {
            return staged;
        }
        let loaded = self.script(target, "import.sh", &["postgres", run], environment);
        if !loaded.status.success() {
            return loaded;
        }
        target.sql(&format!("GRANT USAGE ON SCHEMA noren_load TO \"{0}\"; GRANT SELECT, TRUNCATE ON ALL TABLES IN SCHEMA noren_load TO \"{0}\";", harness::OWNER));
        self.psql(target, harness::OWNER, "managed/import.sql", "-", "")
    }
}

/// Rows of the copy but what was staged.
fn copied(database: &Database) -> BTreeMap<String, String> {
    rows(database).into_iter().filter(|(name, _)| !name.contains("noren_load")).collect()
}

/// Everything in the copy but what is staged.
fn state(database: &Database) -> BTreeMap<String, String> {
    harness::state(database).into_iter().filter(|(name, _)| !name.contains("noren_load")).collect()
}

/// The service's own commands give the copy that psql gives, on both services; NULL and an empty string stay two.
#[test]
fn the_service_by_itself_gives_the_same_copy() {
    for (major, engine) in [(None, "cloud-sql"), (Some(14), "alloydb"), (Some(18), "cloud-sql")] {
        let Some(server) = support::server(major) else { continue };
        let cloud = Cloud::managed(server, engine);
        let source = cloud.source();
        let (by_psql, by_service) = (cloud.target(), cloud.target());
        support::succeeded(&cloud.export(&source, "psql"), "run.sql");
        support::succeeded(&cloud.import(&by_psql, "psql"), "import.sql");
        let before = cloud.names().len();
        cloud.prepare(&source);
        // Objects are ASCII, so that the encoding of the service's session is nothing to them.
        let run = cloud.managed_export(&source, &[("ENCODING", "LATIN1")]);
        assert_eq!(cloud.names().len(), before + 4);
        support::succeeded(&cloud.managed_import(&by_service, &run, &[]), "import.sql");
        assert_eq!(harness::difference(&copied(&by_psql), &copied(&by_service)), Vec::<String>::new());
        assert_eq!(
            by_service.value("SELECT count(*) FROM people WHERE note = ''"),
            by_service.value("SELECT count(*) FROM people WHERE id % 6 = 1")
        );
        assert_eq!(by_service.value("SELECT count(*) FROM noren_load.t1, noren_load.t2"), "0");
        let after = cloud.psql(&by_service, harness::OWNER, "after.sql", "-", "");
        support::succeeded(&after, "after.sql");
        let objects = cloud.objects().into_iter().filter(|(name, _)| name.contains(".csv"));
        let lines = objects.map(|(_, path)| std::fs::read_to_string(path).unwrap()).collect::<String>();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "=-, .%_\n".contains(letter);
        assert!(lines.chars().all(plain));
        for raw in ["secret-", "Real Name", "what 1"] {
            let hex = raw.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            assert!(!lines.contains(&hex), "{raw}");
        }
        assert!(lines.contains("=78406d61736b6564"), "the masked address is there");
    }
}

/// Odd names and values of every type, by a SELECT that a shell hands on.
#[test]
fn odd_names_and_types_by_the_service() {
    let Some(server) = support::server(None) else { return };
    for (folder, tables) in [("names", "*.*"), ("types", "kept")] {
        let project = Project::copy(&support::root().join("tests/end_to_end").join(folder), None);
        let file = |name: &str| project.folder.path().join(name);
        let text = std::fs::read_to_string(file("noren.toml")).unwrap();
        let (head, _) = text.split_once("target").unwrap();
        let head = head.replace("\"postgresql\"", "\"cloud-sql\"");
        std::fs::write(file("noren.toml"), format!("{head}{}", managed("cloud-sql"))).unwrap();
        let policy =
            format!("table {tables} {{ * keep because \"made up\"; }}\nexport developers {{ tables {tables}; }}\n");
        std::fs::write(file("policy.noren"), policy).unwrap();
        let cloud = Cloud::of(server, project);
        let source = cloud.project.source(server, 11);
        let (by_psql, by_service) = (cloud.target(), cloud.target());
        support::succeeded(&cloud.export(&source, "psql"), "run.sql");
        support::succeeded(&cloud.import(&by_psql, "psql"), "import.sql");
        cloud.prepare(&source);
        let run = cloud.managed_export(&source, &[]);
        support::succeeded(&cloud.managed_import(&by_service, &run, &[]), "import.sql");
        support::succeeded(&cloud.psql(&by_service, harness::OWNER, "after.sql", "-", ""), "after.sql");
        assert_eq!(harness::difference(&copied(&by_psql), &copied(&by_service)), Vec::<String>::new(), "{folder}");
    }
}

/// Whatever goes wrong on either side, the copy is as it was.
#[test]
fn a_managed_run_that_fails_changes_nothing() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::managed(server, "cloud-sql");
    let (source, target) = (cloud.source(), cloud.target());
    refused(&cloud.script(&source, "export.sh", &["one"], &[]), "run prepare.sql on this clone first");
    assert_eq!(cloud.names(), Vec::<String>::new());
    let file = cloud.project.file("developers", "managed/prepare.sql").into_os_string();
    let without = source.psql("postgres", ["-f".into(), file], &[], cloud.project.folder.path());
    refused(&without, "this changes settings of the whole database");
    let prepare = |source: &Database| {
        let file = cloud.project.file("developers", "managed/prepare.sql").into_os_string();
        let arguments = ["-v".into(), "clone=on".into(), "-f".into(), file];
        source.psql("postgres", arguments, &[], cloud.project.folder.path())
    };
    source.sql("ALTER TABLE nothing ALTER id TYPE bigint");
    refused(&prepare(&source), "this database is not as the schema");
    source.sql("ALTER TABLE nothing ALTER id TYPE integer");
    support::succeeded(&prepare(&source), "prepare.sql");
    for (arguments, said) in [(&["../one"][..], "the name of a run"), (&["$(id)"], "the name of a run"), (&[], "usage")]
    {
        refused(&cloud.script(&source, "export.sh", arguments, &[]), said);
    }
    let before = state(&target);
    let unchanged = |output: &Output, said: &str| {
        refused(output, said);
        assert_eq!(harness::difference(&before, &state(&target)), Vec::<String>::new(), "{said}");
    };
    // Another operation is running.
    let busy = cloud.machine.path().join("buckets/busy");
    std::fs::create_dir(&busy).unwrap();
    refused(&cloud.script(&source, "export.sh", &["one"], &[]), "another operation");
    std::fs::remove_dir(&busy).unwrap();
    // Half an export says no name; half an object has fewer rows than it says, or does not say it.
    let broken = cloud.script(&source, "export.sh", &["one"], &[("CLI", "breaks")]);
    assert!(!broken.status.success() && !support::text(&broken).contains("written"));
    let half = cloud.managed_export(&source, &[("CLI", "stops")]);
    unchanged(&cloud.managed_import(&target, &half, &[]), "not a whole export of the policy");
    let run = cloud.managed_export(&source, &[]);
    unchanged(&cloud.managed_import(&target, "one/00000000000000000000000000000000", &[]), "404");
    unchanged(&cloud.managed_import(&target, "one", &[]), "expected the name that export.sh said");
    unchanged(&cloud.managed_import(&target, "../one/00000000000000000000000000000000", &[]), "expected the name");
    unchanged(&cloud.managed_import(&target, &run, &[("CLI", "breaks")]), "");
    // Two runs into the same tables.
    support::succeeded(&cloud.stage(&target), "stage.sql");
    for _ in 0..2 {
        support::succeeded(&cloud.script(&target, "import.sh", &["postgres", &run], &[]), "import.sh");
    }
    unchanged(&cloud.psql(&target, "postgres", "managed/import.sql", "-", ""), "not a whole export of the policy");
    support::succeeded(&cloud.stage(&target), "stage.sql");
    support::succeeded(&cloud.script(&target, "import.sh", &["postgres", &run], &[]), "import.sh");
    target.sql("UPDATE noren_load.t4 SET c1 = '=x' WHERE kind = 'row'");
    unchanged(&cloud.psql(&target, "postgres", "managed/import.sql", "-", ""), "hexadecimal");
    for table in [1, 2, 3, 4] {
        target.sql(&format!("DELETE FROM noren_load.t{table} WHERE kind = 'row' AND right(c1, 2) = '31'"));
    }
    unchanged(&cloud.psql(&target, "postgres", "managed/import.sql", "-", ""), "not a whole export of the policy");
    target.sql("DELETE FROM noren.import_target");
    unchanged(&cloud.stage(&target), "the marker noren.import_target");
}

/// A role that has what the files give it and no more loads what the service staged, past row security that is forced.
#[test]
fn the_importer_has_what_the_files_give() {
    let Some(server) = support::server(None) else { return };
    let [importer, login] = ["importer", "importer_login"].map(support::unique);
    let policy =
        format!("{UNKEYED}role {importer} {{ nologin; }}\nexport developers {{ tables *; import as {importer}; }}\n");
    let toml = manifest("cloud-sql", server.major(), &managed("cloud-sql"));
    let cloud = Cloud::of(server, Project::of(&format!("{SCHEMA}{FORCED}"), &policy, &toml));
    server
        .execute("postgres", &format!("CREATE ROLE {importer} NOLOGIN; CREATE ROLE {login} LOGIN IN ROLE {importer};"))
        .unwrap();
    let source = cloud.source();
    cloud.prepare(&source);
    let run = cloud.managed_export(&source, &[]);
    let target = Database::new(server, "target");
    target.sql(&cloud.project.schema);
    target.sql("CREATE SCHEMA noren; CREATE TABLE noren.import_target AS SELECT 'developers'::text AS export;");
    target.sql("REVOKE ALL ON SCHEMA public FROM PUBLIC;");
    support::succeeded(&cloud.psql(&target, "postgres", "rights_target.sql", "-", ""), "rights_target.sql");
    support::succeeded(&cloud.stage(&target), "stage.sql");
    support::succeeded(&cloud.script(&target, "import.sh", &[&login, &run], &[]), "import.sh");
    support::succeeded(&cloud.psql(&target, &login, "managed/import.sql", "-", ""), "import.sql");
    support::succeeded(&cloud.psql(&target, &login, "after.sql", "-", ""), "after.sql");
    assert_eq!(target.value("SELECT count(*) FROM people"), "2000");
    assert_eq!(target.value("SELECT relforcerowsecurity FROM pg_class WHERE oid = 'people'::regclass"), "t");
    drop((source, target));
    let _ = server.execute("postgres", &format!("DROP ROLE {login};"));
}

/// Row security never leaves out a row in silence.
#[test]
fn row_security_stops_a_managed_export() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::managed(server, "alloydb");
    let source = cloud.source();
    let service = support::unique("service");
    server.execute("postgres", &format!("CREATE ROLE {service} LOGIN;")).unwrap();
    source.sql(&format!(
        "ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON people USING (id < 5);
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {service};"
    ));
    cloud.prepare(&source);
    let output = cloud.script(&source, "export.sh", &["one"], &[("PGUSER", &service)]);
    refused(&output, "query would be affected by row-level security policy");
    source.sql("ALTER TABLE public.people DISABLE ROW LEVEL SECURITY");
    support::succeeded(&cloud.script(&source, "export.sh", &["one"], &[("PGUSER", &service)]), "export.sh");
}

/// A shell reads back what was quoted for it, whatever that is.
#[test]
fn a_shell_reads_back_what_was_quoted() {
    let parts = [
        "'",
        "\"",
        "$(id)",
        "`id`",
        "\\",
        "\n",
        "noren",
        "\nnoren\n",
        "noren_",
        "\r",
        "$x",
        "!",
        "#",
        "\t",
        " ",
        "名",
        "\u{1}",
        "\\\n",
        "EOF",
        "&",
        ";",
        "-n",
        "%s",
        "~",
        "*",
    ];
    let mut seed = 7_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for _ in 0..300 {
        let text: String = (0..=next(12)).map(|_| parts[next(parts.len())]).collect();
        let script = format!("printf %s {}", noren::sql::shell::word(&text));
        let output = support::run(std::process::Command::new("sh").arg("-c").arg(&script));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), text, "{script}");
        let script =
            format!("send() {{ query=$(cat); printf %s \"$query\"; }}\nsend 'x'{}", noren::sql::shell::here(&text));
        let output = support::run(std::process::Command::new("sh").arg("-c").arg(&script));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), text.trim_end_matches('\n'), "{script}");
    }
}
