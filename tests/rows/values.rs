//! Families of values for every type, adversarial ones and tame ones.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::support::Database;

/// Same seed, same numbers (splitmix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.below(from.len() as u64)).unwrap())
    }

    fn text_of(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| *self.pick(&letters).unwrap()).collect()
    }

    /// Ten letters and digits that occur nowhere else: what a leak is searched by.
    fn token(&mut self) -> String {
        self.text_of("bcdfghjkmnpqrstvwxz", 1) + &self.text_of("bcdfghjkmnpqrstvwxz23456789", 9)
    }
}

/// A SQL string literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A SQL identifier.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[derive(Debug, Deserialize)]
struct Type {
    oid: u32,
    name: String,
    sql: String,
    kind: String,
    category: String,
    base: u32,
    base_modifier: i32,
    element: u32,
    subtype: u32,
    range: u32,
    labels: Vec<String>,
    attributes: Vec<(u32, i32)>,
    checks: Vec<String>,
}

/// The types of a database.
pub struct Types(BTreeMap<u32, Type>);

/// `%` is a token.
const ADVERSARIAL: [&str; 26] = [
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

impl Types {
    pub fn read(database: &Database) -> Self {
        let text = database.value(TYPES);
        let types: Vec<Type> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
        Self(types.into_iter().map(|found| (found.oid, found)).collect())
    }

    /// A domain's own type at the bottom, with the modifier that comes with it.
    fn resolve(&self, oid: u32, modifier: i32) -> (&Type, i32) {
        let found = &self.0[&oid];
        if found.kind == "d" { self.resolve(found.base, found.base_modifier) } else { (found, modifier) }
    }

    /// The text of the checks of a domain, and of the domains below it and inside it.
    pub fn domain_checks(&self, oid: u32) -> Vec<&str> {
        let found = &self.0[&oid];
        let below = [found.base, if found.category == "A" { found.element } else { 0 }];
        let inner = below.into_iter().filter(|oid| self.0.contains_key(oid)).flat_map(|oid| self.domain_checks(oid));
        found.checks.iter().map(String::as_str).chain(inner).collect()
    }

    /// The families of a type; a name that begins with `tame` promises plain values.
    pub fn families(&self, oid: u32) -> Vec<String> {
        let (found, _) = self.resolve(oid, -1);
        let numbered = |prefix: &str, count: usize| (0..count).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>();
        match (found.kind.as_str(), found.category.as_str(), found.name.as_str()) {
            ("e", ..) => numbered("tame", found.labels.len()),
            ("c", ..) => numbered("row", 1),
            ("r" | "m", ..) => [numbered("tame", 3), numbered("wild", 4)].concat(),
            (_, "A", _) if found.element != 0 && !is_fixed_vector(&found.name) => {
                [self.families(found.element), vec!["tame-empty".to_owned()]].concat()
            }
            (_, "S", name) if name != "name" => {
                [numbered("wild", ADVERSARIAL.len() + 1), numbered("tame", TEXTS)].concat()
            }
            (_, _, name) => match builtin_families(name) {
                (0, 0) => numbered("tame", TEXTS),
                (wild, tame) => [numbered("wild", wild), numbered("tame", tame)].concat(),
            },
        }
    }

    /// An expression of the family; a cast to the column's type still has to go around it.
    pub fn value(&self, oid: u32, modifier: i32, family: &str, random: &mut Random) -> String {
        let (found, modifier) = self.resolve(oid, modifier);
        let number: usize = family.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
        match (found.kind.as_str(), found.category.as_str()) {
            (_, "A") if found.element != 0 && !is_fixed_vector(&found.name) => {
                self.array(found, modifier, family, random)
            }
            _ if family.starts_with('=') => literal(&family[1..]),
            ("e", _) => literal(found.labels.get(number).map_or("", String::as_str)),
            ("c", _) => {
                let fields: Vec<String> =
                    found.attributes.iter().map(|(oid, modifier)| self.any(*oid, *modifier, random)).collect();
                format!("ROW({})", fields.join(", "))
            }
            ("r", _) => self.range(found, family, random),
            ("m", _) => {
                let ranges: Vec<String> =
                    (0..random.below(3)).map(|_| self.range(&self.0[&found.range], family, random)).collect();
                format!("{}({})", found.sql, ranges.join(", "))
            }
            (_, "S") if found.name != "name" => literal(&text(family, number, found, modifier, random)),
            _ => literal(&builtin(&found.name, modifier, family.starts_with("wild"), number, random)),
        }
    }

    fn any(&self, oid: u32, modifier: i32, random: &mut Random) -> String {
        let families = self.families(oid);
        let family = random.pick(&families).cloned().unwrap_or_default();
        format!("({})::{}", self.value(oid, modifier, &family, random), self.0[&oid].sql)
    }

    fn array(&self, found: &Type, modifier: i32, family: &str, random: &mut Random) -> String {
        let element = &self.0[&found.element];
        if family == "tame-empty" {
            return format!("ARRAY[]::{}", found.sql);
        }
        let mut items: Vec<String> = (0..=random.below(3))
            .map(|_| format!("({})::{}", self.value(found.element, modifier, family, random), element.sql))
            .collect();
        if family.starts_with("wild") && random.below(3) == 0 {
            items.push(format!("NULL::{}", element.sql));
        }
        // Composite and domain elements have no way to write a second dimension that every version reads alike.
        if family.starts_with("wild") && random.below(5) == 0 && element.kind == "b" {
            return format!("ARRAY[[{0}], [{0}]]::{1}", items.join(", "), found.sql);
        }
        format!("ARRAY[{}]::{}", items.join(", "), found.sql)
    }

    fn range(&self, found: &Type, family: &str, random: &mut Random) -> String {
        let mut bound = || {
            let sql = &self.0[&found.subtype].sql;
            format!("({})::{sql}", self.value(found.subtype, -1, "tame0", random))
        };
        let (low, high) = (bound(), bound());
        let made = |low: &str, high: &str, ends: &str| format!("{}({low}, {high}, '{ends}')", found.sql);
        let (least, greatest) = (format!("least({low}, {high})"), format!("greatest({low}, {high})"));
        match family {
            "wild0" => literal("empty"),
            "wild1" => made(&low, "NULL", "[)"),
            "wild2" => made("NULL", &high, "()"),
            "wild3" => made("NULL", "NULL", "()"),
            "tame1" => made(&least, &greatest, "(]"),
            "tame2" => made(&low, &low, "[]"),
            _ => made(&least, &greatest, "[)"),
        }
    }
}

fn is_fixed_vector(name: &str) -> bool {
    matches!(name, "int2vector" | "oidvector" | "point" | "lseg" | "box" | "line" | "name")
}

const TEXTS: usize = 31;

/// `modifier` of varchar(n) and char(n) is n + 4; citext and text have -1.
fn text(family: &str, number: usize, found: &Type, modifier: i32, random: &mut Random) -> String {
    let limit = match found.name.as_str() {
        "char" => 1,
        _ if modifier >= 4 => usize::try_from(modifier - 4).unwrap(),
        _ => usize::MAX,
    };
    if family.starts_with("wild") {
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
    let digits = |random: &mut Random, count| random.text_of("0123456789", count);
    let hex = |random: &mut Random, count| random.text_of("0123456789abcdef", count);
    match number {
        0 => token,
        1 => token.to_uppercase(),
        2 => format!("{token}@mail.example.test"),
        3 => format!("https://{token}.example.test/a?b=c"),
        4 => format!("+81-90-{}-{}", digits(random, 4), digits(random, 4)),
        5 => random.text_of("123456789", 1) + &digits(random, 9),
        6 => format!("{}-{}", digits(random, 3), digits(random, 4)),
        7 => hex(random, 64),
        8 => hex(random, 40),
        9 => hex(random, 32),
        10 => uuid(random),
        11 => format!("a-{token}-b"),
        12 => random.text_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3),
        13 => random.text_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 2),
        14 => random.text_of("abcdefghijklmnopqrstuvwxyz", 2),
        15 => digits(random, 4),
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
        26 => format!("T{}", digits(random, 13)),
        27 => format!("{}-{}", random.text_of("ABCDEFGH", 2), digits(random, 4)),
        28 => format!("{token}_x"),
        29 => digits(random, 16),
        _ => random.text_of("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 8),
    }
}

fn uuid(random: &mut Random) -> String {
    let hex = random.text_of("0123456789abcdef", 32);
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// How many adversarial and how many tame families a type has.
fn builtin_families(name: &str) -> (usize, usize) {
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

fn builtin(name: &str, modifier: i32, wild: bool, number: usize, random: &mut Random) -> String {
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
            .unwrap(),
        "uuid" => uuid(random),
        "json" | "jsonb" => json(wild, number, random),
        "bytea" => match (wild, number) {
            (true, 0) => "\\x".to_owned(),
            (true, 1) => format!("\\x00ff5c0a27{}", random.text_of("0123456789abcdef", 16)),
            (true, _) => format!("\\x{}", "00".repeat(300)),
            _ => format!("\\x{}", random.text_of("0123456789abcdef", [24, 32, 40, 64, 128][number % 5])),
        },
        "bit" => {
            random.text_of(if wild && number == 0 { "0" } else { "01" }, usize::try_from(modifier.max(1)).unwrap())
        }
        "varbit" if wild && number == 0 => String::new(),
        "varbit" => random.text_of("01", if modifier > 0 { usize::try_from(modifier).unwrap() } else { 40 }),
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
    let whole = usize::try_from((precision - scale).max(0)).unwrap();
    let part = usize::try_from(scale.clamp(0, precision)).unwrap();
    let make = |random: &mut Random, whole: usize| {
        let digits =
            format!("{}{}", random.text_of("123456789", whole.min(1)), random.text_of("0123456789", whole.max(1) - 1));
        let digits = if digits.is_empty() { "0".to_owned() } else { digits };
        if part == 0 { digits } else { format!("{digits}.{}", random.text_of("0123456789", part)) }
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
        (true, _) => wild_ones[number % wild_ones.len()].to_owned(),
        (false, 0) => format!("{}.5", random.below(100)),
        (false, _) => format!("{}.{}", random.below(1000), random.below(1000)),
    }
}

fn date(wild: bool, number: usize, random: &mut Random) -> String {
    let wild_ones = ["infinity", "-infinity", "0044-03-15 BC", "9999-12-31", "2024-02-29"];
    match (wild, number) {
        (true, _) => wild_ones[number % wild_ones.len()].to_owned(),
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
        (true, _) => wild_ones[number % wild_ones.len()].to_owned(),
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
        ("inet", true) => ["::1", "fe80::1/64", "255.255.255.255/0"][number % 3].to_owned(),
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

/// String and number literals of an expression that PostgreSQL printed, and the numbers next to them.
pub fn literals_of(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens(sql) {
        match token {
            Token::Text(text) => found.push(text),
            Token::Number(text) => {
                if let Ok(number) = text.parse::<i64>() {
                    found.extend([number, number - 1, number + 1, -number].map(|number| number.to_string()));
                } else {
                    found.push(text);
                }
            }
            Token::Word(_) => {}
        }
    }
    found.sort();
    found.dedup();
    found.truncate(60);
    found
}

enum Token {
    Text(String),
    Number(String),
    Word(String),
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let escaped = rest.starts_with("E'");
        if first == '\'' || escaped {
            let body = &rest[1 + usize::from(escaped)..];
            let (text, after) = string_body(body, escaped);
            found.push(Token::Text(text));
            rest = after;
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            found.push(Token::Number(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

/// The text up to the closing quote, and what follows it.
fn string_body(body: &str, escaped: bool) -> (String, &str) {
    let mut text = String::new();
    let mut characters = body.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
                text.push('\'');
            }
            '\'' => return (text, &body[at + 1..]),
            '\\' if escaped => text.extend(characters.next().map(|(_, next)| next)),
            _ => text.push(character),
        }
    }
    (text, "")
}

/// Expressions for the key columns of a partition that lie inside its bound, for as many columns as matter.
pub fn inside(bound: &str, random: &mut Random) -> Vec<String> {
    if let Some(list) = bound.strip_prefix("FOR VALUES IN ") {
        let values: Vec<String> = bound_values(list);
        return random.pick(&values).into_iter().cloned().collect();
    }
    let Some((from, to)) = bound.strip_prefix("FOR VALUES FROM ").and_then(|rest| rest.split_once(") TO (")) else {
        return Vec::new();
    };
    let (from, to) = (bound_values(from), bound_values(to));
    let (Some(low), Some(high)) = (from.first(), to.first()) else { return Vec::new() };
    let number = |text: &str| text.trim_matches('\'').parse::<i64>().ok();
    let step = random.below(997);
    match (number(low), number(high)) {
        (Some(low), Some(high)) if high > low + 1 => {
            let span = (high - low).unsigned_abs();
            vec![(low + i64::try_from(1 + random.below(span - 1)).unwrap()).to_string()]
        }
        (Some(low), None) if high == "MAXVALUE" => vec![(low + 1 + i64::try_from(step).unwrap()).to_string()],
        (None, Some(high)) if low == "MINVALUE" => vec![(high - 1 - i64::try_from(step).unwrap()).to_string()],
        _ if is_moment(low) && is_moment(high) => {
            vec![format!("{low}::timestamptz + ({high}::timestamptz - {low}::timestamptz) * ({step} / 1000.0)")]
        }
        _ if is_moment(low) => vec![format!("{low}::timestamptz + interval '1 hour' * {step}")],
        _ if is_moment(high) => vec![format!("{high}::timestamptz - interval '1 hour' * {}", step + 25)],
        _ if low == "MINVALUE" => Vec::new(),
        _ => from,
    }
}

fn bound_values(list: &str) -> Vec<String> {
    tokens(list)
        .into_iter()
        .map(|token| match token {
            Token::Text(text) => literal(&text),
            Token::Number(text) | Token::Word(text) => text,
        })
        .collect()
}

fn is_moment(value: &str) -> bool {
    let text = value.trim_matches('\'').as_bytes();
    text.len() >= 10 && text[4] == b'-' && text[7] == b'-'
}

const TYPES: &str = r"
SELECT json_agg(json_build_object('oid', t.oid::bigint, 'name', t.typname, 'sql', format_type(t.oid, NULL), 'kind', t.typtype,
  'category', t.typcategory, 'base', t.typbasetype::bigint, 'base_modifier', t.typtypmod, 'element', t.typelem::bigint,
  'subtype', coalesce((SELECT r.rngsubtype::bigint FROM pg_range r WHERE r.rngtypid = t.oid), 0),
  'range', coalesce((SELECT r.rngtypid::bigint FROM pg_range r WHERE r.rngmultitypid = t.oid), 0),
  'labels', ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
  'attributes', (SELECT coalesce(json_agg(json_build_array(a.atttypid::bigint, a.atttypmod) ORDER BY a.attnum), '[]')
     FROM pg_attribute a WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped),
  'checks', ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c')) ORDER BY t.oid)
FROM pg_type t WHERE t.typtype <> 'p'";
