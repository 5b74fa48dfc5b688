//! What a run must survive: being killed anywhere, other sessions, a missing or stolen key, a stranger's settings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use noren::server::{Options, Server};

use super::compare::files;
use super::harness::{KEY, OWNER, Project, arguments, difference, state};
use super::script::pieces;
use super::{Case, report, roundtrip};
use crate::support::{self, Database};

const EXPORT: &str = "developers";

/// Built once and copied: what is under test comes after.
fn small() -> Project {
    static BUILT: LazyLock<Project> = LazyLock::new(|| {
        let project = Project::of(include_str!("small.sql"), include_str!("small.noren"), include_str!("small.toml"));
        project.build();
        project
    });
    Project::copy(BUILT.folder.path(), None)
}

/// A source whose table `empty_one` is empty, and a target that holds other rows: copies of two that are made once.
fn databases(project: &Project, server: &'static Server) -> (Database, Database) {
    static MADE: LazyLock<Mutex<Option<(Database, Database)>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap();
    let (source, target) = made.get_or_insert_with(|| {
        let source = project.source(server, 5);
        source.sql("TRUNCATE empty_one");
        (source, project.target(server, EXPORT, 6))
    });
    (source.twin(), target.twin())
}

#[track_caller]
fn exported(project: &Project, source: &Database, name: &str) -> PathBuf {
    let run = project.folder.path().join(name);
    support::succeeded(&project.export(source, EXPORT, &run), "run.sql");
    run
}

/// A refused run: it fails, says why, and leaves nothing that an import would take.
#[track_caller]
fn refused(output: &std::process::Output, because: &str) {
    assert!(!output.status.success(), "the run succeeded: {}", support::text(output));
    assert!(support::text(output).contains(because), "expected `{because}` in: {}", support::text(output));
}

#[test]
fn the_small_schema_goes_round() {
    let Some(server) = support::server(None) else { return };
    roundtrip(server, &small(), &Case { export: EXPORT, ..Case::default() });
}

#[test]
fn an_empty_table_has_no_file_and_empties_the_target() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, target) = databases(&project, server);
    let run = exported(&project, &source, "run");
    assert!(!run.join("public.empty_one.txt").exists());
    assert!(target.value("SELECT count(*) FROM empty_one") != "0", "the target must have rows to lose");
    support::succeeded(&project.import(&target, EXPORT, &run), "import.sql");
    assert_eq!(target.value("SELECT count(*) FROM empty_one"), "0");
    assert_eq!(target.value("INSERT INTO empty_one DEFAULT VALUES RETURNING id").trim(), "1");
}

#[test]
fn a_run_repeated_gives_the_same_bytes_and_the_same_copy() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, target) = databases(&project, server);
    let (first, second) = (exported(&project, &source, "first"), exported(&project, &source, "second"));
    let texts = |run: &Path| files(run).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    assert_eq!(texts(&first), texts(&second));
    support::succeeded(&project.import(&target, EXPORT, &first), "import.sql");
    let loaded = state(&target);
    support::succeeded(&project.import(&target, EXPORT, &second), "import.sql again");
    report("the second import", &difference(&loaded, &state(&target)));
    refused(&project.export(&source, EXPORT, &first), "fresh");
}

#[test]
fn nothing_happens_without_the_marker_of_this_export() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, target) = databases(&project, server);
    let run = exported(&project, &source, "run");
    for change in [
        "UPDATE noren.import_target SET export = 'analysts'",
        "DELETE FROM noren.import_target",
        "INSERT INTO noren.import_target VALUES ('developers'), ('developers')",
        "DROP TABLE noren.import_target",
        "DROP SCHEMA noren",
    ] {
        target.sql(change);
        let before = state(&target);
        refused(&project.import(&target, EXPORT, &run), "marker");
        report(change, &difference(&before, &state(&target)));
    }
}

type Damage = fn(&Path);

#[test]
fn a_row_that_stays_and_references_one_that_is_loaded_stops_the_import() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, target) = databases(&project, server);
    let run = exported(&project, &source, "run");
    // Forced row security hides the second one from its own owner.
    for (table, insert) in [
        ("public.audits", "INSERT INTO public.audits (person, what) VALUES (NULL, 'kept by hand')"),
        ("public.minutes", "INSERT INTO public.minutes (team, body) VALUES (NULL, 'kept by hand')"),
    ] {
        let target = target.twin();
        target.sql(insert);
        let before = state(&target);
        refused(&project.import(&target, EXPORT, &run), table);
        report("a row of a table that is not exported", &difference(&before, &state(&target)));
    }
}

