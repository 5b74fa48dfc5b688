//! Sequences continue after the largest loaded value.
//!
//! `setval` is not undone by a rollback, but `ALTER SEQUENCE … RESTART` gives the sequence a new file within the
//! transaction, and a `setval` after it writes into that file: a rollback brings the old one back.

use super::SequencePlan;
use crate::catalog::{Catalog, Column, QName};
use std::collections::{BTreeMap, BTreeSet};

/// Sequences that number a column of `tables`, each with every column of the schema that it numbers: one that is
/// shared with a table outside must not fall behind that table.
pub fn plan_sequences(catalog: &Catalog, tables: &BTreeSet<&QName>) -> Vec<SequencePlan> {
    let users = users(catalog);
    catalog
        .sequences
        .values()
        .filter_map(|sequence| {
            let columns: Vec<(QName, String)> = users
                .get(&sequence.name)
                .into_iter()
                .flatten()
                .filter(|(_, column)| is_whole_number(column))
                .map(|(table, column)| ((*table).clone(), column.name.clone()))
                .collect();
            columns.iter().any(|(table, _)| tables.contains(table)).then(|| SequencePlan {
                name: sequence.name.clone(),
                descending: sequence.increment < 0,
                minimum: sequence.minimum,
                maximum: sequence.maximum,
                columns,
            })
        })
        .collect()
}

type Users<'a> = BTreeMap<&'a QName, Vec<(&'a QName, &'a Column)>>;

/// A partition's own columns are left out: its rows are read through the root.
fn users(catalog: &Catalog) -> Users<'_> {
    let mut owned: BTreeMap<(&QName, &str), Vec<&QName>> = BTreeMap::new();
    for sequence in catalog.sequences.values() {
        if let Some((table, column)) = &sequence.owned_by {
            owned.entry((table, column)).or_default().push(&sequence.name);
        }
    }
    let mut users = Users::new();
    for table in catalog.tables.values().filter(|table| table.partition_of.is_none()) {
        for column in table.columns.values() {
            let mut sequences: BTreeSet<&QName> = BTreeSet::new();
            sequences.extend(column.default.iter().flat_map(|default| &default.sequences));
            sequences.extend(owned.get(&(&table.name, column.name.as_str())).into_iter().flatten());
            for sequence in sequences {
                users.entry(sequence).or_default().push((&table.name, column));
            }
        }
    }
    users
}

fn is_whole_number(column: &Column) -> bool {
    let name = &column.data_type.name;
    column.data_type.dimensions == 0
        && name.schema == "pg_catalog"
        && matches!(name.name.as_str(), "int2" | "int4" | "int8")
}
