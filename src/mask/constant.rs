//! `constant`: one value for every value.

use super::{Arguments, Context, Length, Mask, Parameter, ParameterKind, Rendered, Value, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/constant.md`.
pub(super) struct Constant;

impl Mask for Constant {
    fn name(&self) -> &'static str {
        "constant"
    }

    fn summary(&self) -> &'static str {
        "one given value in place of every value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/constant.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "value",
            kind: ParameterKind::Value,
            required: true,
            summary: "the value, a literal of the column's type",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        "any type"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        let _ = input;
        true
    }

    fn check_arguments(&self, input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        let Some(value) = arguments.get("value") else { return Ok(()) };
        check_literal(input, value)
    }

    fn length(&self, input: &BaseType, arguments: &Arguments) -> Length {
        match arguments.get("value") {
            Some(Value::Text(text)) if types::is_text(input) => Length::AtMost(types::characters(text)),
            Some(Value::Integer(value)) if types::is_text(input) => {
                Length::AtMost(types::characters(&value.to_string()))
            }
            Some(Value::Decimal(digits)) if types::is_text(input) => Length::AtMost(types::characters(digits)),
            _ if types::is_text(input) => Length::AtMost(5),
            _ => Length::NotText,
        }
    }

    fn constant(&self, input: &BaseType, arguments: &Arguments) -> Option<Expr> {
        Some(literal(arguments.get("value")?).cast_to(input.data_type.clone()))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let value = self.constant(context.input_type, context.arguments).unwrap_or(Expr::Null);
        Rendered::plain(types::unless_null(context, value))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut super::mysql::Steps) -> Option<Expr> {
        let value = match (types::built_in(context.input_type), context.arguments.get("value")?) {
            (Some("bool"), Value::Boolean(truth)) => Expr::Boolean(*truth),
            (Some("bool"), Value::Text(text)) if ["true", "false"].contains(&text.as_str()) => {
                Expr::Boolean(text == "true")
            }
            (Some("bool"), _) => return None,
            (_, value) => literal(value),
        };
        Some(types::unless_null(context, value))
    }
}

/// Always a quoted string: PostgreSQL gives it the column's type, whatever that is.
fn literal(value: &Value) -> Expr {
    match value {
        Value::Text(text) => Expr::text(text.clone()),
        Value::Integer(value) => Expr::text(value.to_string()),
        Value::Decimal(digits) => Expr::text(digits.clone()),
        Value::Boolean(value) => Expr::text(if *value { "true" } else { "false" }),
        Value::Column(_) | Value::Words(_) => Expr::Null,
    }
}

/// What can be seen without asking a server; the rest is evaluated there before anything is written.
fn check_literal(input: &BaseType, value: &Value) -> Result<(), String> {
    if let Some((low, high)) = types::integer_range(input) {
        let parsed = match value {
            Value::Integer(value) => Some(*value),
            Value::Text(text) | Value::Decimal(text) => text.trim().parse().ok(),
            _ => None,
        };
        return match parsed {
            Some(parsed) => types::expect_between("value", parsed, low, high),
            None => Err("expected `value` to be a whole number, as the column is".to_owned()),
        };
    }
    match (types::built_in(input), value) {
        (Some("bool"), Value::Boolean(_) | Value::Text(_)) => Ok(()),
        (Some("bool"), _) => Err("expected `value` to be true or false, as the column is".to_owned()),
        (_, Value::Column(column)) => Err(format!("expected `value` to be a literal, found the column `{column}`")),
        (_, Value::Text(text)) => super::literal::check(input, text)
            .map_err(|form| format!("expected `value` to be {form}, as the column's type is, found `{text}`")),
        _ => Ok(()),
    }
}
