//! A private MariaDB: a folder of its own, a socket and no port, ended with the process that started it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Ends the server and removes its folder when its own input ends, which is when the test's process does.
const KEEPER: &str =
    "folder=$1; shift; \"$@\" & server=$!; cat >/dev/null; kill -9 $server; wait; rm -rf -- \"$folder\"";

pub struct Server {
    folder: tempfile::TempDir,
    _keeper: Child,
}

/// The one server of this test run; `None` where there is no MariaDB.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(start).as_ref()
}

fn find(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    folders.push(PathBuf::from("/usr/sbin"));
    folders.into_iter().map(|folder| folder.join(program)).find(|path| path.exists())
}

fn start() -> Option<Server> {
    let (Some(install), Some(daemon)) = (find("mariadb-install-db"), find("mariadbd")) else {
        assert!(std::env::var_os("CI").is_none(), "no MariaDB: .ci/setup installs it");
        return None;
    };
    let folder = tempfile::Builder::new().prefix("noren-mysql").tempdir().unwrap();
    let data = folder.path().join("data");
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned();
    let installed = Command::new(install)
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--user={user}"))
        .output()
        .unwrap();
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let log = fs::File::create(folder.path().join("server.log")).unwrap();
    let keeper = Command::new("sh")
        .args(["-c", KEEPER, "sh"])
        .arg(folder.path())
        .arg(daemon)
        .args(["--no-defaults", "--skip-networking", "--local-infile=1", "--general-log=1", "--binlog-format=ROW"])
        .args(["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4"])
        .arg(format!("--user={user}"))
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--log-bin={}", data.join("binary").display()))
        .arg(format!("--general-log-file={}", folder.path().join("general.log").display()))
        .arg(format!("--socket={}", folder.path().join("socket").display()))
        .arg(format!("--pid-file={}", folder.path().join("pid").display()))
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let server = Server { folder, _keeper: keeper };
    let deadline = Instant::now() + Duration::from_mins(1);
    while !server.client("").arg("--execute=SELECT 1").output().unwrap().status.success() {
        let log = fs::read_to_string(server.folder.path().join("server.log")).unwrap_or_default();
        assert!(Instant::now() < deadline, "MariaDB does not answer: {log}");
        std::thread::sleep(Duration::from_millis(100));
    }
    Some(server)
}

impl Server {
    /// The client, for a database, as an administrator.
    pub fn client(&self, database: &str) -> Command {
        self.client_as("root", database)
    }

    pub fn client_as(&self, user: &str, database: &str) -> Command {
        let mut command = Command::new(find("mariadb").unwrap());
        command
            .args(["--no-defaults", "--batch", "--local-infile=1", "--default-character-set=utf8mb4"])
            .arg(format!("--socket={}", self.folder.path().join("socket").display()))
            .arg(format!("--user={user}"))
            .stdin(Stdio::null());
        if !database.is_empty() {
            command.arg(database);
        }
        command
    }

    /// Runs statements, which must succeed.
    pub fn run(&self, database: &str, sql: &str) -> String {
        let output = given(self.client(database).arg("--skip-column-names"), sql);
        assert!(output.status.success(), "{}\n{sql}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A fresh database, whose name begins so.
    pub fn database(&self, prefix: &str) -> String {
        let name = crate::support::unique(prefix);
        self.run("", &format!("CREATE DATABASE `{name}`"));
        name
    }

    /// A folder that the server writes into and reads from.
    pub fn store(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        folder
    }

    /// Everything that the server keeps of statements: its log, and its binary logs.
    pub fn logs(&self) -> Vec<u8> {
        let mut all = fs::read(self.folder.path().join("general.log")).unwrap();
        for entry in fs::read_dir(self.folder.path().join("data")).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("binary") {
                fs::File::open(path).unwrap().read_to_end(&mut all).unwrap();
            }
        }
        all
    }

    /// The schema as the server's own tool prints it.
    pub fn dump(&self, database: &str) -> String {
        let output = Command::new(find("mariadb-dump").unwrap())
            .args(["--no-defaults", "--no-data", "--routines", "--triggers"])
            .arg(format!("--socket={}", self.folder.path().join("socket").display()))
            .arg("--user=root")
            .arg(database)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Runs a command that is given this on its standard input.
pub fn given(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A client that has failed reads no more.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The files of an export with the S3 clauses turned into files below `store`; all else stays.
///
/// A line of its own is what each clause has, so lines are looked at; an object that is there is overwritten, which
/// MariaDB would refuse.
pub fn without_s3(folder: &Path, into: &Path, store: &Path) {
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        let to = into.join(entry.path().strip_prefix(folder).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(&to).unwrap();
        } else if entry.path().extension().is_some_and(|extension| extension == "sql") {
            fs::write(to, swap(&fs::read_to_string(entry.path()).unwrap(), store)).unwrap();
        }
    }
}

fn swap(sql: &str, store: &Path) -> String {
    let mut out: Vec<String> = Vec::new();
    for line in sql.lines() {
        let ends = line.ends_with(';');
        let bare = line.trim_end_matches(';');
        if let Some(key) = bare.strip_prefix("INTO OUTFILE S3 's3-") {
            let file = object(key.trim_end_matches('\''), store, ".part_00000");
            let start = out.iter().rposition(|line| line.ends_with(';') || line.starts_with("--") || line.is_empty());
            out.insert(start.map_or(0, |at| at + 1), format!("\\! rm -f '{}'", file.display()));
            out.push(format!("INTO OUTFILE '{}'", file.display()));
        } else if let Some(key) = bare.strip_prefix("LOAD DATA FROM S3 MANIFEST 's3-") {
            let key = key.strip_suffix(".manifest'").expect("a manifest is loaded");
            out.push(format!("LOAD DATA INFILE '{}'", object(key, store, ".part_00000").display()));
        } else if ["MANIFEST ON", "OVERWRITE ON"].contains(&bare) || bare.starts_with("ENCRYPTION SSE_KMS ") {
            if ends {
                out.last_mut().unwrap().push(';');
            }
        } else if bare != "SET ROLE ALL" {
            out.push(line.replace("'json", "'longtext"));
        }
    }
    out.join("\n") + "\n"
}

/// `region://bucket/key`
fn object(address: &str, store: &Path, extension: &str) -> PathBuf {
    let (_, key) = address.split_once("://").expect("an address");
    let file = store.join(format!("{key}{extension}"));
    let mut folder = file.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    while folder != store {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        folder = folder.parent().unwrap();
    }
    file
}

impl Server {
    /// Every row, with bytes in hexadecimal, as INSERT statements.
    pub fn rows(&self, database: &str) -> String {
        let output = Command::new(find("mariadb-dump").unwrap())
            .args([
                "--no-defaults",
                "--no-create-info",
                "--hex-blob",
                "--complete-insert",
                "--skip-comments",
                "--tz-utc",
            ])
            .args(["--skip-extended-insert", "--order-by-primary", "--skip-triggers"])
            .arg(format!("--ignore-table={database}.noren_import_target"))
            .arg(format!("--socket={}", self.folder.path().join("socket").display()))
            .arg("--user=root")
            .arg(database)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Each byte as two capital hexadecimal digits.
pub fn hex(text: &str) -> String {
    let digits: Vec<_> = text.bytes().map(|byte| format!("{byte:02X}")).collect();
    digits.concat()
}
