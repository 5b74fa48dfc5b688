//! The program that plays the services, and how tests ask it.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use crate::support;

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

pub fn installed() -> Option<PathBuf> {
    let home = support::root().join("target/pipeline");
    if home.join("python/installed").is_file() && home.join("node/installed").is_file() {
        return Some(home);
    }
    support::skipped("no interpreter for state machines: `.ci/pipeline` installs it");
    None
}

pub fn ask(request: &Value) -> Option<Value> {
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
