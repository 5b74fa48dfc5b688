//! `corporate_number`: a Japanese corporate number with its check digit (mod 9, ordinance 70 of 2014, article 2).

use super::{Arguments, Context, Hashes, Length, Mask, Parameter, Rendered, Uniqueness, keyed, mysql, types};
use crate::catalog::BaseType;
use crate::sql::{Expr, From, Join, Relation, Select};

/// See the page `docs/masks/corporate_number.md`.
pub(super) struct CorporateNumber;

impl Mask for CorporateNumber {
    fn name(&self) -> &'static str {
        "corporate_number"
    }

    fn summary(&self) -> &'static str {
        "a Japanese corporate number with a right check digit, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/corporate_number.md"))
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
        Uniqueness::Hash { bits: 39 }
    }

    fn length(&self, _input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AtMost(13)
    }

    fn pattern(&self, _arguments: &Arguments) -> Option<String> {
        Some("^[1-9][0-9]{12}$".to_owned())
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let number = keyed::below(context, keyed::power_of_ten(DIGITS));
        let select = Select { columns: vec![(number, Some("digits".into()))], barrier: true, ..Select::default() };
        let relation = format!("{}_number", context.alias);
        let number = || Expr::of(&relation, "digits");
        let expr = check(&|place| keyed::digit(number(), place)).cast("text").op("||", keyed::padded(number(), DIGITS));
        let join = From::joined(Relation::Select(Box::new(select)), relation.clone(), Join::Lateral);
        Rendered { expr, joins: vec![join] }
    }

    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let number = steps.bind_one(mysql::below(context, keyed::power_of_ten(DIGITS)));
        let check = check(&|place| mysql::digit(number.clone(), place));
        Some(mysql::concat([check.mysql_cast("char"), mysql::padded(number, DIGITS)]))
    }
}

/// Digits beside the check digit.
const DIGITS: u32 = 12;

/// 9 less the weighted sum's remainder by 9; the digits weigh 1 and 2 by turns, from the last one on.
fn check(digit: &dyn Fn(u32) -> Expr) -> Expr {
    let term = |place: u32| {
        let digit = digit(place);
        if place.is_multiple_of(2) { digit } else { digit.op("*", Expr::Integer(2)) }
    };
    let rest = keyed::sum((0..DIGITS).map(term)).op("%", Expr::Integer(9));
    Expr::Integer(9).op("-", rest)
}
