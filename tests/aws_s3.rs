//! Target `aws_s3` on real databases, with a stand-in for the service's extension (`aws_s3/emulation.sql`).
//!
//! The stand-in writes into a folder here: what is under test is the SQL, which sees no HTTP, and so it runs on every
//! version of PostgreSQL with nothing installed beside it. The tests of pipelines use a server of S3.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use noren::server::Server;

use crate::end_to_end::harness::{self, KEY, OWNER, Project};
use crate::pipeline::bucket::Bucket;
use crate::support::{self, Database};

pub const KMS_KEY: &str = "arn:aws:kms:ap-northeast-1:111122223333:key/00000000-0000-0000-0000-000000000000";

pub const SCHEMA: &str = "
CREATE TABLE public.teams (id integer NOT NULL, name text NOT NULL, lead_id integer);
CREATE TABLE public.people (
    id integer NOT NULL,
    team_id integer,
    boss_id integer,
    email text NOT NULL,
    \"full Name\" text,
    note text,
    domain text GENERATED ALWAYS AS (split_part(email, '@', 2)) STORED
);
CREATE TABLE public.nothing (id integer NOT NULL);
CREATE TABLE public.events (id bigint NOT NULL, person_id integer, what text, happened_on date NOT NULL)
    PARTITION BY RANGE (happened_on);
CREATE TABLE public.events_old PARTITION OF public.events FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE public.events_new PARTITION OF public.events FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
ALTER TABLE ONLY public.teams ADD CONSTRAINT teams_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.people ADD CONSTRAINT people_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.people ADD CONSTRAINT people_team FOREIGN KEY (team_id) REFERENCES public.teams(id);
ALTER TABLE ONLY public.people ADD CONSTRAINT people_boss FOREIGN KEY (boss_id) REFERENCES public.people(id);
ALTER TABLE ONLY public.teams ADD CONSTRAINT teams_lead FOREIGN KEY (lead_id) REFERENCES public.people(id);
ALTER TABLE public.events ADD CONSTRAINT events_person FOREIGN KEY (person_id) REFERENCES public.people(id);
";

/// A cycle, references within a table from its first piece to its last, an empty table, a partitioned one, and values that CSV writers get wrong; `people` has rows enough for pieces.
pub const ROWS: &str = r#"
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE teams DISABLE TRIGGER ALL;
INSERT INTO teams SELECT g, 'team ' || g, g * 3 FROM generate_series(1, 9) AS g;
ALTER TABLE teams ENABLE TRIGGER ALL;
INSERT INTO people (id, team_id, boss_id, email, "full Name", note)
SELECT g, nullif(g % 10, 0), 2001 - g, 'person' || g || '@secret-' || g || '.example.com', 'Real Name ' || g,
       CASE g % 6 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'comma, "quote"\nand line' WHEN 3 THEN '\.' WHEN 4 THEN 'NULL'
       ELSE '山田 ' || repeat('x', 100) END
FROM generate_series(1, 2000) AS g;
INSERT INTO events SELECT g, g % 2000 + 1, 'what ' || g, date '2024-01-01' + g % 700 FROM generate_series(1, 900) AS g;
COMMIT;
"#;

pub const POLICY: &str = r#"
setting noren.mask_key text secret;
table teams { id, lead_id keep; name mask constant('team'); }
table people {
  id, *_id keep; email mask email(domain => 'masked.example'); "full Name" mask fake_name('ja');
  note keep because "the test compares it";
}
table nothing { id keep; }
table events { id, person_id, happened_on keep; what mask null; }
"#;

const EXPORT: &str = "export developers { tables *; }\n";

/// `[export.developers]` with more lines of its own.
pub fn manifest(version: u32, target: &str) -> String {
    format!(
        "[project]\nname = \"aws\"\nengine = \"aurora-postgresql\"\nversion = {version}\nschema = [\"schema.sql\"]\n\
         policies = [\"*.noren\"]\n\n[export.developers]\n{target}\n"
    )
}

pub fn to_s3(more: &str) -> String {
    format!(
        "target = \"aws_s3\"\nbucket = \"masked-exports\"\nprefix = \"nightly\"\nregion = \"ap-northeast-1\"\nkms_key = \"{KMS_KEY}\"\n{more}"
    )
}

/// What the service leaves open, and how the stand-in answers.
#[derive(Clone, Copy)]
pub struct Service {
    pub empty_export: &'static str,
    pub header_only: &'static str,
    pub part_bytes: u64,
}

pub const SERVICE: Service = Service { empty_export: "put", header_only: "ok", part_bytes: 6 << 30 };

/// A project whose databases have the stand-in, with its objects in a folder or a bucket.
pub struct Cloud {
    pub server: &'static Server,
    pub project: Project,
    folder: PathBuf,
    bucket: Option<Bucket>,
}

