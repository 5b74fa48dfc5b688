//! A digest of what the schema says, not of how the file says it: statement order, comments, spacing and
//! `pg_dump`'s random `\restrict` token leave it unchanged.

use super::Catalog;
use crate::source::{Sources, Span};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The rendering of a large schema is larger than its dump by far, so it goes into the digest as it is made.
struct Hasher(Sha256);

impl Write for Hasher {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

impl Catalog {
    /// SHA-256, hexadecimal, over a canonical rendering of the whole catalog.
    ///
    /// The rendering is the maps in order of names, with every list sorted whose order means nothing ([`read`]
    /// sorts them), and without the places of statements.
    ///
    /// [`read`]: super::read
    pub fn digest(&self) -> String {
        let mut hasher = Hasher(Sha256::new());
        let mut plain = self.clone();
        plain.forget_places();
        // Writing to a digest cannot fail.
        let _ = write!(hasher, "{plain:?}");
        let bytes = hasher.0.finalize();
        let mut text = String::with_capacity(bytes.len() * 2);
        for digit in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    }

    fn forget_places(&mut self) {
        let mut sources = Sources::default();
        let Some(nowhere) = sources.add(String::new(), String::new()) else { return };
        let none = Span::new(nowhere, 0, 0);
        self.each_span(|span| *span = none);
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

    fn each_span(&mut self, mut change: impl FnMut(&mut Span)) {
        for table in self.tables.values_mut() {
            change(&mut table.span);
            table.columns.values_mut().for_each(|one| change(&mut one.span));
            table.unique.iter_mut().chain(&mut table.primary_key).for_each(|one| change(&mut one.span));
            table.foreign_keys.iter_mut().for_each(|one| change(&mut one.span));
            table.checks.iter_mut().for_each(|one| change(&mut one.span));
            table.exclusions.iter_mut().for_each(|one| change(&mut one.span));
            table.indexes.iter_mut().for_each(|one| change(&mut one.span));
            table.triggers.iter_mut().for_each(|one| change(&mut one.span));
            table.policies.iter_mut().for_each(|one| change(&mut one.span));
        }
        for found in self.types.values_mut() {
            change(&mut found.span);
            if let super::TypeKind::Domain { checks, .. } = &mut found.kind {
                for check in checks {
                    change(&mut check.span);
                }
            }
        }
        for view in self.views.values_mut() {
            change(&mut view.span);
            view.indexes.iter_mut().for_each(|one| change(&mut one.span));
        }
        self.sequences.values_mut().for_each(|one| change(&mut one.span));
        self.functions.values_mut().flatten().for_each(|one| change(&mut one.span));
    }
}
