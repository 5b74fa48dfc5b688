#![allow(
    clippy::disallowed_methods,
    reason = "starting a server is this module's work: it reads folders and runs programs"
)]
//! A private PostgreSQL, started and stopped: tests share it with `verify`.
//!
//! The problem: what Noren claims, only a server can show, and a test must not need one that is already running, must
//! not meet another one's port, and must leave nothing behind, however it ends.
//!
//! The mechanism: `initdb` runs once for each set of binaries into a template folder; a start copies that folder into a
//! fresh one and runs `postgres` on it with a Unix socket in that folder and no port. The folder is [`keeper`]'s, and
//! between us and `postgres` stands a shell that holds the reading end of a pipe. We never write to it: when our end
//! closes, be it by drop, by the end of the process or by its death, the shell stops `postgres`. `postgres` refuses to run
//! as root, so root hands everything to the user `postgres`, or to `nobody` where there is none.

pub mod keeper;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use keeper::Keeper;

use nix::unistd::{User, geteuid};

/// The environment variable that names a folder with server binaries.
pub const BIN_VARIABLE: &str = "NOREN_PG_BIN";
/// The oldest major version that Noren works with.
pub const OLDEST_MAJOR: u32 = 14;
/// The bootstrap superuser of every private server.
pub const SUPERUSER: &str = "postgres";

/// From `sun_path`: 108 bytes on Linux, 104 on the BSDs and macOS, with the final NUL; `/.s.PGSQL.5432` is 14 of them.
const LONGEST_FOLDER: usize = 88;
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(5);

/// `$0` is the server's folder, the rest is the server's command line. The watcher's `cat` ends when the last writer of
/// our standard input is gone. SIGQUIT is PostgreSQL's immediate shutdown: nothing of the folder is wanted any more.
/// Signals that are meant for us end it by the pipe; a trap that does something is not inherited by `postgres`.
const WATCHED: &str = r#"
trap : HUP INT TERM
exec 3<&0 >"$0/log" 2>&1
"$@" </dev/null 3<&- & server=$!
{ trap '' HUP INT TERM
  cat <&3 >/dev/null
  kill -QUIT "$server" 2>/dev/null
} >/dev/null 2>&1 &
exec 3<&-
while kill -0 "$server" 2>/dev/null; do wait "$server"; done
"#;

/// Why there is no server, or why it refused.
#[derive(Debug)]
pub enum Error {
    /// No folder with `initdb` and `postgres` of a usable version was found.
    NoServer {
        /// Every folder that was looked into and what was wrong with it.
        looked: Vec<String>,
    },
    /// A client program (`psql`, `pg_dump`) was not found.
    NoClient {
        /// The program.
        program: &'static str,
    },
    /// A folder that the server needs cannot be used by the user that the server runs as.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A program could not be run at all.
    Run {
        /// The program.
        program: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program ran and failed.
    Failed {
        /// What was attempted.
        what: String,
        /// What the program printed.
        output: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServer { looked } => {
                writeln!(out, "expected the server binaries of PostgreSQL {OLDEST_MAJOR} or newer, found none")?;
                for place in looked {
                    writeln!(out, "  looked at {place}")?;
                }
                write!(out, "help: `apt-get install postgresql` installs them; or name their folder in {BIN_VARIABLE}")
            }
            Self::NoClient { program } => write!(
                out,
                "expected `{program}` beside the server binaries or on PATH, found none\n\
                 help: `apt-get install postgresql-client` installs it"
            ),
            Self::Folder { path, why } => write!(
                out,
                "expected a folder that the server's user may use, found `{}`: {why}\n\
                 help: keep the binaries and TMPDIR in folders that everybody may enter",
                path.display()
            ),
            Self::Run { program, source } => write!(out, "cannot run `{program}`: {source}"),
            Self::Failed { what, output } => write!(out, "{what} failed\n{}", output.trim_end()),
        }
    }
}

impl std::error::Error for Error {}

/// Which server to start, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder of the server binaries; without it the usual places are searched ([`Binaries::find`]).
    pub bin: Option<PathBuf>,
    /// Server settings beside our own, such as `("log_statement", "all")`.
    pub settings: Vec<(String, String)>,
}

