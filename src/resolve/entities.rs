//! Masks that are tied to another column of their row, and what links them.
//!
//! The reading of a name must be chosen by the hash that chose the name: so it joins the group of the name's column.
//! The dates of a person must move together, in whichever column and table they stand: so they join one group for the
//! column that the foreign keys of the tie end at. That group is never the one of the person's own pseudonyms, from
//! whose digits anybody could compute by how much the dates moved.

use crate::catalog::{Catalog, QName};
use crate::mask::{Hashes, Linkage};
use crate::model::{ExportTable, LinkageGroup, MaskCall, MaskUse, Treatment};
use std::collections::{BTreeMap, BTreeSet};

/// Gives every tied mask its group; after foreign keys have handed masks on.
pub fn link(catalog: &Catalog, tables: &mut BTreeMap<QName, ExportTable>) {
    for (name, table) in tables {
        let of_values: BTreeMap<String, LinkageGroup> = table
            .columns
            .iter()
            .filter_map(|(column, own)| match &own.treatment {
                Treatment::Mask(MaskUse::Call(call)) if call.mask.hashes(&call.arguments) == Hashes::Input => {
                    Some((column.clone(), call.group.clone()))
                }
                _ => None,
            })
            .collect();
        for own in table.columns.values_mut() {
            each_call(&mut own.treatment, &mut |call| {
                let group = match call.mask.linkage(&call.arguments) {
                    Linkage::Own => None,
                    Linkage::Of(column) => {
                        Some(of_values.get(column).cloned().unwrap_or_else(|| root("persona", catalog, name, column)))
                    }
                    // A class says itself what moves together.
                    Linkage::Entity(_) if call.group.0.starts_with("class:") => None,
                    Linkage::Entity(column) => Some(root("entity", catalog, name, column)),
                };
                call.group = group.unwrap_or_else(|| call.group.clone());
            });
        }
    }
}

fn each_call(treatment: &mut Treatment, found: &mut dyn FnMut(&mut MaskCall)) {
    match treatment {
        Treatment::Mask(MaskUse::Call(call)) => found(call),
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => {
            each_call(then, found);
            each_call(otherwise, found);
        }
        Treatment::Mask(MaskUse::Fields(mask)) => {
            for (_, treatment) in mask.fields.values_mut() {
                each_call(treatment, found);
            }
        }
        _ => {}
    }
}

/// The group of the column at the end of the foreign keys from this one.
fn root(word: &str, catalog: &Catalog, table: &QName, column: &str) -> LinkageGroup {
    let mut place = (table.clone(), column.to_owned());
    let mut seen = BTreeSet::new();
    while seen.insert(place.clone()) {
        let Some(table) = catalog.tables.get(&place.0) else { break };
        let next = table.foreign_keys.iter().find_map(|key| {
            let at = key.columns.iter().position(|own| *own == place.1)?;
            Some((key.references.clone(), key.referenced_columns.get(at)?.clone()))
        });
        match next {
            Some(next) => place = next,
            None => break,
        }
    }
    LinkageGroup(format!("{word}:{}.{}", place.0, place.1))
}
