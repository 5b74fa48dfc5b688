//! The workflow of an export to S3, run to its end by an interpreter of its language (`pipeline/cloud.py`): clones are
//! databases, tasks are psql, and the extension is the stand-in of `aws_s3`. `.ci/pipeline` installs what it needs.

use std::collections::BTreeSet;
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

/// `[export.developers.pipeline]`
fn pipeline_toml(copy: &str, chunk: &str, group: bool) -> String {
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
    let group = if group { format!("parameter_group = \"{GROUP}\"\n") } else { String::new() };
    format!(
        "{}\n[export.developers.pipeline]\nschedule = \"cron(0 18 * * ? *)\"\ntasks = 3\nconcurrency = 2\nmask_key = \"{}\"\n{}\
         subnet_group = \"databases\"\n{}{group}",
        to_s3(chunk),
        arn("secretsmanager", ONE, "secret:mask_key-AbCdEf"),
        side("source", ONE, "production", "exporter"),
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
        let group = clause.contains("parameter_group");
        let roles = Roles::to(server, clause, &pipeline_toml(copy, "chunk = \"16kB\"", group), service);
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
    let of = |run: &str| -> std::collections::BTreeMap<String, &String> {
        let prefix = format!("nightly/{run}/");
        let own = objects.iter().filter_map(|(key, text)| Some((key.strip_prefix(&prefix)?.to_owned(), text)));
        own.filter(|(key, _)| key != "manifest.csv").collect()
    };
    assert!(of("one").len() > 20);
    assert_eq!(of("one"), of("two"));
    let import = run.roles.cloud.project.file("developers", "import.sql");
    let login = Roles::login(&run.roles.importer, LOGINS[1]);
    let loaded = run.target.psql(&login, harness::arguments(Path::new("one"), &import), &[], Path::new("/"));
    support::succeeded(&loaded, "import.sql");
    assert_eq!(run.target.value("SELECT count(*) FROM people"), "2000");
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
    for (name, copy, group) in [("one", ONE, false), ("two", TWO, false), ("group", TWO, true)] {
        let clause = if group { "import strategy parameter_group because \"a test\";" } else { "" };
        let policy = format!("{}export developers {{ tables *; {clause} }}\n", aws_s3::POLICY);
        let toml = aws_s3::manifest(15, &pipeline_toml(copy, "", group));
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
    let policy = folder.path().join("one/export/developers/pipeline/source/s3-export.policy.json");
    let text = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, text.replacen("s3:PutObject", "s3:PutObjects", 1)).unwrap();
    assert!(!lint().is_empty());
}
