//! `fake_kana`: the reading of the Japanese name that `fake_name` gives.

use super::{
    Arguments, Context, Hashes, Length, Linkage, Mask, Parameter, ParameterKind, Rendered,
    pieces::{self, Piece},
    readings, types,
};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/fake_kana.md`.
pub(super) struct FakeKana;

const SCRIPTS: &[&str] = &["katakana", "hiragana"];
const PARTS: &[&str] = &["full", "family", "given"];

impl Mask for FakeKana {
    fn name(&self) -> &'static str {
        "fake_kana"
    }

    fn summary(&self) -> &'static str {
        "the reading of the name that fake_name('ja') gives for the same value"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/fake_kana.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "by",
                kind: ParameterKind::Column,
                required: false,
                summary: "the column with the name, NOT NULL; the value itself without it",
            },
            Parameter {
                name: "script",
                kind: ParameterKind::Choice(SCRIPTS),
                required: false,
                summary: "'katakana' or 'hiragana'; 'katakana' without it",
            },
            Parameter {
                name: "part",
                kind: ParameterKind::Choice(PARTS),
                required: false,
                summary: "'full', 'family' or 'given'; 'full' without it",
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

/// The bytes are those by which `fake_name` chooses.
fn pieces(arguments: &Arguments) -> Vec<Piece> {
    let list = |katakana: &str| match types::text(arguments, "script") {
        Some("hiragana") => readings::hiragana(katakana),
        _ => katakana.to_owned(),
    };
    let family = Piece::Word(list(readings::FAMILY), 0);
    let given = Piece::Word(list(readings::GIVEN), 1);
    match types::text(arguments, "part") {
        Some("family") => vec![family],
        Some("given") => vec![given],
        _ => vec![family, Piece::Text(" "), given],
    }
}
