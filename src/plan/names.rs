//! File names that no two tables share, on any file system.
//!
//! Some file systems fold case, some normalise Unicode, most refuse names over 255 bytes. So everything outside
//! `[a-z0-9_]` is percent-encoded byte by byte, and an over-long result is cut and gets a digest of the whole name.

use crate::catalog::QName;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Longest stem of a file, in bytes: leaves room for an extension under the usual limit of 255.
const LONGEST: usize = 200;

/// `schema.table` as a file's stem and as the table's name in a manifest.
pub fn file_stem(table: &QName) -> String {
    let stem = format!("{}.{}", encode(&table.schema), encode(&table.name));
    if stem.len() <= LONGEST { stem } else { format!("{}%{}", cut(&stem), short_digest(&stem)) }
}

/// One word of a manifest, without blanks: letters outside `[a-z0-9_]` are percent-encoded.
pub fn encode(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.bytes().all(is_plain) {
        return name.to_owned();
    }
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            push_hex(&mut encoded, "%", byte);
        }
    }
    encoded
}

/// The stem is ASCII, so any byte is a place to cut at.
fn cut(stem: &str) -> &str {
    stem.get(..LONGEST - 9).unwrap_or(stem)
}

fn short_digest(text: &str) -> String {
    let mut digest = String::new();
    for byte in Sha256::digest(text.as_bytes()).iter().take(4) {
        push_hex(&mut digest, "", *byte);
    }
    digest
}

fn push_hex(text: &mut String, before: &str, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(text, "{before}{byte:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_letters_are_encoded_byte_by_byte() {
        assert_eq!(file_stem(&QName::new("public", "Users")), "public.%55sers");
        assert_eq!(file_stem(&QName::new("a.b", "c")), "a%2eb.c");
        assert_eq!(encode("日"), "%e6%97%a5");
        assert_eq!(encode("a%b c"), "a%25b%20c");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = |last: char| file_stem(&QName::new("s", format!("{}{last}", "表".repeat(40))));
        assert!(long('a').len() <= LONGEST && long('a').is_ascii());
        assert_ne!(long('a'), long('b'));
    }
}
