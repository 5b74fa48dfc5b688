//! `email_partial`: the first characters and the domain of an address.
//!
//! What is not an address must not pass through with something before or behind it, so the domain is shown only where
//! it has the letters of one.

use super::{Arguments, Context, Length, Mask, Parameter, ParameterKind, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/email_partial.md`.
pub(super) struct EmailPartial;

impl Mask for EmailPartial {
    fn name(&self) -> &'static str {
        "email_partial"
    }

    fn summary(&self) -> &'static str {
        "the first characters of an address and its domain"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/email_partial.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "first",
            kind: ParameterKind::Integer,
            required: false,
            summary: "how many characters to show, 0 to 8; 1 without it",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        types::TEXT_WORDS
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::is_text(input)
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        types::expect_between("first", first(arguments), 0, 8)
    }

    fn length(&self, input: &BaseType, _arguments: &Arguments) -> Length {
        limit(input).map_or(Length::Unbounded, Length::AtMost)
    }

    fn pattern(&self, arguments: &Arguments) -> Option<String> {
        let shown = first(arguments);
        Some(format!("^(.{{{shown}}})?[*]{{3}}(@[-.A-Za-z0-9]*)?$"))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let first = first(context.arguments);
        let text = || types::exact_text(context.input);
        let domain = || Expr::call("split_part", [text(), Expr::text("@"), Expr::Integer(2)]);
        let sign = Expr::call("strpos", [text(), Expr::text("@")]);
        // A pattern over the domain alone costs half of what `translate` does, and a third of one over the whole text.
        let is_address = Expr::And(vec![
            sign.op(">", Expr::Integer((2 * first).max(1))),
            Expr::Not(Box::new(text().op("LIKE", Expr::text("%@%@%")))),
            domain().op("~", Expr::text(DOMAIN)),
        ]);
        let hidden = Expr::text(format!("{FILL}@")).op("||", domain());
        let shown =
            if first == 0 { hidden } else { Expr::call("left", [text(), Expr::Integer(first)]).op("||", hidden) };
        let shown = match limit(context.input_type) {
            Some(limit) => Expr::call("left", [shown, Expr::Integer(i64::from(limit))]),
            None => shown,
        };
        let other = (context.input.clone().is_not_null(), Expr::text(FILL));
        Rendered::plain(Expr::Case(vec![(is_address, shown), other], None))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let first = first(context.arguments);
        let text = || mysql::text(context);
        let sign = || mysql::call("LOCATE", [Expr::text("@"), text()]);
        let domain = || mysql::call("SUBSTRING", [text(), sign().op("+", Expr::Integer(1))]);
        // `$` would match before a line end too.
        let other = domain().op("REGEXP", Expr::text("[^-.A-Za-z0-9]"));
        let is_address = Expr::And(vec![
            sign().op(">", Expr::Integer((2 * first).max(1))),
            mysql::call("CHAR_LENGTH", [domain()]).op(">", Expr::Integer(0)),
            Expr::Not(Box::new(other)),
            // A pattern ends at a NUL in MySQL 5.7.
            mysql::call("LOCATE", [Expr::text("\0"), text()]).op("=", Expr::Integer(0)),
        ]);
        let start = (first > 0).then(|| mysql::call("LEFT", [text(), Expr::Integer(first)]));
        let shown = mysql::concat(start.into_iter().chain([Expr::text(FILL), Expr::text("@"), domain()]));
        let shown = match limit(context.input_type) {
            Some(limit) => mysql::call("LEFT", [shown, Expr::Integer(i64::from(limit))]),
            None => shown,
        };
        Some(Expr::Case(vec![(is_address, shown), (context.input.clone().is_not_null(), Expr::text(FILL))], None))
    }
}

/// The most characters of the column; more are cut off. Nothing is where it has no limit: each call costs.
fn limit(input: &BaseType) -> Option<u32> {
    let limit = types::within_column(input, u32::MAX, FILL_LENGTH);
    (limit < u32::MAX).then_some(limit)
}

/// What stands for the hidden part, and how long it is.
const FILL: &str = "***";
const FILL_LENGTH: u32 = 3;
/// What a domain is of.
const DOMAIN: &str = "^[-.A-Za-z0-9]+$";

fn first(arguments: &Arguments) -> i64 {
    types::integer(arguments, "first").unwrap_or(1)
}
