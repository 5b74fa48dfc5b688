//! `partial`: the first and last characters, the rest hidden.
//!
//! A short value would be shown almost whole, so characters are shown only where at least as many stay hidden.

use super::{Arguments, Context, Length, Mask, Parameter, ParameterKind, Probed, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/partial.md`.
pub(super) struct Partial;

impl Mask for Partial {
    fn name(&self) -> &'static str {
        "partial"
    }

    fn summary(&self) -> &'static str {
        "the first and last characters, with a fixed text between"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/partial.md"))
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
                name: "fill",
                kind: ParameterKind::Text,
                required: false,
                summary: "what stands for the rest; '****' without it",
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
        let shape = Shape::of(arguments);
        types::expect_between("first", shape.first, 0, MOST_SHOWN)?;
        types::expect_between("last", shape.last, 0, MOST_SHOWN)?;
        if shape.first + shape.last == 0 {
            return Err("expected `first` or `last` to be more than 0; to show nothing, use `constant`".to_owned());
        }
        if shape.fill.is_empty() {
            return Err("expected `fill` to have characters, or a hidden part could not be told from none".to_owned());
        }
        Ok(())
    }

    fn length(&self, _input: &BaseType, arguments: &Arguments) -> Length {
        let shape = Shape::of(arguments);
        let shown = u32::try_from(shape.first + shape.last).unwrap_or(u32::MAX);
        Length::AtMost(shown.saturating_add(types::characters(shape.fill)))
    }
    /// It holds the fill and nothing is longer than what is shown and the fill. `char(n)` loses blanks at its end.
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let shape = Shape::of(probed.arguments);
        let padded = types::built_in(probed.input_type) == Some("bpchar");
        let fill = if padded { shape.fill.trim_end_matches(' ') } else { shape.fill };
        if fill.is_empty() {
            return None;
        }
        let longest = shape.first + shape.last + i64::from(types::characters(shape.fill));
        let filled = Expr::call("strpos", [types::exact_text(probed.output), Expr::text(fill)]);
        let length = Expr::call("length", [probed.output.clone().cast("text")]);
        Some(Expr::And(vec![filled.op(">", Expr::Integer(0)), length.op("<=", Expr::Integer(longest))]))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let shape = Shape::of(context.arguments);
        let text = || context.input.clone().cast("text");
        let least = Expr::Integer(2 * (shape.first + shape.last));
        let long = Expr::call("length", [text()]).op(">=", least);
        let fill = || Expr::text(shape.fill);
        let part = |function: &str, count: i64| Expr::call(function, [text(), Expr::Integer(count)]);
        let shown = match (shape.first, shape.last) {
            (0, end) => fill().op("||", part("right", end)),
            (start, 0) => part("left", start).op("||", fill()),
            (start, end) => part("left", start).op("||", fill()).op("||", part("right", end)),
        };
        let hidden = (context.input.clone().is_not_null(), fill());
        Rendered::plain(Expr::Case(vec![(long, shown), hidden], None))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let shape = Shape::of(context.arguments);
        let text = || context.input.clone().utf8();
        let least = Expr::Integer(2 * (shape.first + shape.last));
        let long = mysql::call("CHAR_LENGTH", [text()]).op(">=", least);
        let part =
            |function: &str, count: i64| (count > 0).then(|| mysql::call(function, [text(), Expr::Integer(count)]));
        let parts = [part("LEFT", shape.first), Some(Expr::text(shape.fill)), part("RIGHT", shape.last)];
        let shown = mysql::concat(parts.into_iter().flatten());
        Some(Expr::Case(vec![(long, shown), (context.input.clone().is_not_null(), Expr::text(shape.fill))], None))
    }
}

/// The most characters that either end may show.
const MOST_SHOWN: i64 = 1000;

struct Shape<'a> {
    first: i64,
    last: i64,
    fill: &'a str,
}

impl<'a> Shape<'a> {
    fn of(arguments: &'a Arguments) -> Self {
        Self {
            first: types::integer(arguments, "first").unwrap_or(0),
            last: types::integer(arguments, "last").unwrap_or(0),
            fill: types::text(arguments, "fill").unwrap_or("****"),
        }
    }
}
