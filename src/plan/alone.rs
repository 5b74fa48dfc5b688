//! Who is singled out: rows that are alone with the combination of what is kept of them.
//!
//! A birthday says little and a postal code says little; both together often name one person. Asked are kept columns
//! of types with few values: dates, booleans, enums, smallint and short text. Left out are keys, references and unique
//! columns, which tell every row apart by design; numbers with many values and instants, which do so by accident; and
//! text of any length, unless the policy gives a reason for keeping it.

use super::Planner;
use super::select::ROW;
use super::words::name_words;
use crate::catalog::{BaseType, Category, Table};
use crate::model::{ExportColumn, ExportTable, Treatment};
use crate::sql::{Expr, From, Ident, Relation, Select};
use std::collections::BTreeSet;

/// Text that may be longer is no code and no category.
const SHORT: i32 = 64;

/// The groups of rows that are alike.
const ALIKE: &str = "alike";

impl Planner<'_> {
    /// For each table with such columns: one line that says how many rows are alone.
    pub(super) fn alone(&self) -> impl Iterator<Item = Select> {
        let tables = self.export.tables.iter();
        tables.filter_map(|(name, export)| self.alone_in(self.catalog.tables.get(name)?, export))
    }

    fn alone_in(&self, table: &Table, export: &ExportTable) -> Option<Select> {
        let names = self.identifying(table, export);
        if names.is_empty() {
            return None;
        }
        let size = (Expr::call("count", [Expr::Star]), Some(Ident::from("size")));
        let rows = Relation::Table { name: table.name.clone(), only: self.only(&table.name) };
        let groups = Select {
            columns: vec![size],
            from: vec![From::first(rows, ROW)],
            group_by: names.iter().map(|name| Expr::of(ROW, name)).collect(),
            ..Select::default()
        };
        let size = || Expr::of(ALIKE, "size");
        let alone = Expr::call("count", [Expr::Integer(1).when(size().op("=", Expr::Integer(1)))]);
        let all = Expr::call("coalesce", [Expr::call("sum", [size()]), Expr::Integer(0)]);
        let list = names.iter().map(|name| name_words(name)).collect::<Vec<_>>().join(", ");
        let line = Expr::call(
            "concat",
            [
                Expr::text(format!("{}: ", table.name)),
                alone,
                Expr::text(" of "),
                all,
                Expr::text(format!(" rows are alone with their ({list})")),
            ],
        );
        Some(Select {
            columns: vec![(line, None)],
            from: vec![From::first(Relation::Select(Box::new(groups)), ALIKE)],
            ..Select::default()
        })
    }

    /// Kept columns that together may name a person.
    pub(super) fn identifying<'e>(&self, table: &Table, export: &'e ExportTable) -> Vec<&'e String> {
        let told_apart = keys(table);
        let own = export.columns.iter().filter(|(name, _)| !told_apart.contains(name.as_str()));
        own.filter(|(name, own)| self.identifies(table, name, own)).map(|(name, _)| name).collect()
    }

    fn identifies(&self, table: &Table, name: &str, own: &ExportColumn) -> bool {
        let Some(column) = table.columns.get(name) else { return false };
        let base = self.catalog.base_type(&column.data_type);
        matches!(own.treatment, Treatment::Keep) && has_few_values(&base, own.decision.because.is_some())
    }
}

/// Columns of keys, of references and of unique indexes.
fn keys(table: &Table) -> BTreeSet<&str> {
    let unique = table.unique_keys().into_iter().flat_map(|key| key.columns);
    let foreign = table.foreign_keys.iter().flat_map(|key| key.columns.iter().map(String::as_str));
    unique.chain(foreign).collect()
}

fn has_few_values(base: &BaseType, reasoned: bool) -> bool {
    let name = &base.data_type.name;
    match base.category {
        Category::Enum => true,
        Category::Scalar if name.schema == "pg_catalog" => match name.name.as_str() {
            "bool" | "date" | "int2" => true,
            "varchar" | "bpchar" | "text" => base.data_type.modifiers.first().map_or(reasoned, |limit| *limit <= SHORT),
            _ => false,
        },
        Category::Scalar => name.name == "citext" && reasoned,
        _ => false,
    }
}
