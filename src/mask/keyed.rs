//! Numbers and digits out of a row's hash.

use super::Context;
use crate::catalog::{DataType, QName};
use crate::sql::Expr;

/// 56 bits of the hash from a byte on (1 to 26), so never negative: `bigint`.
pub(super) fn number(context: &Context<'_>, from: i64) -> Expr {
    let bytes = Expr::call("substr", [context.hash(), Expr::Integer(from), Expr::Integer(7)]);
    let hex = Expr::text("x").op("||", Expr::call("encode", [bytes, Expr::text("hex")]));
    let bits = DataType { name: QName::new("pg_catalog", "bit"), modifiers: vec![56], dimensions: 0 };
    hex.cast_to(bits).cast("int8")
}

/// A number below a limit. Of 56 bits a limit of 12 digits leaves none out and prefers none by more than 1 in 70,000.
pub(super) fn below(context: &Context<'_>, limit: i64) -> Expr {
    number(context, 1).op("%", Expr::Integer(limit))
}

/// So many decimal digits (at most 12) as text.
pub(super) fn digits(context: &Context<'_>, count: u32) -> Expr {
    padded(below(context, power_of_ten(count)), count)
}

/// A whole number with zeros before it.
pub(super) fn padded(number: Expr, count: u32) -> Expr {
    Expr::call("lpad", [number.cast("text"), Expr::Integer(i64::from(count)), Expr::text("0")])
}

/// A digit of a whole number, counted from its end.
pub(super) fn digit(number: Expr, place: u32) -> Expr {
    let shifted = if place == 0 { number } else { number.op("/", Expr::Integer(power_of_ten(place))) };
    shifted.op("%", Expr::Integer(10))
}

pub(super) fn power_of_ten(exponent: u32) -> i64 {
    10_i64.saturating_pow(exponent)
}

/// The sum of all terms.
pub(super) fn sum(terms: impl IntoIterator<Item = Expr>) -> Expr {
    terms.into_iter().reduce(|sum, term| sum.op("+", term)).unwrap_or(Expr::Integer(0))
}
