//! `regex_replace`: whatever a pattern finds replaced, and text in which it finds nothing too.
//!
//! Patterns are of a part of PostgreSQL's language that its automaton runs without going back, and in which nothing is
//! an error at run time: no groups, no references, no looking around, no escapes but of signs.

use super::{Arguments, Context, Length, Mask, Parameter, ParameterKind, Rendered, pattern, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/regex_replace.md`.
pub(super) struct RegexReplace;

impl Mask for RegexReplace {
    fn name(&self) -> &'static str {
        "regex_replace"
    }

    fn summary(&self) -> &'static str {
        "what a pattern finds replaced by a text; a constant where it finds nothing"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/regex_replace.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "pattern",
                kind: ParameterKind::Text,
                required: true,
                summary: "what to look for: characters, classes, `.`, `^`, `$`, `|` and repetition",
            },
            Parameter {
                name: "replacement",
                kind: ParameterKind::Text,
                required: true,
                summary: "what stands for each place that is found",
            },
            Parameter {
                name: "otherwise",
                kind: ParameterKind::Text,
                required: false,
                summary: "what a value becomes in which nothing is found; '***' without it",
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
        let text = |name| types::text(arguments, name).unwrap_or_default();
        pattern::check(text("pattern")).map_err(|why| format!("expected a simple `pattern`, {why}"))?;
        if text("replacement").contains(char::is_control) || text("replacement").contains('\\') {
            return Err("expected a `replacement` without backslashes and control characters".to_owned());
        }
        Ok(())
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        limit(input).map_or(Length::Unbounded, Length::AtMost)
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let argument = |name| Expr::text(types::text(context.arguments, name).unwrap_or_default());
        let text = || types::exact_text(context.input);
        let replaced =
            Expr::call("regexp_replace", [text(), argument("pattern"), argument("replacement"), Expr::text("g")]);
        let found = text().op("~", argument("pattern"));
        let otherwise = Expr::text(types::text(context.arguments, "otherwise").unwrap_or(FILL));
        let cut = |text: Expr| match limit(context.input_type) {
            Some(limit) => Expr::call("left", [text, Expr::Integer(i64::from(limit))]),
            None => text,
        };
        let other = (context.input.clone().is_not_null(), cut(otherwise));
        Rendered::plain(Expr::Case(vec![(found, cut(replaced)), other], None))
    }
}

const FILL: &str = "***";

/// The most characters of the column; more are cut off.
fn limit(input: &BaseType) -> Option<u32> {
    match types::within_column(input, u32::MAX, 0) {
        u32::MAX => None,
        limit => Some(limit),
    }
}
