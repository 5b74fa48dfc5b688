//! `noren verify`, killed outright or interrupted at any moment: no process, no folder and no role may stay.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support;

/// How often it is killed.
const TIMES: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(30);

/// A temporary folder that the server's user may enter, and that nobody else writes to: what is in it is the run's.
fn home() -> tempfile::TempDir {
    let home = tempfile::Builder::new().prefix("nk").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    home
}

fn verify(home: &Path) -> Command {
    let mut command = support::noren();
    command.arg("-C").arg(support::root().join("tests/faults")).arg("verify").env("TMPDIR", home);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Everything below a folder but what is kept on purpose: the data folder that servers are copied from.
fn left(home: &Path) -> Vec<String> {
    let bases = std::fs::read_dir(home).unwrap().flatten().map(|entry| entry.path());
    let inside = bases.flat_map(|base| {
        std::fs::read_dir(&base)
            .map_or_else(|_| vec![base], |found| found.flatten().map(|entry| entry.path()).collect())
    });
    inside.map(|path| path.display().to_string()).filter(|path| !path.contains("/template-")).collect()
}

/// Processes that have a folder on their command line: the server, the shells beside it, psql.
fn processes(home: &Path) -> Vec<String> {
    let home = home.display().to_string();
    let numbers = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = numbers.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(&home)).collect()
}

/// The share of the whole at which it is killed: one in each tenth, anywhere in it.
fn moment(whole: Duration, time: u32) -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let random = since.subsec_nanos() % 1000;
    whole * (time * 1000 + random) / (TIMES * 1000)
}

fn await_nothing(home: &Path, killed_after: Duration, signal: Signal) {
    let since = Instant::now();
    while !left(home).is_empty() || !processes(home).is_empty() {
        let still = || format!("{:?} and {:?}", left(home), processes(home));
        assert!(since.elapsed() < PATIENCE, "{signal} after {killed_after:?} leaves {}", still());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn end(child: &mut Child, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap());
    kill(id, signal).unwrap();
    child.wait().unwrap();
}

#[test]
fn killed_at_ten_random_moments_it_leaves_nothing() {
    if support::binaries(None).is_none() {
        return;
    }
    let home = home();
    let started = Instant::now();
    assert!(verify(home.path()).status().unwrap().success());
    let whole = started.elapsed();
    await_nothing(home.path(), whole, Signal::SIGCONT);
    for time in 0..TIMES {
        // With the folder that servers are copied from gone, the first moments are those of `initdb`.
        if time == 0 {
            std::fs::remove_dir_all(home.path()).unwrap();
            std::fs::create_dir(home.path()).unwrap();
        }
        let signal = if time % 5 == 4 { Signal::SIGINT } else { Signal::SIGKILL };
        let mut child = verify(home.path()).spawn().unwrap();
        let moment = moment(whole, time);
        std::thread::sleep(moment);
        end(&mut child, signal);
        await_nothing(home.path(), moment, signal);
    }
}
