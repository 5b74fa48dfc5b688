//! `date_shift`: dates moved by some days, the same days for the same entity, so that intervals stay.
//!
//! Near the ends of the range, which no data has but by mistake, values are moved inwards first.

use super::{Arguments, Context, Hashes, Linkage, Mask, Parameter, ParameterKind, Rendered, keyed, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/date_shift.md`.
pub(super) struct DateShift;

impl Mask for DateShift {
    fn name(&self) -> &'static str {
        "date_shift"
    }

    fn summary(&self) -> &'static str {
        "a date or time moved by some days, the same for all of an entity"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/date_shift.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "by",
                kind: ParameterKind::Column,
                required: true,
                summary: "the column of the entity whose dates move together, NOT NULL: a person's id",
            },
            Parameter {
                name: "days",
                kind: ParameterKind::Integer,
                required: false,
                summary: "the most days by which they move, 1 to 36600; 30 without it",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        "date, timestamp or timestamptz"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        matches!(types::built_in(input), Some("date" | "timestamp" | "timestamptz"))
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        types::column(arguments, "by").map_or(Hashes::Nothing, Hashes::Column)
    }

    fn linkage<'a>(&self, arguments: &'a Arguments) -> Linkage<'a> {
        types::column(arguments, "by").map_or(Linkage::Own, Linkage::Entity)
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        types::expect_between("days", days(arguments), 1, MOST)
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let days = days(context.arguments);
        let of = types::built_in(context.input_type).unwrap_or_default();
        let (low, high, day) = match of {
            "date" => ("4714-11-24 BC", "5874897-12-31", Expr::Integer(1)),
            // Whole seconds: a column of a lower precision would round what is later up to a year that there is not.
            "timestamp" => ("4714-11-24 00:00:00 BC", "294276-12-31 23:59:59", one_day()),
            _ => ("4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59+00", one_day()),
        };
        let input = || context.input.clone();
        let end = |at: &str| Expr::text(at).cast(of);
        let margin = || Expr::Integer(days).op("*", day.clone());
        let inner = types::clamped(input(), end(low).op("+", margin()), end(high).op("-", margin()));
        let moved = inner.op("+", shift(context, days).op("*", day.clone()));
        let endless = Expr::Not(Box::new(Expr::call("isfinite", [input()])));
        let known = input().is_not_null();
        let tied = context.hash().is_not_null();
        let cases = vec![(Expr::And(vec![endless, tied.clone()]), input()), (Expr::And(vec![known, tied]), moved)];
        Rendered::plain(Expr::Case(cases, None))
    }

    /// By numbers of days. A date of zeros is no date, and stays one, as an infinity does; of a date with zeros in it the
    /// year would show.
    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let days = days(context.arguments);
        let of = types::built_in(context.input_type)?;
        // Whole days of the calendar, and of what a TIMESTAMP holds.
        let (low, high) = if of == "timestamptz" { (719_529, 744_382) } else { (366, 3_652_424) };
        let input = || context.input.clone();
        let [number, shift] = steps.bind([mysql::call("TO_DAYS", [input()]), mysql::below(context, 2 * days)]);
        let moved = |low: i64, high: i64| {
            let inner = mysql::clamped(number.clone(), Expr::Integer(low + days), Expr::Integer(high - days));
            let above = shift.clone().op("DIV", Expr::Integer(days));
            inner.op("+", shift.clone()).op("-", Expr::Integer(days)).op("+", above)
        };
        let day = mysql::call("FROM_DAYS", [mysql::clamped(moved(low, high), Expr::Integer(low), Expr::Integer(high))]);
        let with_time = |day: Expr| match of {
            "date" => day.mysql_cast("char"),
            _ => {
                mysql::concat([day, Expr::text(" "), mysql::call("DATE_FORMAT", [input(), Expr::text("%H:%i:%s.%f")])])
            }
        };
        let zeros = Expr::text(if of == "date" { "0000-00-00" } else { "0000-00-00 00:00:00" });
        let is_zeros = mysql::call("YEAR", [input()]).op("=", Expr::Integer(0));
        let other = Expr::text(if of == "date" { "1970-01-01" } else { "1970-01-01 00:00:01" });
        let tied = context.hash().is_not_null();
        Some(Expr::Case(
            vec![
                (Expr::And(vec![number.clone().is_not_null(), tied.clone()]), with_time(day)),
                (Expr::And(vec![is_zeros, tied.clone()]), zeros),
                (Expr::And(vec![input().is_not_null(), tied]), other),
            ],
            None,
        ))
    }
}

/// A little more than a hundred years.
const MOST: i64 = 36_600;

fn days(arguments: &Arguments) -> i64 {
    types::integer(arguments, "days").unwrap_or(30)
}

/// 24 hours, which an interval of one day is not in every time zone.
fn one_day() -> Expr {
    Expr::text("24:00:00").cast("interval")
}

/// From -days to days without 0: of twice as many numbers the lower half lies below.
fn shift(context: &Context<'_>, days: i64) -> Expr {
    let number = || keyed::below(context, 2 * days);
    number().op("-", Expr::Integer(days)).op("+", number().op("/", Expr::Integer(days))).cast("int4")
}
