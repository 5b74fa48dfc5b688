//! `90_assert.sql` against databases in which one thing is not as the policy says.

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

/// Runs the assertions as a role that may do nothing, after `change` in the same transaction, which is rolled back.
pub fn judge(database: &Database, assertions: &str, change: &str, folder: &Path) -> Verdict {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;";
    assert!(assertions.contains(begin) && assertions.trim_end().ends_with("COMMIT;"));
    let inside = assertions.replace(begin, &format!("BEGIN;\n{change};\nSET ROLE nobody_at_all;"));
    let file = folder.join("judge.sql");
    std::fs::write(&file, inside.replace("COMMIT;", "ROLLBACK;")).unwrap();
    let output = database.psql("postgres", ["-X", "-q", "-f", file.to_str().unwrap()], &[], folder);
    let text = support::text(&output);
    let red = output.status.code() == Some(3) && text.contains("this database is not as the policy says");
    assert!(red || output.status.success(), "{change}: neither green nor red\n{text}");
    Verdict { red, text }
}

/// Every change must turn the assertions red, and they must name the object.
#[track_caller]
pub fn all_red(database: &Database, script: &Script, changes: &[(&str, &str)]) {
    let assertions = script.print().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let untouched = judge(database, &assertions, "SELECT", folder.path());
    assert!(!untouched.red, "red before any change\n{}", untouched.text);
    let mut survivors = Vec::new();
    for (change, object) in changes {
        let verdict = judge(database, &assertions, change, folder.path());
        let named = verdict.text.lines().any(|line| line.starts_with("object") && line.contains(object));
        if !verdict.red || !named {
            survivors.push(format!("{change}\n  expected the object `{object}`, found\n{}", verdict.text));
        }
    }
    assert!(survivors.is_empty(), "{} changes survived:\n{}", survivors.len(), survivors.join("\n"));
}
