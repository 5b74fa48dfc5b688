//! `integer`: a whole number between two others, the same for the same value.

use super::{
    Arguments, Context, Hashes, Mask, Parameter, ParameterKind, Probed, Rendered, Uniqueness, keyed, mysql, types,
};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/integer.md`.
pub(super) struct Integer;

impl Mask for Integer {
    fn name(&self) -> &'static str {
        "integer"
    }

    fn summary(&self) -> &'static str {
        "a whole number between two others, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/integer.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter { name: "min", kind: ParameterKind::Integer, required: true, summary: "the least number" },
            Parameter {
                name: "max",
                kind: ParameterKind::Integer,
                required: true,
                summary: "the greatest number, at most 1,000,000,000,000 numbers in all",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        "smallint, integer, bigint or numeric"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::integer_range(input).is_some() || types::is_numeric(input)
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, _arguments: &'a Arguments) -> Hashes<'a> {
        Hashes::Input
    }

    fn check_arguments(&self, input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        types::bound(input, arguments, "min")?;
        types::bound(input, arguments, "max")?;
        let (min, max) = range(arguments);
        if min >= max {
            return Err(format!("expected `min` to be less than `max`, found {min} and {max}"));
        }
        match count(arguments) {
            Some(count) if count <= MOST => Ok(()),
            _ => Err(format!("expected at most {MOST} numbers between `min` and `max`, found {min} and {max}")),
        }
    }

    /// As many bits as the range holds whole: its odds of a collision are no worse than those said.
    fn uniqueness(&self, _input: &BaseType, arguments: &Arguments) -> Uniqueness {
        match count(arguments).and_then(i64::checked_ilog2) {
            Some(bits) if bits >= FEWEST_BITS => Uniqueness::Hash { bits },
            _ => Uniqueness::Lossy,
        }
    }

    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let (min, max) = range(probed.arguments);
        let value = || probed.output.clone();
        let mut conditions = vec![value().op(">=", Expr::Integer(min)), value().op("<=", Expr::Integer(max))];
        if types::is_numeric(probed.input_type) {
            conditions.push(Expr::call("trunc", [value()]).op("=", value()));
        }
        Some(Expr::And(conditions))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let (min, _) = range(context.arguments);
        let offset = keyed::below(context, count(context.arguments).unwrap_or(1));
        let number = Expr::Integer(min).op("+", offset);
        Rendered::plain(number.cast_to(context.input_type.data_type.clone()))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let (min, _) = range(context.arguments);
        Some(Expr::Integer(min).op("+", mysql::below(context, count(context.arguments)?)))
    }
}

/// With more numbers 56 bits of hash would prefer some.
const MOST: i64 = 1_000_000_000_000;
/// Below, collisions are certain in any table worth masking.
const FEWEST_BITS: u32 = 32;

fn range(arguments: &Arguments) -> (i64, i64) {
    let bound = |name| types::integer(arguments, name).unwrap_or(0);
    (bound("min"), bound("max"))
}

/// How many numbers there are to choose from.
fn count(arguments: &Arguments) -> Option<i64> {
    let (min, max) = range(arguments);
    max.checked_sub(min)?.checked_add(1)
}
