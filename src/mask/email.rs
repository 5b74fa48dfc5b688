//! `email`: a pseudonym that looks like an address and reaches nobody.

use super::{
    Arguments, Context, Hashes, Length, Linkage, Mask, Parameter, ParameterKind, Probed, Rendered, Uniqueness, types,
};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/email.md`.
pub(super) struct Email;

impl Mask for Email {
    fn name(&self) -> &'static str {
        "email"
    }

    fn summary(&self) -> &'static str {
        "an address that stands for the same address everywhere and reaches nobody"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/email.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "domain",
                kind: ParameterKind::Text,
                required: false,
                summary: "the domain of every address; 'example.invalid' without it",
            },
            Parameter {
                name: "by",
                kind: ParameterKind::Column,
                required: false,
                summary: "the column that chooses, NOT NULL; the value itself without it",
            },
        ]
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

    fn hashes<'a>(&self, arguments: &'a Arguments) -> Hashes<'a> {
        types::column(arguments, "by").map_or(Hashes::Input, Hashes::Column)
    }

    fn linkage<'a>(&self, arguments: &'a Arguments) -> Linkage<'a> {
        types::column(arguments, "by").map_or(Linkage::Own, Linkage::Of)
    }

    fn check_arguments(&self, _input: &BaseType, arguments: &Arguments) -> Result<(), String> {
        let domain = domain(arguments);
        if is_domain(domain) {
            return Ok(());
        }
        Err(format!("expected `domain` to be a domain such as example.invalid in lower-case ASCII, found `{domain}`"))
    }

    fn uniqueness(&self, _input: &BaseType, _arguments: &Arguments) -> Uniqueness {
        Uniqueness::Hash { bits: 4 * DIGITS }
    }

    fn length(&self, _input: &BaseType, arguments: &Arguments) -> Length {
        Length::AtMost(DIGITS + 2 + types::characters(domain(arguments)))
    }
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        let domain = domain(probed.arguments).replace('.', "[.]");
        Some(types::matches(probed, format!("^u[0-9a-f]{{{DIGITS}}}@{domain}$")))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let hex = Expr::call("encode", [context.hash(), Expr::text("hex")]);
        let digits = Expr::call("left", [hex, Expr::Integer(i64::from(DIGITS))]);
        let at_domain = format!("@{}", domain(context.arguments));
        let address = Expr::text("u").op("||", digits).op("||", Expr::text(at_domain));
        Rendered::plain(match self.hashes(context.arguments) {
            Hashes::Column(_) => types::unless_null(context, address),
            _ => address,
        })
    }
}

/// Hexadecimal digits of the hash that are shown.
const DIGITS: u32 = 16;

fn domain(arguments: &Arguments) -> &str {
    types::text(arguments, "domain").unwrap_or("example.invalid")
}

/// At least two labels of letters, digits and hyphens (RFC 1035).
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        (1..=63).contains(&label.len()) && letters && !label.starts_with('-') && !label.ends_with('-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label)
}
