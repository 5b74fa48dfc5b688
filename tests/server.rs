//! The private server.

use std::io::BufRead as _;
use std::path::Path;
use std::time::{Duration, Instant};

use noren::server::{Error, Options, Server};

use crate::support;

#[test]
fn a_server_answers_and_leaves_nothing() {
    let Some(bin) = support::binaries(None) else { return };
    let server = Server::start(&Options { bin: Some(bin), settings: vec![] }).unwrap();
    assert_eq!(server.execute("postgres", "SELECT current_setting('server_encoding')").unwrap(), "UTF8\n");
    server.create_database("a \"b\"", None).unwrap();
    assert_eq!(server.execute("a \"b\"", "SELECT current_database()").unwrap(), "a \"b\"\n");
    let folder = server.socket_folder().to_owned();
    let process = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    let process = process.lines().next().unwrap().to_owned();
    drop(server);
    assert!(!folder.exists(), "{} is still there", folder.display());
    assert!(!Path::new("/proc").join(process).exists(), "the server still runs");
}

#[test]
fn an_error_carries_what_the_server_said() {
    let Some(server) = support::server(None) else { return };
    let error = server.execute("postgres", "SELECT 1; SELECT 1/0; SELECT 2").unwrap_err();
    assert!(error.to_string().contains("division by zero"), "{error}");
}

#[test]
fn a_setting_that_the_server_refuses_is_an_error_with_its_log() {
    let Some(bin) = support::binaries(None) else { return };
    let started = Instant::now();
    let settings = vec![("no_such_setting".to_owned(), "1".to_owned())];
    let error = Server::start(&Options { bin: Some(bin), settings }).unwrap_err();
    assert!(error.to_string().contains("no_such_setting"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30), "the end of the server was not noticed");
}

#[test]
fn a_folder_without_a_server_names_the_command_that_gets_one() {
    let error = Server::start(&Options { bin: Some("/nowhere".into()), settings: vec![] }).unwrap_err();
    assert!(matches!(error, Error::NoServer { .. }));
    assert!(error.to_string().contains("apt-get install postgresql"), "{error}");
}

/// The process that holds a server is killed outright: no destructor runs, and still nothing may stay.
#[test]
fn the_death_of_the_process_ends_its_server() {
    if support::binaries(None).is_none() {
        return;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "server::holds_a_server_until_killed", "--nocapture"])
        .env(HOLD, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let folder = lines.find_map(|line| Some(line.unwrap().split_once("FOLDER ")?.1.to_owned())).unwrap();
    assert!(Path::new(&folder).join("data/postmaster.pid").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = Instant::now();
    while Path::new(&folder).exists() {
        assert!(killed.elapsed() < Duration::from_secs(20), "{folder} is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The other half of the test above; on its own it does nothing.
#[test]
fn holds_a_server_until_killed() {
    if std::env::var_os(HOLD).is_some() {
        let server = Server::start(&Options { bin: support::binaries(None), settings: vec![] }).unwrap();
        println!("FOLDER {}", server.socket_folder().display());
        std::thread::sleep(Duration::from_mins(1));
    }
}

const HOLD: &str = "NOREN_TEST_HOLD_A_SERVER";
