//! Rows inside a psql file, as `pg_dump` writes them: `COPY … FROM STDIN;`, a line a row, `\.`.
//!
//! A list of ten thousand tables is a list, and no statement: as `INSERT` it is a million tokens for PostgreSQL's
//! grammar, twice, and much more for a reader. Here a line means its fields and nothing else. psql looks at nothing
//! in it but whether it is `\.`, and COPY knows one escape, the backslash. So the guard is a reader of that form: a
//! line must give the fields that were meant.

use super::Mismatch;
use super::token::check_text;

/// Ends the rows.
pub(super) const END: &str = "\\.";

/// Adds one row, without its new line.
pub(super) fn line<'f, I>(text: &mut String, fields: I) -> Result<(), Mismatch>
where
    I: Iterator<Item = &'f str> + Clone,
{
    let begin = text.len();
    for (index, field) in fields.clone().enumerate() {
        check_text("a field of COPY", field, &['\n', '\t'])?;
        if index > 0 {
            text.push('\t');
        }
        push_escaped(text, field);
    }
    let line = text.get(begin..).unwrap_or_default();
    if line != END && gives(line, fields.clone()) {
        return Ok(());
    }
    let meant = fields.collect::<Vec<_>>().join(" ");
    Err(Mismatch::Tokens { meant, found: line.to_owned(), sql: line.to_owned() })
}

fn push_escaped(text: &mut String, field: &str) {
    let mut rest = field;
    while let Some(at) = rest.find(['\\', '\n', '\t']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        text.push_str(match from.as_bytes().first() {
            Some(b'\n') => "\\n",
            Some(b'\t') => "\\t",
            _ => "\\\\",
        });
        rest = from.get(1..).unwrap_or_default();
    }
    text.push_str(rest);
}

/// Whether COPY reads these fields, by its text format's rules; what is never written here gives nothing.
fn gives<'f>(line: &str, fields: impl Iterator<Item = &'f str>) -> bool {
    let mut fields = fields;
    // A line always has a first field, if an empty one.
    let Some(mut meant) = fields.next() else { return false };
    let mut rest = line;
    while let Some(at) = rest.find(['\\', '\n', '\r', '\t']) {
        let (before, from) = rest.split_at(at);
        let Some(left) = meant.strip_prefix(before) else { return false };
        let (read, length) = match from.as_bytes() {
            [b'\t', ..] => (None, 1),
            [b'\\', b'\\', ..] => (Some('\\'), 2),
            [b'\\', b'n', ..] => (Some('\n'), 2),
            [b'\\', b't', ..] => (Some('\t'), 2),
            _ => return false,
        };
        meant = match read {
            Some(letter) => match left.strip_prefix(letter) {
                Some(left) => left,
                None => return false,
            },
            None => match fields.next() {
                Some(next) if left.is_empty() => next,
                _ => return false,
            },
        };
        rest = from.get(length..).unwrap_or_default();
    }
    meant == rest && fields.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(fields: &[&str]) -> Result<String, Mismatch> {
        let mut text = String::new();
        line(&mut text, fields.iter().copied()).map(|()| text)
    }

    #[test]
    fn every_field_comes_back() {
        assert_eq!(printed(&["a", "", "b c"]).unwrap(), "a\t\tb c");
        assert_eq!(printed(&["a\\b", "\t", "\n"]).unwrap(), "a\\\\b\t\\t\t\\n");
        assert_eq!(printed(&["\\."]).unwrap(), "\\\\.");
        assert_eq!(printed(&["\\N"]).unwrap(), "\\\\N");
        assert_eq!(printed(&["名", "'\";--", ":a"]).unwrap(), "名\t'\";--\t:a");
    }

    #[test]
    fn what_psql_or_copy_would_change_is_refused() {
        for text in ["\r", "\u{0}", "\u{1b}"] {
            assert!(printed(&[text]).is_err(), "{text:?}");
        }
        for (line, fields) in [
            ("a\\", &["a"][..]),
            ("a\\", &["a\\"]),
            ("\\x41", &["A"]),
            ("\\x41", &["\\x41"]),
            ("\\N", &["\\N"]),
            ("\\N", &[""]),
            ("a\nb", &["a\nb"]),
            ("a\tb", &["a\tb"]),
            ("a\tb", &["a"]),
            ("a\tb", &["a", "b", ""]),
            ("a", &["a", ""]),
            ("a", &["ab"]),
            ("ab", &["a"]),
            ("ab\tc", &["a", "c"]),
            ("", &[]),
        ] {
            assert!(!gives(line, fields.iter().copied()), "{line:?} {fields:?}");
        }
        assert!(gives("a\t", ["a", ""].into_iter()) && gives("", [""].into_iter()));
    }
}
