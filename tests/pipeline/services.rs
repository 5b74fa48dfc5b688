//! The programs that play the services, and how tests ask them.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use serde_json::Value;

use crate::support;

/// Runs state machines, and lints files. Much of a run is waiting: two go on at once.
pub static CLOUD: Program<2> = Program::new("cloud.py");
/// Keeps objects, also between runs, and answers while a machine runs.
pub static S3: Program<1> = Program::new("s3.py");

/// A program of this folder, in a number of processes for all tests, which take turns. Each ends with its standard input.
pub struct Program<const N: usize> {
    file: &'static str,
    processes: [Mutex<Option<Process>>; N],
}

struct Process {
    /// Held, so that it is not taken for ended.
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl<const N: usize> Program<N> {
    const fn new(file: &'static str) -> Self {
        Self { file, processes: [const { Mutex::new(None) }; N] }
    }

    /// The first that nobody asks now, or the first of all when it is done.
    fn turn(&self) -> MutexGuard<'_, Option<Process>> {
        let free = self.processes.iter().find_map(|process| match process.try_lock() {
            Ok(process) => Some(process),
            Err(TryLockError::Poisoned(process)) => Some(process.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        free.unwrap_or_else(|| self.processes[0].lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[track_caller]
    pub fn ask(&self, request: &Value) -> Value {
        let mut process = self.turn();
        let process = process.get_or_insert_with(|| Process::start(self.file));
        writeln!(process.input, "{request}").unwrap();
        let mut line = String::new();
        process.output.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(answer["broken"].is_null(), "{}", answer["broken"].as_str().unwrap_or_default());
        answer
    }
}

impl Process {
    fn start(file: &str) -> Self {
        let mut child = Command::new("python3")
            .arg(support::root().join("tests/pipeline").join(file))
            .env("PYTHONPATH", home().join("python"))
            // It would cut off a long answer where a signal comes in between.
            .env_remove("PYTHONUNBUFFERED")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { _child: child, input, output: BufReader::new(output) }
    }
}

fn home() -> PathBuf {
    support::root().join("target/pipeline")
}

/// Where `.ci/pipeline` put what the programs need, if it did.
pub fn installed() -> Option<PathBuf> {
    let home = home();
    if !home.join("python/installed").is_file() || !home.join("node/installed").is_file() {
        support::skipped("no interpreter for state machines: `.ci/pipeline` installs it");
        return None;
    }
    if Command::new("curl").arg("--version").output().is_err() {
        support::skipped("no curl, which asks the S3 server for objects: `.ci/setup` installs it");
        return None;
    }
    Some(home)
}
