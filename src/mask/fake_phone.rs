//! `fake_phone`: a telephone number that nobody has, the same for the same value.
//!
//! Numbers come from the ranges that are kept for fiction: 555-0100 to 555-0199 in every area of the North American
//! numbering plan, and Ofcom's 07700 900000 to 900999. Japan reserves none.

use super::{
    Arguments, Context, Hashes, Length, Linkage, Mask, Parameter, ParameterKind, Rendered, keyed, mysql, types,
};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/fake_phone.md`.
pub(super) struct FakePhone;

const COUNTRIES: &[&str] = &["us", "gb"];

impl Mask for FakePhone {
    fn name(&self) -> &'static str {
        "fake_phone"
    }

    fn summary(&self) -> &'static str {
        "a telephone number of a range that is kept for fiction, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/fake_phone.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "country",
                kind: ParameterKind::Choice(COUNTRIES),
                required: false,
                summary: "'us' or 'gb'; 'us' without it",
            },
            Parameter {
                name: "by",
                kind: ParameterKind::Column,
                required: false,
                summary: "the column that chooses, NOT NULL; the value itself without it",
            },
        ]
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

    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        types::column(arguments, "by").map_or(Hashes::Input, Hashes::Column)
    }

    fn linkage<'a>(&self, arguments: &'a Arguments) -> Linkage<'a> {
        types::column(arguments, "by").map_or(Linkage::Own, Linkage::Of)
    }

    fn length(&self, _input: &BaseType, arguments: &Arguments) -> Length {
        Length::AtMost(if is_british(arguments) { 12 } else { 15 })
    }

    fn pattern(&self, arguments: &Arguments) -> Option<String> {
        let pattern = if is_british(arguments) { "^07700 900[0-9]{3}$" } else { "^[+]1-[2-9][0-9]{2}-555-01[0-9]{2}$" };
        Some(pattern.to_owned())
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let number = || keyed::number(context, 1);
        let text = if is_british(context.arguments) {
            Expr::text("07700 900").op("||", keyed::digits(context, 3))
        } else {
            // Areas are 200 to 999; two digits of another part of the number choose within one.
            let area = number().op("%", Expr::Integer(800)).op("+", Expr::Integer(200)).cast("text");
            let last = keyed::padded(number().op("/", Expr::Integer(800)).op("%", Expr::Integer(100)), 2);
            Expr::text("+1-").op("||", area).op("||", Expr::text("-555-01")).op("||", last)
        };
        Rendered::plain(types::unless_null(context, text))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let text = if is_british(context.arguments) {
            mysql::concat([Expr::text("07700 900"), mysql::padded(mysql::below(context, 1000), 3)])
        } else {
            let area = mysql::below(context, 800).op("+", Expr::Integer(200)).mysql_cast("char");
            let last = mysql::number(context).op("DIV", Expr::Integer(800)).op("%", Expr::Integer(100));
            mysql::concat([Expr::text("+1-"), area, Expr::text("-555-01"), mysql::padded(last, 2)])
        };
        Some(types::unless_null(context, text))
    }
}

fn is_british(arguments: &Arguments) -> bool {
    types::text(arguments, "country") == Some("gb")
}