impl Cloud {
    pub fn of(server: &'static Server, mut project: Project, service: Service) -> Self {
        project.build();
        let folder = Self::folder(server);
        project.beside = beside(&folder, service) + include_str!("aws_s3/folder.sql");
        Self { server, project, folder, bucket: None }
    }

    /// On the server of S3, in the bucket that the project names, for the accounts of the source and of the copy.
    pub fn on_s3(
        server: &'static Server,
        mut project: Project,
        service: Service,
        bucket: &str,
        accounts: [&str; 2],
    ) -> Self {
        project.build();
        let folder = Self::folder(server);
        project.beside = beside(&folder, service) + include_str!("pipeline/s3.sql");
        let bucket = Bucket::put_up(bucket, accounts, project.file("developers", "pipeline"));
        Self { server, project, folder, bucket: Some(bucket) }
    }

    fn folder(server: &Server) -> PathBuf {
        let data = server.execute("postgres", "SHOW data_directory;").unwrap();
        let data =
            data.lines().find(|line| line.starts_with('/')).unwrap_or_else(|| panic!("{data}")).trim().to_owned();
        Path::new(&data).join(support::unique("noren_s3"))
    }

    pub fn bucket(&self) -> &Bucket {
        self.bucket.as_ref().unwrap()
    }

    /// The stand-in for a database of this side.
    pub fn beside(&self, side: &str) -> String {
        let settings = self.bucket.as_ref().map(|bucket| bucket.settings(side)).unwrap_or_default();
        format!("{}{settings}", self.project.beside)
    }

    fn small(server: &'static Server, target: &str, service: Service) -> Self {
        let toml = manifest(server.major(), target);
        Self::of(server, Project::of(SCHEMA, &format!("{POLICY}{EXPORT}"), &toml), service)
    }

    fn source(&self) -> Database {
        let source = Database::new(self.server, "source");
        source.sql(&self.project.schema);
        source.sql(&self.beside("source"));
        source.sql(ROWS);
        self.rights(&source, "rights_source.sql");
        source
    }

    #[track_caller]
    pub fn rights(&self, database: &Database, file: &str) {
        let arguments = ["-f".into(), self.project.file("developers", file).into_os_string()];
        support::succeeded(&database.psql("postgres", arguments, &[], self.project.folder.path()), file);
    }

    fn target(&self) -> Database {
        let target = self.project.target(self.server, "developers", 23);
        target.sql(&files_of(OWNER));
        target.sql(&format!(
            "GRANT USAGE ON SCHEMA aws_s3, aws_commons TO \"{OWNER}\"; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_s3, aws_commons TO \"{OWNER}\";"
        ));
        target
    }

    fn export(&self, source: &Database, run: &str) -> Output {
        self.project.export(source, "developers", Path::new(run))
    }

    fn import(&self, target: &Database, run: &str) -> Output {
        self.project.import(target, "developers", Path::new(run))
    }

    /// Names and texts of all objects, the attempt's random name taken out.
    pub fn objects(&self) -> BTreeMap<String, String> {
        if let Some(bucket) = &self.bucket {
            return bucket.objects().into_iter().map(|(key, object)| (without_attempt(&key), object.text)).collect();
        }
        let entries = std::fs::read_dir(self.folder.join("masked-exports")).unwrap();
        let mut objects = BTreeMap::new();
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().replace('%', "/");
            if !name.starts_with('.') {
                objects.insert(without_attempt(&name), std::fs::read_to_string(&path).unwrap());
            }
        }
        objects
    }

    pub fn keys(&self) -> Vec<String> {
        let Some(bucket) = &self.bucket else { return self.objects().into_keys().collect() };
        bucket.keys().iter().map(|key| without_attempt(key)).collect()
    }
}

fn without_attempt(key: &str) -> String {
    let parts: Vec<&str> = key.split('/').filter(|part| part.len() != 36).collect();
    parts.join("/")
}

/// The stand-in but for its objects, its folder, and its answers.
fn beside(folder: &Path, service: Service) -> String {
    let Service { empty_export, header_only, part_bytes } = service;
    let folder = folder.display();
    let settings = [
        ("folder", folder.to_string()),
        ("region", "ap-northeast-1".to_owned()),
        ("part_bytes", part_bytes.to_string()),
        ("empty_export", empty_export.to_owned()),
        ("header_only", header_only.to_owned()),
    ];
    let set = settings.map(|(name, value)| {
        format!("SELECT format('ALTER DATABASE %I SET emulation.{name} = %L', current_database(), '{value}') \\gexec\n")
    });
    format!(
        "{}\n{}\nSELECT aws_s3_emulation.shell('mkdir -p -m 755 {folder}/masked-exports');\n",
        include_str!("aws_s3/emulation.sql"),
        set.concat(),
    )
}