/// The programs of one PostgreSQL installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    /// The folder that holds `initdb` and `postgres`.
    pub folder: PathBuf,
    /// The version as the server prints it, such as `15.20`.
    pub version: String,
    /// Its first number.
    pub major: u32,
}

impl Binaries {
    /// Reads what lies in `folder`.
    pub fn of(folder: &Path) -> Result<Self, Error> {
        let initdb = folder.join("initdb");
        if !initdb.is_file() {
            return Err(Error::NoServer { looked: vec![format!("`{}`: no initdb there", folder.display())] });
        }
        let printed = output_of(Command::new(folder.join("postgres")).arg("--version"), "postgres --version")?;
        let version = printed.split_whitespace().nth(2).unwrap_or_default().to_owned();
        let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
        let major = digits.parse().map_err(|_| Error::Failed {
            what: format!("reading the version of `{}`", folder.display()),
            output: printed.clone(),
        })?;
        Ok(Self { folder: folder.to_owned(), version, major })
    }

    /// The named folder and nothing else; or the folder in `NOREN_PG_BIN` and nothing else; or the first that fits of
    /// PATH, `pg_config --bindir` and `/usr/lib/postgresql/*/bin` (newest first).
    pub fn find(named: Option<&Path>) -> Result<Self, Error> {
        if let Some(folder) = named {
            return Self::of(folder);
        }
        if let Some(folder) = std::env::var_os(BIN_VARIABLE).filter(|value| !value.is_empty()) {
            return Self::of(Path::new(&folder));
        }
        let mut looked = Vec::new();
        for folder in usual_folders() {
            match Self::of(&folder) {
                Ok(found) if found.major >= OLDEST_MAJOR => return Ok(found),
                Ok(old) => looked.push(format!("`{}`: {} is too old", folder.display(), old.version)),
                Err(_) => looked.push(format!("`{}`: no server there", folder.display())),
            }
        }
        Err(Error::NoServer { looked })
    }

    /// `psql` or `pg_dump`: beside the server, or where PATH has it, or in the newest packaged installation.
    pub fn client(&self, program: &'static str) -> Result<PathBuf, Error> {
        let beside = self.folder.join(program);
        if beside.is_file() { Ok(beside) } else { client(program) }
    }
}

/// `psql` or `pg_dump` where PATH has it, or in the newest packaged installation; looked for once.
pub fn client(program: &'static str) -> Result<PathBuf, Error> {
    static FOUND: Mutex<BTreeMap<&'static str, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut known = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = known.get(program) {
        return Ok(path.clone());
    }
    let found = usual_folders().into_iter().map(|folder| folder.join(program)).find(|path| is_program(path));
    let path = found.ok_or(Error::NoClient { program })?;
    known.insert(program, path.clone());
    Ok(path)
}

/// Debian's `psql` on PATH is a script that chooses a version by configuration files and then starts that one: it takes
/// longer than what is asked of it, and the installation is among the folders as well.
fn is_program(path: &Path) -> bool {
    path.is_file() && !fs::canonicalize(path).is_ok_and(|real| real.ends_with("pg_wrapper"))
}

fn usual_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    if let Ok(printed) = output_of(Command::new("pg_config").arg("--bindir"), "pg_config") {
        folders.push(PathBuf::from(printed.trim()));
    }
    let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    packaged.sort();
    folders.extend(packaged.into_iter().rev().map(|(_, folder)| folder));
    folders.retain(|folder| !folder.as_os_str().is_empty());
    // A link on PATH to one program of an installation is no folder of server binaries.
    folders.into_iter().map(|folder| installation_of(&folder)).collect()
}

/// Follows `initdb` when it is a link: PostgreSQL finds its own files from where the program really is.
fn installation_of(folder: &Path) -> PathBuf {
    fs::canonicalize(folder.join("initdb"))
        .ok()
        .and_then(|real| real.parent().map(Path::to_owned))
        .unwrap_or_else(|| folder.to_owned())
}

/// The user that the server runs as.
#[derive(Clone, Copy, Debug)]
struct Runner {
    /// User and group id to change to; `None` keeps our own.
    drop_to: Option<(u32, u32)>,
}

