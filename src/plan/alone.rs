//! Who is singled out: rows that are alone with the combination of what is kept of them.
//!
//! A birthday says little and a postal code says little; both together often name one person. Asked are kept columns
//! of types with few values: dates, booleans, enums, smallint and short text. Left out are keys, references and unique
//! columns, which tell every row apart by design; numbers with many values and instants, which do so by accident; and
//! text of any length, unless the policy gives a reason for keeping it. A path of a document that is kept counts as a
//! column of its own: whoever names it thinks of one value, and documents hold settings more often than prose.

use super::Planner;
use super::select::ROW;
use super::words::name_words;
use crate::catalog::{BaseType, Category, Table};
use crate::mask::json;
use crate::model::{ExportColumn, ExportTable, JsonNode, MaskUse, Treatment};
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
        let told_apart = keys(table);
        let own = export.columns.iter().filter(|(name, _)| !told_apart.contains(name.as_str()));
        let kept: Vec<(String, Expr)> = own.flat_map(|(name, own)| self.kept(table, name, own)).collect();
        if kept.is_empty() {
            return None;
        }
        let size = (Expr::call("count", [Expr::Star]), Some(Ident::from("size")));
        let rows = Relation::Table { name: table.name.clone(), only: self.only(&table.name) };
        let groups = Select {
            columns: vec![size],
            from: vec![From::first(rows, ROW)],
            group_by: kept.iter().map(|(_, value)| value.clone()).collect(),
            ..Select::default()
        };
        let size = || Expr::of(ALIKE, "size");
        let alone = Expr::call("count", [Expr::Integer(1).when(size().op("=", Expr::Integer(1)))]);
        let all = Expr::call("coalesce", [Expr::call("sum", [size()]), Expr::Integer(0)]);
        let list = kept.into_iter().map(|(words, _)| words).collect::<Vec<_>>().join(", ");
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
        let kept = own.filter(|(_, own)| matches!(own.treatment, Treatment::Keep));
        kept.filter(|(name, own)| !self.kept(table, name, own).is_empty()).map(|(name, _)| name).collect()
    }

    /// What of a column may single out a row: itself, or the values at the paths of a document that are kept.
    fn kept(&self, table: &Table, name: &str, own: &ExportColumn) -> Vec<(String, Expr)> {
        let Some(column) = table.columns.get(name) else { return Vec::new() };
        let base = self.catalog.base_type(&column.data_type);
        match &own.treatment {
            Treatment::Keep if has_few_values(&base, own.decision.because.is_some()) => {
                vec![(name_words(name), Expr::of(ROW, name))]
            }
            // An hstore has other functions, and its values are as short or long as any text.
            Treatment::Mask(MaskUse::Json(document)) if json::accepts(&base) => {
                let mut paths = Vec::new();
                kept_paths(&document.root, &mut Vec::new(), &mut paths);
                let function = base.data_type.name.name.as_str();
                paths.into_iter().map(|path| at_path(function, name, &path)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Paths of a document whose value is kept. What every element of an array gives is no single value of the row.
fn kept_paths<'j>(node: &'j JsonNode, path: &mut Vec<&'j str>, found: &mut Vec<Vec<&'j str>>) {
    match node {
        JsonNode::Leaf(treatment) if matches!(**treatment, Treatment::Keep) => found.push(path.clone()),
        JsonNode::Leaf(_) | JsonNode::Each(_) => {}
        JsonNode::Object { keys, .. } => {
            for (key, node) in keys {
                path.push(key);
                kept_paths(node, path, found);
                path.pop();
            }
        }
    }
}

fn at_path(function: &str, column: &str, path: &[&str]) -> (String, Expr) {
    let words = std::iter::once(&column).chain(path).map(|part| name_words(part)).collect::<Vec<_>>().join(".");
    let keys = path.iter().map(|key| Expr::text(*key));
    let arguments: Vec<Expr> = std::iter::once(Expr::of(ROW, column)).chain(keys).collect();
    (words, Expr::call(&format!("{function}_extract_path_text"), arguments))
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