/// What a role needs of the stand-in and not of the service.
pub fn files_of(role: &str) -> String {
    format!("GRANT pg_read_server_files, pg_write_server_files TO \"{role}\";")
}

pub fn key_in_hex() -> String {
    KEY.bytes().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[track_caller]
pub fn refused(output: &Output, said: &str) {
    let text = support::text(output);
    assert!(!output.status.success() && text.contains(said), "expected `{said}` in: {text}");
}

/// Everything in the copy but the stand-in.
pub fn state(database: &Database) -> BTreeMap<String, String> {
    let ours = |name: &String| !["aws_s3", "aws_commons", "noren_run"].iter().any(|own| name.contains(own));
    harness::state(database).into_iter().filter(|(name, _)| ours(name)).collect()
}

/// Both targets from one source, and both copies are the same to the last row.
#[track_caller]
fn same_as_files(major: Option<u32>, more: &str, service: Service) -> Vec<String> {
    let Some(server) = support::server(major) else { return Vec::new() };
    let cloud = Cloud::small(server, &to_s3(more), service);
    let source = cloud.source();
    let target = cloud.target();
    support::succeeded(&cloud.export(&source, "one"), "run.sql");
    support::succeeded(&cloud.import(&target, "one"), "import.sql");

    let toml = manifest(server.major(), "target = \"psql\"\n");
    let files = Project::of(SCHEMA, &format!("{POLICY}{EXPORT}"), &toml);
    files.build();
    let by_files = files.target(server, "developers", 23);
    let run = files.folder.path().join("run");
    support::succeeded(&files.export(&source, "developers", &run), "run.sql");
    support::succeeded(&files.import(&by_files, "developers", &run), "import.sql");
    let rows = |state: BTreeMap<String, String>| {
        state.into_iter().filter(|(name, _)| name.starts_with("rows") || name.starts_with("place")).collect()
    };
    let (one, other): (BTreeMap<_, _>, BTreeMap<_, _>) = (rows(state(&target)), rows(state(&by_files)));
    assert!(one.len() > 3, "{one:?}");
    assert_eq!(harness::difference(&one, &other), Vec::<String>::new());
    assert_eq!(target.value("SELECT count(*) FROM people"), "2000");
    assert_eq!(target.value("SELECT count(*) FROM events_old, nothing"), "0");

    let leaked: Vec<_> = cloud
        .objects()
        .into_iter()
        .filter(|(_, text)| ["secret-", "Real Name", "what 1"].iter().any(|word| text.contains(word)))
        .collect();
    assert!(leaked.is_empty(), "{leaked:?}");
    let encrypted = std::fs::read_dir(cloud.folder.join("masked-exports")).unwrap().map(|entry| entry.unwrap().path());
    for key in encrypted.filter(|path| path.extension().is_some_and(|extension| extension == "kms")) {
        assert_eq!(std::fs::read_to_string(&key).unwrap(), KMS_KEY, "{}", key.display());
    }
    cloud.keys()
}

const WHOLE: [&str; 4] = [
    "nightly/one/manifest.csv",
    "nightly/one/public.events/00000.csv",
    "nightly/one/public.people/00000.csv",
    "nightly/one/public.teams/00000.csv",
];

#[test]
fn the_copy_is_the_one_that_files_give() {
    for empty_export in ["put", "skip"] {
        for header_only in ["ok", "error"] {
            let keys = same_as_files(None, "", Service { empty_export, header_only, ..SERVICE });
            assert!(keys.is_empty() || keys == WHOLE, "{keys:?}");
        }
    }
}

#[test]
fn the_copy_is_the_one_that_files_give_from_pieces() {
    for (empty_export, header_only) in [("put", "error"), ("skip", "ok")] {
        let keys = same_as_files(None, "chunk = \"16kB\"", Service { empty_export, header_only, ..SERVICE });
        let of_people = keys.iter().filter(|key| key.contains("public.people/")).count();
        assert!(keys.is_empty() || of_people > 10, "{keys:?}");
    }
}

#[test]
fn the_copy_is_the_one_that_files_give_on_other_versions() {
    for major in [14, 18] {
        same_as_files(Some(major), "", SERVICE);
        same_as_files(Some(major), "chunk = \"64kB\"", SERVICE);
    }
}

/// A second object is not read by anybody, so the run stops; nothing is imported from it.
#[test]
fn a_second_object_is_an_error() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::small(server, &to_s3(""), Service { part_bytes: 20_000, ..SERVICE });
    let (source, target) = (cloud.source(), cloud.target());
    refused(&cloud.export(&source, "one"), "expected_one_object_a_part_make_chunk_smaller");
    assert!(cloud.keys().iter().any(|key| key.ends_with("_part2")));
    assert_eq!(source.value("SELECT count(*) FROM noren_run.manifest"), "0");
    let before = state(&target);
    refused(&cloud.import(&target, "one"), "HTTP 404");
    assert_eq!(harness::difference(&before, &state(&target)), Vec::<String>::new());
}

