//! Parts of made-up towns, streets and companies. Each list has a power of two of words: some bits of a hash choose one.

/// Beginnings of English town names.
pub(super) const TOWN_EN: &str = "\
    Ash Bar Beck Birch Black Bram Burn Cald Carl Chal Clay Cole Comb Crow Dal Dun \
    East Elder Elm Fair Fal Fern Glen Gold Grange Green Hazel Hart High Holm Hurst Kel \
    Lang Lark Long Low Maple Mar Mid Mill Moor Nether New North Oak Otter Over Pem \
    Raven Red Rock Rose Sand Shel South Stan Stone Thorn Wald West Wex Wild Win Wood";

/// Ends of English town names.
pub(super) const TOWN_END_EN: &str =
    "ford ton bury ham field brook wick mouth leigh combe worth dale bridge port stead well";

/// English streets.
pub(super) const STREET_EN: &str = "\
    Acorn Alder Beech Bell Bridge Cedar Chapel Cherry Chestnut Cliff Clover Cross Elm Forge Garden Hazel \
    Hill Holly Ivy Juniper Lime Linden Maple Meadow Mill Oak Orchard Park Poplar River Rose Willow";

/// Kinds of English streets.
pub(super) const STREET_KIND_EN: &str = "Street Road Lane Avenue Close Way Drive Court";

/// What English companies do.
pub(super) const TRADE_EN: &str = "\
    Trading Works Foods Textiles Logistics Instruments Printing Timber \
    Ceramics Furniture Software Chemicals Engineering Supplies Outfitters Dairies";

/// Beginnings of Japanese town names.
pub(super) const TOWN_JA: &str = "\
    青 朝 浅 東 石 泉 稲 岩 梅 大 岡 奥 小 霞 上 菊 \
    北 桐 国 桜 沢 白 杉 高 竹 月 鶴 中 西 花 春 松";

/// Ends of Japanese town names.
pub(super) const TOWN_END_JA: &str = "川 野 原 山 田 島 浜 崎 沢 丘 谷 森 里 見 瀬 橋";

/// Quarters of Japanese towns.
pub(super) const QUARTER_JA: &str = "\
    青葉町 曙町 旭町 泉町 稲荷町 梅園町 栄町 寿町 幸町 桜台 新町 末広町 高砂町 千歳町 中央 天神町 \
    常盤町 錦町 緑町 港町 南町 宮前町 八幡町 弥生町 大和町 若葉台 若松町 本町 東町 西町 北町 元町";

/// What Japanese companies do.
pub(super) const TRADE_JA: &str = "\
    商事 製作所 工業 産業 物産 興業 電機 建設 食品 印刷 運輸 薬品 システム 企画 不動産 繊維";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_list_has_as_many_different_words_as_bits_choose() {
        let lists =
            [TOWN_EN, TOWN_END_EN, STREET_EN, STREET_KIND_EN, TRADE_EN, TOWN_JA, TOWN_END_JA, QUARTER_JA, TRADE_JA];
        for list in lists {
            let words: BTreeSet<&str> = list.split_whitespace().collect();
            assert_eq!(words.len(), list.split_whitespace().count(), "{list}");
            assert!(words.len().is_power_of_two(), "{} in {list}", words.len());
        }
    }
}
