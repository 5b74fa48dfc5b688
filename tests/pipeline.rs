//! The workflow of an export to S3, run to its end by an interpreter of its language (`pipeline/cloud.py`): clones are
//! databases, tasks are psql, and the extension is the stand-in of `aws_s3`. `.ci/pipeline` installs what it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use noren::server::Server;
use serde_json::{Value, json};

use crate::aws_s3::{self, LOGINS, Roles, SERVICE, Service, to_s3};
use crate::end_to_end::harness::{self, KEY};
use crate::support::{self, Database};

const ONE: &str = "111122223333";
const TWO: &str = "444455556666";
const GROUP: &str = "masked-15";
const CLONES: &str = "SELECT count(*) FROM pg_database WHERE datname LIKE 'noren\\_%'";

/// The program that plays the services; one for all tests, which take turns.
struct Services {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Services {
    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.input, "{request}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(answer["broken"].is_null(), "{}", answer["broken"].as_str().unwrap_or_default());
        answer
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

fn installed() -> Option<PathBuf> {
    let home = support::root().join("target/pipeline");
    if home.join("python/installed").is_file() && home.join("node/installed").is_file() {
        return Some(home);
    }
    support::skipped("no interpreter for state machines: `.ci/pipeline` installs it");
    None
}

fn ask(request: &Value) -> Option<Value> {
    static SERVICES: LazyLock<Mutex<Option<Services>>> = LazyLock::new(Mutex::default);
    let home = installed()?;
    let mut services = SERVICES.lock().unwrap_or_else(PoisonError::into_inner);
    let services = services.get_or_insert_with(|| {
        let mut process = Command::new("python3")
            .arg(support::root().join("tests/pipeline/cloud.py"))
            .env("PYTHONPATH", home.join("python"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Services { process, input, output: BufReader::new(output) }
    });
    Some(services.ask(request))
}

/// What runs the export.
#[derive(Clone, Copy, PartialEq)]
enum Runner {
    Ecs,
    DataApi,
}

/// `[export.developers.pipeline]`
fn pipeline_toml(copy: &str, chunk: &str, group: bool, runner: Runner) -> String {
    let arn = |service: &str, account: &str, rest: &str| format!("arn:aws:{service}:ap-northeast-1:{account}:{rest}");
    let side = |name: &str, account: &str, cluster: &str, login: &str| {
        format!(
            "[export.developers.pipeline.{name}]\ncluster = \"{}\"\ndatabase = \"app\"\nlogin = \"{}\"\necs = \"{}\"\n\
             image = \"registry.example/noren:1\"\nsubnets = [\"subnet-0a1b\"]\nsecurity_groups = [\"sg-0a1b\"]\n",
            arn("rds", account, &format!("cluster:{cluster}")),
            arn("secretsmanager", account, &format!("secret:{login}-AbCdEf")),
            arn("ecs", account, "cluster/jobs"),
        )
    };
    let source = side("source", ONE, "production", "exporter");
    let mask_key = format!("mask_key = \"{}\"\n", arn("secretsmanager", ONE, "secret:mask_key-AbCdEf"));
    let (mask_key, source) = match runner {
        Runner::Ecs => (mask_key, source),
        // Nothing of ECS is said of the source, and no secret of a key.
        Runner::DataApi => {
            let of_ecs = |line: &&str| ["ecs", "image", "subnets"].iter().any(|key| line.starts_with(key));
            let kept: Vec<&str> = source.lines().filter(|line| !of_ecs(line)).collect();
            (String::new(), kept.join("\n") + "\nrunner = \"data_api\"\n")
        }
    };
    let group = if group { format!("parameter_group = \"{GROUP}\"\n") } else { String::new() };
    format!(
        "{}\n[export.developers.pipeline]\nschedule = \"cron(0 18 * * ? *)\"\ntasks = 3\nconcurrency = 2\n{mask_key}{source}\
         subnet_group = \"databases\"\n{}{group}",
        to_s3(chunk),
        side("target", copy, "masked", "importer"),
    )
}

/// A project with its two databases and what the services are told of them.
struct Run {
    roles: Roles,
    source: Database,
    target: Database,
    copy: &'static str,
    group: bool,
}

impl Run {
    fn new(server: &'static Server, copy: &'static str, clause: &str, service: Service) -> Self {
        Self::by(Runner::Ecs, server, copy, clause, service)
    }

    /// With the key and the statements in the source, as the files put them there.
    fn by_calls(server: &'static Server, copy: &'static str, clause: &str, service: Service) -> Self {
        let run = Self::by(Runner::DataApi, server, copy, clause, service);
        for (file, key) in [("pipeline/program.sql", ""), ("key.sql", KEY)] {
            support::succeeded(&run.as_owner(file, key), file);
        }
        run
    }

    fn as_owner(&self, file: &str, key: &str) -> std::process::Output {
        let arguments = ["-f".into(), self.roles.cloud.project.file("developers", file).into_os_string()];
        self.source.psql("postgres", arguments, &[("NOREN_MASK_KEY", key)], Path::new("/"))
    }

    fn by(runner: Runner, server: &'static Server, copy: &'static str, clause: &str, service: Service) -> Self {
        let group = clause.contains("parameter_group");
        let roles = Roles::to(server, clause, &pipeline_toml(copy, "chunk = \"16kB\"", group, runner), service);
        let (source, target) = (roles.source(), roles.target());
        Self { roles, source, target, copy, group }
    }

    fn request(&self, more: &Value) -> Value {
        let root = self.roles.cloud.project.folder.path().join("generated");
        let server = self.roles.cloud.server;
        let login = |role: &str, login: &str| {
            json!({ "username": Roles::login(role, login), "password": "unused" }).to_string()
        };
        let secret =
            |account: &str, name: &str| format!("arn:aws:secretsmanager:ap-northeast-1:{account}:secret:{name}-AbCdEf");
        let mut request = json!({
            "do": "run",
            "name": "noren-developers",
            "pipeline": root.join("export/developers/pipeline"),
            "root": root,
            "server": { "psql": server.binaries().client("psql").unwrap(), "host": server.socket_folder() },
            "source_account": ONE,
            "target_account": self.copy,
            "clusters": { "source": "production", "target": "masked" },
            "copy": "masked",
            "database": "app",
            "databases": { "production": self.source.name, "masked": self.target.name },
            "bucket": "masked-exports",
            "subnet_group": "databases",
            "group": if self.group { GROUP } else { "" },
            "secrets": {
                secret(ONE, "exporter"): login(&self.roles.exporter, LOGINS[0]),
                secret(self.copy, "importer"): login(&self.roles.importer, LOGINS[1]),
                secret(ONE, "mask_key"): KEY,
            },
        });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    }

    fn run(&self, more: &Value) -> Value {
        ask(&self.request(more)).unwrap()
    }

    fn fails(&self, more: &Value, error: &str, said: &str) -> Value {
        let done = self.run(more);
        assert_eq!((done["status"].as_str(), done["error"].as_str()), (Some("FAILED"), Some(error)), "{done}");
        assert!(done.to_string().contains(said), "{said}: {done}");
        done
    }

    fn succeeds(&self, more: &Value) -> Value {
        let done = self.run(more);
        assert_eq!(done["status"], "SUCCEEDED", "{done}");
        done
    }

    /// Nothing of a clone is left, on the server or in the service's records.
    fn no_clone(done: &Value) {
        let left: BTreeSet<&str> = done["left"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(left.is_subset(&BTreeSet::from(["production", "masked"])), "{left:?}");
        assert_eq!(done["databases"], json!(["masked", "production"]));
    }

    fn setting(&self) -> String {
        self.target.sql("SHOW session_replication_role;").trim().to_owned()
    }
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Every answer that the services' documents leave open.
#[test]
fn a_run_ends_with_the_masked_copy_and_without_the_clone() {
    let Some(server) = support::server(Some(18)) else { return };
    if installed().is_none() {
        return;
    }
    for (empty_export, header_only, exit_code_fails, clone_has_role) in
        [("put", "ok", true, false), ("skip", "error", false, true)]
    {
        let service = Service { empty_export, header_only, ..SERVICE };
        let run = Run::new(server, ONE, "", service);
        run.source.sql("SELECT format('ALTER DATABASE %I SET log_statement = ''all''', current_database()) \\gexec");
        let done = run.succeeds(&json!({ "exit_code_fails": exit_code_fails, "clone_has_role": clone_has_role }));
        Run::no_clone(&done);
        assert_eq!(run.target.value("SELECT count(*) FROM people"), "2000");
        assert_eq!(run.target.value("SELECT count(*) FROM events"), "900");
        assert_eq!(run.target.value("SELECT count(*) FROM people WHERE email LIKE '%secret%'"), "0");
        assert_eq!(run.source.value("SELECT count(*) FROM noren_run.manifest"), "0", "production is not written to");
        let keys = run.roles.cloud.keys();
        assert_eq!(keys.iter().filter(|key| key.contains("public.nothing")).count(), 0, "{keys:?}");
        assert!(keys.iter().filter(|key| key.contains("public.people/")).count() > 10, "{keys:?}");
        // The mask key is in no input, no history, no output and no log.
        let log = server.log();
        assert!(log.contains("query_export_to_s3"));
        for text in [&done.to_string(), &log] {
            assert!(!text.contains(KEY) && !text.contains(&aws_s3::key_in_hex()));
        }
        let forced = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'people'::regclass";
        assert_eq!(run.target.value(forced), "t");
    }
}

/// The copy's own machine does the import, by a role that the source's machine takes.
#[test]
fn two_accounts_have_a_machine_each() {
    let Some(server) = support::server(Some(18)) else { return };
    if installed().is_none() {
        return;
    }
    let run = Run::new(server, TWO, "", SERVICE);
    let done = run.succeeds(&json!({}));
    Run::no_clone(&done);
    assert_eq!(run.target.value("SELECT count(*) FROM people"), "2000");
    let of = |account: &str| -> BTreeSet<String> {
        let calls = done["calls"].as_array().unwrap().iter().filter(|call| call[0] == account);
        calls.map(|call| call[1].as_str().unwrap().to_owned()).collect()
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(of(TWO), words(&["StartExecution", "DescribeExecution", "DescribeDBClusters", "RunTask"]));
    assert!(!of(ONE).contains("StartExecution"), "{:?}", of(ONE));
}

#[test]
fn a_failing_import_changes_nothing_and_leaves_no_clone() {
    let Some(server) = support::server(Some(18)) else { return };
    if installed().is_none() {
        return;
    }
    let run = Run::new(server, TWO, "", SERVICE);
    run.target.sql("ALTER TABLE teams ADD CONSTRAINT boom CHECK (id < 5) NOT VALID;");
    let before = aws_s3::state(&run.target);
    for exit_code_fails in [true, false] {
        let done = run.fails(&json!({ "exit_code_fails": exit_code_fails }), "Noren.ImportFailed", "boom");
        Run::no_clone(&done);
        assert_eq!(harness::difference(&before, &aws_s3::state(&run.target)), Vec::<String>::new());
    }
}

#[test]
fn the_parameter_group_is_put_back_whatever_happens() {
    let Some(server) = support::server(Some(18)) else { return };
    if installed().is_none() {
        return;
    }
    let run = Run::new(server, TWO, "import strategy parameter_group because \"a test\";", SERVICE);
    let before = aws_s3::state(&run.target);
    let done = run.succeeds(&json!({ "propagation": 3 }));
    Run::no_clone(&done);
    assert_eq!((run.target.value("SELECT count(*) FROM people").as_str(), run.setting().as_str()), ("2000", "origin"));
    let log = done["log"].to_string();
    assert!(log.matches("is \\\"origin\\\" in a new session").count() >= 2, "the change is waited for: {log}");
    let after = harness::difference(&before, &aws_s3::state(&run.target));
    assert!(after.iter().all(|line| line.starts_with("rows of")), "{after:?}");

    // What dangles is found, since nothing checked it on the way in.
    let loaded = aws_s3::state(&run.target);
    run.source.sql(
        "SET session_replication_role = replica; INSERT INTO people (id, team_id, email) VALUES (9000, 777, 'x@y');",
    );
    let done = run.fails(&json!({ "run": "two" }), "Noren.ImportFailed", "references without their rows were loaded");
    Run::no_clone(&done);
    assert_eq!(run.setting(), "origin");
    assert_eq!(harness::difference(&loaded, &aws_s3::state(&run.target)), Vec::<String>::new());

    // It is put back also where it never arrived, and a failure to put it back is told.
    let stuck = json!({ "run": "three", "propagation": 500 });
    run.fails(&stuck, "Noren.ImportFailed", "not yet what was asked for");
    assert_eq!(run.setting(), "origin");
    let errors = vec!["denied"; 20];
    let refused = json!({ "run": "four", "wrong": { "ModifyDBClusterParameterGroup": [] }, "machine": "import", "input": { "run": "none" } });
    run.fails(&refused, "Noren.ImportFailed", "HTTP 404");
    assert_eq!(run.setting(), "origin");
    let refused = json!({ "run": "five", "wrong": { "ModifyDBClusterParameterGroup": errors }, "machine": "import", "input": { "run": "none" }, "cleanup": true });
    let done = run.fails(&refused, "Noren.StillReplica", "denied");
    assert_eq!(done["cleanup"][0], "SUCCEEDED", "{done}");
    assert_eq!(run.setting(), "origin");
}

/// Wherever it stops, the clone goes; where it cannot go, that is what the run says, and the other machine drops it.
#[test]
fn the_clone_is_dropped_on_every_way_out() {
    let Some(server) = support::server(Some(18)) else { return };
    if installed().is_none() {
        return;
    }
    let run = Run::new(server, ONE, "", SERVICE);
    let many = |action: &str| json!({ "wrong": { action: vec!["refused by the test"; 20] } });
    for action in ["RestoreDBClusterToPointInTime", "CreateDBInstance", "DescribeDBInstances", "DescribeDBClusters"] {
        let done = run.fails(&many(action), "Noren.ExportFailed", "refused by the test");
        Run::no_clone(&done);
    }
    let done = run.fails(&json!({ "polls": 1000 }), "Noren.ExportFailed", "not available in time");
    Run::no_clone(&done);
    // One hiccup of each is no failure.
    let once = [
        "CreateDBInstance",
        "DescribeDBInstances",
        "DescribeDBClusters",
        "DeleteDBInstance",
        "DeleteDBCluster",
        "StartExecution",
    ];
    let once: serde_json::Map<String, Value> =
        once.iter().map(|action| ((*action).to_owned(), json!(["hiccup"]))).collect();
    Run::no_clone(&run.succeeds(&json!({ "wrong": once })));
    for action in ["DeleteDBInstance", "DeleteDBCluster"] {
        let mut more = json!({ "wrong": { action: vec!["kept by the test"; if action == "DeleteDBInstance" { 6 } else { 9 }] }, "cleanup": true });
        more["wrong"]["DeleteDBCluster"] = json!(vec!["kept by the test"; 9]);
        let done = run.fails(&more, "Noren.CloneRemains", "kept by the test");
        assert_eq!(done["cleanup"][0], "SUCCEEDED", "{done}");
        Run::no_clone(&done);
    }
    run.source.sql(&format!("REVOKE SELECT ON events FROM {};", run.roles.exporter));
    let done = run.fails(&json!({}), "Noren.ExportFailed", "permission denied");
    Run::no_clone(&done);
    let end = done["log"].as_array().unwrap().iter().filter(|line| line[0] == "end.sql").count();
    assert_eq!(end, 0, "no manifest of what is not whole");
    assert_eq!(run.source.value(CLONES), "0");
}

/// psql with one of the pipeline's files on the source itself, which nobody writes to here.
fn by_hand(run: &Run, file: &str, attempt: &str, more: &[&str], key: &str) -> std::process::Output {
    let file = run.roles.cloud.project.file("developers", &format!("pipeline/{file}"));
    let mut arguments: Vec<String> = vec!["-v".into(), "run=one".into(), "-v".into(), format!("attempt={attempt}")];
    arguments.extend(more.iter().flat_map(|more| ["-v".to_owned(), (*more).to_owned()]));
    arguments.extend(["-f".to_owned(), file.display().to_string()]);
    let login = Roles::login(&run.roles.exporter, LOGINS[0]);
    run.source.psql(&login, arguments, &[("NOREN_MASK_KEY", key)], Path::new("/"))
}

/// Shares at once, shares again, shares missing: only what is whole gets a manifest.
#[test]
fn only_a_whole_run_gets_a_manifest() {
    let Some(server) = support::server(None) else { return };
    let run = Run::new(server, ONE, "", SERVICE);
    let attempt = "00000000-0000-4000-8000-000000000001";
    let other = "00000000-0000-4000-8000-000000000002";
    let share = |number: u32, key: &str| by_hand(&run, "share.sql", attempt, &[&format!("share={number}")], key);
    aws_s3::refused(&share(0, KEY), "was not opened by begin.sql");
    aws_s3::refused(&by_hand(&run, "end.sql", attempt, &[], KEY), "was not opened by begin.sql");
    aws_s3::refused(&by_hand(&run, "begin.sql", "../x", &[], KEY), "an attempt must be a UUID");
    support::succeeded(&by_hand(&run, "begin.sql", attempt, &[], KEY), "begin.sql");
    aws_s3::refused(&by_hand(&run, "begin.sql", attempt, &[], KEY), "duplicate key");
    aws_s3::refused(&by_hand(&run, "end.sql", attempt, &[], KEY), "not every piece of this run was exported");
    support::succeeded(&share(0, KEY), "share 0");
    aws_s3::refused(&share(0, KEY), "duplicate key");
    aws_s3::refused(&share(1, "another-key-of-at-least-32-characters"), "with this mask key");
    support::succeeded(&share(1, KEY), "share 1");
    aws_s3::refused(&by_hand(&run, "end.sql", attempt, &[], KEY), "of share 2");
    aws_s3::refused(&by_hand(&run, "share.sql", other, &["share=2"], KEY), "was not opened by begin.sql");
    run.source.sql("UPDATE noren_run.manifest SET name = 'other' WHERE kind = 'policy';");
    aws_s3::refused(&share(2, KEY), "of this compilation");
    run.source.sql("DELETE FROM noren_run.manifest WHERE kind = 'policy' AND name = 'other';");
    assert!(!run.roles.cloud.keys().iter().any(|key| key.ends_with("manifest.csv")));
}

/// Beside the rights of `run.sql` a pipeline needs two, and nothing works without them.
#[test]
fn the_rights_on_pieces_are_the_least_that_work() {
    let Some(server) = support::server(None) else { return };
    let run = Run::new(server, ONE, "", SERVICE);
    let attempt = "00000000-0000-4000-8000-000000000001";
    let change = |how: &str| run.source.sql(&format!("{how} {};", run.roles.exporter));
    change("REVOKE INSERT ON noren_run.piece FROM");
    aws_s3::refused(&by_hand(&run, "begin.sql", attempt, &[], KEY), "permission denied for table piece");
    change("GRANT INSERT ON noren_run.piece TO");
    support::succeeded(&by_hand(&run, "begin.sql", attempt, &[], KEY), "begin.sql");
    change("REVOKE SELECT ON noren_run.piece FROM");
    aws_s3::refused(&by_hand(&run, "share.sql", attempt, &["share=0"], KEY), "permission denied for table piece");
    change("GRANT SELECT ON noren_run.piece TO");
    support::succeeded(&by_hand(&run, "share.sql", attempt, &["share=0"], KEY), "share.sql");
}

/// Three sessions make the same objects as one.
#[test]
fn shares_hold_together_what_one_session_exports() {
    let Some(server) = support::server(None) else { return };
    let run = Run::new(server, ONE, "", SERVICE);
    let attempt = "00000000-0000-4000-8000-000000000001";
    support::succeeded(&by_hand(&run, "begin.sql", attempt, &[], KEY), "begin.sql");
    std::thread::scope(|scope| {
        for number in 0..3 {
            let run = &run;
            scope.spawn(move || {
                let number = format!("share={number}");
                support::succeeded(&by_hand(run, "share.sql", attempt, &[&number], KEY), &number);
            });
        }
    });
    support::succeeded(&by_hand(&run, "end.sql", attempt, &[], KEY), "end.sql");
    let pieces: Vec<u64> = run
        .source
        .column("SELECT count(*) FROM noren_run.piece GROUP BY share")
        .iter()
        .map(|count| count.parse().unwrap())
        .collect();
    assert!(pieces.len() == 3 && pieces.iter().all(|count| *count > 5), "{pieces:?}");
    let file = run.roles.cloud.project.file("developers", "run.sql");
    let arguments = harness::arguments(Path::new("two"), &file);
    let login = Roles::login(&run.roles.exporter, LOGINS[0]);
    support::succeeded(&run.source.psql(&login, arguments, &[("NOREN_MASK_KEY", KEY)], Path::new("/")), "run.sql");
    let objects = run.roles.cloud.objects();
    assert!(objects_of(&objects, "one").len() > 20);
    assert_eq!(objects_of(&objects, "one"), objects_of(&objects, "two"));
    let import = run.roles.cloud.project.file("developers", "import.sql");
    let login = Roles::login(&run.roles.importer, LOGINS[1]);
    let loaded = run.target.psql(&login, harness::arguments(Path::new("one"), &import), &[], Path::new("/"));
    support::succeeded(&loaded, "import.sql");
    assert_eq!(run.target.value("SELECT count(*) FROM people"), "2000");
}

/// By the Data API: each statement is a call in a session of its own, and the key is in none of them.
#[test]
fn an_export_by_calls_is_the_one_that_psql_makes() {
    let Some(server) = support::server(Some(18)) else { return };
    if installed().is_none() {
        return;
    }
    for (copy, empty_export, header_only) in [(ONE, "put", "ok"), (TWO, "skip", "error")] {
        let service = Service { empty_export, header_only, ..SERVICE };
        let run = Run::by_calls(server, copy, "", service);
        for setting in ["log_statement = ''all''", "log_min_duration_statement = 0"] {
            run.source.sql(&format!("SELECT format('ALTER DATABASE %I SET {setting}', current_database()) \\gexec"));
        }
        let done = run.succeeds(&json!({}));
        Run::no_clone(&done);
        assert_eq!(run.target.value("SELECT count(*) FROM people"), "2000");
        assert_eq!(run.target.value("SELECT count(*) FROM events"), "900");
        assert_eq!(run.target.value("SELECT count(*) FROM people WHERE email LIKE '%secret%'"), "0");
        assert_eq!(run.source.value("SELECT count(*) FROM noren_run.manifest"), "0", "production is not written to");
        let calls = done["calls"].as_array().unwrap();
        let tasks: Vec<String> =
            calls.iter().filter(|call| call[1] == "RunTask").map(|call| call[2].to_string()).collect();
        assert!(tasks.len() == 2 && tasks[0].contains("import.sql") && tasks[1].contains("after.sql"), "{tasks:?}");
        // Neither the key nor its hexadecimal form is in a request, an answer, a history, an output or a log.
        let log = server.log();
        assert!(log.contains("noren_run.export_share(") && done["history"].as_str().unwrap().contains("export_share"));
        for text in [&done.to_string(), &log] {
            assert!(!text.contains(KEY) && !text.contains(&aws_s3::key_in_hex()));
        }
        // The same objects as psql makes, to the last byte.
        let file = run.roles.cloud.project.file("developers", "run.sql");
        let login = Roles::login(&run.roles.exporter, LOGINS[0]);
        let arguments = harness::arguments(Path::new("psql"), &file);
        let by_psql = run.source.psql(&login, arguments, &[("NOREN_MASK_KEY", KEY)], Path::new("/"));
        support::succeeded(&by_psql, "run.sql");
        let objects = run.roles.cloud.objects();
        assert!(objects_of(&objects, "one").len() > 20);
        assert_eq!(objects_of(&objects, "one"), objects_of(&objects, "psql"));
    }
}

/// Wherever a run by calls stops, the clone goes, and there is no manifest.
#[test]
fn calls_that_fail_leave_no_clone_and_no_manifest() {
    let Some(server) = support::server(Some(18)) else { return };
    if installed().is_none() {
        return;
    }
    let run = Run::by_calls(server, ONE, "", SERVICE);
    let fails = |more: &Value, said: &str| {
        let done = run.fails(more, "Noren.ExportFailed", said);
        Run::no_clone(&done);
        assert_eq!(run.source.value(CLONES), "0", "{said}");
        assert!(!run.roles.cloud.keys().iter().any(|key| key.ends_with("manifest.csv")), "{said}");
        done
    };
    for action in ["EnableHttpEndpoint", "ExecuteStatement"] {
        fails(&json!({ "wrong": { action: vec!["refused by the test"; 20] } }), "refused by the test");
    }
    run.source.sql("UPDATE noren_run.program SET program = 'another';");
    fails(&json!({}), "does not have the statements of this compilation");
    run.source.sql("DELETE FROM noren_run.mask_key;");
    support::succeeded(&run.as_owner("pipeline/program.sql", ""), "program.sql");
    fails(&json!({}), "does not hold a key of at least 32 printable ASCII characters");
    support::succeeded(&run.as_owner("key.sql", KEY), "key.sql");
    run.source.sql(&format!("REVOKE SELECT ON events FROM {};", run.roles.exporter));
    fails(&json!({}), "permission denied");
    run.roles.cloud.rights(&run.source, "rights_source.sql");
    // A piece takes longer than a call may: the service stops the statement, or the statement goes on.
    let pause = |seconds: &str| {
        run.source.sql(&format!(
            "SELECT format('ALTER DATABASE %I SET emulation.pause = {seconds}', current_database()) \\gexec"
        ));
    };
    pause("3");
    let done = fails(&json!({ "seconds": 1 }), "due to statement timeout");
    assert!(!done["states"].to_string().contains("\"End\""), "{}", done["states"]);
    let done = fails(&json!({ "seconds": 1, "goes_on": true }), "a call before this one still exports share");
    assert!(!done["states"].to_string().contains("\"End\""), "{}", done["states"]);
    // What outlived its call and ended is found by the next one, and done once.
    pause("0.2");
    let done = run.succeeds(&json!({ "run": "late", "seconds": 1, "goes_on": true, "moment": 1.5 }));
    assert!(done["history"].as_str().unwrap().contains("RdsData.StatementTimeoutException"));
    Run::no_clone(&done);
    assert_eq!(run.target.value("SELECT count(*) FROM people"), "2000");
    // One hiccup of each is no failure.
    pause("0");
    let once = json!({ "run": "two", "wrong": { "EnableHttpEndpoint": ["hiccup"], "ExecuteStatement": ["hiccup"] } });
    Run::no_clone(&run.succeeds(&once));
}

/// A step of an export by calls, as the login of the exporter sends it.
fn call(run: &Run, step: &str, attempt: &str, more: &[&str]) -> Result<String, String> {
    let program = run.source.value("SELECT program FROM noren_run.program");
    let given: Vec<String> =
        ["developers", &program, "one", attempt].iter().chain(more).map(|text| format!("'{text}'")).collect();
    let login = Roles::login(&run.roles.exporter, LOGINS[0]);
    run.source.try_sql_as(&login, &format!("SELECT noren_run.{step}({});", given.join(", ")))
}

#[track_caller]
fn not_done(answer: Result<String, String>, said: &str) {
    let error = answer.unwrap_err();
    assert!(error.contains(said), "expected `{said}` in: {error}");
}

const PLACE: [&str; 4] = ["masked-exports", "nightly", "ap-northeast-1", ""];

/// Calls may be made again, out of turn or with other statements: only what is whole gets a manifest.
#[test]
fn only_a_whole_run_of_calls_gets_a_manifest() {
    let Some(server) = support::server(None) else { return };
    let run = Run::by_calls(server, ONE, "", SERVICE);
    let attempt = "00000000-0000-4000-8000-000000000001";
    let begin = || call(&run, "begin_export", attempt, &["2", "16384"]);
    let share = |number: &str| call(&run, "export_share", attempt, &[&[number], PLACE.as_slice()].concat());
    let end = || call(&run, "end_export", attempt, &PLACE);
    not_done(share("0"), "was not begun by statements of this compilation");
    not_done(end(), "was not begun by statements of this compilation");
    not_done(call(&run, "begin_export", "../x", &["2", "16384"]), "an attempt must be a UUID");
    run.source.sql("UPDATE noren_run.program_table SET in_pieces = false WHERE stem = 'public.people';");
    not_done(begin(), "a table that leaves as a whole is larger than a piece may be");
    run.source.sql("UPDATE noren_run.program_table SET in_pieces = true WHERE stem = 'public.people';");
    run.source.sql("ALTER TABLE nothing ALTER id TYPE bigint;");
    not_done(begin(), "this database is not as the schema");
    run.source.sql("ALTER TABLE nothing ALTER id TYPE integer;");
    // A call whose answer was lost is made again.
    for _ in 0..2 {
        assert_eq!(begin().unwrap().trim(), "t");
    }
    not_done(end(), "not every piece of this run was exported");
    run.source.sql("ALTER TABLE people ALTER note TYPE varchar(500);");
    not_done(share("0"), "this database is not as the schema");
    run.source.sql("ALTER TABLE people ALTER note TYPE text;");
    run.source.sql("CREATE POLICY late ON people AS RESTRICTIVE USING (id > 5);");
    not_done(share("0"), "row security would keep rows from this export");
    run.source.sql("DROP POLICY late ON people;");
    assert_eq!(run.source.value("SELECT count(*) FROM noren_run.manifest WHERE kind = 'part'"), "0");
    for _ in 0..2 {
        assert_eq!(share("0").unwrap().trim(), "t");
    }
    support::succeeded(&run.as_owner("key.sql", "another-key-of-at-least-32-characters"), "key.sql");
    not_done(share("1"), "with this mask key");
    support::succeeded(&run.as_owner("key.sql", KEY), "key.sql");
    not_done(end(), "of share 1");
    assert!(!run.roles.cloud.keys().iter().any(|key| key.ends_with("manifest.csv")));
    assert_eq!(share("1").unwrap().trim(), "t");
    assert_eq!(end().unwrap().trim(), "t");
    let import = run.roles.cloud.project.file("developers", "import.sql");
    let login = Roles::login(&run.roles.importer, LOGINS[1]);
    let loaded = run.target.psql(&login, harness::arguments(Path::new("one"), &import), &[], Path::new("/"));
    support::succeeded(&loaded, "import.sql");
    assert_eq!(run.target.value("SELECT count(*) FROM people"), "2000");
    // A piece is read by itself, though its bounds are settings.
    let plan = run.source.sql(
        "SET noren.low = '(0,0)'; SET noren.high = '(1,0)'; \
         SELECT 'EXPLAIN ' || query FROM noren_run.program_table WHERE stem = 'public.teams' \\gexec",
    );
    assert!(plan.contains("Tid Range Scan"), "{plan}");
}

/// Beside the rights of `run.sql`, calls need these, and nothing works without them; nobody else has them.
#[test]
fn the_rights_of_calls_are_the_least_that_work() {
    let Some(server) = support::server(None) else { return };
    let run = Run::by_calls(server, ONE, "", SERVICE);
    let other = support::unique("other_caller");
    run.source.sql(&format!(
        "CREATE ROLE {other} LOGIN; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {other}, PUBLIC; \
         ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO {other}; GRANT USAGE ON SCHEMA noren_run TO {other}; \
         DROP TABLE noren_run.program, noren_run.program_table, noren_run.program_shape CASCADE; \
         DROP ROUTINE IF EXISTS noren_run.open_export, noren_run.end_export;"
    ));
    support::succeeded(&run.as_owner("pipeline/program.sql", ""), "program.sql");
    let attempt = |number: u32| format!("00000000-0000-4000-8000-{number:012}");
    let works = |number: u32| -> Result<(), String> {
        call(&run, "begin_export", &attempt(number), &["1", "16384"])?;
        call(&run, "export_share", &attempt(number), &[&["0"], PLACE.as_slice()].concat())?;
        call(&run, "end_export", &attempt(number), &PLACE).map(|_| ())
    };
    let rights = [
        "SELECT ON noren_run.program",
        "SELECT ON noren_run.program_table",
        "SELECT ON noren_run.program_shape",
        "SELECT ON noren_run.mask_key",
        "SELECT ON noren_run.piece",
        "INSERT ON noren_run.piece",
        "SELECT ON noren_run.manifest",
        "INSERT ON noren_run.manifest",
        "EXECUTE ON ROUTINE noren_run.open_export",
        "EXECUTE ON ROUTINE noren_run.check_export",
        "EXECUTE ON ROUTINE noren_run.belongs_to_export",
        "EXECUTE ON ROUTINE noren_run.begin_export",
        "EXECUTE ON ROUTINE noren_run.export_share",
        "EXECUTE ON ROUTINE noren_run.end_export",
    ];
    for (number, right) in (0..).zip(rights) {
        run.source.sql(&format!("REVOKE {right} FROM {};", run.roles.exporter));
        let denied = works(number).unwrap_err();
        assert!(denied.contains("permission denied"), "{right}: {denied}");
        run.source.sql(&format!("GRANT {right} TO {};", run.roles.exporter));
    }
    works(1000).unwrap();
    // They are no deviation of the policy's rights, and others are.
    let deviations = || {
        let arguments = [
            "-f".into(),
            run.roles.cloud.project.folder.path().join("generated/access/90_assert.sql").into_os_string(),
        ];
        let said = support::text(&run.source.psql("postgres", arguments, &[], Path::new("/")));
        assert!(said.contains("deviation"), "{said}");
        said.lines()
            .filter(|line| line.contains("object: ") && line.contains("noren_run"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(deviations(), Vec::<String>::new());
    run.source.sql(&format!("GRANT DELETE ON noren_run.program_table TO {};", run.roles.exporter));
    assert_eq!(deviations().len(), 1, "{:?}", deviations());
    for sql in [
        "SELECT hex FROM noren_run.mask_key",
        "SELECT query FROM noren_run.program_table",
        "SELECT noren_run.check_export('developers', NULL)",
    ] {
        let denied = run.source.try_sql_as(&other, sql).unwrap_err();
        assert!(denied.contains("permission denied"), "{sql}: {denied}");
    }
}

/// Without a mask that reads a key and without policies that show rows, calls ask for neither; a piece without rows has a
/// line and no object.
#[test]
fn calls_need_no_key_where_no_mask_reads_one() {
    let Some(server) = support::server(None) else { return };
    let exporter = support::unique("exporter");
    let policy = format!(
        "table teams {{ id, lead_id keep; name mask constant('team'); }}\ntable nothing {{ id keep; }}\n\
         table people {{ id, *_id keep; email, \"full Name\", note keep because \"a test\"; }}\n\
         table events {{ id, person_id, happened_on keep; what mask null; }}\n\
         role {exporter} {{ nologin; }}\nexport developers {{ tables *; as {exporter}; }}\n"
    );
    let toml = aws_s3::manifest(server.major(), &pipeline_toml(ONE, "chunk = \"16kB\"", false, Runner::DataApi));
    let cloud = aws_s3::Cloud::of(server, harness::Project::of(aws_s3::SCHEMA, &policy, &toml), SERVICE);
    let login = Roles::login(&exporter, LOGINS[0]);
    let files = aws_s3::files_of(&exporter);
    let roles = format!("CREATE ROLE {exporter} NOLOGIN; CREATE ROLE {login} LOGIN IN ROLE {exporter}; {files}");
    server.execute("postgres", &roles).unwrap();
    let source = Database::new(server, "source");
    source.sql(&cloud.project.schema);
    source.sql(&cloud.project.beside);
    source.sql(
        "INSERT INTO people (id, email) SELECT g, repeat('x', 200) || g FROM generate_series(1, 500) AS g; \
         DELETE FROM people WHERE id < 400; INSERT INTO teams VALUES (1, 'one', NULL), (2, 'two', NULL);",
    );
    for file in ["rights_source.sql", "pipeline/program.sql"] {
        cloud.rights(&source, file);
    }
    assert!(!cloud.project.file("developers", "key.sql").exists());
    let program = source.value("SELECT program FROM noren_run.program");
    let attempt = "00000000-0000-4000-8000-000000000001";
    let call = |step: &str, more: &str| {
        let sql = format!("SELECT noren_run.{step}('developers', '{program}', 'one', '{attempt}', {more});");
        source.sql_as(&login, &sql).trim().to_owned()
    };
    let place = "'masked-exports', '', 'ap-northeast-1', ''";
    assert_eq!(call("begin_export", "'1', '16384'"), "t");
    assert_eq!(call("export_share", &format!("'0', {place}")), "t");
    assert_eq!(call("end_export", place), "t");
    let parts = "SELECT count(*) FILTER (WHERE rows_uploaded = 0) > 1, sum(rows_uploaded) FROM noren_run.manifest WHERE kind = 'part'";
    assert_eq!(source.rows(parts), [[Some("t".to_owned()), Some("103".to_owned())]]);
    let keys = cloud.keys();
    assert!(
        keys.contains(&"one/public.teams/00000.csv".to_owned()) && keys.contains(&"one/manifest.csv".to_owned()),
        "{keys:?}"
    );
    assert!(!keys.contains(&"one/public.people/00000.csv".to_owned()), "a piece without rows has no object: {keys:?}");
    drop(source);
    server.execute("postgres", &format!("DROP ROLE {login};")).unwrap();
}

/// What calls cannot do is an error with its help, and nothing is written.
#[test]
fn what_the_data_api_needs_is_told() {
    let said = |export: &str, tenancy: &str, chunk: &str, change: [&str; 2]| {
        let policy =
            format!("{}role mask_exporter {{ nologin; }}\n{tenancy}export developers {{ {export} }}\n", aws_s3::POLICY);
        let toml = aws_s3::manifest(15, &pipeline_toml(ONE, chunk, false, Runner::DataApi));
        assert!(toml.contains(change[0]));
        let project = harness::Project::of(aws_s3::SCHEMA, &policy, &toml.replacen(change[0], change[1], 1));
        let output = support::run(support::noren().arg("-C").arg(project.folder.path()).arg("build"));
        let text = support::text(&output);
        assert_eq!(output.status.success(), project.folder.path().join("generated").exists(), "{text}");
        text
    };
    let chunk = "chunk = \"64MB\"";
    let none = ["runner", "runner"];
    let told =
        |text: &str, all: &[&str]| all.iter().for_each(|words| assert!(text.contains(words), "{words} in: {text}"));
    let fine = said("tables *; as mask_exporter;", "", chunk, none);
    assert!(!fine.contains("error"), "{fine}");
    told(
        &said("tables *; as mask_exporter;", "", "", none),
        &["error[N0905]: expected `export.developers.chunk`", "45 seconds", "chunk = \"256MB\""],
    );
    told(&said("tables *;", "", chunk, none), &["error[N0809]: expected `as ROLE` for `export developers`"]);
    told(
        &said("tables *; as mask_exporter;", "", chunk, ["\"data_api\"", "\"lambda\""]),
        &["error[N0906]", "`pipeline.source.runner`, found `lambda`", "`ecs` or `data_api`"],
    );
    told(
        &said("tables *; as mask_exporter;", "", chunk, ["runner", "instance_class = \"db.t4g.medium\"\nrunner"]),
        &["error[N0906]", "`pipeline.source.instance_class`, found `db.t4g.medium`", "the Data API knows no `db.t"],
    );
}

/// The objects of a run by what follows its name, but for its manifest.
fn objects_of<'t>(objects: &'t BTreeMap<String, String>, run: &str) -> BTreeMap<&'t str, &'t str> {
    let prefix = format!("nightly/{run}/");
    let own = objects.iter().filter_map(|(key, text)| Some((key.strip_prefix(&prefix)?, text.as_str())));
    own.filter(|(key, _)| *key != "manifest.csv").collect()
}

/// Two validators read the machines, a third the policies; each is shown to find something.
#[test]
fn validators_accept_machines_and_policies() {
    let Some(home) = installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let keep = |name: &str, from: &Path| {
        let output = support::run(Command::new("cp").arg("-R").arg(from).arg(folder.path().join(name)));
        support::succeeded(&output, "cp");
    };
    keep("sample", &support::root().join("policies/nightly/generated"));
    for (name, copy, group, runner) in [
        ("one", ONE, false, Runner::Ecs),
        ("two", TWO, false, Runner::Ecs),
        ("group", TWO, true, Runner::Ecs),
        ("calls", ONE, false, Runner::DataApi),
        ("calls_two", TWO, true, Runner::DataApi),
    ] {
        let clause = if group { "import strategy parameter_group because \"a test\";" } else { "" };
        let policy = format!(
            "{}role mask_exporter {{ nologin; }}\nexport developers {{ tables *; as mask_exporter; {clause} }}\n",
            aws_s3::POLICY
        );
        let chunk = if runner == Runner::DataApi { "chunk = \"64MB\"" } else { "" };
        let toml = aws_s3::manifest(15, &pipeline_toml(copy, chunk, group, runner));
        let project = harness::Project::of(aws_s3::SCHEMA, &policy, &toml);
        project.build();
        keep(name, &project.folder.path().join("generated"));
    }
    let lint = || -> Vec<String> {
        let said = ask(&json!({ "do": "lint", "folder": folder.path() })).unwrap();
        texts(&said["said"]).into_iter().map(str::to_owned).collect()
    };
    let machines = || -> Vec<PathBuf> {
        let all = walkdir::WalkDir::new(folder.path()).into_iter().map(|entry| entry.unwrap().into_path());
        all.filter(|path| path.to_str().unwrap().ends_with(".asl.json")).collect()
    };
    let validator = home.join("node/node_modules/.bin/asl-validator");
    let valid = |path: &Path| support::run(Command::new(&validator).arg("--json-path").arg(path));
    assert_eq!(lint(), Vec::<String>::new());
    assert!(machines().len() >= 10, "{:?}", machines());
    for path in machines() {
        support::succeeded(&valid(&path), &path.display().to_string());
    }
    let spoiled = machines().remove(0);
    let text = std::fs::read_to_string(&spoiled).unwrap();
    std::fs::write(&spoiled, text.replacen("\"Next\": \"", "\"Next\": \"Nowhere", 1)).unwrap();
    assert!(!lint().is_empty());
    assert!(!valid(&spoiled).status.success());
    std::fs::write(&spoiled, text).unwrap();
    // The right word, in a case that the SDK does not have.
    for (machine, right, wrong) in [
        (
            "calls/export/developers/pipeline/source/export.asl.json",
            "\"ContinueAfterTimeout\"",
            "\"continueAfterTimeout\"",
        ),
        ("calls/export/developers/pipeline/source/export.asl.json", "\"StringValue\"", "\"stringValue\""),
        ("calls/export/developers/pipeline/source/export.asl.json", "rdsdata:executeStatement", "rdsdata:runStatement"),
        (
            "one/export/developers/pipeline/source/export-cleanup.asl.json",
            "\"DbClusterIdentifier.$\"",
            "\"DBClusterIdentifier.$\"",
        ),
        ("group/export/developers/pipeline/target/import.asl.json", "\"Overrides\"", "\"overrides\""),
    ] {
        let path = folder.path().join(machine);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(right), "{machine}: {right}");
        std::fs::write(&path, text.replacen(right, wrong, 1)).unwrap();
        let said = lint();
        assert!(
            said.iter().any(|line| line.contains("has no parameter") || line.contains("has no action")),
            "{said:?}"
        );
        support::succeeded(&valid(&path), "the validators do not know the services");
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(lint(), Vec::<String>::new());
    let policy = folder.path().join("one/export/developers/pipeline/source/s3-export.policy.json");
    let text = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, text.replacen("s3:PutObject", "s3:PutObjects", 1)).unwrap();
    assert!(!lint().is_empty());
}
