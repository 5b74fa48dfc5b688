//! Leak probes: what each loaded value must look like, whatever the raw one was.
//!
//! The compiler proves that the files mask every value; a probe asks the copy whether it is so. It finds a file that
//! somebody changed, a trigger that wrote the raw value back, and a row that was put there by another way. A table is
//! read once, all its columns together, and only rows are counted: no value is ever printed.

use super::Planner;
use super::masks::constant_default;
use super::select::ROW;
use crate::catalog::{Category, Column, Table, TypeKind};
use crate::mask::Probed;
use crate::model::{ExportTable, Fill, MaskUse, Treatment};
use crate::sql::{Expr, From, Ident, Join, Relation, Select};

/// The counts of one table's columns, before each becomes a row.
const FOUND: &str = "found";

impl Planner<'_> {
    /// For each table with something to probe: the columns' names, and how many rows no mask can have given.
    pub(super) fn probes(&self) -> impl Iterator<Item = Select> {
        let tables = self.export.tables.iter();
        tables.filter_map(|(name, export)| self.table_probe(self.catalog.tables.get(name)?, export))
    }

    fn table_probe(&self, table: &Table, export: &ExportTable) -> Option<Select> {
        let mut counts = Vec::new();
        let mut rows = Vec::new();
        for (name, own) in &export.columns {
            let Some(column) = table.columns.get(name) else { continue };
            let Some(probe) = self.column_probe(&own.treatment, column, export) else { continue };
            let violated = Expr::Integer(1).when(Expr::Not(Box::new(probe)));
            counts.push((Expr::call("count", [violated]), Some(Ident::new(name))));
            rows.push(vec![Expr::text(format!("{}.{name}", table.name)), Expr::of(FOUND, name)]);
        }
        if counts.is_empty() {
            return None;
        }
        let loaded = Relation::Table { name: table.name.clone(), only: self.only(&table.name) };
        let counted = Select { columns: counts, from: vec![From::first(loaded, ROW)], ..Select::default() };
        let columns = vec![Ident::from("name"), Ident::from("rows")];
        let each = From { relation: Relation::Values(rows), alias: "leak".into(), columns, join: Join::Lateral };
        Some(Select {
            columns: vec![(Expr::of("leak", "name"), None), (Expr::of("leak", "rows"), None)],
            from: vec![From::first(Relation::Select(Box::new(counted)), FOUND), each],
            ..Select::default()
        })
    }

    /// Counts what the probe of a column would find if the rows left with its raw values.
    pub(super) fn probe_of_raw(&self, table: &Table, export: &ExportTable, name: &str) -> Option<Select> {
        let probe = self.column_probe(&export.columns.get(name)?.treatment, table.columns.get(name)?, export)?;
        let violated = Expr::Integer(1).when(Expr::Not(Box::new(probe)));
        let rows = Relation::Table { name: table.name.clone(), only: self.only(&table.name) };
        Some(Select {
            columns: vec![(Expr::call("count", [violated]), Some(Ident::from("rows")))],
            from: vec![From::first(rows, ROW)],
            condition: self.leaves(&table.name, ROW),
            ..Select::default()
        })
    }

    /// A condition that is false of no value that the treatment gives. A treatment by condition, by path or by the
    /// user's own expression may give anything.
    fn column_probe(&self, treatment: &Treatment, column: &Column, export: &ExportTable) -> Option<Expr> {
        let output = Expr::of(ROW, &column.name);
        let base = || self.catalog.base_type(&column.data_type);
        match treatment {
            Treatment::Mask(MaskUse::Call(call)) if !self.sees_value(call, Some(column)) => None,
            Treatment::Mask(MaskUse::Call(call)) => call.mask.probe(&Probed {
                output: &output,
                input_type: &base(),
                declared: &column.data_type,
                arguments: &call.arguments,
                default: constant_default(column).as_ref(),
            }),
            Treatment::Mask(MaskUse::Null) => Some(is_null(output, base().category)),
            Treatment::Drop(Fill::Default) if self.stays_empty(column, export) => {
                Some(is_null(output, base().category))
            }
            Treatment::Keep
            | Treatment::Generated
            | Treatment::Drop(_)
            | Treatment::Mask(MaskUse::Expression(_) | MaskUse::Json(_) | MaskUse::Fields(_) | MaskUse::When { .. }) => {
                None
            }
        }
    }

    /// Nothing fills the dropped column. A trigger that is kept on for one column may write into any.
    fn stays_empty(&self, column: &Column, export: &ExportTable) -> bool {
        let by_trigger = |treatment: &Treatment| matches!(treatment, Treatment::Drop(Fill::Trigger(_)));
        let domains = self.catalog.base_type(&column.data_type).domains;
        let domain_default = domains
            .iter()
            .filter_map(|domain| self.catalog.types.get(domain))
            .any(|domain| matches!(&domain.kind, TypeKind::Domain { default: Some(_), .. }));
        column.default.is_none()
            && column.identity.is_none()
            && !domain_default
            && !export.columns.values().any(|own| by_trigger(&own.treatment))
    }
}

/// `IS NULL` of a composite asks whether all its fields are NULL.
fn is_null(output: Expr, category: Category) -> Expr {
    match category {
        Category::Composite => output.op("IS NOT DISTINCT FROM", Expr::Null),
        _ => output.is_null(),
    }
}