/// Whatever stops an import, everything is as it was: rows, sequences, triggers, keys.
#[test]
fn a_failing_import_changes_nothing() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::small(server, &to_s3("chunk = \"32kB\""), SERVICE);
    let (source, target) = (cloud.source(), cloud.target());
    support::succeeded(&cloud.export(&source, "one"), "run.sql");
    let before = state(&target);
    let unchanged = |said: &str, run: &str| {
        refused(&cloud.import(&target, run), said);
        assert_eq!(harness::difference(&before, &state(&target)), Vec::<String>::new(), "{said}");
    };
    unchanged("HTTP 404", "two");
    unchanged("the name of a run must be", "../one");
    unchanged("the name of a run must be", "'; drop table people; --");

    let files = |name: &str| -> Vec<PathBuf> {
        let entries =
            std::fs::read_dir(cloud.folder.join("masked-exports")).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<_> = entries.filter(|path| path.to_str().unwrap().ends_with(name)).collect();
        found.sort();
        found
    };
    let with = |path: &Path, change: &dyn Fn(&str) -> String, said: &str| {
        let text = std::fs::read_to_string(path).unwrap();
        let changed = change(&text);
        assert_ne!(text, changed, "{said}");
        std::fs::write(path, changed).unwrap();
        unchanged(said, "one");
        std::fs::write(path, text).unwrap();
    };
    let last_of = |table: &str| files(".csv").into_iter().rfind(|path| path.to_str().unwrap().contains(table)).unwrap();
    let (last, event) = (last_of("people"), last_of("events"));
    let without_last_line = |text: &str| text.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
    with(&event, &without_last_line, "not every row was loaded");
    with(&last, &|text| text.replacen("id,team_id,", "team_id,id,", 1), "column name mismatch");
    let [manifest] = files("manifest.csv").try_into().unwrap();
    with(&manifest, &|text| text.replacen("policy,", "policy,0", 1), "not a whole export of the policy");
    with(&manifest, &without_last_line, "not a whole export of the policy");
    with(&manifest, &|text| text.replacen("part,public.people,1,", "part,public.people,2,", 1), "listed 2 times");
    with(&manifest, &|text| text.replacen("export,developers", "export,others", 1), "not a whole export of the policy");
    std::fs::remove_file(&last).unwrap();
    unchanged("HTTP 404", "one");
}

/// A run of a name that was there before writes beside it: what the first manifest names is never overwritten, and a run
/// that fails leaves it as it was.
#[test]
fn a_run_never_writes_over_another() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::small(server, &to_s3(""), SERVICE);
    let (source, target) = (cloud.source(), cloud.target());
    support::succeeded(&cloud.export(&source, "one"), "run.sql");
    source.sql("UPDATE people SET boss_id = NULL; DELETE FROM events; DELETE FROM people WHERE id > 100;");
    source.sql("ALTER TABLE nothing ADD CHECK (id <> 1); INSERT INTO nothing VALUES (2); ALTER TABLE nothing ALTER id TYPE bigint;");
    refused(&cloud.export(&source, "one"), "this database is not as the schema");
    source.sql("ALTER TABLE nothing ALTER id TYPE integer; DROP SCHEMA aws_s3 CASCADE;");
    refused(&cloud.export(&source, "one"), "aws_s3");
    support::succeeded(&cloud.import(&target, "one"), "import.sql");
    assert_eq!(target.value("SELECT count(*) FROM people"), "2000");
}

/// No statement and no log holds the key, and no object.
#[test]
fn the_key_is_seen_nowhere() {
    let Some(server) = support::server(None) else { return };
    let cloud = Cloud::small(server, &to_s3(""), SERVICE);
    let source = cloud.source();
    source.sql("SELECT format('ALTER DATABASE %I SET log_statement = ''all''', current_database()) \\gexec");
    source.sql("SELECT format('ALTER DATABASE %I SET log_min_duration_statement = 0', current_database()) \\gexec");
    let output = cloud.export(&source, "one");
    support::succeeded(&output, "run.sql");
    let log = server.log();
    assert!(log.contains("query_export_to_s3") && log.contains("noren_key"), "the log has the run's statements");
    for text in [&log, &support::text(&output), &format!("{:?}", cloud.objects())] {
        assert!(!text.contains(KEY) && !text.contains(&key_in_hex()));
    }
    let without = cloud.project.export_with(&source, "developers", Path::new("two"), &[("NOREN_MASK_KEY", "short")]);
    refused(&without, "NOREN_MASK_KEY");
    assert!(!cloud.keys().iter().any(|key| key.contains("two")));
}

