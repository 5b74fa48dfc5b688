//! `salted_sha256`: a plain SHA-256 of a salt and the value, for readers who must compute it again.
//!
//! The salt is made of the run's key, so that no policy and no generated file holds it.

use super::{Arguments, Context, Length, Mask, Parameter, Rendered, Uniqueness, hmac::Canonical, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/salted_sha256.md`.
pub(super) struct SaltedSha256;

impl Mask for SaltedSha256 {
    fn name(&self) -> &'static str {
        "salted_sha256"
    }

    fn summary(&self) -> &'static str {
        "SHA-256 of a secret salt and the value, for compatibility; use `hash` otherwise"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/salted_sha256.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[]
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

    fn warning(&self) -> Option<&'static str> {
        Some("who has the salt can try out every telephone number there is; `hash` has a key, which is given to nobody")
    }

    fn uniqueness(&self, _input: &BaseType, _arguments: &Arguments) -> Uniqueness {
        Uniqueness::Hash { bits: 256 }
    }

    fn length(&self, _input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AtMost(64)
    }

    fn pattern(&self, _arguments: &Arguments) -> Option<String> {
        Some("^[0-9a-f]{64}$".to_owned())
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let hex = |bytes: Expr| Expr::call("encode", [bytes, Expr::text("hex")]);
        let form = Canonical::of([context.input_type]).unwrap_or(Canonical::Own);
        let salt = hex((context.secret)("salt"));
        let salted = Expr::call("convert_to", [salt.op("||", form.text(context.input.clone())), Expr::text("UTF8")]);
        Rendered::plain(hex(Expr::call("sha256", [salted])))
    }

    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        let form = Canonical::of([context.input_type]).unwrap_or(Canonical::Own);
        let salt = steps.once((context.secret)("salt"));
        let salted = mysql::concat([salt, form.mysql_text(context.input.clone(), context.input_type)?]);
        Some(mysql::call("SHA2", [salted, Expr::Integer(256)]))
    }
}