#[test]
fn an_export_that_is_not_whole_is_not_loaded() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, target) = databases(&project, server);
    let before = state(&target);
    let damages: [(&str, Damage); 5] = [
        ("a row less", |run| {
            let text = std::fs::read_to_string(run.join("public.people.txt")).unwrap();
            let (rest, _) = text.trim_end().rsplit_once('\n').unwrap();
            std::fs::write(run.join("public.people.txt"), format!("{rest}\n")).unwrap();
        }),
        ("a file less", |run| std::fs::remove_file(run.join("public.people.txt")).unwrap()),
        ("a file more", |run| std::fs::write(run.join("public.more.txt"), "id\n").unwrap()),
        ("no manifest", |run| std::fs::remove_file(run.join("manifest")).unwrap()),
        ("a line less", |run| {
            let text = std::fs::read_to_string(run.join("manifest")).unwrap();
            let kept: Vec<&str> = text.lines().filter(|line| !line.contains("public.people")).collect();
            std::fs::write(run.join("manifest"), kept.join("\n") + "\n").unwrap();
        }),
    ];
    for (name, damage) in damages {
        let run = exported(&project, &source, name);
        damage(&run);
        let output = project.import(&target, EXPORT, &run);
        assert!(!output.status.success(), "{name} was loaded");
        report(name, &difference(&before, &state(&target)));
    }
}

/// What the masks of the small schema can have given passes; a raw value in any column that has a probe does not.
#[test]
fn a_raw_value_in_the_copy_is_found_and_not_shown() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, target) = databases(&project, server);
    let run = exported(&project, &source, "run");
    support::succeeded(&project.import(&target, EXPORT, &run), "import.sql and after.sql");
    let after = project.file(EXPORT, "after.sql");
    for (table, column, raw) in [
        ("people", "email", "'taro@corp.example'"),
        ("people", "email", "'u0123456789abcdef@example.invalid.corp.example'"),
        ("people", "salary", "4711"),
        ("people", "born", "'1981-02-03'"),
        ("people", "memo", "'owes taro@corp.example money'"),
        ("teams", "name", "'taro@corp.example''s team'"),
    ] {
        let loaded = target.twin();
        let one = format!("ctid = (SELECT min(ctid::text)::tid FROM {table})");
        assert_eq!(loaded.value(&format!("SELECT count(*) FROM {table} WHERE {one}")), "1");
        loaded.sql(&format!("UPDATE {table} SET {column} = {raw} WHERE {one}"));
        let before = state(&loaded);
        let output = project.import_file(&loaded, &after, &run);
        refused(&output, &format!("DETAIL:  public.{table}.{column}: 1\n"));
        assert!(!support::text(&output).contains("corp.example"), "the value is shown: {}", support::text(&output));
        assert!(!support::text(&output).contains("4711"), "the value is shown: {}", support::text(&output));
        report(&format!("a probe of {column}"), &difference(&before, &state(&loaded)));
    }
    support::succeeded(&project.import_file(&target, &after, &run), "after.sql again");
}

#[test]
fn the_report_counts_rows_that_are_alone_and_can_be_turned_off() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, target) = databases(&project, server);
    let run = exported(&project, &source, "run");
    support::succeeded(&project.import(&target, EXPORT, &run), "import.sql");
    target.sql(
        "DELETE FROM events; SET session_replication_role = replica;
         INSERT INTO events (id, at, kind) VALUES (1, '2025-03-01', 'a'), (2, '2025-03-02', 'a'), (3, '2026-03-03', 'secret'), (4, '2025-03-04', NULL)",
    );
    let after = project.file(EXPORT, "after.sql");
    let output = project.import_file(&target, &after, &run);
    support::succeeded(&output, "after.sql");
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = printed.lines().filter(|line| line.starts_with("public.events: ")).collect();
    assert_eq!(lines, ["public.events: 2 of 4 rows are alone with their (kind)"], "{printed}");
    assert!(!printed.contains("secret"));
    let off = ["-v", "report=off", "-f"].map(std::ffi::OsString::from).into_iter().chain([after.into()]);
    let output = target.psql(OWNER, off, &[], project.folder.path());
    support::succeeded(&output, "after.sql without its report");
    assert_eq!(support::text(&output), "");
}

