//! `digits`: every digit becomes a 9; the shape stays.

use super::{Arguments, Context, Length, Mask, Parameter, Probed, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/digits.md`.
pub(super) struct Digits;

impl Mask for Digits {
    fn name(&self) -> &'static str {
        "digits"
    }

    fn summary(&self) -> &'static str {
        "every ASCII and full-width digit as 9, everything else as it is"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/digits.md"))
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

    fn length(&self, _input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AsInput
    }
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        Some(types::exact_text(probed.output).op("=", probed.again(self)))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let from = Expr::text("0123456789０１２３４５６７８９");
        let to = Expr::text("9999999999９９９９９９９９９９");
        Rendered::plain(Expr::call("translate", [context.input.clone().cast("text"), from, to]))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let each = "012345678"
            .chars()
            .map(|digit| (digit, "9"))
            .chain("０１２３４５６７８".chars().map(|digit| (digit, "９")));
        Some(each.fold(mysql::text(context), |text, (from, to)| {
            mysql::call("REPLACE", [text, Expr::text(from.to_string()), Expr::text(to)])
        }))
    }
}
