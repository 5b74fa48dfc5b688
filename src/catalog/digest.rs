//! A digest of what the schema says, not of how the file says it: statement order, comments, spacing and
//! `pg_dump`'s random `\restrict` token leave it unchanged.

use super::{Catalog, Table, Type, TypeKind, View};
use crate::source::{Sources, Span};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The rendering of a large schema is larger than its dump by far, so it goes into the digest as it is made.
struct Hasher(Sha256);

impl Write for Hasher {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// The catalog as its `Debug` form, each object without the places of its statements. One object is copied at a time:
/// a second catalog would take as much memory as the first.
struct Placeless<'a>(&'a Catalog, Span);

impl fmt::Debug for Placeless<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Catalog {
            schemas,
            tables,
            types,
            views,
            sequences,
            functions,
            extensions,
            schema_grants,
            loose_collations,
            mysql,
        } = self.0;
        let none = self.1;
        let mut shown = formatter.debug_struct("Catalog");
        shown
            .field("schemas", schemas)
            .field("tables", &Objects(tables, none, Table::each_span))
            .field("types", &Objects(types, none, Type::each_span))
            .field("views", &Objects(views, none, View::each_span))
            .field("sequences", &Objects(sequences, none, |one, change| change(&mut one.span)))
            .field(
                "functions",
                &Objects(functions, none, |overloads, change| {
                    for one in overloads {
                        change(&mut one.span);
                    }
                }),
            )
            .field("extensions", extensions)
            .field("schema_grants", schema_grants)
            .field("loose_collations", loose_collations);
        if let Some(mysql) = mysql {
            shown.field("mysql", mysql);
        }
        shown.finish()
    }
}

type EachSpan<T> = fn(&mut T, &mut dyn FnMut(&mut Span));

struct Objects<'a, K, T>(&'a BTreeMap<K, T>, Span, EachSpan<T>);

impl<K: fmt::Debug, T: fmt::Debug + Clone> fmt::Debug for Objects<'_, K, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(objects, none, each_span) = self;
        let placeless = |object: &T| {
            let mut object = object.clone();
            each_span(&mut object, &mut |span| *span = *none);
            object
        };
        formatter.debug_map().entries(objects.iter().map(|(name, object)| (name, placeless(object)))).finish()
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
        // Writing to a digest cannot fail.
        let _ = match Sources::default().add(String::new(), String::new()) {
            Some(nowhere) => write!(hasher, "{:?}", Placeless(self, Span::new(nowhere, 0, 0))),
            None => write!(hasher, "{self:?}"),
        };
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

impl Table {
    fn each_span(&mut self, change: &mut dyn FnMut(&mut Span)) {
        change(&mut self.span);
        self.columns.values_mut().for_each(|one| change(&mut one.span));
        self.unique.iter_mut().chain(&mut self.primary_key).for_each(|one| change(&mut one.span));
        self.foreign_keys.iter_mut().for_each(|one| change(&mut one.span));
        self.checks.iter_mut().for_each(|one| change(&mut one.span));
        self.exclusions.iter_mut().for_each(|one| change(&mut one.span));
        self.indexes.iter_mut().for_each(|one| change(&mut one.span));
        self.triggers.iter_mut().for_each(|one| change(&mut one.span));
        self.policies.iter_mut().for_each(|one| change(&mut one.span));
    }
}

impl Type {
    fn each_span(&mut self, change: &mut dyn FnMut(&mut Span)) {
        change(&mut self.span);
        if let TypeKind::Domain { checks, .. } = &mut self.kind {
            for check in checks {
                change(&mut check.span);
            }
        }
    }
}

impl View {
    fn each_span(&mut self, change: &mut dyn FnMut(&mut Span)) {
        change(&mut self.span);
        self.indexes.iter_mut().for_each(|one| change(&mut one.span));
    }
}
