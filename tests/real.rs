//! The schemas of other projects, where they are found.

use std::path::PathBuf;

use crate::end_to_end::harness::Project;
use crate::end_to_end::{self, Case};
use crate::support;

/// The folder with schemas that are read where they lie and are no part of this repository: the one named in
/// `NOREN_SCHEMAS`, or `shared/schemas` beside the repository or further up.
pub fn schemas() -> Option<PathBuf> {
    let named = std::env::var_os("NOREN_SCHEMAS").map(PathBuf::from);
    let above = support::root().ancestors().skip(1).map(|folder| folder.join("shared/schemas"));
    let found = named.into_iter().chain(above).find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: no folder shared/schemas beside the repository; NOREN_SCHEMAS may name one");
    }
    found
}

/// Fills the schema of another project, exports it by a policy of ours, imports it and compares everything.
fn roundtrip(name: &str, major: Option<u32>) {
    let Some(folder) = schemas() else { return };
    let Some(server) = support::server(major) else { return };
    let policy = support::root().join("tests/real").join(name);
    let project = Project::copy(&policy, Some(&folder.join(name).with_extension("sql")));
    project.build();
    end_to_end::roundtrip(server, &project, &Case { export: "developers", ..Case::default() });
}

#[test]
fn crates_io_goes_round() {
    roundtrip("crates_io", None);
}

#[test]
fn pagila_goes_round() {
    roundtrip("pagila", Some(18));
}
