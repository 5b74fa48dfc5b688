//! What the masks' SQL for MySQL is made of: the row's hash as 64 hexadecimal digits, and text as `utf8mb4`.
//!
//! The bytes that a keyed mask shows are those that it shows on PostgreSQL, of the same key, names and value. MySQL has no
//! bytes but strings, so the hash is handled by its digits; whole numbers are `SIGNED`, since a difference of unsigned ones
//! below zero raises an error that prints them.

pub mod json;
mod probe;
mod steps;

pub use probe::probe;
pub use steps::{Parts, Step, Steps};

use super::{Context, First, Mask, keyed, types};
use crate::catalog::{BaseType, DataType, QName};
use crate::mask::Arguments;
use crate::sql::{Expr, Select};

/// The collation under which only the same characters are equal.
const EXACT: &str = "utf8mb4_bin";

/// Whether a mask has an exact form for MySQL, of this type and with these arguments.
pub fn has_form(mask: &dyn Mask, input_type: &BaseType, arguments: &Arguments, version: u32) -> bool {
    let (input, hash) = (Expr::column("value"), Expr::column("hash"));
    let labels = ["label".to_owned()];
    let context = Context {
        input: &input,
        input_type,
        declared: &input_type.data_type,
        arguments,
        hash: Some(&hash),
        secret: &|_| Expr::Null,
        default: Some(&input),
        lookup: Some(&Select::default()),
        first: Some(&First { is_it: Expr::Boolean(false), value: Expr::Null }),
        labels: &labels,
        alias: "mask",
    };
    let mut steps = Steps::new("mask", version, []);
    mask.accepts_on_mysql(input_type) && mask.render_mysql(&context, &mut steps).is_some()
}

/// Functions of MySQL.
pub(super) fn call(function: &str, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::call(function, arguments)
}

pub(super) fn concat(parts: impl IntoIterator<Item = Expr>) -> Expr {
    call("CONCAT", parts)
}

/// The value as characters that are compared one by one.
pub(super) fn text(context: &Context<'_>) -> Expr {
    exact(context.input.clone())
}

pub(super) fn exact(value: Expr) -> Expr {
    Expr::Collate(Box::new(value.utf8()), QName::new("", EXACT))
}

/// So many bytes of the hash from one on, in hexadecimal.
pub(super) fn hex(context: &Context<'_>, from: i64, bytes: i64) -> Expr {
    call("SUBSTRING", [context.hash(), Expr::Integer(2 * from + 1), Expr::Integer(2 * bytes)])
}

fn from_hex(digits: Expr) -> Expr {
    call("CONV", [digits, Expr::Integer(16), Expr::Integer(10)]).mysql_cast("signed")
}

/// A byte of the hash.
pub(super) fn byte(context: &Context<'_>, at: i64) -> Expr {
    from_hex(hex(context, at, 1))
}

/// 56 bits of the hash, so never negative.
pub(super) fn number(context: &Context<'_>) -> Expr {
    from_hex(hex(context, 0, 7))
}

/// A number below a limit.
pub(super) fn below(context: &Context<'_>, limit: i64) -> Expr {
    number(context).op("%", Expr::Integer(limit))
}

/// A whole number as text with zeros before it.
pub(super) fn padded(number: Expr, count: u32) -> Expr {
    call("LPAD", [number.mysql_cast("char"), Expr::Integer(i64::from(count)), Expr::text("0")])
}

/// One of the words, counted from 0.
pub(super) fn choose<'w>(at: Expr, words: impl IntoIterator<Item = &'w str>) -> Expr {
    let place = Expr::Integer(1).op("+", at);
    call("ELT", std::iter::once(place).chain(words.into_iter().map(Expr::text)))
}

/// `LEAST(GREATEST(value, low), high)`; NULL where the value is.
pub(super) fn clamped(value: Expr, low: Expr, high: Expr) -> Expr {
    call("LEAST", [call("GREATEST", [value, low]), high])
}

/// A whole number as a decimal in which nothing overflows; a decimal as it is.
pub(super) fn wide(context: &Context<'_>) -> Expr {
    match types::integer_range(context.input_type) {
        Some(_) => context.input.clone().mysql_decimal(30, 0),
        None => context.input.clone(),
    }
}

/// The least and greatest value of a column of numbers.
pub(super) fn limits(of: &BaseType) -> Option<(Expr, Expr)> {
    if let Some((low, high)) = types::integer_range(of) {
        return Some((Expr::Decimal(low.to_string()), Expr::Decimal(high.to_string())));
    }
    let limit = types::numeric_limit(&of.data_type).filter(|_| types::is_numeric(of))?;
    Some((Expr::Decimal(format!("-{limit}")), Expr::Decimal(limit)))
}

/// Types that MySQL alone has, by their one-word names.
pub(super) fn own_integer_range(of: &DataType) -> Option<(i64, i64)> {
    if of.name.schema != crate::catalog::mysql::SCHEMA || of.dimensions > 0 {
        return None;
    }
    Some(match of.name.name.as_str() {
        "int1" => (-128, 127),
        "int3" => (-8_388_608, 8_388_607),
        "uint1" => (0, 255),
        "uint2" => (0, 65_535),
        "uint3" => (0, 16_777_215),
        "uint4" => (0, 4_294_967_295),
        // The upper half is kept, but no mask gives a number in it.
        "uint8" => (0, i64::MAX),
        _ => return None,
    })
}

/// Text without these characters.
pub(super) fn without(text: Expr, characters: &str) -> Expr {
    characters.chars().fold(text, |text, one| call("REPLACE", [text, Expr::text(one.to_string()), Expr::text("")]))
}

/// Text with each of these characters as the other at its place.
pub(super) fn translated(text: Expr, from: &str, to: &str) -> Expr {
    let pairs = from.chars().zip(to.chars());
    pairs.fold(text, |text, (one, other)| {
        call("REPLACE", [text, Expr::text(one.to_string()), Expr::text(other.to_string())])
    })
}

/// Whether the bytes of a text of at most so many characters are as a pattern of their hexadecimal digits says. A pattern of
/// the text itself would end at a NUL in MySQL 5.7, and its end is one before a line's end too.
pub(super) fn is_ascii(text: Expr, pattern: &str, most: i64) -> Expr {
    let digits = call("HEX", [call("LEFT", [text, Expr::Integer(most + 1)])]);
    digits.op("REGEXP", Expr::text(format!("^{pattern}$")))
}

/// How many characters.
pub(super) fn count(text: Expr) -> Expr {
    call("CHAR_LENGTH", [text])
}

/// Some characters of a text, counted from 1.
pub(super) fn part(text: Expr, from: i64, count: i64) -> Expr {
    call("SUBSTRING", [text, Expr::Integer(from), Expr::Integer(count)])
}

/// So many decimal digits (at most 12) of the hash as text.
pub(super) fn digits(context: &Context<'_>, count: u32) -> Expr {
    padded(below(context, keyed::power_of_ten(count)), count)
}

/// A digit of a whole number, counted from its end.
pub(super) fn digit(number: Expr, place: u32) -> Expr {
    let shifted = if place == 0 { number } else { number.op("DIV", Expr::Integer(keyed::power_of_ten(place))) };
    shifted.op("%", Expr::Integer(10))
}
