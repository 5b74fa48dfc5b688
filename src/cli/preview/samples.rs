//! Values that a preview makes itself: those that a column's type and name make one expect, a repetition, an empty
//! text and a NULL, so that a reader sees what the mask does with each. Nothing here is anybody's: domains, telephone
//! numbers and networks are of the ranges that standards reserve for examples.

use super::super::init::names::{Hint, hint};
use crate::catalog::{BaseType, Catalog, Category, Column, DataType, Table, TypeKind};
use crate::model::{JsonNode, MaskUse, Treatment};
use serde_json::{Map, Value, json};

/// How many rows are made.
pub(super) const ROWS: usize = 6;
/// The row whose values repeat those of the first, where a column need not be unique.
const REPEATED: usize = 4;

/// A column's values as literals of its type, one a row.
pub(super) fn column(catalog: &Catalog, table: &Table, column: &Column, treatment: &Treatment) -> Vec<Option<String>> {
    let base = catalog.base_type(&column.data_type);
    let unique = table.unique_keys().iter().any(|key| key.columns == [column.name.as_str()]);
    let maker = Maker { catalog, hint: hint(&table.name.name, &column.name), name: &column.name };
    let nullable = !crate::check::refuses_null(catalog, column);
    let value = |row: usize| match row {
        row if row + 1 == ROWS && nullable => None,
        row if row + 1 == ROWS && is_text(&base) && !unique => Some(String::new()),
        REPEATED if !unique => maker.value(&base, 0, treatment),
        _ => maker.value(&base, row, treatment),
    };
    (0..ROWS).map(value).collect()
}

fn is_text(base: &BaseType) -> bool {
    base.data_type.dimensions == 0 && ["text", "varchar", "citext"].contains(&base.data_type.name.name.as_str())
}

struct Maker<'a> {
    catalog: &'a Catalog,
    hint: Option<Hint>,
    name: &'a str,
}

fn pick<'t>(list: &[&'t str], row: usize) -> &'t str {
    list.get(row % list.len().max(1)).copied().unwrap_or_default()
}

