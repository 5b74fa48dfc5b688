//! Export and import between two real databases.

use crate::rows::fill;
use crate::support::{self, Database};

#[test]
fn samples_take_rows() {
    let Some(server) = support::server(None) else { return };
    for sample in ["expense", "clinic", "storefront"] {
        let folder = support::root().join("policies").join(sample);
        let database = Database::new(server, sample);
        database.sql(&std::fs::read_to_string(folder.join("schema.sql")).unwrap());
        database.sql(&std::fs::read_to_string(folder.join("rows.sql")).unwrap());
        let filled = fill(&database, 1);
        eprintln!("{sample}: {:#?}", filled);
    }
}
