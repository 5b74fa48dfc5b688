//! The schemas of other projects, where they are found.

use std::path::PathBuf;

use crate::rows::fill;
use crate::support::{self, Database};

/// The folder with schemas that are read where they lie and are no part of this repository.
pub fn schemas() -> Option<PathBuf> {
    let named = std::env::var_os("NOREN_SCHEMAS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| support::root().join("../shared/schemas"));
    if folder.is_dir() {
        return Some(folder);
    }
    support::skipped(&format!("no folder {}: name one with the real schemas in NOREN_SCHEMAS", folder.display()));
    None
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