impl Runner {
    fn of_this_process() -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Ok(Self { drop_to: None });
        }
        let user = ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten());
        let user = user.ok_or_else(|| Error::Failed {
            what: "finding a user to run the server as, since root may not,".to_owned(),
            output: "neither `postgres` nor `nobody` exists".to_owned(),
        })?;
        Ok(Self { drop_to: Some((user.uid.as_raw(), user.gid.as_raw())) })
    }

    fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.drop_to {
            command.uid(uid).gid(gid);
        }
        // The home of root is no place that the server's user may stand in.
        command.current_dir("/");
        without_settings(&mut command);
        command
    }

    fn give(self, path: &Path) -> Result<(), Error> {
        let Some((uid, gid)) = self.drop_to else { return Ok(()) };
        chown(path, Some(uid), Some(gid)).map_err(|source| folder_error(path, &source))
    }

    fn uid(self) -> u32 {
        self.drop_to.map_or(geteuid().as_raw(), |(uid, _)| uid)
    }
}

/// PGHOST, PGOPTIONS and their like would lead a client to another server or another behaviour.
pub fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
        command.env_remove(name);
    }
}

fn folder_error(path: &Path, source: &io::Error) -> Error {
    Error::Folder { path: path.to_owned(), why: source.to_string() }
}

/// A running server; dropping it stops it and deletes its folder.
#[derive(Debug)]
pub struct Server {
    binaries: Binaries,
    watcher: Child,
    /// Our end of the watcher's pipe; always there until drop.
    lifeline: Option<ChildStdin>,
    /// The last to go: it deletes the folder.
    keeper: Keeper,
}

