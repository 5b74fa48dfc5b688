//! `fake_company`: a made-up company, the same for the same value.

use super::made_up::{MadeUp, word};
use super::{pieces::Piece, places};

/// See the page `docs/masks/fake_company.md`.
pub(super) const MASK: MadeUp = MadeUp {
    name: "fake_company",
    summary: "a made-up company, the same for the same value",
    page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/fake_company.md")),
    english: || {
        vec![
            word(places::TOWN_EN, 0),
            word(places::TOWN_END_EN, 1),
            Piece::Text(" "),
            word(places::TRADE_EN, 2),
            Piece::Text(" Ltd"),
        ]
    },
    japanese: || {
        vec![Piece::Text("株式会社"), word(places::TOWN_JA, 0), word(places::TOWN_END_JA, 1), word(places::TRADE_JA, 2)]
    },
};
