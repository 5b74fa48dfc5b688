//! How a policy writes a name: as it is, in quotes, or, where it has characters that a policy may not have, by the escapes of
//! PostgreSQL's `U&"…"`.

use super::scan::is_refused;

/// A name as the language writes it; `reserved` are words that mean something else at its place.
pub fn written_name(name: &str, reserved: &[&str]) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    if plain && !reserved.contains(&name) { name.to_owned() } else { quoted_name(name) }
}

/// A name in quotes, on one line.
pub fn quoted_name(name: &str) -> String {
    let hidden = |letter: char| is_refused(letter) || matches!(letter, '\t' | '\n');
    let inside = name.replace('"', "\"\"");
    if !name.contains(hidden) {
        return format!("\"{inside}\"");
    }
    let escaped = inside.chars().map(|letter| match u32::from(letter) {
        _ if letter == '\\' => "\\\\".to_owned(),
        code if hidden(letter) && code <= 0xffff => format!("\\{code:04x}"),
        code if hidden(letter) => format!("\\+{code:06x}"),
        _ => letter.to_string(),
    });
    format!("U&\"{}\"", escaped.collect::<String>())
}

/// What stands between the quotes of `U&"…"`, as PostgreSQL reads it: `\` and four hexadecimal digits, `\+` and six, `\\` for
/// the character itself; two halves of UTF-16 make one character. `None` where an escape is none.
pub fn unescaped_name(text: &str) -> Option<String> {
    let mut name = String::new();
    let mut first_half = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = rest.get(letter.len_utf8()..)?;
        let code = if letter != '\\' || rest.starts_with('\\') {
            rest = if letter == '\\' { rest.get(1..)? } else { rest };
            u32::from(letter)
        } else {
            let (digits, length) = rest.strip_prefix('+').map_or((rest, 4), |digits| (digits, 6));
            let code = digits.get(..length).filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
            rest = digits.get(length..)?;
            u32::from_str_radix(code, 16).ok()?
        };
        match (first_half.take(), code) {
            (None, 0xd800..=0xdbff) => first_half = Some(code),
            (None, _) => name.push(char::from_u32(code).filter(|letter| *letter != '\0')?),
            (Some(first), 0xdc00..=0xdfff) => {
                name.push(char::from_u32(0x10000 + ((first - 0xd800) << 10) + (code - 0xdc00))?);
            }
            (Some(_), _) => return None,
        }
    }
    first_half.is_none().then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_from_how_it_is_written() {
        for name in [
            "a",
            "A",
            "rows",
            "it's",
            "a\"b",
            "a\\b",
            "日本",
            "a\nb",
            "\t\"\\",
            "\u{202e}x\\",
            "\u{e0001}",
            "a\u{3000}b",
        ] {
            let written = written_name(name, &["rows"]);
            let back = match written.strip_prefix("U&\"") {
                Some(inner) => unescaped_name(&inner.strip_suffix('"').unwrap().replace("\"\"", "\"")).unwrap(),
                None => written.trim_matches('"').replace("\"\"", "\""),
            };
            assert_eq!(back, name, "{written}");
            assert!(!written.contains(|letter| is_refused(letter) || letter == '\n'), "{written}");
        }
    }

    #[test]
    fn escapes_are_read_as_postgresql_reads_them() {
        for (text, name) in [
            ("d\\0061t\\+000061", Some("data")),
            ("\\D83D\\DE00", Some("😀")),
            ("a\\\\b", Some("a\\b")),
            ("\\000a", Some("\n")),
            ("\\0000", None),
            ("\\D83D", None),
            ("\\D83Dx", None),
            ("\\DE00", None),
            ("\\+110000", None),
            ("\\12", None),
            ("\\+0041", None),
            ("\\00é", None),
            ("\\", None),
        ] {
            assert_eq!(unescaped_name(text).as_deref(), name, "{text}");
        }
    }
}