/// Row security of the schema's own, which binds even the owner: the exporter reads by a policy, the importer takes FORCE
/// off within the transaction and puts it back.
const FORCED: &str = "
ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.people FORCE ROW LEVEL SECURITY;
CREATE POLICY own_team ON public.people USING ((team_id = (current_setting('app.team'::text, true))::integer));
";

/// A cloud whose export and import have roles of their own, and two logins that are members of them and nothing more.
pub struct Roles {
    pub cloud: Cloud,
    pub exporter: String,
    pub importer: String,
}

pub const LOGINS: [&str; 2] = ["runs_the_export", "runs_the_import"];

impl Roles {
    fn new(server: &'static Server, clause: &str) -> Self {
        Self::to(server, clause, &to_s3(""), |project| Cloud::of(server, project, SERVICE))
    }

    /// With what `[export.developers]` says, and a cloud for it.
    pub fn to(server: &'static Server, clause: &str, target: &str, cloud: impl FnOnce(Project) -> Cloud) -> Self {
        let (exporter, importer) = (support::unique("exporter"), support::unique("importer"));
        let policy = format!(
            "{POLICY}role {exporter} {{ nologin; }}\nrole {importer} {{ nologin; }}\n\
             export developers {{ tables *; as {exporter}; import as {importer}; {clause} }}\n"
        );
        let toml = manifest(server.major(), &format!("{target}\n[rls]\nbypass = \"policy\"\n"));
        let cloud = cloud(Project::of(&format!("{SCHEMA}{FORCED}"), &policy, &toml));
        for (role, login) in [(&exporter, LOGINS[0]), (&importer, LOGINS[1])] {
            let login = Self::login(role, login);
            let sql =
                format!("CREATE ROLE {role} NOLOGIN; CREATE ROLE {login} LOGIN IN ROLE {role}; {}", files_of(role));
            server.execute("postgres", &sql).unwrap();
        }
        Self { cloud, exporter, importer }
    }

    pub fn login(role: &str, what: &str) -> String {
        format!("{role}_{what}")
    }

    /// Nothing is open to everybody, so that what the roles have they have from the files.
    fn close(database: &Database) {
        database.sql("REVOKE ALL ON SCHEMA public FROM PUBLIC;");
        database.sql("SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC; GRANT CONNECT ON DATABASE %I TO PUBLIC', current_database(), current_database()) \\gexec");
    }

    pub fn source(&self) -> Database {
        let source = self.cloud.source();
        Self::close(&source);
        source
    }

    pub fn target(&self) -> Database {
        let target = Database::new(self.cloud.server, "target");
        target.sql(&self.cloud.project.schema);
        target.sql(&self.cloud.beside("target"));
        target.sql("CREATE SCHEMA noren; CREATE TABLE noren.import_target AS SELECT 'developers'::text AS export;");
        Self::close(&target);
        self.cloud.rights(&target, "rights_target.sql");
        target
    }

    fn export(&self, source: &Database, run: &str) -> Output {
        let arguments = harness::arguments(Path::new(run), &self.cloud.project.file("developers", "run.sql"));
        let folder = self.cloud.project.folder.path();
        source.psql(&Self::login(&self.exporter, LOGINS[0]), arguments, &[("NOREN_MASK_KEY", KEY)], folder)
    }

    fn import(&self, target: &Database, run: &str) -> Output {
        let run_file = |file: &str| {
            let arguments = harness::arguments(Path::new(run), &self.cloud.project.file("developers", file));
            target.psql(&Self::login(&self.importer, LOGINS[1]), arguments, &[], self.cloud.project.folder.path())
        };
        let loaded = run_file("import.sql");
        if loaded.status.success() { run_file("after.sql") } else { loaded }
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        for (role, what) in [(&self.exporter, LOGINS[0]), (&self.importer, LOGINS[1])] {
            let _ = self.cloud.server.execute("postgres", &format!("DROP ROLE {};", Self::login(role, what)));
        }
    }
}

