//! `postal_code`: the first digits of a postal code, zeros for the rest.

use super::{Arguments, Context, Length, Mask, Parameter, ParameterKind, Probed, Rendered, mysql, shape::Shape, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/postal_code.md`.
pub(super) struct PostalCode;

impl Mask for PostalCode {
    fn name(&self) -> &'static str {
        "postal_code"
    }

    fn summary(&self) -> &'static str {
        "the first digits of a postal code, zeros for the rest"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/postal_code.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "keep",
            kind: ParameterKind::Integer,
            required: false,
            summary: "how many digits stay, 0 to 4; 3 without it",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        types::TEXT_WORDS
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::is_text(input)
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        types::expect_between("keep", keep(arguments), 0, 4)
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AtMost(types::within_column(input, SHAPE.length, types::characters(OTHERWISE)))
    }

    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let digits = Expr::call("translate", [types::exact_text(probed.output), Expr::text("- "), Expr::text("")]);
        let keep = keep(probed.arguments);
        Some(digits.op("~", Expr::text(format!("^[0-9]{{{keep}}}0{{{},{}}}$", 5 - keep, 9 - keep))))
    }

    fn shows_length(&self, _arguments: &Arguments) -> bool {
        true
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let (parts, join) = SHAPE.join(context);
        let kept = Expr::call("left", [parts.digits(), Expr::Integer(keep(context.arguments))]);
        let digits = Expr::call("rpad", [kept, parts.count(), Expr::text("0")]);
        Rendered { expr: parts.filled(context, digits, OTHERWISE), joins: vec![join] }
    }

    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let parts = SHAPE.bind(context, steps);
        let kept = mysql::call("LEFT", [parts.digits(), Expr::Integer(keep(context.arguments))]);
        let digits = mysql::call("RPAD", [kept, parts.count(), Expr::text("0")]);
        Some(parts.filled(context, digits, OTHERWISE))
    }
}

const SHAPE: Shape = Shape { separators: "- ", digits: (5, 9), length: 11 };

const OTHERWISE: &str = "000-0000";

fn keep(arguments: &Arguments) -> i64 {
    types::integer(arguments, "keep").unwrap_or(3)
}
