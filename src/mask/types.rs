//! What masks ask of a column's type, and of their own arguments.

use super::{Arguments, Context, Probed, Value};
use crate::catalog::{BaseType, Category, DataType, QName};
use crate::sql::Expr;

/// The internal name of a built-in type that is no array.
pub(super) fn built_in(input: &BaseType) -> Option<&str> {
    let of = &input.data_type;
    let scalar = input.category == Category::Scalar && of.dimensions == 0;
    (scalar && of.name.schema == "pg_catalog").then_some(of.name.name.as_str())
}

/// `citext`, in whichever schema its extension lives.
pub(super) fn is_citext(input: &BaseType) -> bool {
    let of = &input.data_type;
    input.category == Category::Scalar
        && of.dimensions == 0
        && of.name.name == "citext"
        && of.name.schema != "pg_catalog"
}

/// A built-in type without modifiers.
pub(super) fn plain(name: &str) -> BaseType {
    let data_type = DataType { name: QName::new("pg_catalog", name), modifiers: Vec::new(), dimensions: 0 };
    BaseType { data_type, domains: Vec::new(), category: Category::Scalar }
}

pub(super) fn is_text(input: &BaseType) -> bool {
    matches!(built_in(input), Some("text" | "varchar" | "bpchar")) || is_citext(input)
}

/// Text types in words.
pub(super) const TEXT_WORDS: &str = "text, varchar, char or citext";

/// Least and greatest value of a whole-number type.
pub(super) fn integer_range(input: &BaseType) -> Option<(i64, i64)> {
    if let Some(range) = super::mysql::own_integer_range(&input.data_type) {
        return Some(range);
    }
    match built_in(input)? {
        "int2" => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
        "int4" => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        "int8" => Some((i64::MIN, i64::MAX)),
        _ => None,
    }
}

pub(super) fn is_numeric(input: &BaseType) -> bool {
    built_in(input) == Some("numeric")
}

/// The greatest value of `numeric(precision, scale)` as digits; `None` for `numeric` without limits.
pub(super) fn numeric_limit(of: &DataType) -> Option<String> {
    let precision = usize::try_from(*of.modifiers.first()?).ok()?;
    let scale = of.modifiers.get(1).copied().unwrap_or(0);
    let nines = "9".repeat(precision);
    let Ok(scale) = usize::try_from(scale) else {
        return Some(nines + &"0".repeat(usize::try_from(scale.unsigned_abs()).unwrap_or(0)));
    };
    match precision.checked_sub(scale) {
        Some(0) => Some(format!("0.{nines}")),
        Some(_) if scale == 0 => Some(nines),
        Some(whole) => Some(format!("{}.{}", "9".repeat(whole), "9".repeat(scale))),
        None => Some(format!("0.{}{nines}", "0".repeat(scale - precision))),
    }
}

/// `least(greatest(value, low), high)`; the caller keeps NULL away, which both would swallow.
pub(super) fn clamped(value: Expr, low: Expr, high: Expr) -> Expr {
    Expr::call("least", [Expr::call("greatest", [value, low]), high])
}

/// `CASE WHEN input IS NOT NULL THEN value END`. Of a composite, `IS NOT NULL` asks whether all its fields are not
/// NULL, so there the question is put otherwise.
pub(super) fn unless_null(context: &Context<'_>, value: Expr) -> Expr {
    let input = context.input.clone();
    value.when(match context.input_type.category {
        Category::Composite => input.op("IS DISTINCT FROM", Expr::Null),
        _ => input.is_not_null(),
    })
}

/// The value as text that is compared by its bytes: a column's own collation may hold different texts equal, and
/// before version 18 such a collation takes no patterns at all.
pub(super) fn exact_text(value: &Expr) -> Expr {
    Expr::Collate(Box::new(value.clone().cast("text")), QName::new("pg_catalog", "C"))
}

/// Whether a loaded value is this one. By text where the type has no equality of its own or a lenient one.
pub(super) fn same(probed: &Probed<'_>, value: Expr) -> Expr {
    let by_itself = built_in(probed.input_type).is_some_and(|name| HAVE_EQUALITY.contains(&name));
    if by_itself { probed.output.clone().op("=", value) } else { exact_text(probed.output).op("=", value.cast("text")) }
}

/// Built-in types under whose `=` only the same values are equal.
const HAVE_EQUALITY: [&str; 18] = [
    "int2",
    "int4",
    "int8",
    "numeric",
    "float4",
    "float8",
    "bool",
    "date",
    "timestamp",
    "timestamptz",
    "time",
    "timetz",
    "uuid",
    "inet",
    "cidr",
    "bytea",
    "jsonb",
    "money",
];

pub(super) fn text<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    match arguments.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

pub(super) fn integer(arguments: &Arguments, name: &str) -> Option<i64> {
    match arguments.get(name) {
        Some(Value::Integer(value)) => Some(*value),
        _ => None,
    }
}

pub(super) fn column<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    match arguments.get(name) {
        Some(Value::Column(column)) => Some(column),
        _ => None,
    }
}

/// A number as digits.
pub(super) fn number(arguments: &Arguments, name: &str) -> Option<String> {
    match arguments.get(name) {
        Some(Value::Integer(value)) => Some(value.to_string()),
        Some(Value::Decimal(digits)) => Some(digits.clone()),
        _ => None,
    }
}

/// A bound given as a number that the column's type can hold.
pub(super) fn bound(input: &BaseType, arguments: &Arguments, name: &str) -> Result<f64, String> {
    let digits = number(arguments, name).unwrap_or_default();
    let wrong = || format!("expected `{name}` to be a number that the column can hold, found {digits}");
    let plain = digits.strip_prefix('-').unwrap_or(&digits).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value: f64 = digits.parse().map_err(|_| wrong())?;
    let holds = match integer_range(input) {
        Some((low, high)) => digits.parse::<i64>().is_ok_and(|value| (low..=high).contains(&value)),
        None => numeric_limit(&input.data_type)
            .and_then(|limit| limit.parse::<f64>().ok())
            .is_none_or(|limit| value.abs() <= limit),
    };
    if plain && holds { Ok(value) } else { Err(wrong()) }
}

/// A number given as an argument, checked to lie between two others.
pub(super) fn expect_between(name: &str, value: i64, low: i64, high: i64) -> Result<(), String> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(format!("expected `{name}` to be between {low} and {high}, found {value}"))
}

/// The most characters of an output that is never longer than a value of the column, or than `least`.
pub(super) fn within_column(input: &BaseType, most: u32, least: u32) -> u32 {
    let limit = match built_in(input) {
        Some("varchar" | "bpchar") => input.data_type.modifiers.first().and_then(|limit| u32::try_from(*limit).ok()),
        _ => None,
    };
    limit.map_or(most, |limit| limit.clamp(least, most))
}

/// Characters of a text as a length.
pub(super) fn characters(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_numeric_is_written_out() {
        let limit = |modifiers: &[i32]| {
            let name = QName::new("pg_catalog", "numeric");
            numeric_limit(&DataType { name, modifiers: modifiers.to_vec(), dimensions: 0 })
        };
        assert_eq!(limit(&[]), None);
        assert_eq!(limit(&[5]).as_deref(), Some("99999"));
        assert_eq!(limit(&[5, 2]).as_deref(), Some("999.99"));
        assert_eq!(limit(&[2, 2]).as_deref(), Some("0.99"));
        assert_eq!(limit(&[2, 4]).as_deref(), Some("0.0099"));
        assert_eq!(limit(&[2, -3]).as_deref(), Some("99000"));
    }
}
