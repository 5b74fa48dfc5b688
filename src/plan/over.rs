//! Masks over the elements of an array or the bounds of a range or multirange, each masked as a column of their type
//! would be.

use super::Planner;
use super::masks::{Beyond, hashed_column};
use crate::catalog::{Column, DataType, QName};
use crate::mask::over::{Over, range_of};
use crate::model::MaskCall;
use crate::sql::{Expr, From, Ident, Join, Relation, Select};

/// What is masked of one column.
pub(super) struct Inner<'a> {
    pub(super) over: Over,
    /// The column as if it held one element or bound.
    pub(super) column: Column,
    /// The value that holds them.
    pub(super) whole: &'a Expr,
    /// The row's hash, where the mask reads that of another column.
    pub(super) row_hash: Option<&'a Expr>,
    pub(super) alias: &'a str,
}

impl Inner<'_> {
    fn of(&self, suffix: &str) -> String {
        format!("{}_{suffix}", self.alias)
    }
}

impl Planner<'_> {
    /// The masked array or range; NULL stays NULL.
    pub(super) fn over(&self, call: &MaskCall, inner: &Inner<'_>, whole_type: &QName) -> Expr {
        match inner.over {
            Over::Value => {
                self.render(call, &inner.column, inner.whole, inner.row_hash, &Beyond::default(), inner.alias).expr
            }
            Over::Elements => self.elements(call, inner),
            Over::Bounds => self.bounds(call, inner, whole_type),
            Over::Ranges => self.ranges(call, inner, whole_type),
        }
    }

    /// Each range of the multirange masked; those that then touch or overlap become one.
    fn ranges(&self, call: &MaskCall, inner: &Inner<'_>, whole_type: &QName) -> Expr {
        let Some(range_type) = range_of(whole_type, self.catalog) else { return Expr::Null };
        let alias = inner.of("range");
        let mut each =
            From::first(Relation::Function(Expr::call("unnest", [inner.whole.clone()]), false), alias.clone());
        each.columns = vec!["value".into()];
        let value = Expr::of(&alias, "value");
        let one = Inner { over: Over::Bounds, column: inner.column.clone(), whole: &value, ..*inner };
        let union = Expr::call("range_agg", [self.bounds(call, &one, &range_type)]);
        let none = DataType { name: whole_type.clone(), modifiers: Vec::new(), dimensions: 0 };
        let masked = Expr::call("coalesce", [union, Expr::text("{}").cast_to(none)]);
        let select = Select { columns: vec![(masked, None)], from: vec![each], ..Select::default() };
        Expr::scalar(select).when(inner.whole.clone().is_not_null())
    }

    /// `ARRAY(SELECT … FROM unnest(…) …)`, which is `{}` where there is no element.
    fn elements(&self, call: &MaskCall, inner: &Inner<'_>) -> Expr {
        let each = inner.of("each");
        let unnest = Relation::Function(Expr::call("unnest", [inner.whole.clone()]), true);
        let mut unnested = From::first(unnest, each.clone());
        unnested.columns = vec!["value".into(), "at".into()];
        let at = Expr::of(&each, "at");
        let (from, value) = self.masked_each(call, inner, unnested, at.clone());
        let order = Expr::of(&inner.of("bound"), "at");
        let select = Select { columns: vec![(value, None)], from, order_by: vec![order], ..Select::default() };
        Expr::ArrayOf(Box::new(select)).when(inner.whole.clone().is_not_null())
    }

    /// The values of a relation with their hash bound once, the joins of the mask, and the masked value.
    pub(super) fn masked_each(&self, call: &MaskCall, inner: &Inner<'_>, values: From, at: Expr) -> (Vec<From>, Expr) {
        let bound = inner.of("bound");
        let value = Expr::Column(Some(values.alias.clone()), "value".into());
        let own_hash = hashed_column(call, &inner.column.name) == Some(inner.column.name.as_str());
        let mut columns = vec![(value.clone(), Some(Ident::from("value"))), (at, Some("at".into()))];
        if own_hash {
            columns.push((self.hash(&call.group.0, value), Some("hash".into())));
        }
        let select = Select { columns, from: vec![values], barrier: own_hash, ..Select::default() };
        let hash = Expr::of(&bound, "hash");
        let hash = if own_hash { Some(&hash) } else { inner.row_hash };
        let input = Expr::of(&bound, "value");
        let rendered = self.render(call, &inner.column, &input, hash, &Beyond::default(), &inner.of("inner"));
        let first = From::first(Relation::Select(Box::new(select)), bound);
        let from = std::iter::once(first).chain(rendered.joins).collect();
        (from, rendered.expr.cast_to(inner.column.data_type.clone()))
    }

    /// The range between the two masked bounds, in ascending order. Where both become one value, the range holds that
    /// value; an empty range stays empty, and a bound that is not there stays away.
    fn bounds(&self, call: &MaskCall, inner: &Inner<'_>, whole_type: &QName) -> Expr {
        let (low, high) = (inner.of("low"), inner.of("high"));
        let side = |function: &str, alias: &str| {
            let columns = vec![(Expr::call(function, [inner.whole.clone()]), Some("value".into()))];
            let values =
                From::first(Relation::Select(Box::new(Select { columns, ..Select::default() })), inner.of("side"));
            let (from, value) = self.masked_each(call, inner, values, Expr::Integer(1));
            let select =
                Select { columns: vec![(value, Some("value".into()))], from, barrier: true, ..Select::default() };
            (Relation::Select(Box::new(select)), alias.to_owned())
        };
        let (first, first_alias) = side("lower", &low);
        let (second, second_alias) = side("upper", &high);
        let from = vec![From::first(first, first_alias), From::joined(second, second_alias, Join::Cross)];
        let value = |alias: &str| Expr::of(alias, "value");
        let schema = (whole_type.schema != "pg_catalog").then(|| Ident::new(&whole_type.schema));
        let range = |low: &str, high: &str, ends: Expr| {
            Expr::Call(schema.clone(), Ident::new(&whole_type.name), vec![value(low), value(high), ends])
        };
        let greatest = greatest(&inner.column.data_type);
        let same = value(&low).op("=", value(&high));
        let same = match &greatest {
            Some(greatest) => Expr::And(vec![same, value(&low).op("<", greatest.clone())]),
            None => same,
        };
        let ends = if greatest.is_some() { Expr::text("[)") } else { own_ends(inner.whole) };
        let cases = vec![
            (Expr::call("isempty", [inner.whole.clone()]), inner.whole.clone()),
            (same, range(&low, &high, Expr::text("[]"))),
            (value(&low).op(">", value(&high)), range(&high, &low, ends.clone())),
        ];
        let masked = Expr::Case(cases, Some(Box::new(range(&low, &high, ends))));
        Expr::scalar(Select { columns: vec![(masked, None)], from, ..Select::default() })
            .when(inner.whole.clone().is_not_null())
    }
}

/// `[` or `(`, `]` or `)`, as the range has them.
fn own_ends(whole: &Expr) -> Expr {
    let end = |function: &str, inside: &str, outside: &str| {
        let inclusive = Expr::call(function, [whole.clone()]);
        Expr::Case(vec![(inclusive, Expr::text(inside))], Some(Box::new(Expr::text(outside))))
    };
    end("lower_inc", "[", "(").op("||", end("upper_inc", "]", ")"))
}

/// The greatest value of a subtype whose ranges PostgreSQL writes with the next value as their end, where that would
/// be out of range.
fn greatest(of: &DataType) -> Option<Expr> {
    let built_in = of.name.schema == "pg_catalog";
    match of.name.name.as_str() {
        "int4" if built_in => Some(Expr::Integer(i64::from(i32::MAX))),
        "int8" if built_in => Some(Expr::Integer(i64::MAX)),
        "date" if built_in => Some(Expr::text("5874897-12-31").cast("date")),
        _ => None,
    }
}
