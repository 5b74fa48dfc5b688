//! `phone`: a telephone number of the same form and prefix, whose last digits come from the hash.

use super::{
    Arguments, Context, Hashes, Length, Mask, Parameter, ParameterKind, Rendered, keyed, mysql, shape::Shape, types,
};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/phone.md`.
pub(super) struct Phone;

impl Mask for Phone {
    fn name(&self) -> &'static str {
        "phone"
    }

    fn summary(&self) -> &'static str {
        "a telephone number with the same form and prefix and other last digits, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/phone.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "last",
            kind: ParameterKind::Integer,
            required: false,
            summary: "how many digits to replace, 4 to 12; 8 without it",
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

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        types::expect_between("last", i64::from(last(arguments)), 4, 12)
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AtMost(types::within_column(input, SHAPE.length, types::characters(OTHERWISE)))
    }

    fn pattern(&self, _arguments: &Arguments) -> Option<String> {
        Some("^[-+() 0-9]{3,24}$".to_owned())
    }

    fn shows_length(&self, _arguments: &Arguments) -> bool {
        true
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let last = last(context.arguments);
        let (parts, join) = SHAPE.join(context);
        let kept = Expr::call("left", [parts.digits(), Expr::Integer(-i64::from(last))]);
        let other = Expr::call("right", [keyed::digits(context, last), parts.count()]);
        let expr = parts.filled(context, kept.op("||", other), OTHERWISE);
        Rendered { expr, joins: vec![join] }
    }

    /// Of a short number every digit is replaced.
    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let last = last(context.arguments);
        let parts = SHAPE.bind(context, steps);
        let first = parts.count().op("-", Expr::Integer(i64::from(last)));
        let kept = mysql::call("LEFT", [parts.digits(), mysql::call("GREATEST", [first, Expr::Integer(0)])]);
        let other = mysql::call("RIGHT", [mysql::digits(context, last), parts.count()]);
        Some(parts.filled(context, mysql::concat([kept, other]), OTHERWISE))
    }
}

/// E.164 has 15 digits at most; extensions are none.
const SHAPE: Shape = Shape { separators: "-+() ", digits: (3, 15), length: 24 };

const OTHERWISE: &str = "000-0000-0000";

fn last(arguments: &Arguments) -> u32 {
    types::integer(arguments, "last").and_then(|last| u32::try_from(last).ok()).unwrap_or(8)
}
