//! Which rows leave, and which references would then dangle.
//!
//! A row leaves when its table's `rows` predicates are true and, for each reference declared `orphans skip`, the
//! row that it points at leaves too. That test is an EXISTS whose own condition is the referenced table's, and so
//! on; a cycle of `orphans skip` would have no end and is an error.

use super::order::{Graph, components};
use super::select::{ROW, row_sql};
use super::{Planner, UncheckedPlan};
use crate::catalog::{Catalog, Category, Column, ForeignKey, QName, Table};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::N0852;
use crate::mask::First;
use crate::mask::hmac::Canonical;
use crate::mask::pick::KEY;
use crate::model::{Export, ExportTable};
use crate::sql::{Expr, From, Ident, Relation, Select};
use crate::syntax::ast::Orphans;
use std::collections::BTreeSet;

impl Planner<'_> {
    /// What must be true of the row `alias` of `table` for it to leave; `None` when every row leaves.
    pub(super) fn leaves(&self, table: &QName, alias: &str) -> Option<Expr> {
        let export = self.export.tables.get(table)?;
        let mut conditions: Vec<Expr> = self.tenants_own(table, alias).into_iter().collect();
        conditions.extend(export.rows.iter().map(|predicate| row_sql(&predicate.sql, alias)));
        for key in keys_with(self.catalog, table, export, Orphans::Skip) {
            if let Some(there) = self.target_leaves(key, alias) {
                let mut either: Vec<Expr> = key.columns.iter().map(|name| Expr::of(alias, name).is_null()).collect();
                either.push(there);
                conditions.push(Expr::Or(either));
            }
        }
        match conditions.len() {
            0 | 1 => conditions.pop(),
            _ => Some(Expr::And(conditions)),
        }
    }

    /// The keys that a column with one foreign key of its own may reference, of the rows that leave.
    pub(super) fn lookup(&self, table: &Table, column: &str, alias: &str) -> Option<Select> {
        let key = table.foreign_keys.iter().find(|key| key.columns == [column])?;
        let referenced = key.referenced_columns.first()?;
        let row = format!("{alias}_row");
        let rows = Relation::Table { name: key.references.clone(), only: self.only(&key.references) };
        Some(Select {
            columns: vec![(Expr::of(&row, referenced), Some(Ident::from(KEY)))],
            condition: self.leaves(&key.references, &row),
            from: vec![From::first(rows, row)],
            ..Select::default()
        })
    }

    /// Of the rows that leave, the one with the least value in the unique column `by`. Values are compared by their
    /// bytes where they are text: an operator of an extension would have to be found by the search path.
    pub(super) fn first(&self, table: &Table, column: &Column, by: &Column, alias: &str) -> First {
        let row = format!("{alias}_row");
        let of_first = |name: &str| {
            Expr::scalar(Select {
                columns: vec![(Expr::of(&row, name), None)],
                from: vec![From::first(
                    Relation::Table { name: table.name.clone(), only: self.only(&table.name) },
                    row.clone(),
                )],
                condition: self.leaves(&table.name, &row),
                order_by: vec![Expr::of(&row, &by.name)],
                limit: Some(1),
                ..Select::default()
            })
        };
        let own = Expr::of(ROW, &by.name);
        let exact = |value: Expr| match Canonical::of([&self.catalog.base_type(&by.data_type)]) {
            Some(Canonical::Text | Canonical::Trimmed | Canonical::Lower) => value.cast("text"),
            _ => value,
        };
        First { is_it: exact(own).op("=", exact(of_first(&by.name))), value: of_first(&column.name) }
    }

    /// For a column with `orphans null`: what must be true for its reference to stay.
    pub(super) fn stays(&self, table: &QName, column: &str, alias: &str) -> Option<Expr> {
        let export = self.export.tables.get(table)?;
        let together = self.null_together(table, export, column);
        let keys = keys_with(self.catalog, table, export, Orphans::Null)
            .filter(|key| nulled(export, key).iter().any(|name| together.contains(name)));
        let mut conditions: Vec<Expr> = keys.filter_map(|key| self.target_leaves(key, alias)).collect();
        match conditions.len() {
            0 | 1 => conditions.pop(),
            _ => Some(Expr::And(conditions)),
        }
    }

    /// Columns that are NULL when this one is: MATCH FULL allows no half NULL.
    fn null_together<'b>(&'b self, table: &QName, export: &'b ExportTable, column: &'b str) -> BTreeSet<&'b str> {
        let mut together = BTreeSet::from([column]);
        loop {
            let before = together.len();
            for key in keys_with(self.catalog, table, export, Orphans::Null).filter(|key| key.match_full) {
                let names = nulled(export, key);
                if names.iter().any(|name| together.contains(name)) {
                    together.extend(names);
                }
            }
            if together.len() == before {
                return together;
            }
        }
    }

    /// `EXISTS` of the referenced row among those that leave; `None` when every reference has its row there.
    fn target_leaves(&self, key: &ForeignKey, alias: &str) -> Option<Expr> {
        // The key may point at a partition: its rows leave as those of its root do.
        let leaving = self.catalog.partition_root(&key.references);
        if !self.export.tables.contains_key(leaving) {
            return Some(Expr::Boolean(false));
        }
        // Each depth has its own alias, so that no column is captured by an inner row.
        let inner = format!("{alias}_parent");
        let condition = self.leaves(leaving, &inner);
        if condition.is_none() && key.validated && key.enforced {
            return None;
        }
        let pairs = key.referenced_columns.iter().zip(&key.columns);
        let mut tests: Vec<Expr> =
            pairs.map(|(there, here)| self.equal(key, &inner, there, Expr::of(alias, here))).collect();
        tests.extend(condition);
        let only = self.only(&key.references);
        Some(Expr::Exists(Box::new(Select {
            columns: vec![(Expr::Integer(1), None)],
            from: vec![From::first(Relation::Table { name: key.references.clone(), only }, inner)],
            condition: Some(Expr::And(tests)),
            ..Select::default()
        })))
    }

    /// Foreign keys of the exported tables, each with a count of its rows that point nowhere. Rows that are loaded
    /// while nothing fires are never checked again, not even by VALIDATE CONSTRAINT.
    pub(super) fn unchecked(&self) -> Vec<UncheckedPlan> {
        // A partition may have keys that its table does not have.
        let tables = self.loaded_tables().into_iter();
        let keys = tables.flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
        let keys = keys.filter(|(table, key)| key.enforced && !self.is_copied_key(table, key));
        let plan_of = |(table, key): (&Table, &ForeignKey)| UncheckedPlan {
            table: table.name.clone(),
            name: key.name.clone(),
            dangling: self.dangling(&table.name, key),
        };
        keys.map(plan_of).collect()
    }

    fn dangling(&self, table: &QName, key: &ForeignKey) -> Select {
        let set: Vec<Expr> = key.columns.iter().map(|name| Expr::of("t", name).is_not_null()).collect();
        let pairs = key.referenced_columns.iter().zip(&key.columns);
        let tests = pairs.map(|(there, here)| self.equal(key, "parent", there, Expr::of("t", here))).collect();
        let only = self.only(&key.references);
        let parent = Expr::Exists(Box::new(Select {
            columns: vec![(Expr::Integer(1), None)],
            from: vec![From::first(Relation::Table { name: key.references.clone(), only }, "parent")],
            condition: Some(Expr::And(tests)),
            ..Select::default()
        }));
        // MATCH FULL demands a parent as soon as one column is set, MATCH SIMPLE only when all are.
        let referring = if key.match_full { Expr::Or(set) } else { Expr::And(set) };
        Select {
            columns: vec![(Expr::call("count", [Expr::Star]), None)],
            from: vec![From::first(Relation::Table { name: table.clone(), only: self.only(table) }, "t")],
            condition: Some(Expr::And(vec![referring, Expr::Not(Box::new(parent))])),
            ..Select::default()
        }
    }

    fn equal(&self, key: &ForeignKey, alias: &str, column: &str, here: Expr) -> Expr {
        equal(self.catalog, &key.references, alias, column, here)
    }
}

