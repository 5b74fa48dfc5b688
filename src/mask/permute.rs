//! `permute`: whole numbers exchanged for each other, one to one.
//!
//! A primary key must stay unique and every reference to it must follow, also from a column of a narrower type: so
//! the answer may depend on the number alone, not on the column's type. The numbers fall into three ranges, one for
//! each type's reach, and each range is permuted in itself; the sign stays. A range of `high * low` numbers is
//! permuted by a Feistel network of four rounds: a number is a pair of digits, to one of which a keyed function of
//! the other is added, modulo its base, by turns. Whatever the function is, that can be undone, so it is a
//! permutation. The function is `(digit * a + b) % 2147483647`, with `a` and `b` of 28 bits from the run's key; it
//! overflows nowhere and gives the same on every version. It hides numbers from readers, not from cryptanalysts.

use super::{Context, Mask, Parameter, Rendered, Uniqueness, mysql, types};
use crate::catalog::{BaseType, DataType, QName};
use crate::mask::Arguments;
use crate::sql::{Expr, From, Join, Relation, Select};
use std::ops::RangeInclusive;

/// See the page `docs/masks/permute.md`.
pub(super) struct Permute;

/// Numbers from `start` on, `high * low` of them, the first that a column of this type can hold.
struct Range {
    of: &'static str,
    start: i64,
    high: i64,
    low: i64,
}

/// Together they are 0 to 2^63 - 1, and they end where smallint and integer end.
const RANGES: [Range; 3] = [
    Range { of: "int2", start: 0, high: 1 << 7, low: 1 << 8 },
    Range { of: "int4", start: 1 << 15, high: (1 << 16) - 1, low: 1 << 15 },
    Range { of: "int8", start: 1 << 31, high: (1 << 32) - 1, low: 1 << 31 },
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

    /// Ranges that both types have end at the same numbers.
    fn agrees_on_mysql(&self, one: &BaseType, other: &BaseType) -> bool {
        let (Some(one), Some(other)) = (mysql_ranges(one), mysql_ranges(other)) else { return false };
        one.iter().zip(&other).all(|(one, other)| one == other)
    }

    fn uniqueness(&self, _input: &BaseType, _arguments: &Arguments) -> Uniqueness {
        Uniqueness::Preserved
    }

    /// Each range is permuted by its own bases, and the range of the number chooses: a base that were a CASE itself would be
    /// computed in each of the many places that read it. The planner puts together what is not kept apart (`OFFSET 0`), so
    /// the digits of the second round, which the fourth and the third read, would be computed three times. What is put
    /// together stands in the branches of the CASE, so the first digits of a range, which for a number of another could be
    /// too large to multiply, are computed for its own numbers alone; `masks::` has the ends of each type on all versions.
    fn render(&self, context: &Context<'_>) -> Rendered {
        let names = Names { alias: context.alias };
        let (_, greatest) = types::integer_range(context.input_type).unwrap_or((0, 0));
        let ranges: Vec<&Range> = RANGES.iter().filter(|range| range.start <= greatest).collect();
        let mut half = vec![number(context, &names)];
        let number = |column: &str| Expr::of(&names.of("number"), column);
        let halves = names.rounds(&ranges, 1..=2, &mut half, |range| range.digits(&|| number("size")));
        let (highs, lows): (Vec<_>, Vec<_>) = halves.into_iter().map(|digits| (digits.high, digits.low)).unzip();
        let high = of_range(&ranges, &number("size"), highs);
        let low = of_range(&ranges, &number("size"), lows);
        let columns = [("size", number("size")), ("sign", number("sign")), ("high", high), ("low", low)];
        let columns = columns.into_iter().map(|(name, value)| (value, Some(name.into()))).collect();
        let half = Select { columns, from: half, barrier: true, ..Select::default() };
        let half = From::joined(Relation::Select(Box::new(half)), names.of("half"), Join::Lateral);
        let mut joins = vec![rounds(context, &names.of("rounds")), half];
        let half = |column: &str| Expr::of(&names.of("half"), column);
        let whole = names.rounds(&ranges, 3..=ROUNDS, &mut joins, |_| Digits { high: half("high"), low: half("low") });
        let numbers = ranges.iter().zip(whole).map(|(range, digits)| range.number(digits)).collect();
        Rendered { expr: of_range(&ranges, &half("size"), numbers).op("#", half("sign")), joins }
    }

    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let ranges = mysql_ranges(context.input_type)?;
        let cast = if is_unsigned(context.input_type) { "unsigned" } else { "signed" };
        let turned = |number: Expr| {
            let below = context.input.clone().op("<", Expr::Integer(0));
            let over = Expr::Integer(-1).op("-", number.clone());
            if cast == "signed" { Expr::Case(vec![(below, over)], Some(Box::new(number))) } else { number }
        };
        let secret = steps.once((context.secret)("permute"));
        let size = steps.bind_one(turned(context.input.clone().mysql_cast(cast)));
        let of_range = |value: fn(&MysqlRange) -> u64| {
            let value = |range: &MysqlRange| Expr::Decimal(value(range).to_string());
            let below = |next: &MysqlRange| size.clone().op("<", Expr::Decimal(next.start.to_string()));
            let cases = ranges.iter().zip(ranges.iter().skip(1)).map(|(range, next)| (below(next), value(range)));
            let cases: Vec<_> = cases.collect();
            let last = ranges.last().map_or(Expr::Null, value);
            let chosen = if cases.is_empty() { last } else { Expr::Case(cases, Some(Box::new(last))) };
            chosen.mysql_cast(cast)
        };
        let [start, high_base, low_base] =
            steps.bind([of_range(|range| range.start), of_range(|range| range.high), of_range(|range| range.low)]);
        let offset = || size.clone().op("-", start.clone());
        let [mut high, mut low] =
            steps.bind([offset().op("DIV", low_base.clone()), offset().op("%", low_base.clone())]);
        for round in 1..=ROUNDS {
            let constant = |place: i64| mysql_constant(&secret, place).mysql_cast(cast);
            let (digit, other, base) =
                if round % 2 == 1 { (&mut low, &high, &low_base) } else { (&mut high, &low, &high_base) };
            let mixed = other.clone().op("*", constant(2 * round - 2)).op("+", constant(2 * round - 1));
            let mixed = mixed.op("%", Expr::Integer(PRIME));
            *digit = steps.bind_one(digit.clone().op("+", mixed).op("%", base.clone()));
        }
        let permuted = steps.bind_one(start.op("+", high.op("*", low_base)).op("+", low));
        Some(turned(permuted))
    }
}

