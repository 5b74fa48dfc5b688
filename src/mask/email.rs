//! `email`: a pseudonym that looks like an address and reaches nobody.

use super::{
    Arguments, Context, Hashes, Length, Linkage, Mask, Parameter, ParameterKind, Rendered, Uniqueness, names,
    pieces::{self, Piece},
    readings, types,
};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/email.md`.
pub(super) struct Email;

const LOCALES: &[&str] = &["en", "ja"];

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
            Parameter {
                name: "name",
                kind: ParameterKind::Choice(LOCALES),
                required: false,
                summary: "'en' or 'ja': spelled from the name that fake_name of this locale gives; no name without it",
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

    fn one_case(&self) -> bool {
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

    fn uniqueness(&self, _input: &BaseType, arguments: &Arguments) -> Uniqueness {
        match arguments.get("name") {
            // Names that are spelled alike add nothing that can be counted on.
            Some(_) => Uniqueness::Hash { bits: 8 * BYTES_BESIDE_NAME },
            None => Uniqueness::Hash { bits: 8 * BYTES },
        }
    }

    fn length(&self, _input: &BaseType, arguments: &Arguments) -> Length {
        Length::AtMost(pieces::length(&pieces(arguments)))
    }

    fn pattern(&self, arguments: &Arguments) -> Option<String> {
        Some(pieces::pattern(&pieces(arguments)))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        pieces::render(context, &pieces(context.arguments))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut super::mysql::Steps) -> Option<Expr> {
        Some(pieces::render_mysql(context, &pieces(context.arguments)))
    }
}

/// Bytes of the hash that are shown.
const BYTES: u32 = 8;
/// The same beside a name.
const BYTES_BESIDE_NAME: u32 = 7;

/// The bytes that choose the name are those by which `fake_name` chooses; the digits are of others.
fn pieces(arguments: &Arguments) -> Vec<Piece> {
    let family_and_given = match types::text(arguments, "name") {
        Some("ja") => Some((0, readings::romaji(readings::FAMILY), 1, readings::romaji(readings::GIVEN))),
        Some(_) => Some((1, names::GIVEN_EN.to_lowercase(), 0, names::FAMILY_EN.to_lowercase())),
        None => None,
    };
    let at_domain = Piece::Given(format!("@{}", domain(arguments)));
    match family_and_given {
        Some((first_byte, first, second_byte, second)) => vec![
            Piece::Word(first, first_byte),
            Piece::Text("."),
            Piece::Word(second, second_byte),
            Piece::Text("."),
            Piece::Digits(BYTES_BESIDE_NAME, 2),
            at_domain,
        ],
        None => vec![Piece::Text("u"), Piece::Digits(BYTES, 0), at_domain],
    }
}

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
