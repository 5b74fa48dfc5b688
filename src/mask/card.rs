//! `card`: a card number of the same form whose check digit (Luhn, ISO/IEC 7812-1 annex B) is right.

use super::{
    Arguments, Context, Hashes, Length, Mask, Parameter, ParameterKind, Probed, Rendered, keyed, mysql, shape::Shape,
    types,
};
use crate::catalog::BaseType;
use crate::sql::{Expr, From, Join, Relation, Select};

/// See the page `docs/masks/card.md`.
pub(super) struct Card;

const BINS: &[&str] = &["test", "keep"];

impl Mask for Card {
    fn name(&self) -> &'static str {
        "card"
    }

    fn summary(&self) -> &'static str {
        "a card number of the same form that passes the Luhn check, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/card.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "bin",
            kind: ParameterKind::Choice(BINS),
            required: false,
            summary: "'test' for the issuer of test cards, 'keep' for the value's own first six digits; 'test' without it",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        types::TEXT_WORDS
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::is_text(input)
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, _arguments: &'a Arguments) -> Hashes<'a> {
        Hashes::Input
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AtMost(types::within_column(input, SHAPE.length, types::characters(OTHERWISE)))
    }

    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let start = if keeps(probed.arguments) { "" } else { TEST_BIN };
        let digits = Expr::call("translate", [types::exact_text(probed.output), Expr::text(" -"), Expr::text("")]);
        Some(
            digits
                .op("~", Expr::text(format!("^{start}[0-9]{{{}}}$", if start.is_empty() { "12,19" } else { "6,13" }))),
        )
    }

    fn shows_length(&self, _arguments: &Arguments) -> bool {
        true
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let (parts, join) = SHAPE.join(context);
        let bin = if keeps(context.arguments) {
            Expr::call("left", [parts.digits(), Expr::Integer(BIN)])
        } else {
            Expr::text(TEST_BIN)
        };
        let middle = parts.count().op("-", Expr::Integer(BIN + 1));
        let payload = bin.op("||", Expr::call("left", [keyed::digits(context, 12), middle])).cast("int8");
        let select = Select { columns: vec![(payload, Some("digits".into()))], barrier: true, ..Select::default() };
        let relation = format!("{}_payload", context.alias);
        let payload = || Expr::of(&relation, "digits");
        let digit = |place| keyed::digit(payload(), place);
        let doubled = |place| {
            let nine = Expr::Integer(9).op("*", digit(place).op("/", Expr::Integer(5)));
            Expr::Integer(2).op("*", digit(place)).op("-", nine)
        };
        let number = payload().cast("text").op("||", check(&digit, &doubled).cast("text"));
        // A number that begins with zeros loses them on the way; the form has room for them.
        let expr = parts.filled(context, number, OTHERWISE);
        let payload = From::joined(Relation::Select(Box::new(select)), relation.clone(), Join::Lateral);
        Rendered { expr, joins: vec![join, payload] }
    }

    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let parts = SHAPE.bind(context, steps);
        let bin = if keeps(context.arguments) {
            mysql::call("LEFT", [parts.digits(), Expr::Integer(BIN)])
        } else {
            Expr::text(TEST_BIN)
        };
        let middle = parts.count().op("-", Expr::Integer(BIN + 1));
        let middle = mysql::call("LEFT", [mysql::digits(context, 12), middle]);
        let payload = steps.bind_one(mysql::concat([bin, middle]));
        let number = steps.bind_one(payload.clone().mysql_cast("signed"));
        let digit = |place| mysql::digit(number.clone(), place);
        // Doubled and less 9, by a list, so that a digit is read once.
        let doubled = |place| {
            mysql::call(
                "SUBSTRING",
                [Expr::text("0246813579"), digit(place).op("+", Expr::Integer(1)), Expr::Integer(1)],
            )
        };
        let check = steps.bind_one(check(&digit, &doubled));
        Some(parts.filled(context, mysql::concat([payload, check.mysql_cast("char")]), OTHERWISE))
    }
}

const SHAPE: Shape = Shape { separators: " -", digits: (12, 19), length: 23 };

/// The digits of the issuer.
const BIN: i64 = 6;
/// Payment providers' test cards begin so.
const TEST_BIN: &str = "400000";
const OTHERWISE: &str = "4000000000000002";

fn keeps(arguments: &Arguments) -> bool {
    types::text(arguments, "bin") == Some("keep")
}

/// The digit that makes the sum a multiple of ten; every second digit from the last one on counts twice, less 9 where
/// that has two digits. Zeros before the number change nothing.
fn check(digit: &dyn Fn(u32) -> Expr, doubled: &dyn Fn(u32) -> Expr) -> Expr {
    let term = |place: u32| if place % 2 == 1 { digit(place) } else { doubled(place) };
    let rest = keyed::sum((0..18).map(term)).op("%", Expr::Integer(10));
    Expr::Integer(10).op("-", rest).op("%", Expr::Integer(10))
}
