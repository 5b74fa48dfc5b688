//! `permute`: whole numbers exchanged for each other, one to one.
//!
//! A primary key must stay unique and every reference to it must follow, also from a column of a narrower type: so
//! the answer may depend on the number alone, not on the column's type. The numbers fall into three ranges, one for
//! each type's reach, and each range is permuted in itself; the sign stays. A range of `high * low` numbers is
//! permuted by a Feistel network of four rounds: a number is a pair of digits, to one of which a keyed function of
//! the other is added, modulo its base, by turns. Whatever the function is, that can be undone, so it is a
//! permutation. The function is `(digit * a + b) % 2147483647`, with `a` and `b` of 28 bits from the run's key; it
//! overflows nowhere and gives the same on every version. It hides numbers from readers, not from cryptanalysts.

use super::{Context, Mask, Parameter, Rendered, Uniqueness, types};
use crate::catalog::{BaseType, DataType, QName};
use crate::mask::Arguments;
use crate::sql::{Expr, From, Join, Relation, Select};

/// See the page `docs/masks/permute.md`.
pub(super) struct Permute;

/// Numbers from `start` on, `high * low` of them; `high` and `low` are the bases of the two digits.
struct Range {
    start: i64,
    high: i64,
    low: i64,
}

/// Together they are 0 to 2^63 - 1, and they end where smallint and integer end.
const RANGES: [Range; 3] = [
    Range { start: 0, high: 1 << 7, low: 1 << 8 },
    Range { start: 1 << 15, high: (1 << 16) - 1, low: 1 << 15 },
    Range { start: 1 << 31, high: (1 << 32) - 1, low: 1 << 31 },
];

const ROUNDS: i64 = 4;

/// A prime, so that the digits' own bases do not show through.
const PRIME: i64 = 2_147_483_647;

impl Mask for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }

    fn summary(&self) -> &'static str {
        "whole numbers exchanged for each other, one to one: keys stay unique and references follow"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/permute.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[]
    }

    fn accepts_words(&self) -> &'static str {
        "smallint, integer or bigint"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::integer_range(input).is_some()
    }

    fn keyed(&self) -> bool {
        true
    }

    fn uniqueness(&self, _input: &BaseType, _arguments: &Arguments) -> Uniqueness {
        Uniqueness::Preserved
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let constants = format!("{}_rounds", context.alias);
        let digits = format!("{}_digits", context.alias);
        let mut joins = vec![rounds(context, &constants), self::digits(context, &digits)];
        let mut places = Places { low: digits.clone(), high: digits.clone() };
        for round in 1..=ROUNDS {
            let alias = format!("{}_round{round}", context.alias);
            let (digit, other, base) =
                if round % 2 == 1 { ("low", "high", "low_base") } else { ("high", "low", "high_base") };
            let constant = |letter: &str| Expr::of(&constants, &format!("{letter}{round}"));
            let mixed = Expr::of(places.of(other), other).op("*", constant("a")).op("+", constant("b"));
            let moved = Expr::of(places.of(digit), digit).op("+", mixed.op("%", Expr::Integer(PRIME)));
            joins.push(lateral(vec![(moved.op("%", Expr::of(&digits, base)), digit)], &alias, false));
            places.set(digit, alias);
        }
        let of_digits = |column: &str| Expr::of(&digits, column);
        let pair = Expr::of(&places.high, "high").op("*", of_digits("low_base")).op("+", Expr::of(&places.low, "low"));
        let expr = of_digits("start").op("+", pair).op("#", of_digits("sign"));
        Rendered { expr, joins }
    }
}

/// Which relation holds each digit as it is after the rounds so far.
struct Places {
    low: String,
    high: String,
}

impl Places {
    fn of(&self, digit: &str) -> &str {
        if digit == "low" { &self.low } else { &self.high }
    }

    fn set(&mut self, digit: &str, alias: String) {
        if digit == "low" {
            self.low = alias;
        } else {
            self.high = alias;
        }
    }
}