/// After each statement of import.sql comes an error, the end of the session, or the death of psql.
#[test]
fn an_import_killed_anywhere_leaves_everything_as_it_was() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, _target) = databases(&project, server);
    let run = exported(&project, &source, "run");
    killed_everywhere(&project, &|| databases(&project, server).1, &run);
}

const KILLS: [&str; 3] = [
    "\nDO $killed$BEGIN RAISE EXCEPTION 'killed by the test'; END$killed$;\n",
    "\nSELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());\n",
    "\n\\! kill -9 $PPID\n",
];

fn killed_everywhere(project: &Project, fresh: &dyn Fn() -> Database, run: &Path) {
    let script = std::fs::read_to_string(project.file(EXPORT, "import.sql")).unwrap();
    let pieces = pieces(&script);
    let commit = pieces.iter().rposition(|piece| piece.text.trim_end().ends_with("COMMIT;")).expect("a COMMIT");
    assert!(commit > 20, "{commit} statements are too few to be the whole import");
    let broken = project.file(EXPORT, "killed.sql");
    let mut target = fresh();
    let before = state(&target);
    for at in 0..commit {
        let parts: Vec<&str> = pieces.iter().map(|piece| piece.text).collect();
        let text = [&parts[..=at].concat(), KILLS[at % KILLS.len()], &parts[at + 1..].concat()].concat();
        std::fs::write(&broken, text).unwrap();
        let output = project.import_file(&target, &broken, run);
        wait_until_alone(&target);
        let after = state(&target);
        if output.status.success() {
            assert!(pieces[at].conditional, "the kill after {:?} did not happen", pieces[at].text);
            // A loaded copy would hide what the next import changes: it would be changed to the same.
            target = fresh();
        } else {
            report(&format!("killed after {:?}", pieces[at].text), &difference(&before, &after));
        }
    }
    std::fs::remove_file(&broken).unwrap();
    support::succeeded(&project.import(&target, EXPORT, run), "import.sql after all that");
    assert!(
        !difference(&before, &state(&target)).is_empty(),
        "the import loads nothing, so its failures prove nothing"
    );
}

/// A killed client's session ends when the server notices.
fn wait_until_alone(database: &Database) {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let asked = Instant::now();
    while database.value(others) != "0" {
        assert!(asked.elapsed() < Duration::from_secs(20), "a session of the killed import is still there");
        sleep(Duration::from_millis(20));
    }
}

/// run.sql with a stop: it makes the file `stopped` after the first piece that contains `after`, and goes on when that
/// file is gone.
struct Stopped {
    child: std::process::Child,
    flag: PathBuf,
}

impl Stopped {
    fn start(project: &Project, source: &Database, after: &str, run: &Path) -> Self {
        let script = std::fs::read_to_string(project.file(EXPORT, "run.sql")).unwrap();
        let flag = project.folder.path().join("stopped");
        let stop = format!("\n\\! touch '{0}'; while [ -e '{0}' ]; do sleep 0.02; done\n", flag.display());
        let pieces = pieces(&script);
        let at = pieces.iter().position(|piece| piece.text.contains(after)).unwrap_or_else(|| panic!("no {after}"));
        let parts: Vec<&str> = pieces.iter().map(|piece| piece.text).collect();
        let file = project.file(EXPORT, "stopped.sql");
        std::fs::write(&file, [&parts[..=at].concat(), stop.as_str(), &parts[at + 1..].concat()].concat()).unwrap();
        let mut command = source.server.psql(&source.name, "postgres").unwrap();
        command.args(arguments(run, &file)).env("NOREN_MASK_KEY", KEY).current_dir(project.folder.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stopped = Self { child, flag };
        let asked = Instant::now();
        while !stopped.flag.exists() {
            assert!(stopped.child.try_wait().unwrap().is_none(), "run.sql ended before its stop");
            assert!(asked.elapsed() < Duration::from_secs(20), "run.sql never came to its stop");
            sleep(Duration::from_millis(10));
        }
        stopped
    }

    fn finish(self) -> std::process::Output {
        std::fs::remove_file(&self.flag).unwrap();
        self.child.wait_with_output().unwrap()
    }
}

#[test]
fn a_disturbed_export_blocks_the_other_session_and_loses_no_row() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, _target) = databases(&project, server);
    let run = project.folder.path().join("run");
    let people: usize = source.value("SELECT count(*) FROM people").parse().unwrap();
    let stopped = Stopped::start(&project, &source, "LOCK TABLE", &run);
    for disturbance in [
        "TRUNCATE people, teams, events",
        "ALTER TABLE people ALTER COLUMN memo TYPE varchar(1000)",
        "ALTER TABLE events ADD COLUMN more text",
        "DROP TABLE events_later",
        "TRUNCATE events_2025",
    ] {
        let error = source.try_sql(&format!("SET lock_timeout = '200ms'; {disturbance};")).unwrap_err();
        assert!(error.contains("lock timeout"), "{disturbance}: {error}");
    }
    support::succeeded(&stopped.finish(), "run.sql");
    let told = super::compare::manifest(&run).into_iter().find(|(stem, _)| stem == "public.people").unwrap().1;
    assert_eq!(told, people);
}

