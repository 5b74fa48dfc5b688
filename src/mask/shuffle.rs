//! `shuffle`: the column's own values, each at another row.
//!
//! Rows are put into the order of a keyed hash of their key, and each takes the value of the next, the last one that of
//! the first. So the values move in one circle through all rows that leave: none is lost, and no row keeps its own but
//! by having the same value as its neighbour. One sort, no join of the table with itself.
//!
//! A circle has no beginning: the row with the least key is taken for the first, whatever its hash. It can be read before
//! the others; a window would have to hold the whole table until its last row asks what the first one was.
//!
//! MySQL has no window with something in place of a missing row, so there the circle begins at the least hash.
//!
//! The order is a secret. Who sees the rows in it takes each value back to where it was, one line on: so the export
//! gives them in another.

use super::{Arguments, Context, Hashes, Length, Mask, NullRule, Parameter, ParameterKind, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// Types of MySQL whose values are written otherwise once they came through a window.
fn keeps_form(input: &BaseType) -> bool {
    let name = &input.data_type.name;
    let is_own = name.schema == crate::catalog::mysql::SCHEMA;
    !(is_own && types::integer_range(input).is_none()) && types::built_in(input) != Some("float4")
}

/// See the page `docs/masks/shuffle.md`.
pub(super) struct Shuffle;

impl Mask for Shuffle {
    fn name(&self) -> &'static str {
        "shuffle"
    }

    fn summary(&self) -> &'static str {
        "the column's own values, each at another row"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/shuffle.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "by",
            kind: ParameterKind::Column,
            required: true,
            summary: "the column whose keyed hash puts the rows into order: the primary key",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        "any type"
    }

    fn accepts(&self, _input: &BaseType) -> bool {
        true
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        types::column(arguments, "by").map_or(Hashes::Nothing, Hashes::Column)
    }

    fn null_rule(&self) -> NullRule {
        NullRule::Moves
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        if types::is_text(input) { Length::AsColumn } else { Length::NotText }
    }

    fn of_rows(&self) -> bool {
        true
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let Some(first) = context.first else { return Rendered::plain(Expr::Null) };
        let least = Expr::text("").cast("bytea");
        let order = Expr::Case(vec![(first.is_it.clone(), least)], Some(Box::new(context.hash())));
        let next = [context.input.clone(), Expr::Integer(1), first.value.clone()];
        Rendered::plain(Expr::call("lead", next).over(vec![order]))
    }

    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        if !steps.is_8() || !keeps_form(context.input_type) {
            return None;
        }
        let over = |function: &str, of: Expr| mysql::call(function, [of]).over(vec![context.hash()]);
        let last = over("LEAD", Expr::Integer(1)).is_null();
        let first = over("FIRST_VALUE", context.input.clone());
        Some(Expr::Case(vec![(last, first)], Some(Box::new(over("LEAD", context.input.clone())))))
    }
}
