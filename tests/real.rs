//! The schemas of other projects, where they are found.

use std::path::PathBuf;

use crate::rows::fill;
use crate::support::{self, Database};

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

fn filled(file: &str, major: Option<u32>) {
    let Some(folder) = schemas() else { return };
    let Some(server) = support::server(major) else { return };
    let database = Database::new(server, "real");
    database.sql(&std::fs::read_to_string(folder.join(file)).unwrap());
    fill(&database, 1).whole();
}

#[test]
fn crates_io_is_filled() {
    filled("crates_io.sql", None);
}

#[test]
fn pagila_is_filled() {
    filled("pagila.sql", Some(18));
}
