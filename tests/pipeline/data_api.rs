//! Exports by the Data API: each statement is a call in a session of its own.

use std::path::Path;

use serde_json::{Value, json};

use super::objects::are_those_of_a_whole_run;
use super::objects_of;
use super::run::{ONE, Run, Runner, TWO, pipeline_toml};
use super::services::installed;
use crate::aws_s3::{self, LOGINS, Roles, SERVICE, Service};
use crate::end_to_end::harness::{self, KEY};
use crate::support::{self, Database};

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
        are_those_of_a_whole_run(&run);
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
        assert_eq!(run.clones(), "0", "{said}");
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
    let done = run.succeeds(&json!({ "run": "late", "seconds": 1, "goes_on": true, "retry": 1.5 }));
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
    let run = Run::in_folder(Runner::DataApi, server);
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
    let run = Run::in_folder(Runner::DataApi, server);
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
