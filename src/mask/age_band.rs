//! `age_band`: a date of birth cut to a band of ages at a fixed date.
//!
//! Not at the current date: tomorrow's copy would show who had a birthday.

use super::{Arguments, Context, Mask, Parameter, ParameterKind, Probed, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/age_band.md`.
pub(super) struct AgeBand;

impl Mask for AgeBand {
    fn name(&self) -> &'static str {
        "age_band"
    }

    fn summary(&self) -> &'static str {
        "a date of birth such that the age at a fixed date is the least of its band"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/age_band.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "at",
                kind: ParameterKind::Text,
                required: true,
                summary: "the date at which ages count, such as '2026-01-01'",
            },
            Parameter {
                name: "step",
                kind: ParameterKind::Integer,
                required: false,
                summary: "how many years a band has, 2 to 50; 10 without it",
            },
            Parameter {
                name: "top",
                kind: ParameterKind::Integer,
                required: false,
                summary: "the age from which on all are of one band, up to 150; 90 without it",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        "date"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::built_in(input) == Some("date")
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        let at = types::text(arguments, "at").unwrap_or_default();
        if !is_date(at) {
            return Err(format!("expected `at` to be a date such as 2026-01-01, with a day up to 28, found `{at}`"));
        }
        types::expect_between("step", step(arguments), 2, 50)?;
        types::expect_between("top", top(arguments), step(arguments), 150)
    }

    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        Some(probed.output.clone().op("=", probed.again(self)))
    }

    /// Whoever is older than `top` is of the last band, whoever is not born yet of the first.
    fn render(&self, context: &Context<'_>) -> Rendered {
        let at = || Expr::text(types::text(context.arguments, "at").unwrap_or_default()).cast("timestamp");
        let years = |count: Expr| Expr::call("make_interval", [count]);
        let oldest = at().op("-", years(Expr::Integer(top(context.arguments)))).cast("date");
        let born = types::clamped(context.input.clone(), oldest, at().cast("date")).cast("timestamp");
        let age = Expr::Extract("year", Box::new(Expr::call("age", [at(), born]))).cast("int4");
        let step = || Expr::Integer(step(context.arguments));
        let band = age.op("/", step()).op("*", step());
        Rendered::plain(types::unless_null(context, at().op("-", years(band)).cast("date")))
    }

    /// Years alone are computed: month and day of the date at which ages count are those of every output.
    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let at = types::text(context.arguments, "at").unwrap_or_default();
        let at_year: i64 = at.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default();
        let rest = at.get(4..).unwrap_or_default().to_owned();
        let day = rest.replace('-', "");
        let born = mysql::call("DATE_FORMAT", [context.input.clone(), Expr::text("%m%d")]);
        let waits =
            Expr::Case(vec![(born.op(">", Expr::text(day)), Expr::Integer(1))], Some(Box::new(Expr::Integer(0))));
        let age = Expr::Integer(at_year).op("-", mysql::call("YEAR", [context.input.clone()])).op("-", waits);
        let age = mysql::clamped(age, Expr::Integer(0), Expr::Integer(top(context.arguments)));
        let step = || Expr::Integer(step(context.arguments));
        let year = Expr::Integer(at_year).op("-", age.op("DIV", step()).op("*", step()));
        Some(mysql::concat([mysql::padded(year, 4), Expr::text(rest)]))
    }
}

fn step(arguments: &Arguments) -> i64 {
    types::integer(arguments, "step").unwrap_or(10)
}

fn top(arguments: &Arguments) -> i64 {
    types::integer(arguments, "top").unwrap_or(90)
}

/// A date that every year has, of this century or the last.
fn is_date(text: &str) -> bool {
    let is_digit = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    let between = |part: Option<&str>, low: u32, high: u32| {
        part.and_then(|part| part.parse::<u32>().ok()).is_some_and(|part| (low..=high).contains(&part))
    };
    text.len() == 10
        && text.bytes().enumerate().all(is_digit)
        && between(text.get(..4), 1900, 2099)
        && between(text.get(5..7), 1, 12)
        && between(text.get(8..), 1, 28)
}
