//! A digest of what the schema says, not of how the file says it: statement order, comments, spacing and
//! `pg_dump`'s random `\restrict` token leave it unchanged.

use super::Catalog;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

/// The rendering of a large schema is larger than its dump, so it goes into the digest as it is made.
struct Hasher(Sha256);

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Objects in the order of their names, which they hold themselves: JSON has no keys but strings.
pub(super) fn values<K, T: Serialize, S: Serializer>(
    objects: &BTreeMap<K, T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(objects.values())
}

impl Catalog {
    /// SHA-256, hexadecimal, over a canonical rendering of the whole catalog.
    ///
    /// The rendering is JSON: the maps in order of names, with every list sorted whose order means nothing ([`read`]
    /// sorts them), and without the places of statements.
    ///
    /// [`read`]: super::read
    pub fn digest(&self) -> String {
        let mut hasher = Hasher(Sha256::new());
        let mut buffer = BufWriter::new(&mut hasher);
        let rendered = serde_json::to_writer(&mut buffer, self).map_err(io::Error::from);
        let written = rendered.and_then(|()| buffer.flush());
        debug_assert!(written.is_ok(), "a digest takes everything, and every key is a string: {written:?}");
        drop(buffer);
        let bytes = hasher.0.finalize();
        let mut text = String::with_capacity(bytes.len() * 2);
        for digit in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    }

    /// Lists whose order means nothing get the order of names.
    pub(super) fn sort(&mut self) {
        for table in self.tables.values_mut() {
            table.unique.sort_by(|one, two| one.name.cmp(&two.name));
            table.foreign_keys.sort_by(|one, two| one.name.cmp(&two.name));
            table.checks.sort_by(|one, two| one.name.cmp(&two.name));
            table.exclusions.sort_by(|one, two| one.name.cmp(&two.name));
            table.indexes.sort_by(|one, two| one.name.cmp(&two.name));
            table.triggers.sort_by(|one, two| one.name.cmp(&two.name));
            table.policies.sort_by(|one, two| one.name.cmp(&two.name));
            table.publications.sort();
            table.grants.sort();
        }
        for view in self.views.values_mut() {
            view.indexes.sort_by(|one, two| one.name.cmp(&two.name));
            view.grants.sort();
        }
        self.sequences.values_mut().for_each(|sequence| sequence.grants.sort());
        for overloads in self.functions.values_mut() {
            overloads.sort_by(|one, two| one.arguments.cmp(&two.arguments));
            for function in overloads {
                function.grants.sort();
            }
        }
        self.schema_grants.retain(|_, grants| !grants.is_empty());
        self.schema_grants.values_mut().for_each(|grants| grants.sort());
    }
}
