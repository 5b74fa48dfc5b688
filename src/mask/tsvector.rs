//! `tsvector`: the search words of another column's masked text.
//!
//! A text search column holds the words of the text that it was made from; kept or shuffled it would let them leave
//! beside the masked text. So it is made again, from what leaves.

use super::{Arguments, Context, Mask, Parameter, ParameterKind, Rendered, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/tsvector.md`.
pub(super) struct TsVector;

impl Mask for TsVector {
    fn name(&self) -> &'static str {
        "tsvector"
    }

    fn summary(&self) -> &'static str {
        "the search words of another column's masked text"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/tsvector.md"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter {
                name: "of",
                kind: ParameterKind::Column,
                required: true,
                summary: "the column of whose masked text the words are",
            },
            Parameter {
                name: "config",
                kind: ParameterKind::Choice(CONFIGURATIONS),
                required: false,
                summary: "PostgreSQL's text search configuration; 'simple' without it",
            },
        ]
    }

    fn accepts_words(&self) -> &'static str {
        "tsvector"
    }

    fn accepts(&self, input: &BaseType) -> bool {
        types::built_in(input) == Some("tsvector")
    }

    fn recomputed_from<'a>(&self, arguments: &'a Arguments) -> Option<&'a str> {
        types::column(arguments, "of")
    }

    /// `context.input` is the other column's masked value.
    fn render(&self, context: &Context<'_>) -> Rendered {
        let config = types::text(context.arguments, "config").unwrap_or("simple");
        let text = Expr::call("left", [context.input.clone().cast("text"), Expr::Integer(MOST)]);
        Rendered::plain(Expr::call("to_tsvector", [Expr::text(config).cast("regconfig"), text]))
    }
}

/// Characters that are read. A tsvector holds at most a megabyte, and one too long is an error.
const MOST: i64 = 50_000;

/// The configurations that every server of 14 and newer has, in `pg_catalog`.
const CONFIGURATIONS: &[&str] = &[
    "simple",
    "arabic",
    "armenian",
    "basque",
    "catalan",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "greek",
    "hindi",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "lithuanian",
    "nepali",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "serbian",
    "spanish",
    "swedish",
    "tamil",
    "turkish",
    "yiddish",
];
