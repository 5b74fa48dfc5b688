//! A role that exports reads what it exports: the export says so, and no grant need say it again.

use crate::model::Model;
use crate::model::access::{Command, Right};

/// Gives every exporting role SELECT on the tables of its exports, and USAGE on their schemas.
pub fn give_rights(model: &mut Model) {
    let access = &mut model.access;
    for export in model.exports.values() {
        let Some(role) = export.role.as_ref().filter(|role| access.roles.contains_key(&role.value)) else { continue };
        for table in export.tables.keys() {
            let rights = access.rights.entry(table.clone()).or_default().entry(role.value.clone()).or_default();
            let right = rights.entry(Command::Select).or_insert_with(|| Right {
                columns: None,
                conditions: Vec::new(),
                spans: Vec::new(),
            });
            // LOCK TABLE asks for the whole table, and an export is of all its rows.
            right.columns = None;
            right.conditions.clear();
            right.spans.push(role.span);
            access.schemas.entry(table.schema.to_string()).or_default().entry(role.value.clone()).or_insert(role.span);
        }
    }
}