struct Names<'a> {
    alias: &'a str,
}

impl Names<'_> {
    fn of(&self, suffix: &str) -> String {
        format!("{}_{suffix}", self.alias)
    }

    /// The digits of each range after these rounds, each of which becomes a relation.
    fn rounds(
        &self,
        ranges: &[&Range],
        rounds: RangeInclusive<i64>,
        joins: &mut Vec<From>,
        before: impl Fn(&Range) -> Digits,
    ) -> Vec<Digits> {
        let mut all = Vec::new();
        for range in ranges {
            let mut digits = before(range);
            for round in rounds.clone() {
                let Digits { high, low } = &mut digits;
                let (digit, other, base) =
                    if round % 2 == 1 { (low, high, range.low) } else { (high, low, range.high) };
                let constant = |letter: &str| Expr::of(&self.of("rounds"), &format!("{letter}{round}"));
                let mixed = other.clone().op("*", constant("a")).op("+", constant("b")).op("%", Expr::Integer(PRIME));
                let next = digit.clone().op("+", mixed).op("%", Expr::Integer(base));
                let select = Select { columns: vec![(next, Some("digit".into()))], ..Select::default() };
                let name = self.of(&format!("{}_{round}", range.of));
                joins.push(From::joined(Relation::Select(Box::new(select)), name.clone(), Join::Lateral));
                *digit = Expr::of(&name, "digit");
            }
            all.push(digits);
        }
        all
    }
}

/// A number of a range is `high * range.low + low` behind its start.
struct Digits {
    high: Expr,
    low: Expr,
}

impl Range {
    fn digits(&self, size: &dyn Fn() -> Expr) -> Digits {
        let offset = || self.shift(size(), "-");
        Digits { high: offset().op("/", Expr::Integer(self.low)), low: offset().op("%", Expr::Integer(self.low)) }
    }

    fn number(&self, digits: Digits) -> Expr {
        self.shift(digits.high.op("*", Expr::Integer(self.low)).op("+", digits.low), "+")
    }

    fn shift(&self, value: Expr, operator: &'static str) -> Expr {
        if self.start == 0 { value } else { value.op(operator, Expr::Integer(self.start)) }
    }
}

/// The value of the range that a number of this size lies in.
fn of_range(ranges: &[&Range], size: &Expr, mut values: Vec<Expr>) -> Expr {
    let last = values.pop().unwrap_or(Expr::Null);
    let below = ranges.iter().skip(1).map(|next| size.clone().op("<", Expr::Integer(next.start)));
    let cases: Vec<_> = below.zip(values).collect();
    if cases.is_empty() { last } else { Expr::Case(cases, Some(Box::new(last))) }
}

