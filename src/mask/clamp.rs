//! `clamp`: a number kept between two others, so that the extremes identify nobody.

use super::{Arguments, Context, Mask, Parameter, ParameterKind, Probed, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/clamp.md`.
pub(super) struct Clamp;

impl Mask for Clamp {
    fn name(&self) -> &'static str {
        "clamp"
    }

    fn summary(&self) -> &'static str {
        "a number kept between two others"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/clamp.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "low",
                kind: ParameterKind::Number,
                required: true,
                summary: "the least value that stays",
            },
            Parameter {
                name: "high",
                kind: ParameterKind::Number,
                required: true,
                summary: "the greatest value that stays",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        "smallint, integer, bigint or numeric"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::integer_range(input).is_some() || types::is_numeric(input)
    }

    fn check_arguments(&self, input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        let low = types::bound(input, arguments, "low")?;
        let high = types::bound(input, arguments, "high")?;
        if low < high { Ok(()) } else { Err(format!("expected `low` to be less than `high`, found {low} and {high}")) }
    }
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        Some(probed.output.clone().op("=", probed.again(self)))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let bound = |name: &str| Expr::Decimal(types::number(context.arguments, name).unwrap_or_default());
        let kept = types::clamped(context.input.clone(), bound("low"), bound("high"));
        Rendered::plain(types::unless_null(context, kept.cast_to(context.input_type.data_type.clone())))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let bound = |name: &str| Expr::Decimal(types::number(context.arguments, name).unwrap_or_default());
        Some(mysql::clamped(mysql::wide(context), bound("low"), bound("high")))
    }
}