/// Every right that the files give is taken away in turn, and nothing works without it.
#[test]
fn the_rights_are_the_least_that_work() {
    let Some(server) = support::server(None) else { return };
    let roles = Roles::new(server, "");
    let (source, target) = (roles.source(), roles.target());
    let (exporter, importer) = (&roles.exporter, &roles.importer);
    let database = |sql: &str, on: &Database| sql.replace("DATABASE", &format!("DATABASE {}", on.name));
    let of_source = [
        "USAGE ON SCHEMA aws_s3",
        "USAGE ON SCHEMA aws_commons",
        "EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_s3",
        "EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_commons",
        "USAGE ON SCHEMA noren_run",
        "SELECT ON noren_run.manifest",
        "INSERT ON noren_run.manifest",
        "USAGE ON SCHEMA public",
        "SELECT ON teams",
        "SELECT ON people",
        "SELECT ON nothing",
        "SELECT ON events",
        "TEMPORARY ON DATABASE",
    ];
    support::succeeded(&roles.export(&source, "before"), "run.sql");
    for right in of_source {
        source.sql(&format!("REVOKE {} FROM {exporter};", database(right, &source)));
        refused(&roles.export(&source, "one"), "permission denied");
        roles.cloud.rights(&source, "rights_source.sql");
    }
    source.sql(&format!("DROP POLICY noren_export_select_to_{exporter} ON people;"));
    refused(&roles.export(&source, "one"), "row security would keep rows from this export");
    roles.cloud.rights(&source, "rights_source.sql");
    source.sql("CREATE POLICY late ON people AS RESTRICTIVE USING (id > 5);");
    refused(&roles.export(&source, "one"), "row security would keep rows from this export");
    source.sql("DROP POLICY late ON people;");
    assert!(!roles.cloud.keys().iter().any(|key| key.starts_with("nightly/one/manifest")));
    support::succeeded(&roles.export(&source, "one"), "run.sql");

    let of_target = [
        "USAGE ON SCHEMA aws_s3",
        "USAGE ON SCHEMA aws_commons",
        "EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_s3",
        "EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_commons",
        "USAGE ON SCHEMA noren",
        "SELECT ON noren.import_target",
        "USAGE ON SCHEMA public",
        "TEMPORARY ON DATABASE",
    ];
    for right in of_target {
        target.sql(&format!("REVOKE {} FROM {importer};", database(right, &target)));
        refused(&roles.import(&target, "one"), "permission denied");
        roles.cloud.rights(&target, "rights_target.sql");
    }
    target.sql("ALTER TABLE events OWNER TO postgres;");
    refused(&roles.import(&target, "one"), "permission denied for table events");
    roles.cloud.rights(&target, "rights_target.sql");
    assert_eq!(target.value("SELECT count(*) FROM teams"), "0");
    support::succeeded(&roles.import(&target, "one"), "import.sql");
    assert_eq!(target.value("SELECT count(*) FROM people"), "2000");
    let forced = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'people'::regclass";
    assert_eq!(target.value(forced), "t");
    // Who may export may not import, and the other way round.
    let other = |database: &Database, role: &str, function: &str| {
        database.value(&format!(
            "SELECT bool_or(has_function_privilege('{role}', oid, 'EXECUTE')) FROM pg_proc WHERE proname = '{function}'"
        ))
    };
    assert_eq!(other(&source, exporter, "table_import_from_s3"), "f");
    assert_eq!(other(&target, importer, "query_export_to_s3"), "f");
}

/// A schema of somebody else's could hold a trigger that runs with the exporter's rights.
#[test]
fn the_manifest_is_never_put_into_somebody_elses_schema() {
    let Some(server) = support::server(None) else { return };
    let roles = Roles::new(server, "");
    let source = Database::new(server, "source");
    source.sql(&roles.cloud.project.schema);
    source.sql(&roles.cloud.project.beside);
    let plain = support::unique("plain_owner");
    source.sql(&format!("CREATE ROLE {plain} LOGIN; CREATE SCHEMA noren_run AUTHORIZATION {plain};"));
    let arguments = ["-f".into(), roles.cloud.project.file("developers", "rights_source.sql").into_os_string()];
    refused(&source.psql("postgres", arguments, &[], roles.cloud.project.folder.path()), "belongs to");
}

/// The load sees no foreign key and no trigger; the login may set that, the owner of the tables may not. What dangles is
/// found all the same, and nothing of it stays.
#[test]
fn a_session_of_a_replica_checks_every_key_afterwards() {
    let Some(server) = support::server(None) else { return };
    let roles = Roles::new(server, "import strategy replica_role because \"a test\";");
    let (source, target) = (roles.source(), roles.target());
    support::succeeded(&roles.export(&source, "one"), "run.sql");
    let before = state(&target);
    refused(&roles.import(&target, "one"), "permission denied to set parameter \"session_replication_role\"");
    let login = Roles::login(&roles.importer, LOGINS[1]);
    target.sql(&format!("GRANT SET ON PARAMETER session_replication_role TO {login};"));
    source.sql(
        "SET session_replication_role = replica; INSERT INTO people (id, team_id, email) VALUES (9000, 777, 'x@y');",
    );
    support::succeeded(&roles.export(&source, "two"), "run.sql");
    refused(&roles.import(&target, "two"), "references without their rows were loaded");
    assert_eq!(harness::difference(&before, &state(&target)), Vec::<String>::new());
    support::succeeded(&roles.import(&target, "one"), "import.sql");
    assert_eq!(target.value("SELECT count(*) FROM people"), "2000");
    let after: Vec<_> = harness::difference(&before, &state(&target));
    assert!(after.iter().all(|line| line.starts_with("rows of")), "{after:?}");
    target.sql(&format!("REVOKE SET ON PARAMETER session_replication_role FROM {login};"));
}

