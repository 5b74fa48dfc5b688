//! `bucket`: a number cut down to a multiple of a step.

use super::{Arguments, Context, Mask, Parameter, ParameterKind, Probed, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/bucket.md`.
pub(super) struct Bucket;

impl Mask for Bucket {
    fn name(&self) -> &'static str {
        "bucket"
    }

    fn summary(&self) -> &'static str {
        "a number cut down to a multiple of a step"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/bucket.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter { name: "step", kind: ParameterKind::Integer, required: true, summary: "the step, 2 or more" }]
    }

    fn accepts_words(&self) -> &'static str {
        "smallint, integer, bigint or numeric"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::integer_range(input).is_some() || types::is_numeric(input)
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        types::expect_between("step", step(arguments), 2, 1_000_000_000_000)
    }
    /// A scale below 0 rounds the multiple to something else.
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let rounds = types::is_numeric(probed.input_type)
            && probed.input_type.data_type.modifiers.get(1).is_some_and(|scale| *scale < 0);
        (!rounds).then(|| probed.output.clone().op("=", probed.again(self)))
    }

    /// The multiple below the least value of the type is out of its range; the least value stands for it. The one
    /// value of `numeric` that this cannot protect from overflow is the least that there is at all.
    fn render(&self, context: &Context<'_>) -> Rendered {
        let step = || Expr::Integer(step(context.arguments));
        let input = || context.input.clone().cast("numeric");
        // Exact, where a division would be rounded.
        let above = input().op("%", step()).op("+", step()).op("%", step());
        let cut = input().op("-", above);
        let least = match types::integer_range(context.input_type) {
            Some((low, _)) => Some(low.to_string()),
            None => types::numeric_limit(&context.input_type.data_type).map(|limit| format!("-{limit}")),
        };
        let own = context.input_type.data_type.clone();
        let Some(least) = least else { return Rendered::plain(unlimited(context.input, cut)) };
        let kept = Expr::call("greatest", [cut, Expr::Decimal(least)]).cast_to(own);
        Rendered::plain(types::unless_null(context, kept))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let step = || Expr::Integer(step(context.arguments));
        let above = mysql::wide(context).op("%", step()).op("+", step()).op("%", step());
        let (least, _) = mysql::limits(context.input_type)?;
        Some(mysql::call("GREATEST", [mysql::wide(context).op("-", above), least]))
    }
}

/// Near the end of what `numeric` holds the multiple below may not be there; beyond 1e1000 there is no value to
/// protect, but an infinity or NaN, which `sign` tells apart.
fn unlimited(input: &Expr, cut: Expr) -> Expr {
    let limit = || Expr::Decimal("1e1000".to_owned());
    let ordinary = Expr::call("abs", [input.clone()]).op("<", limit());
    let beyond = Expr::call("sign", [input.clone()]).op("*", limit());
    Expr::Case(vec![(ordinary, cut)], Some(Box::new(beyond)))
}

fn step(arguments: &Arguments) -> i64 {
    types::integer(arguments, "step").unwrap_or(0)
}
