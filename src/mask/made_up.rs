//! Masks that make a text up, in English or in Japanese.

use super::{
    Arguments, Context, Hashes, Length, Mask, Parameter, ParameterKind, Rendered, mysql,
    pieces::{self, Piece},
    types,
};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// What such a mask is. A town is of the first two bytes in all masks of places, so that those of one value agree.
pub(super) struct MadeUp {
    pub name: &'static str,
    pub summary: &'static str,
    pub page: &'static str,
    pub english: fn() -> Vec<Piece>,
    pub japanese: fn() -> Vec<Piece>,
}

const LOCALES: &[&str] = &["en", "ja"];

/// A word of a list, by a byte of the hash.
pub(super) fn word(list: &str, byte: i64) -> Piece {
    Piece::Word(list.to_owned(), byte)
}

impl MadeUp {
    fn pieces(&self, arguments: &Arguments) -> Vec<Piece> {
        match types::text(arguments, "locale") {
            Some("ja") => (self.japanese)(),
            _ => (self.english)(),
        }
    }
}

impl Mask for MadeUp {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn page(&self) -> &'static str {
        self.page
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
        Length::AtMost(pieces::length(&self.pieces(arguments)))
    }

    fn pattern(&self, arguments: &Arguments) -> Option<String> {
        Some(pieces::pattern(&self.pieces(arguments)))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        pieces::render(context, &self.pieces(context.arguments))
    }

    fn render_mysql(&self, context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        Some(pieces::render_mysql(context, &self.pieces(context.arguments)))
    }
}
