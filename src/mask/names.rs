//! Common family and given names, 128 of each: seven bits of a hash choose one.

/// Japanese family names.
pub(super) const FAMILY_JA: &str = "\
    佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 \
    木村 林 斎藤 清水 山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 \
    長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 斉藤 福田 太田 西村 藤井 金子 岡本 藤原 \
    中野 三浦 原田 中川 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田 柴田 \
    酒井 宮崎 横山 高木 安藤 宮本 大野 小島 谷口 工藤 今井 高田 増田 丸山 杉山 村田 \
    大塚 新井 小山 平野 藤本 河野 上野 野口 武田 松井 千葉 菅原 岩崎 久保 木下 佐野 \
    野村 松尾 菊地 市川 杉本 古川 大西 島田 水野 桜井 高野 渡部 吉川 山内 西田 飯田 \
    菊池 西川 小松 北村 安田 五十嵐 川口 平田 関 中田 久保田 服部 東 岩田 土屋 川崎";

/// Japanese given names.
pub(super) const GIVEN_JA: &str = "\
    翔太 大輔 健太 拓也 直樹 達也 和也 健一 誠 亮 大樹 翼 蓮 陽翔 湊 樹 \
    悠真 大和 陸 颯太 悠斗 朝陽 律 蒼 結翔 隼人 涼太 雄大 航 駿 智也 裕太 \
    純一 浩二 隆 修 学 茂 進 勇 豊 正樹 秀樹 博之 和彦 哲也 英明 光 \
    望 薫 司 聡 剛 徹 洋平 康平 圭介 雅人 貴之 慎吾 孝 実 昇 清 \
    花子 美咲 陽菜 結衣 さくら 葵 凛 美月 莉子 七海 彩 愛 美優 優花 千尋 真央 \
    茜 舞 遥 楓 萌 沙織 麻衣 友美 智子 恵子 由美子 裕子 陽子 洋子 京子 幸子 \
    和子 久美子 直美 真由美 明美 香織 恵 美穂 綾 瞳 早紀 奈々 桃子 梨花 琴音 心春 \
    芽依 咲良 紬 杏 柚葉 結菜 美桜 澪 詩 雫 千夏 美和 典子 純子 順子 理恵";

/// English family names.
pub(super) const FAMILY_EN: &str = "\
    Adams Allen Anderson Armstrong Bailey Baker Barnes Bell Bennett Black Brooks Brown \
    Bryant Burns Butler Campbell Carter Chapman Clark Cole Coleman Collins Cook Cooper \
    Cox Crawford Cruz Davis Dixon Edwards Ellis Evans Fisher Fletcher Ford Foster \
    Fox Freeman Garcia Gibson Gomez Gordon Graham Grant Gray Green Griffin Hall \
    Hamilton Hansen Harris Harrison Hart Hayes Henderson Hill Holmes Howard Hughes Hunt \
    Hunter Jackson James Jenkins Johnson Jones Jordan Kelly Kennedy King Knight Lane \
    Lewis Long Lopez Marshall Martin Mason Matthews Miller Mills Mitchell Moore Morgan \
    Morris Murphy Murray Myers Nelson Nguyen Olson Owens Palmer Parker Patel Perry \
    Peterson Phillips Porter Powell Price Reed Reynolds Rice Richardson Roberts Robinson Rogers \
    Rose Ross Russell Sanders Scott Shaw Simpson Smith Spencer Stewart Taylor Thompson \
    Turner Walker Ward Watson Webb West White Wilson";

/// English given names.
pub(super) const GIVEN_EN: &str = "\
    Aaron Abigail Adam Alice Amanda Amelia Amy Andrea Andrew Angela Anna Anthony \
    Arthur Ashley Austin Barbara Benjamin Brandon Brian Bruce Carl Carol Caroline Catherine \
    Charles Charlotte Chloe Christina Christopher Claire Daniel David Deborah Dennis Diana Dorothy \
    Douglas Dylan Edward Eleanor Elizabeth Ella Emily Emma Eric Ethan Evelyn Florence \
    Frances Frank Gabriel Gary George Grace Gregory Hannah Harold Harry Heather Helen \
    Henry Holly Isaac Isabella Jack Jacob Janet Jason Jennifer Jessica Joan John \
    Jonathan Joseph Joshua Julia Justin Karen Keith Kevin Kimberly Kyle Laura Lauren \
    Lily Linda Lisa Logan Louis Lucy Madison Margaret Maria Mark Martha Martin \
    Matthew Megan Melissa Michael Michelle Nancy Natalie Nathan Nicholas Nicole Noah Olivia \
    Oscar Pamela Patrick Paul Peter Rachel Ralph Rebecca Richard Robert Roger Rose \
    Ruth Samuel Sarah Sophia Stephen Susan Thomas Victoria";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_list_has_as_many_different_names_as_seven_bits_choose() {
        for list in [FAMILY_JA, GIVEN_JA, FAMILY_EN, GIVEN_EN] {
            let names: Vec<&str> = list.split_whitespace().collect();
            assert_eq!(names.len(), 128);
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 128);
        }
    }
}
