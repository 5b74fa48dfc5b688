//! `fake_address`: a made-up street address, the same for the same value.

use super::made_up::{MadeUp, word};
use super::{pieces::Piece, places};

/// See the page `docs/masks/fake_address.md`.
pub(super) const MASK: MadeUp = MadeUp {
    name: "fake_address",
    summary: "a made-up street address, the same for the same value",
    page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/fake_address.md")),
    english: || {
        vec![
            Piece::Number(200, 3),
            Piece::Text(" "),
            word(places::STREET_EN, 2),
            Piece::Text(" "),
            word(places::STREET_KIND_EN, 4),
            Piece::Text(", "),
            word(places::TOWN_EN, 0),
            word(places::TOWN_END_EN, 1),
        ]
    },
    japanese: || {
        vec![
            word(places::TOWN_JA, 0),
            word(places::TOWN_END_JA, 1),
            Piece::Text("市"),
            word(places::QUARTER_JA, 2),
            Piece::Number(5, 3),
            Piece::Text("-"),
            Piece::Number(20, 4),
            Piece::Text("-"),
            Piece::Number(15, 5),
        ]
    },
};
