//! `partial_length`: the first and last characters, one sign for each of the others.
//!
//! As with `partial`, characters are shown only where at least as many stay hidden.

use super::{Arguments, Context, Length, Mask, Parameter, ParameterKind, Probed, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/partial_length.md`.
pub(super) struct PartialLength;

impl Mask for PartialLength {
    fn name(&self) -> &'static str {
        "partial_length"
    }

    fn summary(&self) -> &'static str {
        "the first and last characters, with a sign for each character between"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/partial_length.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "first",
                kind: ParameterKind::Integer,
                required: false,
                summary: "how many characters to show at the start; 0 without it",
            },
            Parameter {
                name: "last",
                kind: ParameterKind::Integer,
                required: false,
                summary: "how many characters to show at the end; 0 without it",
            },
            Parameter {
                name: "sign",
                kind: ParameterKind::Text,
                required: false,
                summary: "what stands for each other character; '*' without it",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        types::TEXT_WORDS
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::is_text(input)
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        let (first, last, sign) = shape(arguments);
        types::expect_between("first", first, 0, MOST_SHOWN)?;
        types::expect_between("last", last, 0, MOST_SHOWN)?;
        if types::characters(sign) != 1 || sign.chars().all(|sign| sign.is_control() || sign == ' ') {
            return Err(format!("expected `sign` to be one character that can be seen, found `{sign}`"));
        }
        Ok(())
    }

    fn length(&self, _input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AsInput
    }

    /// Masking again changes nothing.
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        Some(types::exact_text(probed.output).op("=", probed.again(self)))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let (first, last, sign) = shape(context.arguments);
        let text = || context.input.clone().cast("text");
        let length = || Expr::call("length", [text()]);
        let signs = |count: Expr| Expr::call("repeat", [Expr::text(sign), count]);
        let hidden = signs(length());
        let shown = first + last;
        if shown == 0 {
            return Rendered::plain(hidden);
        }
        let between = signs(length().op("-", Expr::Integer(shown)));
        let part = |function: &str, count: i64| Expr::call(function, [text(), Expr::Integer(count)]);
        let parts = [(first > 0).then(|| part("left", first)), Some(between), (last > 0).then(|| part("right", last))];
        let masked = parts.into_iter().flatten().reduce(|text, part| text.op("||", part)).unwrap_or(Expr::Null);
        let long = length().op(">=", Expr::Integer(2 * shown));
        Rendered::plain(Expr::Case(vec![(long, masked)], Some(Box::new(hidden))))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let (first, last, sign) = shape(context.arguments);
        let text = || context.input.clone().utf8();
        let length = || mysql::call("CHAR_LENGTH", [text()]);
        let signs = |count: Expr| mysql::call("REPEAT", [Expr::text(sign), count]);
        let shown = first + last;
        let part =
            |function: &str, count: i64| (count > 0).then(|| mysql::call(function, [text(), Expr::Integer(count)]));
        let between = signs(length().op("-", Expr::Integer(shown)));
        let parts = [part("LEFT", first), Some(between), part("RIGHT", last)];
        let long = length().op(">=", Expr::Integer(2 * shown));
        Some(Expr::Case(vec![(long, mysql::concat(parts.into_iter().flatten()))], Some(Box::new(signs(length())))))
    }
}

/// The most characters that either end may show.
const MOST_SHOWN: i64 = 1000;

fn shape(arguments: &Arguments) -> (i64, i64, &str) {
    let number = |name: &str| types::integer(arguments, name).unwrap_or(0);
    (number("first"), number("last"), types::text(arguments, "sign").unwrap_or("*"))
}
