//! `pick`: another key of the table that the column references, so that the reference stays one.
//!
//! The keys that leave are numbered in their own order and joined by the hash's number modulo their count, which is
//! read once a statement. A text is ordered by its bytes, since the order of a collation changes with its library.

use super::{
    Arguments, Context, Hashes, Length, Linkage, Mask, Parameter, ParameterKind, Rendered, hmac::Canonical, keyed,
    mysql, types,
};
use crate::catalog::BaseType;
use crate::sql::{Expr, From, Ident, Join, Relation, Select};

/// See the page `docs/masks/pick.md`.
pub(super) struct Pick;

/// The column of [`Context::lookup`].
pub const KEY: &str = "key";

impl Mask for Pick {
    fn name(&self) -> &'static str {
        "pick"
    }

    fn summary(&self) -> &'static str {
        "another key of the table that the column references, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/pick.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "by",
            kind: ParameterKind::Column,
            required: false,
            summary: "the column that chooses, NOT NULL; the value itself without it",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        "a column with a foreign key, of a type with an order"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        let unordered = ["json", "jsonb", "point", "money", "float4", "float8", "xml"];
        Canonical::of([input]).is_some() && types::built_in(input).is_none_or(|name| !unordered.contains(&name))
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        types::column(arguments, "by").map_or(Hashes::Input, Hashes::Column)
    }

    fn linkage<'a>(&self, arguments: &'a Arguments) -> Linkage<'a> {
        types::column(arguments, "by").map_or(Linkage::Own, Linkage::Of)
    }

    fn needs_lookup(&self) -> bool {
        true
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        if types::is_text(input) { Length::AsColumn } else { Length::NotText }
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let Some(keys) = context.lookup else { return Rendered::plain(Expr::Null) };
        let (numbered, count) = numbered(context, keys, ["row_number", "count"], |text| types::exact_text(&text));
        // A table from which nothing leaves has no key to give.
        let at = keyed::number(context, 1).op("%", Expr::call("nullif", [count, Expr::Integer(0)]));
        Rendered { expr: found(context), joins: vec![joined(context, numbered, at)] }
    }

    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let keys = context.lookup.filter(|_| steps.is_8())?;
        let (numbered, count) = numbered(context, keys, ["ROW_NUMBER", "COUNT"], mysql::exact);
        // Of no keys the rest is NULL, and no key is found.
        steps.join(joined(context, numbered, mysql::number(context).op("%", count)));
        Some(found(context))
    }
}

/// The keys, numbered from 1, and how many there are, by what a server calls its functions; `exact` is a text by its bytes.
fn numbered(
    context: &Context<'_>,
    keys: &Select,
    [row_number, count]: [&str; 2],
    exact: fn(Expr) -> Expr,
) -> (Select, Expr) {
    let (all, counted) = (format!("{}_all", context.alias), format!("{}_count", context.alias));
    let key = Expr::of(&all, KEY);
    let order = if types::is_text(context.input_type) { exact(key.clone()) } else { key.clone() };
    let number = Expr::call(row_number, []).over(vec![order]);
    let numbered = Select {
        columns: vec![(key, Some(Ident::from(KEY))), (number, Some(Ident::from("number")))],
        from: vec![From::first(Relation::Select(Box::new(keys.clone())), all)],
        ..Select::default()
    };
    let count = Select {
        columns: vec![(Expr::call(count, [Expr::Star]), None)],
        from: vec![From::first(Relation::Select(Box::new(keys.clone())), counted)],
        ..Select::default()
    };
    (numbered, Expr::scalar(count))
}

/// Each row with the key of its number, which is one more than what is counted from 0.
fn joined(context: &Context<'_>, numbered: Select, from_zero: Expr) -> From {
    let on = Expr::of(context.alias, "number").op("=", Expr::Integer(1).op("+", from_zero));
    From::joined(Relation::Select(Box::new(numbered)), context.alias, Join::Left(on))
}

fn found(context: &Context<'_>) -> Expr {
    types::unless_null(context, Expr::of(context.alias, KEY))
}
