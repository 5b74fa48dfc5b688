//! What the live catalog must look like for the compiled files to mean what they say.
//!
//! The words are those that `emit/shape.sql` makes of `pg_catalog`: a type by schema and internal name, with its
//! modifiers as `format_type` prints them, so that no search path and no spelling changes them.

use super::{Bystander, Planner, Shape, ShapeKind};
use crate::catalog::{Column, DataType, ForeignKey, Identity, QName, Table, TableKind, Trigger, TriggerMode};
use crate::syntax::ast::ImportStrategy;
use std::borrow::Cow;
use std::collections::BTreeSet;

impl<'a> Planner<'a> {
    /// Tables and columns, sorted.
    pub(super) fn shape(&self) -> Vec<Shape<'a>> {
        let tables = || self.export.tables.keys().filter_map(|name| self.catalog.tables.get(name));
        let mut shape: Vec<Shape<'_>> = tables().map(table_shape).collect();
        shape.extend(tables().flat_map(column_shapes));
        shape.sort();
        shape
    }

    /// Triggers of the tables and of their partitions, foreign keys that the load alters, forced row security, sorted.
    pub(super) fn import_shape(&self, deferred: &[(QName, String)], bystanders: &[Bystander]) -> Vec<Shape<'a>> {
        let mut shape = Vec::new();
        for table in self.loaded_tables() {
            // A copy in its original's mode goes with the original.
            let follows = |trigger: &Trigger| self.original(table, trigger).is_some_and(|own| own.mode == trigger.mode);
            let named = table.triggers.iter().filter(|trigger| !follows(trigger));
            shape.extend(named.map(|trigger| fact(ShapeKind::Trigger, table, &trigger.name, mode(trigger))));
        }
        let altered: BTreeSet<(&QName, &str)> = deferred.iter().map(|(table, name)| (table, name.as_str())).collect();
        for table in self.loaded_tables() {
            for key in table.foreign_keys.iter().filter(|key| altered.contains(&(&table.name, key.name.as_str()))) {
                shape.push(fact(ShapeKind::ForeignKey, table, &key.name, deferrability(key)));
            }
        }
        for table in self.export.tables.keys().filter_map(|name| self.catalog.tables.get(name)) {
            shape.push(fact(ShapeKind::RowSecurity, table, "", forced(table)));
        }
        for table in bystanders.iter().filter_map(|beside| self.catalog.tables.get(&beside.name)) {
            shape.push(fact(ShapeKind::Bystander, table, "", forced(table)));
        }
        shape.push(Shape {
            kind: ShapeKind::Setting,
            schema: "",
            table: "",
            item: "session_replication_role",
            value: if self.export.strategy == ImportStrategy::ParameterGroup { "replica" } else { "origin" }.into(),
        });
        shape.sort();
        shape
    }
}

fn forced(table: &Table) -> &'static str {
    if table.force_row_security { "forced" } else { "not forced" }
}

fn fact<'a>(kind: ShapeKind, table: &'a Table, item: &'a str, value: impl Into<Cow<'a, str>>) -> Shape<'a> {
    Shape { kind, schema: &table.name.schema, table: &table.name.name, item, value: value.into() }
}

fn table_shape(table: &Table) -> Shape<'_> {
    let kind = if matches!(table.kind, TableKind::Partitioned { .. }) { "partitioned" } else { "ordinary" };
    fact(ShapeKind::Table, table, "", kind)
}

fn column_shapes(table: &Table) -> Vec<Shape<'_>> {
    let columns = table.columns.values();
    let mut shapes: Vec<_> =
        columns.map(|column| fact(ShapeKind::Column, table, &column.name, words(column))).collect();
    // So that the whole list comes sorted, which is seen sooner than it is made.
    shapes.sort_unstable();
    shapes
}

fn words(column: &Column) -> String {
    let mut words = type_words(&column.data_type);
    if column.not_null {
        words.push_str(" not null");
    }
    match column.identity {
        Some(Identity::Always) => words.push_str(" identity always"),
        Some(Identity::ByDefault) => words.push_str(" identity by default"),
        None => {}
    }
    match &column.generated {
        Some(generated) if generated.stored => words.push_str(" generated stored"),
        Some(_) => words.push_str(" generated virtual"),
        None => {}
    }
    words
}

fn type_words(data_type: &DataType) -> String {
    let QName { schema, name } = &data_type.name;
    let built_in = schema == "pg_catalog";
    let mut words = format!("{schema}.{name}");
    let modifiers = if built_in { data_type.modifiers.as_slice() } else { &[] };
    for (before, modifier) in std::iter::once("(").chain(std::iter::repeat(",")).zip(modifiers) {
        words.push_str(before);
        words.push_str(&modifier.to_string());
    }
    // `numeric(5)` is `numeric(5,0)`.
    words.push_str(match modifiers {
        [] => "",
        [_] if name == "numeric" => ",0)",
        _ => ")",
    });
    words.push_str(if data_type.dimensions > 0 { "[]" } else { "" });
    words
}

fn mode(trigger: &Trigger) -> &'static str {
    match trigger.mode {
        TriggerMode::Origin => "O",
        TriggerMode::Disabled => "D",
        TriggerMode::Replica => "R",
        TriggerMode::Always => "A",
    }
}

fn deferrability(key: &ForeignKey) -> &'static str {
    match (key.deferrable, key.initially_deferred) {
        (false, _) => "not deferrable",
        (true, false) => "deferrable initially immediate",
        (true, true) => "deferrable initially deferred",
    }
}