/// Size and sign of a number. All bits are turned over for a negative number: -1 becomes 0, and the least number the
/// greatest.
fn number(context: &Context<'_>, names: &Names<'_>) -> From {
    let input = || context.input.clone().cast("int8");
    let sign = || input().op(">>", Expr::Integer(63));
    let columns = vec![(input().op("#", sign()), Some("size".into())), (sign(), Some("sign".into()))];
    let select = Select { columns, barrier: true, ..Select::default() };
    From::first(Relation::Select(Box::new(select)), names.of("number"))
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

/// As [`Range`], for numbers of MySQL's types too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MysqlRange {
    start: u64,
    high: u64,
    low: u64,
}

fn is_unsigned(input: &BaseType) -> bool {
    input.data_type.name.name.starts_with("uint")
}

/// The ranges of a type of MySQL's: PostgreSQL's, where the last one ends with the type. So a number that types of both have
/// gives the same, unless it lies in a range that a type cuts off.
fn mysql_ranges(input: &BaseType) -> Option<Vec<MysqlRange>> {
    let (_, greatest) = types::integer_range(input)?;
    let is_uint8 = input.data_type.name.name == "uint8";
    let greatest = if is_uint8 { u64::MAX } else { u64::try_from(greatest).ok()? };
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    let all = RANGES.iter().map(|range| MysqlRange {
        start: number(range.start),
        high: number(range.high),
        low: number(range.low),
    });
    let beyond = MysqlRange { start: 1 << 63, high: 1 << 32, low: 1 << 31 };
    let reached = all.chain([beyond]).filter(|range| range.start <= greatest);
    Some(reached.map(|range| range.cut(greatest)).collect())
}

impl MysqlRange {
    /// The same up to this number. Two digits of about the same size make it up again.
    fn cut(self, greatest: u64) -> Self {
        let last = self.start + (self.high * self.low - 1);
        if last <= greatest {
            return self;
        }
        let count = greatest - self.start + 1;
        let half = (u64::BITS - count.leading_zeros()) / 2;
        let low = 1 << half.min(count.trailing_zeros());
        Self { high: count / low, low, ..self }
    }
}

/// 28 bits of the secret, as above.
fn mysql_constant(secret: &Expr, place: i64) -> Expr {
    let digits = mysql::part(secret.clone(), 8 * place + 1, 7);
    mysql::call("CONV", [digits, Expr::Integer(16), Expr::Integer(10)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Category, mysql::SCHEMA};

    fn base(schema: &str, name: &str) -> BaseType {
        let data_type = DataType { name: QName::new(schema, name), modifiers: Vec::new(), dimensions: 0 };
        BaseType { data_type, domains: Vec::new(), category: Category::Scalar }
    }

    #[test]
    fn ranges_cover_each_type_and_end_where_it_ends() {
        let all = [
            ("pg_catalog", "int2", 0x7fff),
            ("pg_catalog", "int4", 0x7fff_ffff),
            ("pg_catalog", "int8", 0x7fff_ffff_ffff_ffff),
            (SCHEMA, "int1", 0x7f),
            (SCHEMA, "uint1", 0xff),
            (SCHEMA, "uint2", 0xffff),
            (SCHEMA, "int3", 0x7f_ffff),
            (SCHEMA, "uint3", 0xff_ffff),
            (SCHEMA, "uint4", 0xffff_ffff),
            (SCHEMA, "uint8", u64::MAX),
        ];
        for (schema, name, greatest) in all {
            let mut next = 0;
            let ranges = mysql_ranges(&base(schema, name)).unwrap_or_default();
            for range in &ranges {
                assert_eq!(range.start, next, "{name}");
                assert!(range.high <= 1 << 32 && range.low <= 1 << 32, "{name}: a round would overflow");
                next = range.start.wrapping_add(range.high * range.low);
            }
            assert_eq!(next.wrapping_sub(1), greatest, "{name}");
        }
        let agrees =
            |one: (&str, &str), two: (&str, &str)| Permute.agrees_on_mysql(&base(one.0, one.1), &base(two.0, two.1));
        assert!(agrees(("pg_catalog", "int4"), (SCHEMA, "uint4")));
        assert!(agrees(("pg_catalog", "int8"), (SCHEMA, "uint8")));
        assert!(!agrees(("pg_catalog", "int8"), (SCHEMA, "uint4")));
        assert!(!agrees((SCHEMA, "uint2"), ("pg_catalog", "int4")));
    }
}
