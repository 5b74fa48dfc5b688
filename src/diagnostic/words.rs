//! Words in messages: lists, plurals, and user text that cannot disturb a terminal or a log.

use std::borrow::Cow;
use std::fmt::Write;

/// `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and `c` ``: user text in backticks, joined as a sentence joins it.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    joined(items, "and")
}

/// The same with `or`.
pub fn alternatives<T: AsRef<str>>(items: &[T]) -> String {
    joined(items, "or")
}

fn joined<T: AsRef<str>>(items: &[T], last_word: &str) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("`{}`", item.as_ref())).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} {last_word} {last}", rest.join(", ")),
    }
}

/// `1 table`, `3 tables`, `2 policies`, `0 classes`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {}", plural_noun(noun)) }
}

fn plural_noun(noun: &str) -> String {
    let before_y = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    match before_y {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "x", "ch", "sh"].iter().any(|end| noun.ends_with(end)) => format!("{noun}es"),
        None => format!("{noun}s"),
    }
}

/// Text in which every control and bidirectional character is an escape such as `\n` or `\u{202e}`, so that a
/// name in a schema can neither move a terminal's cursor nor forge a line of a log.
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// The same, but line ends stay: for texts of several lines that Noren lays out itself.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| character == '\n')
}

fn escape(text: &str, stays: fn(char) -> bool) -> Cow<'_, str> {
    // Nearly every text, and told without decoding its letters.
    let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_plain || !text.chars().any(|character| is_unprintable(character) && !stays(character)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            _ if stays(character) || !is_unprintable(character) => escaped.push(character),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            other => write!(escaped, "\\u{{{:x}}}", u32::from(other)).unwrap_or_default(),
        }
    }
    Cow::Owned(escaped)
}

/// Control characters, line and paragraph separators, and those that change the direction of text
/// (Unicode Standard Annex 9, table 4, and the invisible marks beside them).
pub(super) fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b"]), "`a` and `b`");
        assert_eq!(alternatives(&["a", "b", "c"]), "`a`, `b` or `c`");
    }

    #[test]
    fn plurals() {
        assert_eq!(plural(1, "table"), "1 table");
        assert_eq!(plural(3, "table"), "3 tables");
        assert_eq!(plural(0, "policy"), "0 policies");
        assert_eq!(plural(2, "class"), "2 classes");
        assert_eq!(plural(2, "foreign key"), "2 foreign keys");
        assert_eq!(plural(2, "branch"), "2 branches");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable("a\u{1b}[31mb\n"), "a\\u{1b}[31mb\\n");
        assert_eq!(printable("\u{202e}x\u{9b}"), "\\u{202e}x\\u{9b}");
        assert_eq!(printable_lines("a\nb\r"), "a\nb\\r");
        assert_eq!(printable("氏名"), "氏名");
    }
}
