//! How the Japanese names of `names` are read, in the same order.

/// Readings of the family names.
pub(super) const FAMILY: &str = "\
    サトウ スズキ タカハシ タナカ イトウ ワタナベ ヤマモト ナカムラ コバヤシ カトウ ヨシダ ヤマダ ササキ ヤマグチ マツモト イノウエ \
    キムラ ハヤシ サイトウ シミズ ヤマザキ モリ イケダ ハシモト アベ イシカワ ヤマシタ ナカジマ イシイ オガワ マエダ オカダ \
    ハセガワ フジタ ゴトウ コンドウ ムラカミ エンドウ アオキ サカモト サイトウ フクダ オオタ ニシムラ フジイ カネコ オカモト フジワラ \
    ナカノ ミウラ ハラダ ナカガワ マツダ タケウチ オノ タムラ ナカヤマ ワダ イシダ モリタ ウエダ ハラ ウチダ シバタ \
    サカイ ミヤザキ ヨコヤマ タカギ アンドウ ミヤモト オオノ コジマ タニグチ クドウ イマイ タカダ マスダ マルヤマ スギヤマ ムラタ \
    オオツカ アライ コヤマ ヒラノ フジモト コウノ ウエノ ノグチ タケダ マツイ チバ スガワラ イワサキ クボ キノシタ サノ \
    ノムラ マツオ キクチ イチカワ スギモト フルカワ オオニシ シマダ ミズノ サクライ タカノ ワタベ ヨシカワ ヤマウチ ニシダ イイダ \
    キクチ ニシカワ コマツ キタムラ ヤスダ イガラシ カワグチ ヒラタ セキ ナカタ クボタ ハットリ ヒガシ イワタ ツチヤ カワサキ";

/// Readings of the given names.
pub(super) const GIVEN: &str = "\
    ショウタ ダイスケ ケンタ タクヤ ナオキ タツヤ カズヤ ケンイチ マコト リョウ ダイキ ツバサ レン ハルト ミナト イツキ \
    ユウマ ヤマト リク ソウタ ユウト アサヒ リツ アオイ ユイト ハヤト リョウタ ユウダイ ワタル シュン トモヤ ユウタ \
    ジュンイチ コウジ タカシ オサム マナブ シゲル ススム イサム ユタカ マサキ ヒデキ ヒロユキ カズヒコ テツヤ ヒデアキ ヒカル \
    ノゾミ カオル ツカサ サトシ ツヨシ トオル ヨウヘイ コウヘイ ケイスケ マサト タカユキ シンゴ タカシ ミノル ノボル キヨシ \
    ハナコ ミサキ ヒナ ユイ サクラ アオイ リン ミツキ リコ ナナミ アヤ アイ ミユ ユウカ チヒロ マオ \
    アカネ マイ ハルカ カエデ モエ サオリ マイ トモミ トモコ ケイコ ユミコ ユウコ ヨウコ ヨウコ キョウコ サチコ \
    カズコ クミコ ナオミ マユミ アケミ カオリ メグミ ミホ アヤ ヒトミ サキ ナナ モモコ リカ コトネ コハル \
    メイ サクラ ツムギ アン ユズハ ユナ ミオ ミオ ウタ シズク チナツ ミワ ノリコ ジュンコ ジュンコ リエ";

/// The reading in hiragana, which stand 96 places before katakana.
pub(super) fn hiragana(katakana: &str) -> String {
    let one = |letter: char| match letter {
        'ァ'..='ヶ' => u32::from(letter).checked_sub(96).and_then(char::from_u32).unwrap_or(letter),
        _ => letter,
    };
    katakana.chars().map(one).collect()
}

/// The reading in Latin letters, as passports spell it (Hepburn without long vowels): `ショウタ` is `shota`.
pub(super) fn romaji(katakana: &str) -> String {
    let mut spelled = String::new();
    for word in katakana.split_whitespace() {
        spelled.push_str(if spelled.is_empty() { "" } else { " " });
        spelled.push_str(&shortened(&syllables(word)));
    }
    spelled
}

/// Letter by letter: a small ャ, ュ or ョ takes the `i` of the one before, ッ doubles the next consonant.
fn syllables(word: &str) -> String {
    let mut spelled = String::new();
    let mut doubled = false;
    for letter in word.chars() {
        if letter == 'ッ' {
            doubled = true;
            continue;
        }
        let (syllable, small) = syllable(letter);
        if small {
            spelled.pop();
            let soft = ["sh", "ch", "j"].iter().any(|ending| spelled.ends_with(ending));
            spelled.push_str(if soft { "" } else { "y" });
        }
        let double = std::mem::take(&mut doubled)
            .then(|| if syllable.starts_with("ch") { Some('t') } else { syllable.chars().next() });
        spelled.extend(double.flatten());
        spelled.push_str(syllable);
    }
    spelled
}

/// `ou` and `oo` are a long `o`, `uu` a long `u`; but not across 井の上.
fn shortened(spelled: &str) -> String {
    let kept = spelled.replace("oue", "o-ue");
    kept.replace("ou", "o").replace("oo", "o").replace("uu", "u").replace('-', "")
}

