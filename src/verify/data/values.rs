//! What values look like as text, adversarial ones and tame ones.

use super::random::Random;

/// `%` is a token.
pub(super) const ADVERSARIAL: [&str; 26] = [
    "O'Brien \"%\" ''",
    "back\\slash \\\\ \\n \\t %\\",
    "first\nsecond\ttab\r\nthird %",
    "\\.\n%",
    "\\N %",
    "\\.%",
    "%\n\\.\n",
    "  % both sides  ",
    "日本語の%値、東京都",
    "😀👩‍👩‍👧‍👦 % 🇯🇵",
    "עברית % العربية",
    "Z\u{0301}a\u{0308}\u{0323}lgo % e\u{0301}",
    "$$%$$ $noren$ $1",
    "-- % /* not a comment",
    "'; DROP TABLE x; -- %",
    "100%% _%_",
    "NULL %",
    ":% :'x' :\"y\" ::text",
    "{\"key\": \"%\", \"a\\\"b\": [1, null]}",
    "\u{feff}% bom \u{200b}",
    "<a href=\"x\">% &amp; ]]></a>",
    "a,b;\"%\"|`c`",
    "%\u{1}\u{7f}\u{85}\u{2028}end",
    "ＦＵＬＬ　ｗｉｄｔｈ %",
    "`%` {{x}} ${y} $(z)",
    "ÅÆØßıİ %",
];

pub(super) const TEXTS: usize = 31;

/// `modifier` of varchar(n) and char(n) is n + 4; citext and text have -1.
pub(super) fn text(wild: bool, number: usize, name: &str, modifier: i32, random: &mut Random) -> String {
    let limit = match name {
        "char" => 1,
        _ if modifier >= 4 => usize::try_from(modifier - 4).unwrap_or_default(),
        _ => usize::MAX,
    };
    if wild {
        let Some(template) = ADVERSARIAL.get(number) else { return String::new() };
        let token = random.token();
        let made = template.replace('%', &token);
        let length = made.chars().count();
        return match limit {
            _ if length <= limit => made,
            _ if limit < 8 => random.text_of("bcdfgh'\\\"日é%_", limit),
            // Keeps what is adversarial about it and as much of the token as fits.
            _ => made.chars().skip(length.saturating_sub(limit).min(3)).take(limit).collect(),
        };
    }
    tame_text(number, random)
}

fn tame_text(number: usize, random: &mut Random) -> String {
    let token = random.token();
    match number {
        0 => token,
        1 => token.to_uppercase(),
        2 => format!("{token}@mail.example.test"),
        3 => format!("https://{token}.example.test/a?b=c"),
        4 => format!("+81-90-{}-{}", random.digits(4), random.digits(4)),
        5 => random.text_of("123456789", 1) + &random.digits(9),
        6 => format!("{}-{}", random.digits(3), random.digits(4)),
        7 => random.hex(64),
        8 => random.hex(40),
        9 => random.hex(32),
        10 => uuid(random),
        11 => format!("a-{token}-b"),
        12 => random.text_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3),
        13 => random.text_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 2),
        14 => random.text_of("abcdefghijklmnopqrstuvwxyz", 2),
        15 => random.digits(4),
        16 => random.text_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1),
        17 => format!("{}.{}.{}", random.below(100), random.below(100), random.below(100)),
        18 => random.text_of("アイウエオカキクケコサシスセソタチツテトナニヌネノ", 8),
        19 => format!("10.{}.{}.{}", random.below(256), random.below(256), random.below(256)),
        20 => format!("20{}-0{}-1{}", 10 + random.below(20), 1 + random.below(9), random.below(10)),
        21 => format!("/srv/{token}/file.txt"),
        22 => format!("{{\"a\": \"{token}\"}}"),
        23 => format!("{token}=="),
        24 => "ja-JP".to_owned(),
        25 => "Asia/Tokyo".to_owned(),
        26 => format!("T{}", random.digits(13)),
        27 => format!("{}-{}", random.text_of("ABCDEFGH", 2), random.digits(4)),
        28 => format!("{token}_x"),
        29 => random.digits(16),
        _ => random.text_of("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 8),
    }
}

