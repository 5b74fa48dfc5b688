//! What of a value is worth looking for in a file.
//!
//! A boolean, an enum's label or a number of three digits is in every file, whoever it belonged to. So searched are
//! values that no two rows share by chance: texts of six bytes or more, numbers of eight digits or more, and words of ten
//! letters within a text.

use crate::catalog::{BaseType, Category};
use crate::model::{JsonMask, JsonNode, Treatment};

/// Values shorter than this, in bytes, are in a file by chance.
const TEXT: usize = 6;
/// Numbers of fewer digits are too.
const DIGITS: usize = 8;
/// And so are shorter words.
const WORD: usize = 10;

/// Where values of a type stand in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// So few values that others have them too.
    Few,
    /// A number.
    Number,
    /// An instant: only one with a fraction of a second is somebody's own.
    Instant,
    /// Only its words: the value itself is written in more than one way.
    Words,
    /// The value and its words.
    Text,
}

impl Kind {
    /// Of a type.
    pub fn of(base: &BaseType) -> Self {
        match (base.category, base.data_type.name.name.as_str()) {
            (Category::Enum, _)
            | (Category::Scalar, "bool" | "date" | "time" | "timetz" | "interval" | "point" | "box" | "circle") => {
                Self::Few
            }
            (Category::Scalar, "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" | "money" | "oid") => {
                Self::Number
            }
            (Category::Scalar, "timestamp" | "timestamptz") => Self::Instant,
            (Category::Array | Category::Composite | Category::Range, _)
            | (
                Category::Scalar,
                "json" | "jsonb" | "hstore" | "tsvector" | "xml" | "line" | "lseg" | "path" | "polygon",
            ) => Self::Words,
            (Category::Scalar, _) => Self::Text,
        }
    }

    /// What is looked for; `words` where not even a part of the value may be seen.
    pub fn needles(self, value: &str, words: bool) -> Vec<String> {
        let whole = match self {
            Self::Few | Self::Words => false,
            Self::Number => value.chars().filter(char::is_ascii_digit).count() >= DIGITS,
            Self::Instant => value.contains('.'),
            Self::Text => value.len() >= TEXT,
        };
        let mut found: Vec<String> = Vec::new();
        if words && matches!(self, Self::Words | Self::Text) {
            found.extend(words_of(value));
        }
        if whole && is_distinct(value) {
            found.push(value.to_owned());
        }
        found.sort();
        found.dedup();
        found
    }
}

/// `00000000` and its like occur anywhere.
fn is_distinct(value: &str) -> bool {
    value.chars().collect::<std::collections::BTreeSet<_>>().len() > 4
}

fn words_of(value: &str) -> impl Iterator<Item = String> {
    let words = value.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.chars().count() >= WORD && is_distinct(word)).map(str::to_owned)
}

/// What a document's treatment by path hides, and what it shows.
#[derive(Debug, Default)]
pub struct Leaves {
    /// Looked for.
    pub hidden: Vec<String>,
    /// Kept as they are.
    pub shown: Vec<String>,
}

/// The leaves of a document, and the keys of its objects, which are data too where nobody named them.
pub fn leaves(mask: &JsonMask, text: &str) -> Leaves {
    let mut leaves = Leaves::default();
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        walk(Some(&mask.root), true, &value, &mut leaves);
    }
    leaves
}

/// `node` is what the policy says here; without it `hidden` is what it says of everything below.
fn walk(node: Option<&JsonNode>, hidden: bool, value: &serde_json::Value, leaves: &mut Leaves) {
    match (node, value) {
        (Some(JsonNode::Leaf(treatment)), _) => walk(None, !matches!(**treatment, Treatment::Keep), value, leaves),
        (Some(JsonNode::Object { keys, otherwise }), serde_json::Value::Object(items)) => {
            let other = !matches!(**otherwise, Treatment::Keep);
            for (key, item) in items {
                if let Some(node) = keys.get(key) {
                    walk(Some(node), hidden, item, leaves);
                } else {
                    leaf(key, other, leaves);
                    walk(None, other, item, leaves);
                }
            }
        }
        (Some(JsonNode::Each(node)), serde_json::Value::Array(items)) => {
            for item in items {
                walk(Some(node), hidden, item, leaves);
            }
        }
        (_, serde_json::Value::Object(items)) => {
            for (key, item) in items {
                leaf(key, hidden, leaves);
                walk(None, hidden, item, leaves);
            }
        }
        (_, serde_json::Value::Array(items)) => items.iter().for_each(|item| walk(None, hidden, item, leaves)),
        (_, serde_json::Value::String(text)) => leaf(text, hidden, leaves),
        (_, serde_json::Value::Number(number)) => leaf(&number.to_string(), hidden, leaves),
        _ => {}
    }
}

fn leaf(text: &str, hidden: bool, leaves: &mut Leaves) {
    if hidden {
        let kind = if text.parse::<f64>().is_ok() { Kind::Number } else { Kind::Text };
        leaves.hidden.extend(kind.needles(text, true));
    } else {
        leaves.shown.push(text.to_owned());
    }
}

/// A value as each writer of a file may have written it: as it is, as COPY does, within a JSON string.
pub fn spellings(needle: &str) -> Vec<String> {
    let quoted = serde_json::Value::String(needle.to_owned()).to_string();
    let in_json = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned();
    let mut all = vec![needle.to_owned(), to_copy(needle), to_copy(&in_json)];
    all.sort();
    all.dedup();
    all
}

/// A value as COPY writes it into a file of text.
pub fn to_copy(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\u{b}' => text.push_str("\\v"),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_are_left_out() {
        assert_eq!(Kind::Text.needles("abcde", true), Vec::<String>::new());
        assert_eq!(Kind::Text.needles("aaaaaaaaaaaa", true), Vec::<String>::new());
        assert_eq!(Kind::Text.needles("taro@x.example", true), ["taro@x.example"]);
        assert_eq!(Kind::Text.needles("from abcdefghij to", true), ["abcdefghij", "from abcdefghij to"]);
        assert_eq!(Kind::Text.needles("from abcdefghij to", false), ["from abcdefghij to"]);
        assert_eq!(Kind::Number.needles("1234567", true), Vec::<String>::new());
        assert_eq!(Kind::Number.needles("-12345.678", true), ["-12345.678"]);
        assert_eq!(Kind::Few.needles("2020-01-02", true), Vec::<String>::new());
    }

    #[test]
    fn a_value_is_found_however_it_is_written() {
        assert_eq!(spellings("plain"), ["plain"]);
        assert!(spellings("a\"b\n").contains(&"a\\\\\"b\\\\n".to_owned()));
        assert!(spellings("a\\b").contains(&"a\\\\b".to_owned()));
    }
}