impl Maker<'_> {
    /// `None` where nothing is known of the type: NULL fits every type.
    fn value(&self, base: &BaseType, row: usize, treatment: &Treatment) -> Option<String> {
        let of = &base.data_type;
        match base.category {
            Category::Array => self.array(of, row, treatment),
            Category::Enum => self.label(of, row),
            Category::Composite => self.composite(of, row, treatment),
            Category::Range => self.range(of, row, treatment),
            Category::Scalar => self.scalar(of, row, treatment),
        }
    }

    fn of_type(&self, of: &DataType, row: usize, treatment: &Treatment) -> Option<String> {
        self.value(&self.catalog.base_type(of), row, treatment)
    }

    /// `{"a","b"}`
    fn array(&self, of: &DataType, row: usize, treatment: &Treatment) -> Option<String> {
        let element = DataType { dimensions: 0, ..of.clone() };
        let elements = [row, row + 1].map(|row| self.of_type(&element, row, treatment));
        let elements: Option<Vec<String>> =
            elements.into_iter().map(|element| element.map(|text| quoted(&text))).collect();
        elements.map(|elements| format!("{{{}}}", elements.join(",")))
    }

    fn label(&self, of: &DataType, row: usize) -> Option<String> {
        let Some(TypeKind::Enum(labels)) = self.catalog.types.get(&of.name).map(|found| &found.kind) else {
            return None;
        };
        labels.get(row % labels.len().max(1)).cloned()
    }

    /// `("a","b")`
    fn composite(&self, of: &DataType, row: usize, treatment: &Treatment) -> Option<String> {
        let Some(TypeKind::Composite(fields)) = self.catalog.types.get(&of.name).map(|found| &found.kind) else {
            return None;
        };
        let field = |(name, of): (&String, &DataType)| {
            let maker = Maker { catalog: self.catalog, hint: hint("", name), name };
            maker.of_type(of, row, treatment).map(|text| quoted(&text)).unwrap_or_default()
        };
        Some(format!("({})", fields.iter().map(field).collect::<Vec<_>>().join(",")))
    }

    /// `["a","b")`; values of a subtype ascend with the row.
    fn range(&self, of: &DataType, row: usize, treatment: &Treatment) -> Option<String> {
        let subtype = match self.catalog.types.get(&of.name).map(|found| &found.kind) {
            Some(TypeKind::Range(subtype)) => subtype.clone(),
            _ if let Some(range) = crate::mask::over::range_of(&of.name, self.catalog) => {
                let range = DataType { name: range, modifiers: Vec::new(), dimensions: 0 };
                return self.range(&range, row, treatment).map(|range| format!("{{{range}}}"));
            }
            Some(_) => return None,
            None => crate::mask::over::built_in_subtype(&of.name)?,
        };
        let low = self.of_type(&subtype, row % 3, treatment)?;
        let high = self.of_type(&subtype, row % 3 + 1, treatment)?;
        Some(format!("[{},{})", quoted(&low), quoted(&high)))
    }

    fn scalar(&self, of: &DataType, row: usize, treatment: &Treatment) -> Option<String> {
        let limit = of.modifiers.first().and_then(|limit| usize::try_from(*limit).ok());
        let words = |list: &[&str]| Some(pick(list, row).to_owned());
        match of.name.name.as_str() {
            "text" | "citext" => Some(self.text(row)),
            "varchar" | "bpchar" | "name" => Some(self.text(row).chars().take(limit.unwrap_or(60)).collect()),
            "int2" | "int4" | "int8" => words(&["1001", "1002", "1003", "1042", "1999", "2026"]),
            "numeric" => Some(self.number(of, row)),
            "float4" | "float8" => words(&["35.681236", "36.5", "48.858370", "51.4779", "60.25", "61"]),
            "money" => words(&["12345.67", "20000", "30000.5", "40000", "50000", "60000"]),
            "bool" => words(&["true", "false"]),
            "date" => words(&["1984-05-17", "2001-12-31", "2024-02-29", "2026-03-14", "2026-07-01", "2026-11-21"]),
            "timestamp" => words(TIMES),
            "timestamptz" => Some(format!("{}+09", pick(TIMES, row))),
            "time" => words(&["08:30:00", "12:00:00", "17:45:30"]),
            "timetz" => words(&["08:30:00+09", "12:00:00+09", "17:45:30+09"]),
            "interval" => words(&["1 day", "02:30:00", "3 mons"]),
            "uuid" => Some(format!("3f2b8c1e-7d4a-4e0b-9c55-0a1b2c3d4e{row:02}")),
            "inet" => words(&["203.0.113.77", "198.51.100.9", "2001:db8:7:1::5", "192.0.2.130"]),
            "cidr" => words(&["203.0.113.0/24", "198.51.100.0/25", "2001:db8:7::/48"]),
            "macaddr" => words(&["00:00:5e:00:53:01", "00:00:5e:00:53:af"]),
            "bytea" => Some(format!("\\x6e6f72656e{row:02}")),
            "json" | "jsonb" => Some(document(treatment, row).to_string()),
            "point" => words(&["(35.681236,139.767125)", "(48.858370,2.294481)", "(51.4779,-0.0015)"]),
            "tsvector" => words(&["taro yamada invoice", "hanako suzuki delivery"]),
            "hstore" => Some(format!("email=>\"{}\", theme=>dark, note=>NULL", pick(EMAILS, row))),
            _ => None,
        }
    }

    /// A number of at most five whole digits that the precision and the scale allow.
    fn number(&self, of: &DataType, row: usize) -> String {
        if self.hint == Some(Hint::Location) {
            return pick(&["35.681236", "48.858370", "51.477900"], row).to_owned();
        }
        let whole = match (of.modifiers.first(), of.modifiers.get(1)) {
            (Some(precision), scale) => usize::try_from(precision - scale.copied().unwrap_or(0)).unwrap_or(0),
            (None, _) => 5,
        };
        let digits: String =
            pick(&["12345", "20260", "50010", "77777", "98765", "99999"], row).chars().take(whole).collect();
        let fraction = if of.modifiers.get(1).copied().unwrap_or(2) > 0 { ".67" } else { "" };
        format!("{}{digits}{fraction}", if digits.is_empty() { "0" } else { "" })
    }

    fn text(&self, row: usize) -> String {
        if self.name.contains("kana") || self.name.contains("カナ") {
            return pick(KANA, row).to_owned();
        }
        match self.hint {
            Some(Hint::Email) => pick(EMAILS, row).to_owned(),
            Some(Hint::Phone) => pick(PHONES, row).to_owned(),
            Some(Hint::PersonName) => pick(NAMES, row).to_owned(),
            Some(Hint::Handle) => pick(&["taro.y", "emma_w", "sean", "hanako88", "x_al"], row).to_owned(),
            Some(Hint::Birth) => pick(&["1984-05-17", "2001-12-31", "1979-02-28"], row).to_owned(),
            Some(Hint::Address) => pick(ADDRESSES, row).to_owned(),
            Some(Hint::Network) => pick(&["203.0.113.77", "198.51.100.9", "2001:db8:7:1::5"], row).to_owned(),
            Some(Hint::Location) => pick(&["35.681236, 139.767125", "48.858370, 2.294481"], row).to_owned(),
            Some(Hint::Link) => format!("https://example.com/~{row}/photo.jpg?u=taro"),
            Some(Hint::Secret) => pick(SECRETS, row).to_owned(),
            Some(Hint::Vocabulary) => pick(&["active", "pending", "closed"], row).to_owned(),
            Some(Hint::Identifier) => format!("k-{}", 1042 + row),
            Some(Hint::FreeText) | None => pick(TEXTS, row).to_owned(),
        }
    }
}