fn uuid(random: &mut Random) -> String {
    let groups = [("", 8), ("-", 4), ("-4", 3), ("-a", 3), ("-", 12)];
    groups.map(|(before, length)| before.to_owned() + &random.hex(length)).concat()
}

/// How many adversarial and how many tame families a type has.
pub(super) fn builtin_families(name: &str) -> (usize, usize) {
    match name {
        "int2" | "int4" | "int8" | "oid" => (4, 2),
        "float4" | "float8" => (7, 2),
        "bool" => (0, 2),
        "date" | "interval" => (5, 2),
        "numeric" | "timestamp" | "timestamptz" => (6, 2),
        "time" | "timetz" | "inet" => (3, 1),
        "uuid" | "tsvector" | "xml" => (1, 1),
        "json" | "jsonb" => (4, 3),
        "bytea" => (3, 5),
        "bit" | "varbit" => (2, 1),
        "cidr" | "macaddr" | "macaddr8" | "money" | "name" | "pg_lsn" | "jsonpath" | "tsquery" | "xid" | "xid8"
        | "regclass" | "regtype" | "regproc" | "txid_snapshot" | "pg_snapshot" | "point" | "line" | "lseg" | "box"
        | "path" | "polygon" | "circle" | "int2vector" | "oidvector" | "ltree" | "hstore" | "cube" | "tid"
        | "vector" | "halfvec" => (0, 1),
        _ => (0, 0),
    }
}

pub(super) fn builtin(name: &str, modifier: i32, wild: bool, number: usize, random: &mut Random) -> String {
    match name {
        "int2" => integer(16, wild, number, random),
        "int4" => integer(32, wild, number, random),
        "int8" => integer(64, wild, number, random),
        "oid" | "xid" | "xid8" => (10_000 + random.below(2_000_000_000)).to_string(),
        "numeric" => numeric(modifier, wild, number, random),
        "float4" | "float8" => float(wild, number, random),
        "bool" => (number == 1).to_string(),
        "date" => date(wild, number, random),
        "timestamp" | "timestamptz" => timestamp(name, wild, number, random),
        "time" | "timetz" => time(name, wild, number, random),
        "interval" => interval(wild, number, random),
        "uuid" if wild => random
            .pick(&["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"])
            .map(ToString::to_string)
            .unwrap_or_default(),
        "uuid" => uuid(random),
        "json" | "jsonb" => json(wild, number, random),
        "bytea" => match (wild, number) {
            (true, 0) => "\\x".to_owned(),
            (true, 1) => format!("\\x00ff5c0a27{}", random.hex(16)),
            (true, _) => format!("\\x{}", "00".repeat(300)),
            _ => format!("\\x{}", random.hex(pick([24, 32, 40, 64, 128], number))),
        },
        "bit" => {
            random.text_of(if wild && number == 0 { "0" } else { "01" }, usize::try_from(modifier.max(1)).unwrap_or(1))
        }
        "varbit" if wild && number == 0 => String::new(),
        "varbit" => random.text_of("01", if modifier > 0 { usize::try_from(modifier).unwrap_or(1) } else { 40 }),
        "money" => format!("{}.{:02}", random.below(10_000_000), random.below(100)),
        "name" => random.token(),
        "vector" | "halfvec" => {
            let items: Vec<String> = (0..modifier.max(1)).map(|_| format!("0.{}", 1 + random.below(99_999))).collect();
            format!("[{}]", items.join(","))
        }
        _ => palette(name, wild, number, random),
    }
}

fn integer(bits: u32, wild: bool, number: usize, random: &mut Random) -> String {
    let greatest = i64::MAX >> (64 - bits);
    match (wild, number) {
        (true, 0) => greatest.to_string(),
        (true, 1) => (-greatest - 1).to_string(),
        (true, 2) => "0".to_owned(),
        (true, _) => format!("-{}", random.below(greatest.unsigned_abs())),
        (false, 0) => (1 + random.below(100)).to_string(),
        (false, _) => random.below(greatest.unsigned_abs()).to_string(),
    }
}

