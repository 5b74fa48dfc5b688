//! `boolean`: true for a share of the rows, whatever the value was.

use super::{Arguments, Context, Hashes, Mask, Parameter, ParameterKind, Rendered, keyed, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/boolean.md`.
pub(super) struct Boolean;

impl Mask for Boolean {
    fn name(&self) -> &'static str {
        "boolean"
    }

    fn summary(&self) -> &'static str {
        "true for a share of the rows, tied to the row's key and not to the value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/boolean.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "by",
                kind: ParameterKind::Column,
                required: true,
                summary: "the column that decides, NOT NULL and different in each row: the primary key",
            },
            Parameter {
                name: "share",
                kind: ParameterKind::Number,
                required: false,
                summary: "the share of true, between 0 and 1; 0.5 without it",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        "boolean"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::built_in(input) == Some("bool")
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        types::column(arguments, "by").map_or(Hashes::Nothing, Hashes::Column)
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        let share = types::number(arguments, "share").unwrap_or_else(|| HALF.to_owned());
        match millionths(&share) {
            Some(count) if (1..MILLION).contains(&count) => Ok(()),
            _ => Err(format!(
                "expected `share` to be between 0.000001 and 0.999999 with at most six decimals, found {share}"
            )),
        }
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let share = types::number(context.arguments, "share").unwrap_or_else(|| HALF.to_owned());
        let chosen = keyed::below(context, MILLION).op("<", Expr::Integer(millionths(&share).unwrap_or(0)));
        Rendered::plain(types::unless_null(context, chosen))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let share = types::number(context.arguments, "share").unwrap_or_else(|| HALF.to_owned());
        let chosen = mysql::below(context, MILLION).op("<", Expr::Integer(millionths(&share).unwrap_or(0)));
        Some(types::unless_null(context, chosen))
    }
}

const MILLION: i64 = 1_000_000;
const HALF: &str = "0.5";

/// `0.25` as 250000; `None` where it is not of that form.
fn millionths(share: &str) -> Option<i64> {
    let decimals = share.strip_prefix("0.").or_else(|| share.strip_prefix('.'))?;
    if decimals.len() > 6 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{decimals:0<6}").parse().ok()
}
