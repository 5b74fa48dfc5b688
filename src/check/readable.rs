//! Names that a file can hold in sight. A line break or a tab in a name is a line break or a tab in the SQL that a DBA reads, in
//! a comment or a manifest, where a terminal, a review tool or a rule for line endings changes it. So the printer takes none;
//! here it is told at the place.

use crate::catalog::{Catalog, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::Model;
use crate::model::access::ScopeKind;
use crate::source::Span;
use std::collections::BTreeSet;

pub(super) fn check(catalog: &Catalog, model: &Model, diagnostics: &mut Vec<Diagnostic>) {
    let exported = model.exports.values().flat_map(|export| export.tables.keys());
    // No SQL names an internal table.
    let placed = model.access.scopes.iter().filter(|(_, scope)| scope.kind != ScopeKind::Internal);
    let tables: BTreeSet<_> = exported.chain(placed.map(|(name, _)| name)).collect();
    for table in tables.into_iter().filter_map(|name| catalog.tables.get(name)) {
        for (what, name, span) in names(table).filter(|(_, name, _)| name.contains(char::is_control)) {
            let title = format!("expected a name without control characters, found {what} `{}`", name.escape_debug());
            diagnostics.push(
                Diagnostic::new(codes::N0218, title)
                    .at(span, "declared here")
                    .note(format!(
                        "`{}` is exported, or belongs to the tenancy, so its names stand in the emitted SQL",
                        table.name
                    ))
                    .help("rename it in the schema; its table can leave no export and be of no tenancy until then"),
            );
        }
    }
}

fn names(table: &Table) -> impl Iterator<Item = (&'static str, &str, Span)> {
    let own = [("the schema", table.name.schema.as_str()), ("the table", table.name.name.as_str())];
    let keys = table.primary_key.iter().chain(&table.unique).map(|key| ("the constraint", key.name.as_str()));
    let foreign = table.foreign_keys.iter().map(|key| ("the constraint", key.name.as_str()));
    let indexes = table.indexes.iter().map(|index| ("the index", index.name.as_str()));
    let triggers = table.triggers.iter().map(|trigger| ("the trigger", trigger.name.as_str()));
    let of_table = own.into_iter().chain(keys).chain(foreign).chain(indexes).chain(triggers);
    let columns = table.columns.values().map(|column| ("the column", column.name.as_str(), column.span));
    of_table.map(|(what, name)| (what, name, table.span)).chain(columns)
}