impl Server {
    /// Starts a server of its own on an empty cluster: UTF-8, locale C.UTF-8 (or C where the system lacks it), no
    /// fsync, all who reach the socket's folder are trusted; only we and the server's user reach it.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let binaries = Binaries::find(options.bin.as_deref())?;
        let runner = Runner::of_this_process()?;
        let base = base_folder(runner)?;
        let keeper = Keeper::start(&base)?;
        let folder = keeper.folder();
        runner.give(folder)?;
        let template = template(&binaries, runner, &base, folder)?;
        output_of(runner.command("cp").arg("-Rp").arg(&template).arg(folder.join("data")), "copying the template")?;
        let mut watcher = watched(&binaries, runner, folder, options)?;
        let lifeline = watcher.stdin.take();
        let mut server = Self { binaries, watcher, lifeline, keeper };
        server.await_ready()?;
        Ok(server)
    }

    fn await_ready(&mut self) -> Result<(), Error> {
        let started = Instant::now();
        loop {
            if is_ready(self.socket_folder()) {
                return Ok(());
            }
            let ended = self.watcher.try_wait().map_or(true, |status| status.is_some());
            if ended || started.elapsed() > START_LIMIT {
                return Err(Error::Failed {
                    what: format!("starting PostgreSQL {} in `{}`", self.version(), self.socket_folder().display()),
                    output: self.log(),
                });
            }
            sleep(POLL);
        }
    }

    /// The version as the server prints it, such as `15.20`.
    pub fn version(&self) -> &str {
        &self.binaries.version
    }

    /// The first number of the version.
    pub fn major(&self) -> u32 {
        self.binaries.major
    }

    /// The programs that this server was started from.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// The folder of the Unix socket: what `-h` and `PGHOST` take. What else is put there goes with the server.
    pub fn socket_folder(&self) -> &Path {
        self.keeper.folder()
    }

    /// Everything that the server has logged so far.
    pub fn log(&self) -> String {
        fs::read(self.socket_folder().join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// `psql -X` on a database as a role; every role may log in without a password.
    pub fn psql(&self, database: &str, user: &str) -> Result<Command, Error> {
        let mut command = self.client("psql", user)?;
        command.arg("-X").arg("-d").arg(database);
        Ok(command)
    }

    /// A client program with the socket's folder and the user set, nothing else.
    pub fn client(&self, program: &'static str, user: &str) -> Result<Command, Error> {
        let mut command = Command::new(self.binaries.client(program)?);
        without_settings(&mut command);
        command
            .env("PGCLIENTENCODING", "UTF8")
            .env("LC_ALL", "C")
            .arg("-h")
            .arg(self.socket_folder())
            .arg("-U")
            .arg(user);
        Ok(command)
    }

    /// Runs SQL as superuser, stopping at the first error; gives the rows as psql prints them with `-Atq`.
    pub fn execute(&self, database: &str, sql: &str) -> Result<String, Error> {
        self.execute_as(database, SUPERUSER, sql)
    }

    /// [`Server::execute`] as a role.
    pub fn execute_as(&self, database: &str, user: &str, sql: &str) -> Result<String, Error> {
        self.execute_with(database, user, &[], sql)
    }

    /// [`Server::execute_as`] with psql variables: `:"name"` in the SQL is the value as an identifier, `:'name'` as a
    /// literal.
    pub fn execute_with(
        &self,
        database: &str,
        user: &str,
        variables: &[(&str, &str)],
        sql: &str,
    ) -> Result<String, Error> {
        let mut command = self.psql(database, user)?;
        command.args(["-Atq", "-v", "ON_ERROR_STOP=1"]);
        for (name, value) in variables {
            command.arg("-v").arg(format!("{name}={value}"));
        }
        let output = fed(&mut command, sql.as_bytes()).map_err(|source| run_error(&command, source))?;
        printed(output, &format!("SQL on `{database}` as `{user}`"))
    }

    /// Creates a database; `owner` of `None` is the superuser.
    pub fn create_database(&self, name: &str, owner: Option<&str>) -> Result<(), Error> {
        let variables = [("name", name), ("owner", owner.unwrap_or(SUPERUSER))];
        let sql = "CREATE DATABASE :\"name\" OWNER :\"owner\" TEMPLATE template0;";
        self.execute_with("postgres", SUPERUSER, &variables, sql).map(drop)
    }

    /// Drops a database and whoever is connected to it.
    pub fn drop_database(&self, name: &str) -> Result<(), Error> {
        let sql = "DROP DATABASE IF EXISTS :\"name\" WITH (FORCE);";
        self.execute_with("postgres", SUPERUSER, &[("name", name)], sql).map(drop)
    }

    /// What `pg_dump --schema-only` prints; the client must not be older than the server.
    pub fn dump_schema(&self, database: &str) -> Result<String, Error> {
        let mut command = self.client("pg_dump", SUPERUSER)?;
        output_of(command.args(["--schema-only", "-d"]).arg(database), "pg_dump --schema-only")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let asked = Instant::now();
        while asked.elapsed() < STOP_LIMIT && !matches!(self.watcher.try_wait(), Ok(Some(_)) | Err(_)) {
            sleep(POLL);
        }
    }
}

/// Line 8 of `postmaster.pid` is the server's own word on its state (`miscinit.h`, since PostgreSQL 10).
fn is_ready(folder: &Path) -> bool {
    fs::read(folder.join("data/postmaster.pid")).is_ok_and(|bytes| {
        String::from_utf8_lossy(&bytes).lines().nth(7).is_some_and(|status| status.trim_end() == "ready")
    })
}

fn watched(binaries: &Binaries, runner: Runner, folder: &Path, options: &Options) -> Result<Child, Error> {
    let mut command = runner.command("/bin/sh");
    command.arg("-c").arg(WATCHED).arg(folder).arg(binaries.folder.join("postgres"));
    command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder).args(["-h", ""]);
    for (name, value) in own_settings() {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    for (name, value) in &options.settings {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    // A group of its own, so that Ctrl-C reaches us alone; the server follows when our end of the pipe closes.
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|source| run_error(&command, source))
}

/// Durability is worth nothing here; the rest keeps the server small and its log readable.
fn own_settings() -> [(&'static str, &'static str); 10] {
    [
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("shared_buffers", "32MB"),
        ("max_connections", "60"),
        ("max_wal_size", "2GB"),
        ("autovacuum", "off"),
        ("jit", "off"),
        ("log_line_prefix", "%a %d "),
        ("TimeZone", "UTC"),
    ]
}

/// The place of folders that only we use: nothing in it runs as another user.
pub fn own_base() -> Result<PathBuf, Error> {
    base_folder(Runner { drop_to: None })
}

/// A short folder under the system's temporary folder that belongs to the server's user: the watcher, which is that
/// user, deletes in it.
fn base_folder(runner: Runner) -> Result<PathBuf, Error> {
    let name = format!("noren-{}", runner.uid());
    let candidates = [std::env::temp_dir(), PathBuf::from("/tmp")];
    let parent = candidates.iter().find(|folder| folder.as_os_str().len() + name.len() + 24 < LONGEST_FOLDER);
    let base = parent.map_or_else(|| PathBuf::from("/tmp"), Clone::clone).join(name);
    match fs::DirBuilder::new().mode(0o700).create(&base) {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => return Err(folder_error(&base, &source)),
        _ => {}
    }
    let found = fs::symlink_metadata(&base).map_err(|source| folder_error(&base, &source))?;
    // Anybody may make a folder under /tmp first, and a template in a stranger's folder could hold a stranger's settings.
    let ours = found.is_dir() && (found.uid() == runner.uid() || found.uid() == geteuid().as_raw());
    if !ours || found.mode() & 0o077 != 0 {
        return Err(Error::Folder { path: base, why: "others may write to it, or it is somebody else's".to_owned() });
    }
    runner.give(&base)?;
    Ok(base)
}

/// The template data folder of these binaries, made at the first call in a folder that is ours. Two processes may make
/// it at once: the first rename wins.
fn template(binaries: &Binaries, runner: Runner, base: &Path, workplace: &Path) -> Result<PathBuf, Error> {
    let template = base.join(template_name(binaries, runner));
    if template.is_dir() {
        return Ok(template);
    }
    let data = workplace.join("C.UTF-8");
    let made = initdb(binaries, runner, &data, "C.UTF-8").map(|()| data);
    let data = made.or_else(|_| {
        let data = workplace.join("C");
        initdb(binaries, runner, &data, "C").map(|()| data)
    })?;
    match fs::rename(&data, &template) {
        Err(source) if !template.is_dir() => Err(folder_error(&template, &source)),
        _ => Ok(template),
    }
}

/// Binaries that were replaced in place have another date, so they get another template.
fn template_name(binaries: &Binaries, runner: Runner) -> String {
    let changed = fs::metadata(binaries.folder.join("postgres")).map_or(0, |found| found.mtime());
    let place = binaries.folder.as_os_str().as_encoded_bytes();
    let digest = place
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let version: String =
        binaries.version.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect();
    format!("template-{version}-{:x}-{digest:x}-{changed:x}", runner.uid())
}

fn initdb(binaries: &Binaries, runner: Runner, data: &Path, locale: &str) -> Result<(), Error> {
    let mut command = runner.command(binaries.folder.join("initdb"));
    command.args(["--no-sync", "--encoding=UTF8", "--auth=trust", "--username", SUPERUSER]);
    command.arg(format!("--locale={locale}")).arg("-D").arg(data);
    output_of(&mut command, "initdb").map(drop).map_err(|error| match error {
        Error::Run { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            folder_error(&binaries.folder, &source)
        }
        other => other,
    })
}

fn run_error(command: &Command, source: io::Error) -> Error {
    Error::Run { program: command.get_program().to_string_lossy().into_owned(), source }
}

fn output_of(command: &mut Command, what: &str) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output().map_err(|source| run_error(command, source))?;
    printed(output, what)
}

/// Writes `input` from a thread of its own: a program that prints while it reads would wait for us, and we for it.
fn fed(command: &mut Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // psql stops reading at the first error; what it then says is worth more than the broken pipe.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
        child.wait_with_output()
    })
}

fn printed(output: Output, what: &str) -> Result<String, Error> {
    if output.status.success() {
        return String::from_utf8(output.stdout)
            .map_err(|error| Error::Failed { what: what.to_owned(), output: error.to_string() });
    }
    let text = if output.stderr.is_empty() { output.stdout } else { output.stderr };
    Err(Error::Failed { what: what.to_owned(), output: String::from_utf8_lossy(&text).into_owned() })
}