fn lateral(columns: Vec<(Expr, &str)>, alias: &str, barrier: bool) -> From {
    let columns = columns.into_iter().map(|(expr, name)| (expr, Some(name.into()))).collect();
    let select = Select { columns, barrier, ..Select::default() };
    From::joined(Relation::Select(Box::new(select)), alias, Join::Lateral)
}

/// A number as a pair of digits of its range. The rounds read each of these several times, so `OFFSET 0` keeps them
/// computed once; the rounds themselves PostgreSQL folds into one expression.
fn digits(context: &Context<'_>, alias: &str) -> From {
    let input = || context.input.clone().cast("int8");
    // All bits turned over for a negative number, none otherwise: -1 becomes 0 and the least number the greatest.
    let sign = || input().op(">>", Expr::Integer(63));
    let number = lateral(vec![(sign(), "sign"), (input().op("#", sign()), "size")], "number", false);
    let (_, greatest) = types::integer_range(context.input_type).unwrap_or((0, 0));
    let ranges: Vec<&Range> = RANGES.iter().filter(|range| range.start <= greatest).collect();
    let size = || Expr::of("number", "size");
    let by_range = |value: &dyn Fn(&Range) -> i64| {
        let below = ranges.iter().zip(ranges.iter().skip(1));
        let cases: Vec<(Expr, Expr)> = below
            .map(|(range, next)| (size().op("<", Expr::Integer(next.start)), Expr::Integer(value(range)).cast("int8")))
            .collect();
        let last = ranges.last().map_or(Expr::Null, |range| Expr::Integer(value(range)).cast("int8"));
        if cases.is_empty() { last } else { Expr::Case(cases, Some(Box::new(last))) }
    };
    let range = lateral(
        vec![
            (by_range(&|range| range.start), "start"),
            (by_range(&|range| range.high), "high_base"),
            (by_range(&|range| range.low), "low_base"),
        ],
        "range",
        false,
    );
    let of_range = |column: &str| Expr::of("range", column);
    let within = || size().op("-", of_range("start"));
    let columns = [
        (Expr::of("number", "sign"), "sign"),
        (of_range("start"), "start"),
        (of_range("high_base"), "high_base"),
        (of_range("low_base"), "low_base"),
        (within().op("/", of_range("low_base")), "high"),
        (within().op("%", of_range("low_base")), "low"),
    ];
    let select = Select {
        columns: columns.into_iter().map(|(expr, name)| (expr, Some(name.into()))).collect(),
        from: vec![From { join: Join::First, ..number }, range],
        barrier: true,
        ..Select::default()
    };
    From::joined(Relation::Select(Box::new(select)), alias, Join::Lateral)
}

/// One row of round constants, kept apart from the rows by `OFFSET 0` so that it is computed once.
fn rounds(context: &Context<'_>, alias: &str) -> From {
    let hex = Expr::call("encode", [(context.secret)("permute"), Expr::text("hex")]);
    let secret = Select { columns: vec![(hex, Some("hex".into()))], barrier: true, ..Select::default() };
    let columns = (1..=ROUNDS).flat_map(|round| [("a", 2 * round - 2, round), ("b", 2 * round - 1, round)]);
    let columns =
        columns.map(|(letter, place, round)| (constant(place), Some(format!("{letter}{round}").as_str().into())));
    let select = Select {
        columns: columns.collect(),
        from: vec![From::first(Relation::Select(Box::new(secret)), "secret")],
        barrier: true,
        ..Select::default()
    };
    From::joined(Relation::Select(Box::new(select)), alias, Join::Cross)
}

/// 28 bits of the secret: seven of each eight hexadecimal digits.
fn constant(place: i64) -> Expr {
    let digits = Expr::call("substr", [Expr::of("secret", "hex"), Expr::Integer(8 * place + 1), Expr::Integer(7)]);
    let bits = DataType { name: QName::new("pg_catalog", "bit"), modifiers: vec![28], dimensions: 0 };
    Expr::text("x").op("||", digits).cast_to(bits).cast("int8")
}