/// Foreign keys of which a column says what happens to orphans.
pub(super) fn keys_with<'b>(
    catalog: &'b Catalog,
    table: &QName,
    export: &'b ExportTable,
    orphans: Orphans,
) -> impl Iterator<Item = &'b ForeignKey> {
    let keys = catalog.tables.get(table).into_iter().flat_map(|table| catalog.keys_of_rows(table));
    keys.filter(move |key| {
        key.columns.iter().any(|name| export.columns.get(name).is_some_and(|own| own.orphans == Some(orphans)))
    })
}

/// Tables whose `orphans skip` lead back to themselves.
pub(super) fn check_orphans(catalog: &Catalog, export: &Export) -> Vec<Diagnostic> {
    let mut graph = Graph::new();
    for (table, own) in &export.tables {
        let targets =
            keys_with(catalog, table, own, Orphans::Skip).map(|key| catalog.partition_root(&key.references).clone());
        graph.insert(table.clone(), targets.collect());
    }
    components(&graph)
        .into_iter()
        .filter(|group| is_cycle(group, &graph))
        .map(|group| {
            let names: Vec<String> = group.iter().map(|table| format!("`{table}`")).collect();
            Diagnostic::new(
                N0852,
                format!("expected `orphans skip` to lead to an end, found a cycle through {}", names.join(" and ")),
            )
            .at(export.span, "in this export")
            .note("whether a row leaves would depend on whether it leaves itself")
            .help("say `orphans null` at one reference of the cycle")
        })
        .collect()
}

/// A foreign key's own equality with a column of the table that it references: an extension's operator is found by its
/// schema, since the search path has none.
pub(super) fn equal(catalog: &Catalog, references: &QName, alias: &str, column: &str, here: Expr) -> Expr {
    let there = Expr::of(alias, column);
    let declared = catalog.tables.get(references).and_then(|table| table.columns.get(column));
    match declared.map(|column| catalog.base_type(&column.data_type)) {
        Some(base) if base.category == Category::Scalar && base.data_type.name.schema != "pg_catalog" => {
            Expr::OperatorOf(Box::new(there), Ident(base.data_type.name.schema.into()), "=", Box::new(here))
        }
        _ => there.op("=", here),
    }
}

/// The columns of a key that become NULL where its reference would dangle: one is enough, but for MATCH FULL.
pub(super) fn nulled<'a>(export: &ExportTable, key: &'a ForeignKey) -> Vec<&'a str> {
    let declares = |name: &&str| export.columns.get(*name).is_some_and(|own| own.orphans.is_some());
    let names = key.columns.iter().map(String::as_str).filter(declares);
    names.take(if key.match_full { usize::MAX } else { 1 }).collect()
}

fn is_cycle(group: &[QName], graph: &Graph) -> bool {
    let itself = |table: &QName| graph.get(table).is_some_and(|targets| targets.contains(table));
    group.len() > 1 || group.first().is_some_and(itself)
}
