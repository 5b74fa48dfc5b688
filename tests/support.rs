//! What the tests share.
//!
//! One server a major version and test process, started by the first test that asks; it ends with the process (the
//! server's own watcher sees to that, see `noren::server`). Each test works in databases of its own.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

use noren::server::{Binaries, Options, Server};

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the binaries of a major version are; `None` asks for any version. When there are none, CI fails and everybody
/// else is told what was not tested.
pub fn binaries(major: Option<u32>) -> Option<PathBuf> {
    match find_binaries(major) {
        Ok(found) => Some(found),
        Err(why) => {
            skipped(&why);
            None
        }
    }
}

fn find_binaries(major: Option<u32>) -> Result<PathBuf, String> {
    let Some(major) = major else {
        return Binaries::find(None).map(|found| found.folder).map_err(|error| error.to_string());
    };
    let variable = format!("NOREN_PG_{major}_BIN");
    if let Some(folder) = std::env::var_os(&variable).filter(|folder| !folder.is_empty()) {
        return Ok(folder.into());
    }
    if let Ok(found) = Binaries::find(None)
        && found.major == major
    {
        return Ok(found.folder);
    }
    let home = std::env::var_os("NOREN_PG_HOME").map_or_else(|| root().join(".pg"), PathBuf::from);
    // The folder is a link, and a server finds its own files from where it really is.
    std::fs::canonicalize(home.join(major.to_string()).join("bin"))
        .ok()
        .filter(|folder| folder.join("postgres").is_file())
        .ok_or_else(|| format!("no PostgreSQL {major}: `.ci/servers {major}` installs it, or name it in {variable}"))
}

/// Says that something was not tested; where it must be (CI), that is a failure.
pub fn skipped(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "in CI nothing is skipped: {why}");
    eprintln!("SKIPPED: {why}");
}

/// The server of a major version, shared by the whole test process; `None` is whichever version is found first.
pub fn server(major: Option<u32>) -> Option<&'static Server> {
    static SERVERS: LazyLock<Mutex<BTreeMap<Option<u32>, &'static Server>>> = LazyLock::new(Mutex::default);
    let mut servers = SERVERS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(server) = servers.get(&major) {
        return Some(server);
    }
    let bin = binaries(major)?;
    let started =
        Server::start(&Options { bin: Some(bin), settings: vec![] }).unwrap_or_else(|error| panic!("{error}"));
    let server: &'static Server = Box::leak(Box::new(started));
    servers.insert(major, server);
    Some(server)
}

/// A name that no other test of this process uses.
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A database of its own for one test, dropped at its end.
pub struct Database {
    pub server: &'static Server,
    pub name: String,
}

impl Database {
    /// A new empty database owned by the superuser.
    pub fn new(server: &'static Server, prefix: &str) -> Self {
        Self::owned(server, prefix, None)
    }

    /// A new empty database with an owner, who may do as he likes in `public`.
    pub fn owned(server: &'static Server, prefix: &str, owner: Option<&str>) -> Self {
        let name = unique(prefix);
        server.create_database(&name, owner).unwrap_or_else(|error| panic!("{error}"));
        let database = Self { server, name };
        if let Some(owner) = owner {
            // The schema `public` belongs to the bootstrap superuser before 15.
            let sql = "ALTER SCHEMA public OWNER TO :\"owner\";";
            server
                .execute_with(&database.name, "postgres", &[("owner", owner)], sql)
                .unwrap_or_else(|error| panic!("{error}"));
        }
        database
    }

    /// A copy of this database, to which nobody may be connected.
    pub fn twin(&self) -> Self {
        let name = unique("twin");
        let owner = self.value("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()");
        let variables = [("name", name.as_str()), ("owner", owner.as_str()), ("template", self.name.as_str())];
        let sql = "CREATE DATABASE :\"name\" OWNER :\"owner\" TEMPLATE :\"template\";";
        self.server.execute_with("postgres", "postgres", &variables, sql).unwrap_or_else(|error| panic!("{error}"));
        Self { server: self.server, name }
    }

    /// Runs SQL as superuser and gives what psql prints; an error fails the test.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        self.try_sql(sql).unwrap_or_else(|error| panic!("{error}\nin: {}", excerpt(sql)))
    }

    /// Runs SQL as superuser.
    pub fn try_sql(&self, sql: &str) -> Result<String, String> {
        self.server.execute(&self.name, sql).map_err(|error| error.to_string())
    }

    /// Runs SQL as a role; an error fails the test.
    #[track_caller]
    pub fn sql_as(&self, user: &str, sql: &str) -> String {
        self.try_sql_as(user, sql).unwrap_or_else(|error| panic!("{error}\nin: {}", excerpt(sql)))
    }

    /// Runs SQL as a role.
    pub fn try_sql_as(&self, user: &str, sql: &str) -> Result<String, String> {
        self.server.execute_as(&self.name, user, sql).map_err(|error| error.to_string())
    }

    /// One query's rows, each value as PostgreSQL's text, NULL as `None`.
    #[track_caller]
    pub fn rows(&self, query: &str) -> Vec<Vec<Option<String>>> {
        let query = query.trim().trim_end_matches(';');
        let printed = self.sql(&format!("COPY ({query}\n) TO STDOUT"));
        printed.lines().map(|line| line.split('\t').map(from_copy).collect()).collect()
    }

    /// The first column of one query's rows, NULL as the empty string.
    #[track_caller]
    pub fn column(&self, query: &str) -> Vec<String> {
        self.rows(query).into_iter().map(|row| row.into_iter().next().flatten().unwrap_or_default()).collect()
    }

    /// The only value of a query.
    #[track_caller]
    pub fn value(&self, query: &str) -> String {
        let rows = self.rows(query);
        assert_eq!(rows.len(), 1, "one row expected of {query}");
        rows[0][0].clone().unwrap_or_default()
    }

    /// `psql -X` with more arguments, environment and working folder, output captured.
    pub fn psql<I, S>(&self, user: &str, arguments: I, environment: &[(&str, &str)], folder: &Path) -> Output
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.server.psql(&self.name, user).unwrap_or_else(|error| panic!("{error}"));
        command.args(arguments).envs(environment.iter().copied()).current_dir(folder).stdin(Stdio::null());
        run(&mut command)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A failed test's database is kept until the server ends; a failure here must not hide the first.
        if !std::thread::panicking() {
            let _ = self.server.drop_database(&self.name);
        }
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Standard output and standard error of a finished command, for messages.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Fails the test with what the command printed unless it succeeded.
#[track_caller]
pub fn succeeded(output: &Output, what: &str) {
    assert!(output.status.success(), "{what}: {}\n{}", output.status, text(output));
}

/// The `noren` that belongs to these tests.
pub fn noren() -> Command {
    Command::new(env!("CARGO_BIN_EXE_noren"))
}

/// Reads one field of COPY's text format.
pub fn from_copy(field: &str) -> Option<String> {
    if field == "\\N" {
        return None;
    }
    let mut value = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        let next = if character == '\\' { characters.next() } else { None };
        value.push(match next {
            None => character,
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some(other) => other,
        });
    }
    Some(value)
}

fn excerpt(sql: &str) -> String {
    sql.chars().take(2000).collect()
}