/// The other session truncates one table and adds to another in one transaction: an export sees both or neither.
#[test]
fn a_truncate_that_comes_first_is_seen_whole() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, _target) = databases(&project, server);
    let run = project.folder.path().join("run");
    let stopped = Stopped::start(&project, &source, "BEGIN ISOLATION", &run);
    source.sql("BEGIN; TRUNCATE events; SET LOCAL session_replication_role = replica; INSERT INTO empty_one (note) VALUES ('after'); COMMIT;");
    let output = stopped.finish();
    support::succeeded(&output, "run.sql");
    let rows: std::collections::BTreeMap<_, _> = super::compare::manifest(&run).into_iter().collect();
    assert_eq!((rows["public.events"], rows["public.empty_one"]), (0, 1), "one transaction was seen by half");
}

#[test]
fn a_type_changed_before_the_export_is_an_error() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    for change in [
        "ALTER TABLE people ALTER COLUMN memo TYPE varchar(1000)",
        "ALTER TABLE people ADD COLUMN passport text",
        "ALTER TABLE people DROP COLUMN memo",
        "ALTER TABLE empty_one RENAME COLUMN note TO remark",
    ] {
        let (source, _target) = databases(&project, server);
        source.sql(change);
        let run = project.folder.path().join(support::unique("changed"));
        assert!(!project.export(&source, EXPORT, &run).status.success(), "{change} went unnoticed");
        assert!(!run.join("manifest").exists(), "{change}: there is a manifest");
    }
}

#[test]
fn an_import_into_a_schema_that_differs_touches_nothing() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    for change in [
        "ALTER TABLE people ENABLE TRIGGER replica",
        "ALTER TABLE people ALTER COLUMN memo TYPE varchar(1000)",
        "ALTER TABLE events ADD COLUMN more text",
        "CREATE TABLE stranger (person integer REFERENCES people)",
    ] {
        let (source, target) = databases(&project, server);
        let run = exported(&project, &source, &support::unique("run"));
        target.sql_as(OWNER, change);
        let before = state(&target);
        assert!(!project.import(&target, EXPORT, &run).status.success(), "{change} went unnoticed");
        report(change, &difference(&before, &state(&target)));
    }
}

#[test]
fn a_key_that_is_missing_short_or_somebody_elses_is_refused() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, _target) = databases(&project, server);
    let earlier = format!("-c noren.mask_key={KEY}");
    let cases: [&[(&str, &str)]; 5] = [
        &[],
        &[("NOREN_MASK_KEY", "")],
        &[("NOREN_MASK_KEY", "0123456789012345678901234567890")],
        &[("PGOPTIONS", &earlier)],
        &[("NOREN_MASK_KEY", ""), ("PGOPTIONS", &earlier)],
    ];
    for environment in cases {
        let run = project.folder.path().join(support::unique("run"));
        refused(&project.export_with(&source, EXPORT, &run, environment), "NOREN_MASK_KEY");
        assert!(!run.join("manifest").exists(), "{environment:?} left a manifest");
    }
}

/// The key of an earlier transaction or session must not be used in place of the one that is given.
#[test]
fn only_the_given_key_decides_the_masks() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, _target) = databases(&project, server);
    let other = KEY.replace('K', "k");
    let earlier = format!("-c noren.mask_key={other}");
    let masked = |name: &str, environment: &[(&str, &str)]| {
        let run = project.folder.path().join(name);
        support::succeeded(&project.export_with(&source, EXPORT, &run, environment), "run.sql");
        std::fs::read_to_string(run.join("public.people.txt")).unwrap()
    };
    let plain = masked("plain", &[("NOREN_MASK_KEY", KEY)]);
    assert_eq!(plain, masked("poisoned", &[("NOREN_MASK_KEY", KEY), ("PGOPTIONS", &earlier)]));
    assert_ne!(plain, masked("other", &[("NOREN_MASK_KEY", &other)]));
}

