//! `fake_address`: a made-up street address, the same for the same value.

use super::{
    Arguments, Context, Hashes, Length, Mask, Parameter, ParameterKind, Probed, Rendered,
    pieces::{self, Piece},
    places, types,
};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/fake_address.md`.
pub(super) struct FakeAddress;

const LOCALES: &[&str] = &["en", "ja"];

impl Mask for FakeAddress {
    fn name(&self) -> &'static str {
        "fake_address"
    }

    fn summary(&self) -> &'static str {
        "a made-up street address, the same for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/fake_address.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[Parameter {
            name: "locale",
            kind: ParameterKind::Choice(LOCALES),
            required: false,
            summary: "'en' or 'ja'; 'en' without it",
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

    fn hashes<'a>(&self, _arguments: &'a Arguments) -> Hashes<'a> {
        Hashes::Input
    }

    fn length(&self, _input: &BaseType, arguments: &Arguments) -> Length {
        Length::AtMost(pieces::length(&pieces(arguments)))
    }

    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        Some(types::matches(probed, pieces::pattern(&pieces(probed.arguments))))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        pieces::render(context, &pieces(context.arguments))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut super::mysql::Steps) -> Option<Expr> {
        Some(pieces::render_mysql(context, &pieces(context.arguments)))
    }
}

/// A town is of the first two bytes in all masks of places, so that those of one value agree.
fn pieces(arguments: &Arguments) -> Vec<Piece> {
    let word = |list: &str, byte| Piece::Word(list.to_owned(), byte);
    match types::text(arguments, "locale") {
        Some("ja") => vec![
            word(places::TOWN_JA, 0),
            word(places::TOWN_END_JA, 1),
            Piece::Text("市"),
            word(places::QUARTER_JA, 2),
            Piece::Number(5, 3),
            Piece::Text("-"),
            Piece::Number(20, 4),
            Piece::Text("-"),
            Piece::Number(15, 5),
        ],
        _ => vec![
            Piece::Number(200, 3),
            Piece::Text(" "),
            word(places::STREET_EN, 2),
            Piece::Text(" "),
            word(places::STREET_KIND_EN, 4),
            Piece::Text(", "),
            word(places::TOWN_EN, 0),
            word(places::TOWN_END_EN, 1),
        ],
    }
}