/// For a runner that has no environment, the key is read from a table with a statement that does not hold it; it gives
/// the same pseudonyms, and nobody but the exporting role reads it.
#[test]
fn the_key_may_lie_where_only_the_exporter_reads_it() {
    let Some(server) = support::server(None) else { return };
    let roles = Roles::new(server, "");
    let source = roles.source();
    let other = support::unique("other_reader");
    source.sql(&format!(
        "CREATE ROLE {other} LOGIN; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {other}, PUBLIC;"
    ));
    source.sql(&format!("GRANT USAGE ON SCHEMA noren_run TO {other};"));
    source.sql("SELECT format('ALTER DATABASE %I SET log_statement = ''all''', current_database()) \\gexec");
    support::succeeded(&roles.export(&source, "by_environment"), "run.sql");
    let folder = roles.cloud.project.folder.path();
    let run = |run: &str| {
        let arguments = harness::arguments(Path::new(run), &roles.cloud.project.file("developers", "run.sql"));
        source.psql(&Roles::login(&roles.exporter, LOGINS[0]), arguments, &[("NOREN_MASK_KEY", "")], folder)
    };
    refused(&run("none"), "NOREN_MASK_KEY");
    let file = ["-f".into(), roles.cloud.project.file("developers", "key.sql").into_os_string()];
    refused(&source.psql("postgres", file.clone(), &[("NOREN_MASK_KEY", "short")], folder), "at least 32");
    for _ in 0..2 {
        support::succeeded(&source.psql("postgres", file.clone(), &[("NOREN_MASK_KEY", KEY)], folder), "key.sql");
    }
    support::succeeded(&run("by_table"), "run.sql");
    let objects = roles.cloud.objects();
    for table in ["people", "teams", "events"] {
        let of = |run: &str| &objects[&format!("nightly/{run}/public.{table}/00000.csv")];
        assert_eq!(of("by_environment"), of("by_table"), "{table}");
    }
    let denied = source.try_sql_as(&other, "SELECT hex FROM noren_run.mask_key").unwrap_err();
    assert!(denied.contains("permission denied"), "{denied}");
    let log = server.log();
    assert!(log.contains("mask_key") && !log.contains(KEY) && !log.contains(&key_in_hex()));
}

/// Another place in another environment: the files of the tables are shared, those that are run say where.
#[test]
fn an_environment_has_its_own_bucket() {
    let toml = manifest(
        15,
        &to_s3(
            "chunk = \"1GB\"\n[env.staging]\nexport.developers.bucket = \"staging\"\nexport.developers.chunk = \"2GB\"",
        ),
    );
    let project = Project::of(SCHEMA, &format!("{POLICY}{EXPORT}"), &toml);
    project.build();
    let text = |name: &str| std::fs::read_to_string(project.folder.path().join("generated").join(name)).unwrap();
    for name in ["run.sql", "import.sql"] {
        let (here, there) =
            (text(&format!("export/developers/{name}")), text(&format!("env/staging/export/developers/{name}")));
        let changed: Vec<_> = here.lines().zip(there.lines()).filter(|(one, other)| one != other).collect();
        assert!(changed.contains(&("\\set bucket masked-exports", "\\set bucket staging")), "{changed:?}");
        assert_eq!(
            name == "run.sql",
            changed.contains(&("\\set chunk_bytes 1073741824", "\\set chunk_bytes 2147483648"))
        );
        let included = |line: &str| line.replace("../../../../export/developers/", "");
        let other = changed.iter().filter(|(one, other)| *one != included(other) && !one.starts_with("\\set "));
        assert_eq!(other.count(), 0, "{changed:?}");
    }
    assert!(!project.folder.path().join("generated/env/staging/export/developers/tables").exists());
}

