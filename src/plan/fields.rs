//! Composites masked field by field and put together again.
//!
//! `unnest` of an array of composites in FROM gives the fields as columns, so elements are taken apart in the list of
//! columns, beside their numbers. Of a composite, `IS NOT NULL` asks whether no field is NULL, so a value is tested by
//! `IS DISTINCT FROM NULL`.

use super::Planner;
use super::masks::Beyond;
use super::over::Inner;
use crate::catalog::{Category, Column, DataType};
use crate::mask::Hashes;
use crate::mask::over::{self, Over};
use crate::model::{FieldsMask, MaskCall, MaskUse, Treatment};
use crate::sql::{Expr, From, Ident, Relation, Select};

/// What the fields of one column share.
pub(super) struct Whole<'a> {
    pub(super) column: &'a Column,
    /// The row's hash, for a mask that reads that of another column.
    pub(super) row_hash: &'a dyn Fn(&MaskCall) -> Option<Expr>,
}

impl Planner<'_> {
    /// The masked composite, or array of them; NULL stays NULL. `declared` is the type of `value`.
    pub(super) fn fields(
        &self,
        mask: &FieldsMask,
        whole: &Whole<'_>,
        declared: &DataType,
        value: Expr,
        alias: &str,
    ) -> Expr {
        if self.catalog.base_type(declared).category != Category::Array {
            return self.composite(mask, whole, &value, alias).when(value.op("IS DISTINCT FROM", Expr::Null));
        }
        let each = format!("{alias}_each");
        let count = Expr::call("cardinality", [value.clone()]);
        let columns = vec![
            (Expr::call("unnest", [value.clone()]), Some(Ident::from("value"))),
            (Expr::call("generate_series", [Expr::Integer(1), count]), Some(Ident::from("at"))),
        ];
        let element = Expr::of(&each, "value");
        let row = self.composite(mask, whole, &element, &format!("{alias}_in"));
        let row = row.when(element.op("IS DISTINCT FROM", Expr::Null));
        let select = Select {
            columns: vec![(row, None)],
            order_by: vec![Expr::of(&each, "at")],
            from: vec![From::first(Relation::Select(Box::new(Select { columns, ..Select::default() })), each)],
            ..Select::default()
        };
        Expr::ArrayOf(Box::new(select)).when(value.is_not_null())
    }

    /// `ROW(…)::type`
    fn composite(&self, mask: &FieldsMask, whole: &Whole<'_>, value: &Expr, alias: &str) -> Expr {
        let fields = mask.fields.iter().enumerate().map(|(at, (name, (of, treatment)))| {
            let field = Expr::Field(Box::new(value.clone()), Ident::new(name));
            let alias = format!("{alias}_{}", at + 1);
            match treatment {
                Treatment::Keep => field,
                Treatment::Mask(MaskUse::Fields(inner)) => self.fields(inner, whole, of, field, &alias),
                Treatment::Mask(MaskUse::Call(call)) => self.field(call, whole, of, &field, &alias).cast_to(of.clone()),
                // The language has no other treatment of a field; a value that is not masked never leaves.
                _ => Expr::Null.cast_to(of.clone()),
            }
        });
        Expr::Row(fields.collect()).cast_to(mask.of.clone())
    }

    /// One field masked as a column of its type would be, its hash bound once.
    fn field(&self, call: &MaskCall, whole: &Whole<'_>, of: &DataType, value: &Expr, alias: &str) -> Expr {
        let base = self.catalog.base_type(of);
        let Some((over, seen, _)) = over::seen(call.mask, &base, self.catalog) else { return Expr::Null };
        let row_hash = (whole.row_hash)(call);
        let data_type = if over == Over::Value { of.clone() } else { seen };
        let column = Column { data_type, default: None, ..whole.column.clone() };
        let inner = Inner { over, column, whole: value, row_hash: row_hash.as_ref(), alias };
        if over != Over::Value {
            return self.over(call, &inner, &base.data_type.name);
        }
        if call.mask.hashes(&call.arguments) == Hashes::Nothing {
            let rendered = self.render(call, &inner.column, value, None, &Beyond::default(), alias);
            if rendered.joins.is_empty() {
                return rendered.expr;
            }
        }
        let columns = vec![(value.clone(), Some(Ident::from("value")))];
        let one = Relation::Select(Box::new(Select { columns, ..Select::default() }));
        let (from, masked) = self.masked_each(call, &inner, From::first(one, format!("{alias}_one")), Expr::Integer(1));
        Expr::scalar(Select { columns: vec![(masked, None)], from, ..Select::default() })
    }
}
