//! `my_number`: a Japanese individual number with its check digit (mod 11, ordinance 85 of 2014, article 5).

use super::{Arguments, Context, Hashes, Length, Mask, Parameter, Rendered, Uniqueness, keyed, mysql, types};
use crate::catalog::BaseType;
use crate::sql::{Expr, From, Join, Relation, Select};

/// See the page `docs/masks/my_number.md`.
pub(super) struct MyNumber;

impl Mask for MyNumber {
    fn name(&self) -> &'static str {
        "my_number"
    }

    fn summary(&self) -> &'static str {
        "a Japanese individual number (My Number) with a right check digit, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/my_number.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[]
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

    fn uniqueness(&self, _input: &BaseType, _arguments: &Arguments) -> Uniqueness {
        Uniqueness::Hash { bits: 36 }
    }

    fn length(&self, _input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AtMost(12)
    }

    fn pattern(&self, _arguments: &Arguments) -> Option<String> {
        Some("^[0-9]{12}$".to_owned())
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let number = keyed::below(context, keyed::power_of_ten(DIGITS));
        let select = Select { columns: vec![(number, Some("digits".into()))], barrier: true, ..Select::default() };
        let relation = format!("{}_number", context.alias);
        let number = || Expr::of(&relation, "digits");
        let expr = keyed::padded(number(), DIGITS).op("||", check(&|place| keyed::digit(number(), place)).cast("text"));
        let join = From::joined(Relation::Select(Box::new(select)), relation.clone(), Join::Lateral);
        Rendered { expr, joins: vec![join] }
    }

    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let number = steps.bind_one(mysql::below(context, keyed::power_of_ten(DIGITS)));
        let check = check(&|place| mysql::digit(number.clone(), place));
        Some(mysql::concat([mysql::padded(number, DIGITS), check.mysql_cast("char")]))
    }
}

/// Digits beside the check digit.
const DIGITS: u32 = 11;

/// 11 less the weighted sum's remainder by 11; 0 where that would have two digits. The weights are 2 to 7 and again 2
/// to 6, from the last digit on.
fn check(digit: &dyn Fn(u32) -> Expr) -> Expr {
    let term = |place: u32| {
        let weight = if place < 6 { place + 2 } else { place - 4 };
        digit(place).op("*", Expr::Integer(i64::from(weight)))
    };
    let rest = keyed::sum((0..DIGITS).map(term)).op("%", Expr::Integer(11));
    Expr::Integer(11).op("-", rest).op("%", Expr::Integer(11)).op("%", Expr::Integer(10))
}
