//! Which rows leave, and which references would then dangle: `rows`, `orphans skip` and `orphans null`.

use super::TablePlan;
use super::select::row_sql;
use crate::catalog::{ForeignKey, QName};
use crate::mask::pick::KEY;
use crate::plan::references::{keys_with, nulled};
use crate::sql::{Expr, From, Ident, Relation, Select};
use crate::syntax::ast::Orphans;

impl TablePlan<'_> {
    /// What must be true of the row `alias` of `table` for it to leave; `None` when every row leaves.
    pub(super) fn leaving(&self, table: &QName, alias: &str) -> Option<Expr> {
        let own = self.export.tables.get(table)?;
        let mut conditions: Vec<Expr> = own.rows.iter().map(|rows| row_sql(&rows.sql, alias)).collect();
        for key in keys_with(self.catalog, table, own, Orphans::Skip) {
            if let Some(there) = self.target_leaves(key, alias) {
                let mut either: Vec<Expr> = key.columns.iter().map(|name| Expr::of(alias, name).is_null()).collect();
                either.push(there);
                conditions.push(Expr::Or(either));
            }
        }
        (!conditions.is_empty()).then_some(Expr::And(conditions))
    }

    /// For a column with `orphans null`: what must be true for its reference to stay.
    pub(super) fn stays(&self, column: &str, alias: &str) -> Option<Expr> {
        let keys = keys_with(self.catalog, &self.table.name, self.own, Orphans::Null);
        let keys = keys.filter(|key| nulled(self.own, key).contains(&column));
        let conditions: Vec<Expr> = keys.filter_map(|key| self.target_leaves(key, alias)).collect();
        (!conditions.is_empty()).then_some(Expr::And(conditions))
    }

    /// The keys that a column may reference: those of rows that leave.
    pub(super) fn lookup(&self, column: &str, alias: &str) -> Option<Select> {
        let key = self.table.foreign_keys.iter().find(|key| key.columns == [column])?;
        let referenced = key.referenced_columns.first()?;
        let row = format!("{alias}_row");
        Some(Select {
            columns: vec![(Expr::of(&row, referenced), Some(Ident::from(KEY)))],
            condition: self.leaving(&key.references, &row),
            from: vec![From::first(Relation::table(key.references.clone()), row)],
            ..Select::default()
        })
    }

    /// Columns of foreign keys that are looked at to tell whether a reference stays.
    pub(super) fn referring(&self) -> impl Iterator<Item = &str> {
        let keys = keys_with(self.catalog, &self.table.name, self.own, Orphans::Null);
        keys.flat_map(|key| key.columns.iter().map(String::as_str))
    }

    /// `EXISTS` of the referenced row among those that leave; `None` when all of them do.
    fn target_leaves(&self, key: &ForeignKey, alias: &str) -> Option<Expr> {
        if !self.export.tables.contains_key(&key.references) {
            return Some(Expr::Boolean(false));
        }
        // Each depth has its own alias, so that no column is captured by an inner row.
        let inner = format!("{alias}_parent");
        let condition = self.leaving(&key.references, &inner)?;
        let pairs = key.referenced_columns.iter().zip(&key.columns);
        let mut tests: Vec<Expr> =
            pairs.map(|(there, here)| Expr::of(&inner, there).op("=", Expr::of(alias, here))).collect();
        tests.push(condition);
        Some(Expr::Exists(Box::new(Select {
            columns: vec![(Expr::Integer(1), None)],
            from: vec![From::first(Relation::table(key.references.clone()), inner)],
            condition: Some(Expr::And(tests)),
            ..Select::default()
        })))
    }
}
