//! `90_assert.sql` against databases in which one thing is not as the policy says.

mod exporter;
mod sample;
mod small;

use crate::support::{self, Database};
use noren::server::{Options, Server};
use noren::sql::Script;
use std::path::Path;

/// A server of its own: roles are the cluster's, and other tests have theirs.
pub fn own_server(major: Option<u32>) -> Option<&'static Server> {
    let bin = support::binaries(major)?;
    let started =
        Server::start(&Options { bin: Some(bin), settings: vec![] }).unwrap_or_else(|error| panic!("{error}"));
    Some(Box::leak(Box::new(started)))
}

/// What a run of the assertions printed, and whether it failed.
pub struct Verdict {
    pub red: bool,
    pub text: String,
}

/// Runs the file as a role, after `change` in the same transaction, which is rolled back.
pub fn judge(database: &Database, file: &str, change: &str, role: &str, folder: &Path) -> Verdict {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;";
    assert!(file.contains(begin) && file.trim_end().ends_with("COMMIT;"));
    let inside = file.replace(begin, &format!("BEGIN;\n{change};\nSET ROLE {role};"));
    let path = folder.join("judge.sql");
    std::fs::write(&path, inside.replace("COMMIT;", "ROLLBACK;")).unwrap();
    let output = database.psql("postgres", ["-X", "-q", "-f", path.to_str().unwrap()], &[], folder);
    let text = support::text(&output);
    let red = output.status.code() == Some(3) && RED.iter().any(|words| text.contains(words));
    assert!(red || output.status.success(), "{change}: neither green nor red\n{text}");
    Verdict { red, text }
}

const RED: [&str; 2] = ["ERROR:  this database is not as the policy says", "ERROR:  nothing was changed"];

/// Every change must turn the file red, and it must name the object.
#[track_caller]
pub fn all_red<C: AsRef<str>, O: AsRef<str>>(database: &Database, script: Script, role: &str, changes: &[(C, O)]) {
    let file = script.print().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let untouched = judge(database, &file, "SELECT", role, folder.path());
    assert!(!untouched.red, "red before any change\n{}", untouched.text);
    let mut survivors = Vec::new();
    for (change, object) in changes {
        let (change, object) = (change.as_ref(), object.as_ref());
        let verdict = judge(database, &file, change, role, folder.path());
        let named = verdict.text.lines().any(|line| line.starts_with("object: ") && line.contains(object));
        if !verdict.red || !named {
            survivors.push(format!("{change}\n  expected the object `{object}`, found\n{}", verdict.text));
        }
    }
    assert!(survivors.is_empty(), "{} changes survived:\n{}", survivors.len(), survivors.join("\n"));
}
