//! Whether a text can be a literal of a type, as far as that is seen without a server.
//!
//! Only what PostgreSQL would refuse for certain is refused; the rest it judges before anything is written.

use super::types::built_in;
use crate::catalog::{BaseType, Category};
use std::str::FromStr as _;

/// What a literal of the type looks like, where the text cannot be one.
///
/// # Errors
///
/// The form that was expected, in words.
pub fn check(input: &BaseType, text: &str) -> Result<(), &'static str> {
    let text = text.trim();
    match input.category {
        Category::Array if encloses(text, &["{", "["], "}") => Ok(()),
        Category::Array => Err("an array such as `{}`"),
        Category::Composite if encloses(text, &["("], ")") => Ok(()),
        Category::Composite => Err("a row such as `(1,a)`"),
        Category::Range => range(input, text),
        Category::Enum => Ok(()),
        Category::Scalar => built_in(input).map_or(Ok(()), |name| scalar(name, text)),
    }
}

fn encloses(text: &str, open: &[&str], close: &str) -> bool {
    text.len() > 1 && open.iter().any(|open| text.starts_with(open)) && text.ends_with(close)
}

fn range(input: &BaseType, text: &str) -> Result<(), &'static str> {
    let one = text.eq_ignore_ascii_case("empty") || ["]", ")"].iter().any(|close| encloses(text, &["[", "("], close));
    let several = encloses(text, &["{"], "}");
    // A range or multirange type of the schema's own may have any name.
    match input.data_type.name.name.as_str() {
        name if !one && name.ends_with("range") && !name.ends_with("multirange") => Err("a range such as `empty`"),
        _ if one || several => Ok(()),
        _ => Err("a range such as `empty`, or ranges such as `{}`"),
    }
}

fn scalar(name: &str, text: &str) -> Result<(), &'static str> {
    let lower = text.to_ascii_lowercase();
    let digit = text.contains(|character: char| character.is_ascii_digit());
    let word = |words: &[&str]| words.contains(&lower.trim_start_matches(['-', '+']));
    let (fits, expected) = match name {
        "int2" | "int4" | "int8" | "oid" => (digit, "a whole number"),
        "numeric" | "float4" | "float8" => (digit || word(&["nan", "inf", "infinity"]), "a number"),
        "money" => (digit, "an amount"),
        "bool" => (is_truth(&lower), "`true` or `false`"),
        "date" | "timestamp" | "timestamptz" => (digit || word(DAYS), "a date such as `2000-01-01`"),
        "time" | "timetz" => (digit || word(&["now", "allballs"]), "a time such as `00:00`"),
        "interval" => (digit || word(&["infinity"]), "an interval such as `1 day`"),
        "uuid" => (is_uuid(text), "a uuid"),
        "json" | "jsonb" => (is_json(text), "JSON such as `{}`"),
        "inet" | "cidr" => (digit || text.contains(':'), "an address such as `0.0.0.0`"),
        "macaddr" | "macaddr8" => {
            (text.bytes().filter(u8::is_ascii_hexdigit).count() >= 12, "an address such as `00:00:00:00:00:00`")
        }
        "bit" | "varbit" => (is_bits(&lower), "bits such as `0`"),
        "tsquery" => (text.is_empty() || text.contains(char::is_alphanumeric), "a query"),
        "jsonpath" => (digit || text.contains('$'), "a path such as `$`"),
        "pg_lsn" | "pg_snapshot" | "txid_snapshot" | "tid" | "xid" | "xid8" | "cid" => (digit, "a number"),
        "aclitem" => (text.contains('='), "rights"),
        reg if reg.starts_with("reg") => (digit || text == "-", "an object's number, or `-`"),
        "bytea" => (is_bytes(text), "bytes such as `\\x`"),
        "point" | "line" | "lseg" | "box" | "path" | "polygon" | "circle" => (digit, "coordinates"),
        _ => (true, ""),
    };
    if fits { Ok(()) } else { Err(expected) }
}

/// Words that are dates, from `datetktbl` of PostgreSQL.
const DAYS: &[&str] = &["epoch", "infinity", "now", "today", "tomorrow", "yesterday"];

/// `parse_bool`: any beginning of a word that no other has.
fn is_truth(lower: &str) -> bool {
    let begins = |word: &str, least: usize| lower.len() >= least && word.starts_with(lower);
    begins("true", 1)
        || begins("false", 1)
        || begins("yes", 1)
        || begins("no", 1)
        || begins("on", 2)
        || begins("off", 2)
        || matches!(lower, "1" | "0")
}

/// 32 hexadecimal digits, with hyphens between groups of four, maybe in braces.
fn is_uuid(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    inner.bytes().filter(u8::is_ascii_hexdigit).count() == 32
        && inner.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Binary, or hexadecimal behind `x`.
fn is_bits(lower: &str) -> bool {
    match lower.strip_prefix('x') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => lower.strip_prefix('b').unwrap_or(lower).bytes().all(|byte| matches!(byte, b'0' | b'1')),
    }
}

fn is_json(text: &str) -> bool {
    serde_json::Value::from_str(text).is_ok()
}

/// In hexadecimal; in the older form every text without a stray backslash is bytes.
fn is_bytes(text: &str) -> bool {
    text.strip_prefix("\\x").is_none_or(|digits| {
        let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit)
    })
}

#[cfg(test)]
mod tests {
    use super::super::types::plain;
    use super::*;

    fn takes(name: &str, text: &str) -> bool {
        check(&plain(name), text).is_ok()
    }

    #[test]
    fn what_no_server_reads_is_refused() {
        for (name, text) in [
            ("numeric", "****"),
            ("int4", "x"),
            ("bool", "*"),
            ("bool", "o"),
            ("date", "****"),
            ("time", "*"),
            ("interval", "*"),
            ("uuid", "****"),
            ("jsonb", "****"),
            ("inet", "****"),
            ("bytea", "\\x1"),
            ("point", "*"),
        ] {
            assert!(!takes(name, text), "{name} '{text}'");
        }
    }

    #[test]
    fn what_a_server_reads_is_taken() {
        for (name, text) in [
            ("numeric", "NaN"),
            ("float8", "-Infinity"),
            ("bool", "ye"),
            ("bool", "of"),
            ("date", "epoch"),
            ("timestamp", "-infinity"),
            ("timestamptz", "1 Jan 2000 Europe/Paris"),
            ("time", "allballs"),
            ("uuid", "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}"),
            ("json", " [1, \"a\"] "),
            ("inet", "::"),
            ("bytea", "!"),
            ("bytea", "\\x00 ff"),
            ("text", "****"),
            ("name", "****"),
            ("tsvector", "****"),
        ] {
            assert!(takes(name, text), "{name} '{text}'");
        }
    }
}
