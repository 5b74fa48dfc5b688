//! The workflow of an export to S3, run to its end by an interpreter of its language (`pipeline/cloud.py`): clones are
//! databases, tasks are psql, and the extension is the stand-in of `aws_s3` with its objects on a server of S3
//! (`pipeline/s3.py`). `.ci/pipeline` installs what it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::aws_s3::{self, LOGINS, Roles, SERVICE, Service};
use crate::end_to_end::harness::{self, KEY};
use crate::support;

pub mod bucket;
mod data_api;
mod objects;
mod run;
mod services;

use run::{ONE, Run, Runner, TWO, pipeline_toml};
use services::{CLOUD, installed};

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
        objects::are_those_of_a_whole_run(&run);
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
    objects::are_those_of_a_whole_run(&run);
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
    assert_eq!(run.clones(), "0");
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
    let run = Run::in_folder(Runner::Ecs, server);
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
    let run = Run::in_folder(Runner::Ecs, server);
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
    let run = Run::in_folder(Runner::Ecs, server);
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
    let lint = |below: &Path| -> Vec<String> {
        let said = CLOUD.ask(&json!({ "do": "lint", "folder": below }));
        texts(&said["said"]).into_iter().map(str::to_owned).collect()
    };
    let machines = || -> Vec<PathBuf> {
        let all = walkdir::WalkDir::new(folder.path()).into_iter().map(|entry| entry.unwrap().into_path());
        all.filter(|path| path.to_str().unwrap().ends_with(".asl.json")).collect()
    };
    let validator = home.join("node/node_modules/.bin/asl-validator");
    let valid = |paths: &[PathBuf]| {
        let each = paths.iter().flat_map(|path| [Path::new("--json-path"), path.as_path()]);
        support::run(Command::new(&validator).args(each))
    };
    assert_eq!(lint(folder.path()), Vec::<String>::new());
    assert!(machines().len() >= 10, "{:?}", machines());
    support::succeeded(&valid(&machines()), "asl-validator");
    let spoiled = machines().remove(0);
    let text = std::fs::read_to_string(&spoiled).unwrap();
    std::fs::write(&spoiled, text.replacen("\"Next\": \"", "\"Next\": \"Nowhere", 1)).unwrap();
    assert!(!lint(spoiled.parent().unwrap()).is_empty());
    assert!(!valid(&machines()).status.success());
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
        let said = lint(path.parent().unwrap());
        assert!(
            said.iter().any(|line| line.contains("has no parameter") || line.contains("has no action")),
            "{said:?}"
        );
        support::succeeded(&valid(std::slice::from_ref(&path)), "the validators do not know the services");
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(lint(folder.path()), Vec::<String>::new());
    let policy = folder.path().join("one/export/developers/pipeline/source/s3-export.policy.json");
    let text = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, text.replacen("s3:PutObject", "s3:PutObjects", 1)).unwrap();
    assert!(!lint(policy.parent().unwrap()).is_empty());
}