/// An element of an array, a field of a row: in quotes, quotes and backslashes escaped.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A document with every path that the mask names, and one that it does not.
fn document(treatment: &Treatment, row: usize) -> Value {
    let Treatment::Mask(MaskUse::Json(json)) = treatment else {
        return json!({ "name": pick(NAMES, row), "email": pick(EMAILS, row), "theme": "dark" });
    };
    node(&json.root, "", row)
}

fn node(node: &JsonNode, key: &str, row: usize) -> Value {
    match node {
        JsonNode::Leaf(_) => {
            let catalog = Catalog::default();
            let maker = Maker { catalog: &catalog, hint: hint("", key), name: key };
            Value::String(if maker.hint.is_none() { pick(WORDS, row).to_owned() } else { maker.text(row) })
        }
        JsonNode::Each(element) => Value::Array(vec![self::node(element, key, row), self::node(element, key, row + 1)]),
        JsonNode::Object { keys, .. } => {
            let mut object: Map<String, Value> =
                keys.iter().map(|(key, inner)| (key.clone(), self::node(inner, key, row))).collect();
            object.insert("not_in_the_policy".to_owned(), json!("something new"));
            Value::Object(object)
        }
    }
}

/// RFC 2606 reserves these domains.
const EMAILS: &[&str] = &[
    "taro.yamada@example.com",
    "Emma.Walker@example.org",
    "sean+news@mail.example.net",
    "hanako@xn--r8jz45g.example",
    "x@example.com",
];
/// Numbers for use in fiction: 555-0100 to 0199 in North America, Ofcom's in the United Kingdom.
const PHONES: &[&str] = &["+1 (212) 555-0123", "212-555-0147", "020 7946 0018", "07700 900123"];
const NAMES: &[&str] = &["山田 太郎", "Emma Walker", "Seán O'Brien", "鈴木 花子", "X"];
const KANA: &[&str] = &["ヤマダ タロウ", "エマ ウォーカー", "スズキ ハナコ"];
const ADDRESSES: &[&str] = &["東京都千代田区千代田1-1", "1 Example Street, Springfield", "Flat 2, 10 Sample Road"];
const SECRETS: &[&str] = &["4111 1111 1111 1111", "correct horse battery", "DE89370400440532013000"];
const TIMES: &[&str] = &[
    "2024-02-29 23:59:59.999999",
    "2026-03-14 15:09:26.535",
    "2026-07-01 00:00:00",
    "2026-11-21 08:00:00",
    "2026-12-24 18:30:00",
    "2026-12-31 23:59:59",
];
const WORDS: &[&str] = &["dark", "light", "ja", "en", "blue"];
const TEXTS: &[&str] = &[
    "Call Emma at 212-555-0147, or write to emma@example.com",
    "お客様より: 3月14日にお電話ください",
    "short",
    "it's \"quoted\", with a comma\nand a second line",
    "😀",
];