/// The modifier holds precision and scale as `numeric.c` packs them: `((p << 16) | (s & 0x7ff)) + 4`.
fn numeric(modifier: i32, wild: bool, number: usize, random: &mut Random) -> String {
    let bounded = modifier >= 4;
    let precision = if bounded { (modifier - 4) >> 16 & 0xffff } else { 30 };
    let packed = (modifier - 4) & 0x7ff;
    let scale = if bounded { (packed ^ 1024) - 1024 } else { 10 };
    let whole = usize::try_from((precision - scale).max(0)).unwrap_or_default();
    let part = usize::try_from(scale.clamp(0, precision)).unwrap_or_default();
    let make = |random: &mut Random, whole: usize| {
        let digits = format!("{}{}", random.text_of("123456789", whole.min(1)), random.digits(whole.max(1) - 1));
        let digits = if digits.is_empty() { "0".to_owned() } else { digits };
        if part == 0 { digits } else { format!("{digits}.{}", random.digits(part)) }
    };
    match (wild, number) {
        (true, 0) => "NaN".to_owned(),
        (true, 1) => format!("-{}", make(random, whole)),
        (true, 2) => "0".to_owned(),
        (true, 3) => "Infinity".to_owned(),
        (true, 4) => "1.500000000000000000000000000000".to_owned(),
        (true, _) => make(random, whole),
        (false, 0) => make(random, whole.min(2)),
        (false, _) => make(random, whole.min(9)),
    }
}

fn float(wild: bool, number: usize, random: &mut Random) -> String {
    let wild_ones = ["NaN", "Infinity", "-Infinity", "-0", "1e-30", "0.1", "3.4028234e38"];
    match (wild, number) {
        (true, _) => pick(wild_ones, number).to_owned(),
        (false, 0) => format!("{}.5", random.below(100)),
        (false, _) => format!("{}.{}", random.below(1000), random.below(1000)),
    }
}

fn date(wild: bool, number: usize, random: &mut Random) -> String {
    let wild_ones = ["infinity", "-infinity", "0044-03-15 BC", "9999-12-31", "2024-02-29"];
    match (wild, number) {
        (true, _) => pick(wild_ones, number).to_owned(),
        (false, 0) => format!("20{:02}-{:02}-{:02}", random.below(30), 1 + random.below(12), 1 + random.below(28)),
        (false, _) => format!("19{:02}-{:02}-{:02}", random.below(99), 1 + random.below(12), 1 + random.below(28)),
    }
}

fn timestamp(name: &str, wild: bool, number: usize, random: &mut Random) -> String {
    let zone = if name == "timestamptz" { "+09" } else { "" };
    match (wild, number) {
        (true, 0..=3) => date(true, number, random),
        (true, 4) => format!("0001-01-01 00:00:00.000001{zone} BC"),
        (true, _) => format!("2024-02-29 23:59:59.999999{zone}"),
        _ => format!(
            "{} {:02}:{:02}:{:02}.{:06}{zone}",
            date(false, number, random),
            random.below(24),
            random.below(60),
            random.below(60),
            random.below(1_000_000)
        ),
    }
}

fn time(name: &str, wild: bool, number: usize, random: &mut Random) -> String {
    let zone = if name == "timetz" { "-03:30" } else { "" };
    match (wild, number) {
        (true, 0) => format!("24:00:00{zone}"),
        (true, 1) => format!("00:00:00{zone}"),
        _ => format!(
            "{:02}:{:02}:{:02}.{:06}{zone}",
            random.below(24),
            random.below(60),
            random.below(60),
            random.below(1_000_000)
        ),
    }
}

fn interval(wild: bool, number: usize, random: &mut Random) -> String {
    let wild_ones =
        ["-1 year 2 mons -3 days 04:05:06.789", "0", "178000000 years", "-00:00:00.000001", "1 mon -30 days"];
    match (wild, number) {
        (true, _) => pick(wild_ones, number).to_owned(),
        (false, 0) => format!("{} days", 1 + random.below(300)),
        (false, _) => format!("{} hours {} minutes", random.below(48), random.below(60)),
    }
}

