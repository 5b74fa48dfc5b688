//! `noise`: a number moved by up to a given share of itself, the same way each time for the same row.
//!
//! The noise comes from the hash of another column, the row's key: repeated exports cannot be averaged, and equal
//! values of different rows move apart. Each type has its own limits, where a plain product would raise.

use super::{Arguments, Context, Hashes, Mask, Parameter, ParameterKind, Rendered, Value, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/noise.md`.
pub(super) struct Noise;

impl Mask for Noise {
    fn name(&self) -> &'static str {
        "noise"
    }

    fn summary(&self) -> &'static str {
        "a number moved by up to a share of itself, tied to the row's key"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/noise.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "ratio",
                kind: ParameterKind::Number,
                required: true,
                summary: "the greatest share by which a value moves, more than 0 and at most 1",
            },
            Parameter {
                name: "by",
                kind: ParameterKind::Column,
                required: true,
                summary: "the column that the noise is tied to, NOT NULL and different in each row: the primary key",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        "smallint, integer, bigint, numeric, real or double precision"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        matches!(types::built_in(input), Some("int2" | "int4" | "int8" | "numeric" | "float4" | "float8"))
    }

    fn accepts_on_mysql(&self, input: &BaseType) -> bool {
        types::integer_range(input).is_some() || types::is_numeric(input)
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        let ratio = types::number(arguments, "ratio").unwrap_or_default();
        match ratio.parse::<f64>() {
            Ok(value) if value > 0.0 && value <= 1.0 && is_plain(&ratio) => Ok(()),
            _ => Err(format!("expected `ratio` to be more than 0 and at most 1, such as 0.1, found {ratio}")),
        }
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        match arguments.get("by") {
            Some(Value::Column(column)) => Hashes::Column(column),
            _ => Hashes::Nothing,
        }
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let input = context.input;
        let factor = factor(context);
        let moved = match types::built_in(context.input_type).unwrap_or_default() {
            "float4" => floating(input, factor, "1e-30", "1e30"),
            "float8" => floating(input, factor, "1e-300", "1e300"),
            "numeric" => decimal(context, factor),
            _ => whole(context, factor),
        };
        Rendered::plain(moved)
    }

    /// Decimal arithmetic with 30 places, of which rounding takes the column's own. A division would keep four.
    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let (low, high) = mysql::limits(context.input_type)?;
        let steps = mysql::byte(context, 0).op("*", Expr::Integer(256)).op("+", mysql::byte(context, 1));
        let steps = steps.op("-", Expr::Integer(32768));
        let share = steps.op("*", Expr::Decimal("0.000030517578125".to_owned()));
        let ratio = types::number(context.arguments, "ratio").unwrap_or_default();
        let factor = Expr::Integer(1).op("+", share.op("*", Expr::Decimal(ratio)));
        let scale = context.input_type.data_type.modifiers.get(1).copied().unwrap_or(0);
        let moved = mysql::call("ROUND", [mysql::wide(context).op("*", factor), Expr::Integer(i64::from(scale))]);
        Some(mysql::clamped(moved, low, high).when(known(context)))
    }
}

/// Digits and one point: what PostgreSQL reads as a plain number.
fn is_plain(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// `1 + ratio * n`, n from -1 to 1 in 65536 steps: two bytes of the hash.
fn factor(context: &Context<'_>) -> Expr {
    let byte = |at: i64| Expr::call("get_byte", [context.hash(), Expr::Integer(at)]);
    let steps = byte(0).op("*", Expr::Integer(256)).op("+", byte(1)).op("-", Expr::Integer(32768));
    let share = steps.op("/", Expr::Decimal("32768.0".to_owned()));
    let ratio = types::number(context.arguments, "ratio").unwrap_or_default();
    Expr::Integer(1).op("+", share.op("*", Expr::Decimal(ratio)))
}

fn digits(text: &str) -> Expr {
    Expr::Decimal(text.to_owned())
}

/// `least` and `greatest` swallow NULL, and without a hash there is no noise to hide behind.
fn known(context: &Context<'_>) -> Expr {
    Expr::And(vec![context.input.clone().is_not_null(), context.hash().is_not_null()])
}

/// Numeric arithmetic does not overflow here, the way back to the type might: so it is kept in range first.
fn whole(context: &Context<'_>, factor: Expr) -> Expr {
    let (low, high) = types::integer_range(context.input_type).unwrap_or((0, 0));
    let moved = Expr::call("round", [context.input.clone().cast("numeric").op("*", factor)]);
    let kept = types::clamped(moved, digits(&low.to_string()), digits(&high.to_string()));
    kept.cast_to(context.input_type.data_type.clone()).when(known(context))
}

/// `numeric` without limits holds what times two is too large; beyond 1e1000 there is no value to protect, but an
/// infinity or NaN, which `sign` tells apart.
fn decimal(context: &Context<'_>, factor: Expr) -> Expr {
    let input = || context.input.clone();
    let nan = || Expr::text("NaN").cast("numeric");
    if let Some(limit) = types::numeric_limit(&context.input_type.data_type) {
        let scale = i64::from(context.input_type.data_type.modifiers.get(1).copied().unwrap_or(0));
        let moved = Expr::call("round", [input().op("*", factor), Expr::Integer(scale)]);
        let kept = types::clamped(moved, digits(&format!("-{limit}")), digits(&limit));
        return Expr::Case(vec![(input().op("=", nan()), nan()), (known(context), kept)], None);
    }
    let ordinary = Expr::call("abs", [input()]).op("<", digits("1e1000"));
    let moved = Expr::call("round", [input().op("*", factor), Expr::call("scale", [input()])]);
    let beyond = Expr::call("sign", [input()]).op("*", digits("1e1000"));
    Expr::Case(vec![(ordinary, moved)], Some(Box::new(beyond)))
}

/// Both overflow and underflow raise; what is nearly 0 becomes 0, what is nearly infinite, infinite or NaN becomes
/// the limit or 0.
fn floating(input: &Expr, factor: Expr, least: &str, most: &str) -> Expr {
    let input = || input.clone().cast("float8");
    let size = || Expr::call("abs", [input()]);
    let limit = |text: &str| Expr::text(text).cast("float8");
    let ordinary = Expr::And(vec![size().op(">=", limit(least)), size().op("<=", limit(most))]);
    let moved = input().op("*", factor.cast("float8"));
    let tiny = size().op("<", limit(least));
    let beyond = Expr::call("sign", [input()]).op("*", limit(most));
    Expr::Case(vec![(ordinary, moved), (tiny, limit("0"))], Some(Box::new(beyond)))
}
