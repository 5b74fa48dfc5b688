//! `zero`: the type's plainest value.

use super::{Arguments, Context, Length, Mask, Parameter, Rendered, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/zero.md`.
pub(super) struct Zero;

impl Mask for Zero {
    fn name(&self) -> &'static str {
        "zero"
    }

    fn summary(&self) -> &'static str {
        "0, the empty string, false, or 1970-01-01"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/zero.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }

    fn accepts_words(&self) -> &'static str {
        "numbers, text, boolean, dates and timestamps, uuid, json, jsonb, bytea or inet"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        value(input).is_some()
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        if types::is_text(input) { Length::AtMost(0) } else { Length::NotText }
    }

    fn constant(&self, input: &BaseType, _arguments: &Arguments) -> Option<Expr> {
        Some(Expr::text(value(input)?).cast_to(input.data_type.clone()))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let value = self.constant(context.input_type, context.arguments).unwrap_or(Expr::Null);
        Rendered::plain(types::unless_null(context, value))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut super::mysql::Steps) -> Option<Expr> {
        let value = match types::built_in(context.input_type) {
            Some("bool") => "0",
            Some("time") => "00:00:00",
            // The least that a TIMESTAMP of MySQL holds.
            Some("timestamptz") => "1970-01-01 00:00:01",
            _ => value(context.input_type)?,
        };
        Some(types::unless_null(context, Expr::text(value)))
    }
}

fn value(input: &BaseType) -> Option<&'static str> {
    if types::is_text(input) {
        return Some("");
    }
    if types::integer_range(input).is_some() {
        return Some("0");
    }
    match types::built_in(input)? {
        "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" | "money" | "interval" => Some("0"),
        "bool" => Some("false"),
        "date" => Some("1970-01-01"),
        "timestamp" => Some("1970-01-01 00:00:00"),
        "timestamptz" => Some("1970-01-01 00:00:00+00"),
        "time" | "timetz" => Some("00:00:00+00"),
        "uuid" => Some("00000000-0000-0000-0000-000000000000"),
        "json" | "jsonb" => Some("{}"),
        "bytea" => Some(""),
        "inet" => Some("0.0.0.0"),
        _ => None,
    }
}
