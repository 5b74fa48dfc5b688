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

/// Numbers from `start` on, `high * low` of them.
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
        let input = || context.input.clone().cast("int8");
        // All bits turned over for a negative number, none otherwise: -1 becomes 0 and the least number the greatest.
        let sign = || input().op(">>", Expr::Integer(63));
        let size = || input().op("#", sign());
        let (_, greatest) = types::integer_range(context.input_type).unwrap_or((0, 0));
        let ranges: Vec<&Range> = RANGES.iter().filter(|range| range.start <= greatest).collect();
        let permuted = |range: &Range| Feistel { range, constants: &constants, size: &size() }.permuted();
        let below = ranges.iter().zip(ranges.iter().skip(1));
        let cases = below.map(|(range, next)| (size().op("<", Expr::Integer(next.start)), permuted(range))).collect();
        let last = ranges.last().map_or(Expr::Null, |range| permuted(range));
        let all = if ranges.len() == 1 { last } else { Expr::Case(cases, Some(Box::new(last))) };
        let expr = all.op("#", sign()).cast_to(context.input_type.data_type.clone());
        Rendered { expr, joins: vec![rounds(context, &constants)] }
    }
}

struct Feistel<'a> {
    range: &'a Range,
    constants: &'a str,
    size: &'a Expr,
}

impl Feistel<'_> {
    fn permuted(&self) -> Expr {
        let (mut high, mut low) = (self.digit("/"), self.digit("%"));
        for round in 1..=ROUNDS {
            if round % 2 == 1 {
                low = self.round(low, high.clone(), round, self.range.low);
            } else {
                high = self.round(high, low.clone(), round, self.range.high);
            }
        }
        let pair = high.op("*", Expr::Integer(self.range.low)).op("+", low);
        if self.range.start == 0 { pair } else { Expr::Integer(self.range.start).op("+", pair) }
    }

    fn digit(&self, operator: &'static str) -> Expr {
        let start = self.range.start;
        let size = if start == 0 { self.size.clone() } else { self.size.clone().op("-", Expr::Integer(start)) };
        size.op(operator, Expr::Integer(self.range.low))
    }

    fn round(&self, digit: Expr, other: Expr, round: i64, base: i64) -> Expr {
        let constant = |letter: &str| Expr::of(self.constants, &format!("{letter}{round}"));
        let mixed = other.op("*", constant("a")).op("+", constant("b")).op("%", Expr::Integer(PRIME));
        digit.op("+", mixed).op("%", Expr::Integer(base))
    }
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
