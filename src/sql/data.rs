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

/// One row, without its new line.
pub(super) fn line(fields: &[String]) -> Result<String, Mismatch> {
    let mut text = String::new();
    for (index, field) in fields.iter().enumerate() {
        check_text("a field of COPY", field, &['\n', '\t'])?;
        if index > 0 {
            text.push('\t');
        }
        for letter in field.chars() {
            match letter {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                letter => text.push(letter),
            }
        }
    }
    let read = fields_of(&text);
    if text != END && read.as_deref() == Some(fields) {
        return Ok(text);
    }
    Err(Mismatch::Tokens { meant: fields.join(" "), found: read.unwrap_or_default().join(" "), sql: text })
}

/// What COPY reads, by its text format's rules; `None` for what is never written here.
fn fields_of(line: &str) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\t' {
            fields.push(String::new());
            continue;
        }
        let meant = match letter {
            '\\' => match letters.next()? {
                '\\' => '\\',
                'n' => '\n',
                't' => '\t',
                _ => return None,
            },
            '\n' | '\r' => return None,
            letter => letter,
        };
        fields.last_mut()?.push(meant);
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(fields: &[&str]) -> Result<String, Mismatch> {
        line(&fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>())
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
        assert_eq!(fields_of("a\\"), None);
        assert_eq!(fields_of("\\x41"), None);
    }
}