/// How one letter is spelled, and whether it is a small one that joins the syllable before it.
fn syllable(letter: char) -> (&'static str, bool) {
    const ROWS: [(&str, [&str; 5]); 14] = [
        ("アイウエオ", ["a", "i", "u", "e", "o"]),
        ("カキクケコ", ["ka", "ki", "ku", "ke", "ko"]),
        ("サシスセソ", ["sa", "shi", "su", "se", "so"]),
        ("タチツテト", ["ta", "chi", "tsu", "te", "to"]),
        ("ナニヌネノ", ["na", "ni", "nu", "ne", "no"]),
        ("ハヒフヘホ", ["ha", "hi", "fu", "he", "ho"]),
        ("マミムメモ", ["ma", "mi", "mu", "me", "mo"]),
        ("ラリルレロ", ["ra", "ri", "ru", "re", "ro"]),
        ("ガギグゲゴ", ["ga", "gi", "gu", "ge", "go"]),
        ("ザジズゼゾ", ["za", "ji", "zu", "ze", "zo"]),
        ("ダヂヅデド", ["da", "ji", "zu", "de", "do"]),
        ("バビブベボ", ["ba", "bi", "bu", "be", "bo"]),
        ("パピプペポ", ["pa", "pi", "pu", "pe", "po"]),
        ("ヤユヨワン", ["ya", "yu", "yo", "wa", "n"]),
    ];
    let small = "ャュョ".chars().zip(["a", "u", "o"]).find(|(small, _)| *small == letter);
    if let Some((_, vowel)) = small {
        return (vowel, true);
    }
    let mut all = ROWS.iter().flat_map(|(letters, spelled)| letters.chars().zip(spelled));
    (all.find(|(found, _)| *found == letter).map_or("", |(_, spelled)| spelled), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::names;

    #[test]
    fn readings_are_spelled_as_in_passports() {
        for (reading, spelled) in [
            ("サトウ", "sato"),
            ("イノウエ", "inoue"),
            ("オオツカ", "otsuka"),
            ("ハットリ", "hattori"),
            ("ツチヤ", "tsuchiya"),
            ("コンドウ", "kondo"),
            ("イイダ", "iida"),
            ("ショウタ", "shota"),
            ("ジュンイチ", "junichi"),
            ("リョウ", "ryo"),
            ("キョウコ", "kyoko"),
            ("ユウダイ", "yudai"),
            ("シンゴ", "shingo"),
            ("アオイ", "aoi"),
            ("イッチ", "itchi"),
            ("サトウ ショウタ", "sato shota"),
        ] {
            assert_eq!(romaji(reading), spelled);
        }
        for list in [FAMILY, GIVEN] {
            for reading in list.split_whitespace() {
                let spelled = romaji(reading);
                assert!(
                    spelled.len() > 1 && spelled.bytes().all(|byte| byte.is_ascii_lowercase()),
                    "{reading} {spelled}"
                );
            }
        }
    }

    #[test]
    fn every_name_has_its_reading() {
        let reading = |names: &str, readings: &str, name: &str| {
            assert_eq!(names.split_whitespace().count(), readings.split_whitespace().count());
            let mut pairs = names.split_whitespace().zip(readings.split_whitespace());
            pairs.find(|(found, _)| *found == name).map(|(_, reading)| reading.to_owned()).unwrap()
        };
        let family = |name| reading(names::FAMILY_JA, FAMILY, name);
        let given = |name| reading(names::GIVEN_JA, GIVEN, name);
        // The first and the last of each line.
        for (name, read) in [
            ("佐藤", "サトウ"),
            ("井上", "イノウエ"),
            ("木村", "キムラ"),
            ("岡田", "オカダ"),
            ("長谷川", "ハセガワ"),
            ("藤原", "フジワラ"),
            ("中野", "ナカノ"),
            ("柴田", "シバタ"),
            ("酒井", "サカイ"),
            ("村田", "ムラタ"),
            ("大塚", "オオツカ"),
            ("佐野", "サノ"),
            ("野村", "ノムラ"),
            ("飯田", "イイダ"),
            ("菊池", "キクチ"),
            ("川崎", "カワサキ"),
        ] {
            assert_eq!(family(name), read);
        }
        for (name, read) in [
            ("翔太", "ショウタ"),
            ("樹", "イツキ"),
            ("悠真", "ユウマ"),
            ("裕太", "ユウタ"),
            ("純一", "ジュンイチ"),
            ("光", "ヒカル"),
            ("望", "ノゾミ"),
            ("清", "キヨシ"),
            ("花子", "ハナコ"),
            ("真央", "マオ"),
            ("茜", "アカネ"),
            ("幸子", "サチコ"),
            ("和子", "カズコ"),
            ("心春", "コハル"),
            ("芽依", "メイ"),
            ("理恵", "リエ"),
        ] {
            assert_eq!(given(name), read);
        }
        assert_eq!(hiragana("ショウタ ハットリ"), "しょうた はっとり");
    }
}
