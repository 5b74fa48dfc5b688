//! `fake_city`: a made-up town, the same for the same value.

use super::made_up::{MadeUp, word};
use super::{pieces::Piece, places};

/// See the page `docs/masks/fake_city.md`.
pub(super) const MASK: MadeUp = MadeUp {
    name: "fake_city",
    summary: "a made-up town, the same for the same value",
    page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/masks/fake_city.md")),
    english: || vec![word(places::TOWN_EN, 0), word(places::TOWN_END_EN, 1)],
    japanese: || vec![word(places::TOWN_JA, 0), word(places::TOWN_END_JA, 1), Piece::Text("市")],
};