fn json(wild: bool, number: usize, random: &mut Random) -> String {
    let (a, b, c, d) = (random.token(), random.token(), random.token(), random.token());
    match (wild, number) {
        (true, 0) => "null".to_owned(),
        (true, 1) => format!("\"{a}\\\\ \\\" \\n \\u00e9\\ud83d\\ude00\""),
        (true, 2) => format!("[1, -0.10, 1e3, null, true, \"{a}\", [], {{}}, [{{\"x\": \"{b}\"}}]]"),
        (true, _) => format!("{{\"\": \"{a}\", \"a\\\"b'c\": {{\"日本\": [\"{b}\"]}}, \"$k\": \":x\", \"{c}\": null}}"),
        (false, 0) => "{}".to_owned(),
        (false, 1) => format!("[{{\"name\": \"{a}\", \"email\": \"{b}@mail.example.test\"}}, {{\"name\": \"{c}\"}}]"),
        (false, _) => format!(
            "{{\"theme\": \"dark\", \"locale\": \"ja\", \"name\": \"{a}\", \"contact\": {{\"email\": \"{b}@mail.example.test\", \
             \"phone\": \"+81-3-{c}\"}}, \"tags\": [\"x\", \"{d}\"], \"items\": [{{\"name\": \"{a}\", \"price\": 12.50}}]}}"
        ),
    }
}

fn palette(name: &str, wild: bool, number: usize, random: &mut Random) -> String {
    let token = random.token();
    let (x, y) = (random.below(1_000_000), random.below(1_000_000));
    let (a, b) = (random.below(256), random.below(256));
    match (name, wild) {
        ("inet", true) => pick(["::1", "fe80::1/64", "255.255.255.255/0"], number).to_owned(),
        ("inet", _) => format!("10.{a}.{b}.{}/{}", random.below(256), 8 + random.below(25)),
        ("cidr", _) => format!("10.{a}.{b}.0/24"),
        ("macaddr", _) => format!("08:00:2b:01:{a:02x}:{b:02x}"),
        ("macaddr8", _) => format!("08:00:2b:01:02:03:{a:02x}:{b:02x}"),
        ("pg_lsn", _) => format!("{a:X}/{x:X}"),
        ("jsonpath", _) => format!("$.\"{token}\"[*] ? (@ > 1)"),
        ("tsquery", _) => format!("'{token}' & !'b'"),
        ("tsvector", true) => String::new(),
        ("tsvector", _) => format!("'{token}':1A,3 'it''s':2"),
        ("xml", true) => format!("<a b=\"'&lt;\">{token}<!-- c --></a>"),
        ("xml", _) => format!("<a>{token}</a>"),
        ("point", _) => format!("({x}.25,-{y})"),
        ("line", _) => format!("{{{},{y},1}}", x + 1),
        ("lseg" | "box", _) => format!("(({},{}),({x},{y}))", x + 1, y + 1),
        ("path", _) => format!("[(0,0),({x},{y})]"),
        ("polygon", _) => format!("((0,0),({x},{y}),(1,0))"),
        ("circle", _) => format!("<({x},{y}),2.5>"),
        ("int2vector" | "oidvector", _) => format!("{a} {b}"),
        ("ltree", _) => format!("top.{token}.x"),
        ("hstore", _) => format!("\"k\"=>\"{token}\", \"n\"=>NULL"),
        ("cube", _) => format!("({x}, {y})"),
        ("tid", _) => format!("({x},1)"),
        ("regclass", _) => "pg_class".to_owned(),
        ("regtype", _) => "integer".to_owned(),
        ("regproc", _) => "now".to_owned(),
        ("txid_snapshot" | "pg_snapshot", _) => "10:20:10,14,15".to_owned(),
        _ => tame_text(number, random),
    }
}

/// The list again from its start where it is too short.
fn pick<T: Copy + Default, const N: usize>(from: [T; N], number: usize) -> T {
    from.get(number % N).copied().unwrap_or_default()
}