/// A role's or a database's timeouts are meant for applications: a large table takes longer.
#[test]
fn a_timeout_of_the_role_does_not_end_a_run() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, _target) = databases(&project, server);
    let impatient = "-c idle_in_transaction_session_timeout=1ms -c default_transaction_read_only=on";
    let run = project.folder.path().join("run");
    let environment = [("NOREN_MASK_KEY", KEY), ("PGOPTIONS", impatient)];
    support::succeeded(&project.export_with(&source, EXPORT, &run, &environment), "run.sql");
}

/// Rights to read and nothing else; row security does not hide rows from the role, and it owns nothing.
#[test]
fn a_reader_that_owns_nothing_exports_the_same_as_a_superuser() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, _target) = databases(&project, server);
    let whole = exported(&project, &source, "whole");
    source.sql(
        "DROP ROLE IF EXISTS only_reads; CREATE ROLE only_reads LOGIN BYPASSRLS;
         GRANT USAGE ON SCHEMA public TO only_reads; GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads;",
    );
    let run = project.folder.path().join("read");
    let file = project.file(EXPORT, "run.sql");
    let environment = [("NOREN_MASK_KEY", KEY)];
    let read = || source.psql("only_reads", arguments(&run, &file), &environment, project.folder.path());
    support::succeeded(&read(), "run.sql");
    let texts = |run: &Path| files(run).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    assert_eq!(texts(&whole), texts(&run));
    std::fs::remove_dir_all(&run).unwrap();
    source.sql("ALTER ROLE only_reads NOBYPASSRLS");
    refused(&read(), "row-level security");
    source.sql("DROP OWNED BY only_reads; DROP ROLE only_reads;");
}

/// Ctrl-C reaches psql and the server; whenever it comes, an export has a manifest only if it is whole.
#[test]
fn an_interrupted_export_leaves_no_manifest() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, _target) = databases(&project, server);
    source.sql("SET session_replication_role = replica; INSERT INTO people (team, email) SELECT 1, 'p' || n FROM generate_series(1, 30000) n;");
    let file = project.file(EXPORT, "run.sql");
    let tables = |run: &Path| {
        let kept = files(run).into_iter().filter(|(name, _)| Path::new(name).extension() == Some("txt".as_ref()));
        kept.map(|(_, text)| text).collect::<Vec<_>>()
    };
    let complete = tables(&exported(&project, &source, "complete"));
    let mut whole = 0;
    for (attempt, delay) in [20, 60, 120, 180, 240, 300, 400].into_iter().enumerate() {
        let run = project.folder.path().join(format!("run {attempt}"));
        let mut command = server.psql(&source.name, "postgres").unwrap();
        command.args(arguments(&run, &file)).env("NOREN_MASK_KEY", KEY).current_dir(project.folder.path());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(delay));
        support::run(Command::new("kill").args(["-INT", &child.id().to_string()]));
        let succeeded = child.wait().unwrap().success();
        // between the manifest's name and psql's end there is a moment, so that psql may fail over a whole export
        let manifest = run.join("manifest").exists();
        assert!(manifest || !succeeded, "after {delay} ms psql succeeded without a manifest");
        assert!(!manifest || tables(&run) == complete, "after {delay} ms there is a manifest over half an export");
        whole += usize::from(manifest);
    }
    assert!(whole < 7, "nothing was interrupted");
}

