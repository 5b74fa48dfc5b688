//! `truncate`: a date or a time at the start of its year, quarter, month, week, day or hour.
//!
//! `date_trunc` raises where the answer or the conversion leaves the range of timestamps: for dates after the year
//! 294276, and in the first year there is (4714 BC). Those become the nearest value that can be had.

use super::{Arguments, Context, Mask, Parameter, ParameterKind, Probed, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/truncate.md`.
pub(super) struct Truncate;

const UNITS: &[&str] = &["year", "quarter", "month", "week", "day", "hour"];

impl Mask for Truncate {
    fn name(&self) -> &'static str {
        "truncate"
    }

    fn summary(&self) -> &'static str {
        "a date or time at the start of its year, quarter, month, week, day or hour"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/truncate.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "unit",
            kind: ParameterKind::Choice(UNITS),
            required: true,
            summary: "'year', 'quarter', 'month', 'week', 'day' or 'hour'; timestamptz is cut in UTC",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        "date, timestamp or timestamptz"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        matches!(types::built_in(input), Some("date" | "timestamp" | "timestamptz"))
    }

    fn check_arguments(&self, input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        let unit = unit(arguments);
        if types::built_in(input) == Some("date") && ["day", "hour"].contains(&unit) {
            return Err(format!(
                "expected a `unit` longer than a day for a date, found `{unit}`, which would change nothing"
            ));
        }
        Ok(())
    }
    /// Weeks begin anywhere: the ends of the range, which stand for what is beyond, may be the beginning of none.
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let same = probed.output.clone().op("=", probed.again(self));
        if unit(probed.arguments) != "week" {
            return Some(same);
        }
        let of = types::built_in(probed.input_type)?;
        let end = |operator, at: &str| probed.output.clone().op(operator, Expr::text(at).cast(of));
        Some(Expr::Or(vec![same, end("<=", "4713-01-01 BC"), end(">=", "294276-01-01")]))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let of = types::built_in(context.input_type).unwrap_or_default();
        let input = || context.input.clone();
        let unit = || Expr::text(unit(context.arguments));
        let (cut, low) = match of {
            "date" => (Expr::call("date_trunc", [unit(), input().cast("timestamp")]).cast("date"), "4713-01-01 BC"),
            "timestamp" => (Expr::call("date_trunc", [unit(), input()]), "4713-01-01 00:00:00 BC"),
            _ => (Expr::call("date_trunc", [unit(), input(), Expr::text("UTC")]), "4713-01-01 00:00:00+00 BC"),
        };
        let finite = Expr::call("isfinite", [input()]);
        let low = || Expr::text(low).cast(of);
        let mut cases = vec![(Expr::Not(Box::new(finite)), input()), (input().op("<", low()), low())];
        if of == "date" {
            let high = || Expr::text("294276-01-01").cast("date");
            cases.push((input().op(">", Expr::text("294276-12-31").cast("date")), high()));
        }
        Rendered::plain(Expr::Case(cases, Some(Box::new(cut))))
    }

    /// A week begins where another function says so in every version; what is cut is made as text, which a date of zeros
    /// has too.
    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let of = types::built_in(context.input_type)?;
        let input = || context.input.clone();
        let year = || mysql::padded(mysql::call("YEAR", [input()]), 4);
        let format = |format: &str| mysql::call("DATE_FORMAT", [input(), Expr::text(format)]);
        let (day, time) = match unit(context.arguments) {
            "year" => (mysql::concat([year(), Expr::text("-01-01")]), "00:00:00"),
            "quarter" => {
                // A date of zeros is in quarter 0.
                let quarter = mysql::call("QUARTER", [input()]).op("-", Expr::Integer(1));
                let quarter = mysql::call("GREATEST", [quarter, Expr::Integer(0)]);
                let month = quarter.op("*", Expr::Integer(3)).op("+", Expr::Integer(1));
                (mysql::concat([year(), Expr::text("-"), mysql::padded(month, 2), Expr::text("-01")]), "00:00:00")
            }
            "month" => (format("%Y-%m-01"), "00:00:00"),
            // A date with zeros in it is in no week.
            "week" => {
                let monday = mysql::call("TO_DAYS", [input()]).op("-", mysql::call("WEEKDAY", [input()]));
                let monday = mysql::call("FROM_DAYS", [monday]).mysql_cast("char");
                let monday = mysql::call("COALESCE", [monday, Expr::text("0000-00-00")]);
                (monday.when(input().is_not_null()), "00:00:00")
            }
            "day" => (format("%Y-%m-%d"), "00:00:00"),
            "hour" => (format("%Y-%m-%d %H"), ":00:00"),
            _ => return None,
        };
        let separator = if time.starts_with(':') { "" } else { " " };
        Some(match of {
            "date" => day,
            "timestamp" => mysql::concat([day, Expr::text(format!("{separator}{time}"))]),
            // No TIMESTAMP of MySQL lies before it.
            "timestamptz" => {
                let cut = mysql::concat([day, Expr::text(format!("{separator}{time}"))]);
                mysql::call("GREATEST", [cut, Expr::text("1970-01-01 00:00:01")])
            }
            _ => return None,
        })
    }
}

fn unit(arguments: &Arguments) -> &str {
    types::text(arguments, "unit").unwrap_or("year")
}
