//! `base64`: the HMAC in base64url (RFC 4648, section 5).

use super::{Arguments, Context, Hashes, Length, Mask, Parameter, ParameterKind, Rendered, Uniqueness, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/base64.md`.
pub(super) struct Base64;

impl Mask for Base64 {
    fn name(&self) -> &'static str {
        "base64"
    }

    fn summary(&self) -> &'static str {
        "a keyed hash (HMAC-SHA-256) in base64url"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/base64.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "length",
            kind: ParameterKind::Integer,
            required: false,
            summary: "how many characters, 11 to 43; 43 without it",
        }]
    }

    fn accepts_words(&self) -> &'static str {
        "text, varchar or char"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::is_text(input) && !types::is_citext(input)
    }

    fn keyed(&self) -> bool {
        true
    }

    fn hashes<'a>(&self, _arguments: &'a Arguments) -> Hashes<'a> {
        Hashes::Input
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        types::expect_between("length", length(arguments), FEWEST, MOST)
    }

    fn uniqueness(&self, _input: &BaseType, arguments: &Arguments) -> Uniqueness {
        Uniqueness::Hash { bits: u32::try_from((6 * length(arguments)).min(256)).unwrap_or(0) }
    }

    fn length(&self, _input: &BaseType, arguments: &Arguments) -> Length {
        Length::AtMost(u32::try_from(length(arguments)).unwrap_or(u32::MAX))
    }

    fn pattern(&self, arguments: &Arguments) -> Option<String> {
        Some(format!("^[-_0-9A-Za-z]{{{}}}$", length(arguments)))
    }

    /// 44 characters, of which the last one is a filler; a line of `encode` has 76.
    fn render(&self, context: &Context<'_>) -> Rendered {
        let encoded = Expr::call("encode", [context.hash(), Expr::text("base64")]);
        let for_urls = Expr::call("translate", [encoded, Expr::text("+/"), Expr::text("-_")]);
        Rendered::plain(Expr::call("left", [for_urls, Expr::Integer(length(context.arguments))]))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        let encoded = mysql::call("TO_BASE64", [mysql::call("UNHEX", [context.hash()])]);
        let for_urls = mysql::translated(encoded, "+/", "-_");
        Some(mysql::call("LEFT", [for_urls, Expr::Integer(length(context.arguments))]))
    }
}

/// Below 64 bits collisions and guesses come cheap.
const FEWEST: i64 = 11;
/// All of SHA-256.
const MOST: i64 = 43;

fn length(arguments: &Arguments) -> i64 {
    types::integer(arguments, "length").unwrap_or(MOST)
}