/// What is wrong with the project file is said with its place and a help, all at once.
#[test]
fn a_wrong_place_is_told() {
    let said = |target: &str| {
        let project = Project::of(SCHEMA, &format!("{POLICY}{EXPORT}"), &manifest(15, target));
        let output = support::run(support::noren().arg("-C").arg(project.folder.path()).arg("build"));
        assert!(!output.status.success() && !project.folder.path().join("generated").exists());
        support::text(&output)
    };
    let holds = |text: &str, all: &[&str]| {
        for words in all {
            assert!(text.contains(words), "expected `{words}` in:\n{text}");
        }
    };
    holds(
        &said("target = \"aws_s3\""),
        &["expected `export.developers.bucket`", "expected `export.developers.region`"],
    );
    let wrong = "target = \"aws_s3\"\nbuckett = \"a\"\nbucket = \"A_b\"\nregion = \"tokyo\"\nprefix = \"/a/../b\"\nkms_key = \"alias/x\"\nchunk = \"9GB\"";
    holds(
        &said(wrong),
        &[
            "did you mean `bucket`?",
            "expected a bucket's name, found `A_b`",
            "expected a region, found `tokyo`",
            "expected a prefix of object keys, found `/a/../b`",
            "expected the ARN of a KMS key, found `alias/x`",
            "expected a size from `8kB` to `6GB`, found `9GB`",
        ],
    );
    holds(
        &said(&to_s3("").replace("region = \"ap-northeast-1\"", "region = \"us-east-1\"")),
        &["expected a key of `us-east-1`"],
    );
    holds(&said(&to_s3("secret_key = \"x\"")), &["`export.developers.secret_key` is not a key"]);
    holds(
        &said(&to_s3("[env.staging]\nexport.developers.chunk = \"1GB\"")),
        &["expected `chunk` in the project's own table first"],
    );
    holds(&said(&to_s3("[env.staging]\nexport.developers.bukcet = \"b\"")), &["did you mean `bucket`?"]);
}

/// The statement that a team wrote by hand for each table, from a policy with one constant mask: every column by name, and
/// NULL stays NULL.
#[test]
fn the_statement_is_the_one_that_was_written_by_hand() {
    let schema = "CREATE TABLE public.example_table (column1 integer, column2 text, column3 text, column4 date);";
    let policy = "table example_table { column1, column4 keep; column2 keep because \"as before\"; column3 mask constant('****'); }\n";
    let project = Project::of(schema, &format!("{policy}{EXPORT}"), &manifest(15, &to_s3("")));
    project.build();
    let text = std::fs::read_to_string(project.file("developers", "tables/public.example_table.sql")).unwrap();
    let call = "FROM aws_s3.query_export_to_s3(
  $noren$SELECT
  t.column1 AS column1,
  t.column2 AS column2,
  (CASE WHEN t.column3 IS NOT NULL THEN '****'::text END)::text AS column3,
  t.column4 AS column4
FROM ONLY public.example_table AS t$noren$,
  aws_commons.create_s3_uri(:'bucket', :'folder' || '/public.example_table/00000.csv', :'region'),
  'format csv, header true, encoding ''UTF8''',
  :'kms_key'
) AS sent;";
    assert!(text.contains(call), "{text}");
}

/// A product's schema with all kinds of types and names, masked by most masks: both targets give the same copy, whole
/// and in pieces.
#[test]
fn the_expense_sample_by_both_ways() {
    let Some(server) = support::server(None) else { return };
    let sample = support::root().join("policies/expense");
    let copied = |target: &str| {
        let project = Project::copy(&sample, None);
        let file = project.folder.path().join("noren.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let (head, tail) = text.split_once("[export.developers]\n").unwrap();
        let (_, tail) = tail.split_once("[export.investigations]").unwrap();
        let text = format!("{head}[export.developers]\n{target}\n[export.investigations]{tail}");
        std::fs::write(&file, text).unwrap();
        project
    };
    let state_of = |target: &Database| {
        let kept = |name: &String| name.starts_with("rows of") || name.starts_with("place of");
        state(target).into_iter().filter(|(name, _)| kept(name)).collect::<BTreeMap<_, _>>()
    };
    let files = copied("target = \"psql\"");
    files.build();
    let by_s3 = ["", "chunk = \"8kB\""].map(|chunk| Cloud::of(server, copied(&to_s3(chunk)), SERVICE));
    let source = by_s3[0].project.source(server, 11);
    let by_files = files.target(server, "developers", 23);
    let run = files.folder.path().join("run");
    support::succeeded(&files.export(&source, "developers", &run), "run.sql");
    support::succeeded(&files.import(&by_files, "developers", &run), "import.sql");
    let expected = state_of(&by_files);
    assert!(expected.len() > 30, "{}", expected.len());
    let encoded = |keys: &[String]| keys.iter().filter(|key| key.contains("-e5-")).count();
    for (cloud, run) in by_s3.iter().zip(["whole", "pieces"]) {
        let target = cloud.project.target(server, "developers", 23);
        for role in ["exporter", "importer"] {
            target.sql(&files_of(role));
        }
        source.sql(&format!(
            "SELECT format('ALTER DATABASE %I SET emulation.folder = %L', current_database(), '{}') \\gexec",
            cloud.folder.display()
        ));
        support::succeeded(&cloud.export(&source, run), "run.sql");
        support::succeeded(&cloud.import(&target, run), "import.sql");
        assert_eq!(harness::difference(&expected, &state_of(&target)), Vec::<String>::new(), "{run}");
        let keys = cloud.keys();
        assert!(encoded(&keys) > 0 && keys.len() > 10, "{keys:?}");
    }
}
