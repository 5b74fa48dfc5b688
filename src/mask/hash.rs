//! `hash`: the HMAC in hexadecimal.

use super::{Arguments, Context, Hashes, Length, Mask, Parameter, ParameterKind, Rendered, Uniqueness, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/hash.md`.
pub(super) struct Hash;

impl Mask for Hash {
    fn name(&self) -> &'static str {
        "hash"
    }

    fn summary(&self) -> &'static str {
        "a keyed hash (HMAC-SHA-256) in hexadecimal"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/hash.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "length",
            kind: ParameterKind::Integer,
            required: false,
            summary: "how many hexadecimal digits, 16 to 64; 64 without it",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        types::TEXT_WORDS
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::is_text(input)
    }

    fn keyed(&self) -> bool {
        true
    }

    fn one_case(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, _arguments: &'a Arguments) -> Hashes<'a> {
        Hashes::Input
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        types::expect_between("length", digits(arguments), FEWEST, MOST)
    }

    fn uniqueness(&self, _input: &BaseType, arguments: &Arguments) -> Uniqueness {
        Uniqueness::Hash { bits: u32::try_from(4 * digits(arguments)).unwrap_or(0) }
    }

    fn length(&self, _input: &BaseType, arguments: &Arguments) -> Length {
        Length::AtMost(u32::try_from(digits(arguments)).unwrap_or(u32::MAX))
    }
    fn pattern(&self, arguments: &Arguments) -> Option<String> {
        Some(format!("^[0-9a-f]{{{}}}$", digits(arguments)))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let hex = Expr::call("encode", [context.hash(), Expr::text("hex")]);
        let digits = digits(context.arguments);
        Rendered::plain(if digits == MOST { hex } else { Expr::call("left", [hex, Expr::Integer(digits)]) })
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let digits = digits(context.arguments);
        let hash = context.hash();
        Some(if digits == MOST { hash } else { mysql::call("LEFT", [hash, Expr::Integer(digits)]) })
    }
}

/// Below 64 bits collisions and guesses come cheap.
const FEWEST: i64 = 16;
/// All of SHA-256.
const MOST: i64 = 64;

fn digits(arguments: &Arguments) -> i64 {
    types::integer(arguments, "length").unwrap_or(MOST)
}