/// A server that writes down all it can, while another session looks on.
#[test]
fn the_key_is_in_no_log_no_activity_and_no_file() {
    let Some(bin) = support::binaries(None) else { return };
    let settings = [
        ("log_statement", "all"),
        ("log_min_duration_statement", "0"),
        ("log_min_messages", "debug1"),
        ("log_min_error_statement", "debug5"),
        ("log_parameter_max_length_on_error", "-1"),
        ("log_temp_files", "0"),
        ("debug_print_plan", "on"),
        ("debug_print_parse", "on"),
        ("track_activity_query_size", "1MB"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let started = Server::start(&Options { bin: Some(bin), settings }).unwrap();
    let server: &'static Server = Box::leak(Box::new(started));
    let project = small();
    let source = project.source(server, 5);
    let run = project.folder.path().join("run");
    let done = std::sync::atomic::AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen = String::new();
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                seen += &server
                    .execute("postgres", "SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
                    .unwrap();
            }
            seen
        });
        let output = project.export(&source, EXPORT, &run);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        support::succeeded(&output, "run.sql");
        watcher.join().unwrap()
    });
    server.execute("postgres", "CHECKPOINT").unwrap();
    let log = server.log();
    assert!(log.contains("noren_key") && log.contains("COPY"), "the log is not the one of this run");
    let hex_of = |pad: u8| KEY.bytes().fold(String::new(), |hex, byte| hex + &format!("{:02x}", byte ^ pad));
    let [hex, inner, outer] = [0, 0x36, 0x5c].map(hex_of);
    for (place, text) in [("the log", &log), ("pg_stat_activity", &seen)] {
        assert!(!text.contains(KEY), "the key is in {place}");
        assert!(!text.contains(&hex), "the key in hexadecimal is in {place}");
        assert!(!text.contains(&inner) && !text.contains(&outer), "a pad of the key is in {place}");
    }
    for folder in [project.folder.path(), &server.socket_folder().join("data")] {
        for (file, text) in files(folder) {
            assert!(!text.contains(KEY) && !text.contains(&hex), "the key is in {file}");
        }
    }
}

/// Without `-X`, and with a start-up file that turns everything around that psql lets one turn around.
#[test]
fn a_start_up_file_changes_nothing() {
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, target) = databases(&project, server);
    let plain = exported(&project, &source, "plain");
    let settings = project.folder.path().join("psqlrc");
    std::fs::write(
        &settings,
        "\\set ON_ERROR_ROLLBACK on\n\\set ON_ERROR_STOP off\n\\set AUTOCOMMIT off\n\\set SINGLELINE on\n\\set FETCH_COUNT 2\n\
         \\set QUIET off\n\\timing on\n\\pset null '(none)'\n\\pset format html\n\\pset border 2\n\\x on\n\\encoding LATIN1\n\
         \\set ECHO all\nSET standard_conforming_strings = off;\nSET DateStyle = 'SQL, DMY';\nSET search_path = public;\n\
         SET TimeZone = 'Asia/Tokyo';\nSET extra_float_digits = -5;\nSET IntervalStyle = sql_standard;\nSET bytea_output = escape;\nCOMMIT;\n",
    )
    .unwrap();
    let psql = |database: &Database, user: &str, file: &Path, run: &Path| {
        let mut command: Command = server.client("psql", user).unwrap();
        command.arg("-d").arg(&database.name).args(arguments(run, file)).current_dir(project.folder.path());
        command.env("PSQLRC", &settings).env("NOREN_MASK_KEY", KEY).stdin(Stdio::null());
        support::run(&mut command)
    };
    let run = project.folder.path().join("with settings");
    support::succeeded(&psql(&source, "postgres", &project.file(EXPORT, "run.sql"), &run), "run.sql");
    let texts = |run: &Path| files(run).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    assert_eq!(texts(&plain), texts(&run));

    // An error in the middle must undo everything, although the start-up file asks to go on.
    let before = state(&target);
    let script = std::fs::read_to_string(project.file(EXPORT, "import.sql")).unwrap();
    let parts: Vec<&str> = pieces(&script).iter().map(|piece| piece.text).collect();
    let after_load = parts.iter().rposition(|text| text.contains("\\copy")).expect("a \\copy");
    let broken = project.file(EXPORT, "broken.sql");
    std::fs::write(&broken, [&parts[..=after_load].concat(), KILLS[0], &parts[after_load + 1..].concat()].concat())
        .unwrap();
    assert!(!psql(&target, OWNER, &broken, &run).status.success(), "an error went by");
    report("an error half-way", &difference(&before, &state(&target)));

    support::succeeded(&psql(&target, OWNER, &project.file(EXPORT, "import.sql"), &run), "import.sql");
    let with_settings = state(&target);
    let (_, twin) = databases(&project, server);
    support::succeeded(&project.import_file(&twin, &project.file(EXPORT, "import.sql"), &plain), "import.sql");
    report("the loaded copy", &difference(&state(&twin), &with_settings));
}

/// The run's folder is its owner's alone: what is in it is masked, and still not everybody's.
#[test]
fn the_run_folder_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(server) = support::server(None) else { return };
    let project = small();
    let (source, _target) = databases(&project, server);
    let run = exported(&project, &source, "run");
    assert_eq!(std::fs::metadata(run).unwrap().permissions().mode() & 0o777, 0o700);
}
