//! `geo_round`: a coordinate rounded to some decimals.
//!
//! What no coordinate is (beyond 1000, infinite, not a number) becomes 0: so nothing overflows.

use super::{Arguments, Context, Mask, Parameter, ParameterKind, Probed, Rendered, keyed, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/geo_round.md`.
pub(super) struct GeoRound;

impl Mask for GeoRound {
    fn name(&self) -> &'static str {
        "geo_round"
    }

    fn summary(&self) -> &'static str {
        "a coordinate rounded to some decimals"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/geo_round.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "decimals",
            kind: ParameterKind::Integer,
            required: false,
            summary: "how many decimals stay, 0 to 6; 2 without it, of degrees about a kilometre",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        "numeric, real, double precision or point"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        matches!(types::built_in(input), Some("numeric" | "float4" | "float8" | "point"))
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        types::expect_between("decimals", i64::from(decimals(arguments)), 0, 6)
    }

    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let again = probed.again(self);
        Some(if types::built_in(probed.input_type) == Some("point") {
            types::exact_text(probed.output).op("=", again.cast("text"))
        } else {
            probed.output.clone().op("=", again)
        })
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let decimals = decimals(context.arguments);
        let input = || context.input.clone();
        let expr = match types::built_in(context.input_type).unwrap_or_default() {
            "numeric" => decimal(context, decimals),
            "point" => {
                let part =
                    |at: i64| floating(&Expr::Subscript(Box::new(input()), Box::new(Expr::Integer(at))), decimals);
                types::unless_null(context, Expr::call("point", [part(0), part(1)]))
            }
            of => types::unless_null(context, floating(&input().cast("float8"), decimals).cast(of)),
        };
        Rendered::plain(expr)
    }

    /// A decimal may round beyond what its column holds; adding 0 makes 0 of -0.
    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let input = || context.input.clone();
        let near = mysql::call("ABS", [input()]).op("<=", Expr::Integer(BEYOND));
        let rounded = mysql::call("ROUND", [input(), Expr::Integer(i64::from(decimals(context.arguments)))]);
        let kept = if types::is_numeric(context.input_type) {
            let (low, high) = mysql::limits(context.input_type)?;
            mysql::clamped(rounded, low, high)
        } else {
            rounded.op("+", Expr::Integer(0))
        };
        Some(Expr::Case(vec![(near, kept), (input().is_not_null(), Expr::Integer(0))], None))
    }
}

const BEYOND: i64 = 1000;

fn decimals(arguments: &Arguments) -> u32 {
    types::integer(arguments, "decimals").map_or(2, |decimals| u32::try_from(decimals).unwrap_or(u32::MAX))
}

fn is_near(value: Expr) -> Expr {
    Expr::call("abs", [value]).op("<=", Expr::Integer(BEYOND))
}

/// Adding 0 makes 0 of -0.
fn floating(value: &Expr, decimals: u32) -> Expr {
    let scale = || Expr::Integer(keyed::power_of_ten(decimals)).cast("float8");
    let rounded = Expr::call("round", [value.clone().op("*", scale())]).op("/", scale()).op("+", Expr::Integer(0));
    Expr::Case(vec![(is_near(value.clone()), rounded)], Some(Box::new(Expr::Integer(0).cast("float8"))))
}

/// Rounding may leave what `numeric(p,s)` holds; then its limit stands for the value.
fn decimal(context: &Context<'_>, decimals: u32) -> Expr {
    let input = || context.input.clone();
    let rounded = Expr::call("round", [input(), Expr::Integer(i64::from(decimals))]);
    let kept = match types::numeric_limit(&context.input_type.data_type) {
        Some(limit) => types::clamped(rounded, Expr::Decimal(format!("-{limit}")), Expr::Decimal(limit)),
        None => rounded,
    };
    let zero = (input().is_not_null(), Expr::Integer(0).cast("numeric"));
    Expr::Case(vec![(is_near(input()), kept), zero], None)
}
