//! `scrub`: addresses, URLs and long numbers taken out of free text, as far as patterns find them.
//!
//! What stands for them is no longer than the shortest of them, and no part of any of them: so the text never grows,
//! and scrubbing it again changes nothing.

use super::{Arguments, Context, Length, Mask, Parameter, Probed, Rendered, mysql, types};
use crate::catalog::BaseType;
use crate::sql::Expr;

/// See the page `docs/masks/scrub.md`.
pub(super) struct Scrub;

impl Mask for Scrub {
    fn name(&self) -> &'static str {
        "scrub"
    }

    fn summary(&self) -> &'static str {
        "free text without e-mail addresses, URLs and long numbers, as far as patterns find them"
    }

    fn page(&self) -> &'static str {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/scrub.md"))
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

    fn length(&self, _input: &BaseType, _arguments: &Arguments) -> Length {
        Length::AsInput
    }

    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        Some(types::exact_text(probed.output).op("=", probed.again(self)))
    }

    fn render(&self, context: &Context<'_>) -> Rendered {
        let without = |text: Expr, pattern: &&str| {
            Expr::call("regexp_replace", [text, Expr::text(*pattern), Expr::text(FILL), Expr::text("g")])
        };
        Rendered::plain(PATTERNS.iter().fold(types::exact_text(context.input), without))
    }

    /// MySQL 8.0 keeps a place to go back to for each pair of digits, and has room for so many; a longer text is hidden whole.
    fn render_mysql(&self, context: &Context<'_>, steps: &mut mysql::Steps) -> Option<Expr> {
        if !steps.is_8() {
            return None;
        }
        let without =
            |text: Expr, pattern: &&str| mysql::call("REGEXP_REPLACE", [text, Expr::text(*pattern), Expr::text(FILL)]);
        let long = mysql::count(context.input.clone()).op(">", Expr::Integer(MOST_ON_MYSQL));
        let scrubbed = PATTERNS.iter().fold(mysql::text(context), without);
        Some(Expr::Case(vec![(long, Expr::text(FILL))], Some(Box::new(scrubbed))))
    }
}

/// In characters. 8 MB are there, and a place takes some 100 bytes.
const MOST_ON_MYSQL: i64 = 32_768;

const FILL: &str = "***";

/// URLs, addresses, numbers. Beginnings have an end, or a text of many of them would take the square of its length.
const PATTERNS: &[&str] = &[
    r"[A-Za-z][A-Za-z0-9+.-]{1,15}://[^[:space:]]+",
    r"[A-Za-z0-9.!#$%&'+/=?^_`{|}~-]{1,64}[@＠][A-Za-z0-9-]+([.][A-Za-z0-9-]+)*",
    r"[+＋(（]{0,2}[0-9０-９]([-‐－. ()（）　]{0,2}[0-9０-９]){6,}",
];
