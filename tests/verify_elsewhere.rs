//! `noren verify --database-url` on a server that is somebody else's: everything is shown there that a private server
//! shows, and nothing of it stays, whatever ends it.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use noren::server::{Options, Server};
use serde_json::Value;

use crate::support;

/// A server on which only the superuser comes in without a password, and where `app` is somebody already.
fn somebody_elses() -> Option<Server> {
    let bin = support::binaries(None)?;
    let folder = tempfile::Builder::new().prefix("nk").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let rules = folder.path().join("pg_hba.conf");
    std::fs::write(&rules, "local all postgres trust\nlocal all all scram-sha-256\n").unwrap();
    let settings = vec![("hba_file".to_owned(), rules.display().to_string())];
    let server = Server::start(&Options { bin: Some(bin), settings }).unwrap_or_else(|error| panic!("{error}"));
    server
        .execute(
            "postgres",
            "CREATE ROLE app LOGIN; CREATE ROLE plain LOGIN PASSWORD 'plain'; CREATE DATABASE shop OWNER app;",
        )
        .unwrap();
    // It was read at the start.
    drop(folder);
    Some(server)
}

fn url(server: &Server, user: &str) -> String {
    format!("host={} user={user} password=plain dbname=postgres", server.socket_folder().display())
}

fn verify(server: &Server, user: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = support::noren();
    command.arg("-C").arg(folder).args(["verify", "--database-url", &url(server, user)]).args(arguments);
    command.stdin(Stdio::null());
    command
}

/// Everything that is the cluster's.
fn cluster(server: &Server) -> String {
    let facts = "SELECT datname, datdba, datacl FROM pg_database ORDER BY 1;
        SELECT rolname, rolsuper, rolcanlogin, rolconfig FROM pg_roles ORDER BY 1;
        SELECT roleid::regrole, member::regrole FROM pg_auth_members ORDER BY 1, 2;
        SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'noren%';";
    server.execute("postgres", facts).unwrap()
}

fn faults() -> std::path::PathBuf {
    support::root().join("tests/faults")
}

fn checks(output: &Output) -> Value {
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", support::text(output)));
    report["checks"].clone()
}

#[test]
fn it_shows_what_a_private_server_shows_and_leaves_nothing() {
    let Some(server) = somebody_elses() else { return };
    let before = cluster(&server);
    let arguments = ["--mutants", "--format", "json"];
    let output = support::run(&mut verify(&server, "postgres", &faults(), &arguments));
    support::succeeded(&output, "noren verify --database-url");
    assert_eq!(cluster(&server), before);
    let private = support::run(support::noren().arg("-C").arg(faults()).arg("verify").args(arguments));
    let names = |output: &Output| -> Vec<String> {
        let mut names: Vec<String> = checks(output)
            .as_array()
            .unwrap()
            .iter()
            .map(|check| format!("{} | {} | {} | {}", check["kind"], check["subject"], check["name"], check["outcome"]))
            .collect();
        names.sort();
        names
    };
    let (there, here) = (names(&output), names(&private));
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|name| !other.contains(name)).take(10).cloned().collect()
    };
    assert!(there == here, "only there: {:#?}\nonly here: {:#?}", only(&there, &here), only(&here, &there));
}

#[test]
fn it_refuses_what_is_not_its_own_to_use() {
    let Some(server) = somebody_elses() else { return };
    let before = cluster(&server);
    let folder = tempfile::tempdir().unwrap();
    for name in ["noren.toml", "policy.noren", "schema.sql"] {
        let mut text = std::fs::read_to_string(faults().join(name)).unwrap();
        if name == "schema.sql" {
            text += "DO $$ BEGIN CREATE ROLE stray; END $$;\n";
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for (user, folder, words) in [
        ("plain", faults().as_path(), "expected a superuser"),
        ("postgres", folder.path(), "expected a schema that stays within its database"),
    ] {
        let output = support::run(&mut verify(&server, user, folder, &[]));
        assert_eq!(output.status.code(), Some(2), "{}", support::text(&output));
        assert!(support::text(&output).contains(words), "{}", support::text(&output));
        assert!(!support::text(&output).contains("password=plain"));
    }
    for (url, words) in [
        ("postgresql://localhost/x?nothing=1", "cannot read the database's URL"),
        ("host=/nowhere user=postgres", "cannot connect to the database"),
        ("host=/nowhere user=postgres sslmode=require", "without TLS"),
    ] {
        let output = support::run(support::noren().arg("-C").arg(faults()).args(["verify", "--database-url", url]));
        assert_eq!(output.status.code(), Some(2), "{}", support::text(&output));
        assert!(support::text(&output).contains(words), "{}", support::text(&output));
    }
    assert_eq!(cluster(&server), before);
}

#[test]
fn killed_at_ten_moments_it_leaves_no_database_and_no_role() {
    let Some(server) = somebody_elses() else { return };
    let before = cluster(&server);
    let started = Instant::now();
    support::succeeded(&support::run(&mut verify(&server, "postgres", &faults(), &[])), "noren verify --database-url");
    let whole = started.elapsed();
    for time in 0..10_u32 {
        let signal = if time % 5 == 4 { Signal::SIGINT } else { Signal::SIGKILL };
        let mut command = verify(&server, "postgres", &faults(), &[]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole * (time * 10 + started.elapsed().subsec_nanos() % 10) / 100);
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        child.wait().unwrap();
        let killed = Instant::now();
        while cluster(&server) != before {
            assert!(killed.elapsed() < Duration::from_secs(30), "{signal}, tenth {time}: {}", cluster(&server));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
