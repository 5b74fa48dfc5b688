//! Which regular expressions a policy may use.
//!
//! PostgreSQL runs an expression without groups and references as an automaton that never goes back; with them, it may
//! take time that grows with a power of the text's length. Whatever it holds an error must be found before a row is
//! read. So the language is small, and everything that is not of it is refused.

use std::iter::Peekable;
use std::str::Chars;

/// What bounds may be; the automaton has a state for each repetition.
const MOST_REPEATED: u32 = 64;
/// The most characters of a pattern.
const MOST: usize = 200;

/// Whether it is of the language; if not, why not: "found …".
pub(super) fn check(pattern: &str) -> Result<(), String> {
    if pattern.chars().count() > MOST {
        return Err(format!("found one of more than {MOST} characters"));
    }
    if pattern.contains(char::is_control) {
        return Err("found a control character".to_owned());
    }
    let mut rest = pattern.chars().peekable();
    loop {
        alternative(&mut rest)?;
        if rest.next().is_none() {
            return Ok(());
        }
    }
}

/// Up to a `|` or the end.
fn alternative(rest: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    let mut needs_one = false;
    rest.next_if_eq(&'^');
    loop {
        match rest.peek() {
            None | Some('|') => break,
            Some('$') => {
                rest.next();
                match rest.peek() {
                    None | Some('|') => break,
                    Some(_) => return Err("found `$` before the end".to_owned()),
                }
            }
            Some(_) => {
                atom(rest)?;
                needs_one |= repetition(rest)? > 0;
            }
        }
    }
    if needs_one { Ok(()) } else { Err("found one that can do without any character".to_owned()) }
}

/// One character or class.
fn atom(rest: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    match rest.next() {
        Some('[') => class(rest),
        Some('\\') => match rest.next() {
            Some(sign) if sign.is_ascii_punctuation() => Ok(()),
            _ => Err("found a backslash before something else than a sign".to_owned()),
        },
        Some(sign @ ('(' | ')' | '{' | '}' | '*' | '+' | '?' | '^' | '$' | '|' | ']')) => {
            Err(format!("found `{sign}` where a character or a class should be; for the sign itself write `\\{sign}`"))
        }
        _ => Ok(()),
    }
}

/// Behind the opening bracket: characters and ranges, a hyphen only at either end.
fn class(rest: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    rest.next_if_eq(&'^');
    let mut previous: Option<char> = None;
    let mut is_empty = true;
    loop {
        let Some(letter) = rest.next() else { return Err("found `[` without `]`".to_owned()) };
        match letter {
            ']' if !is_empty => return Ok(()),
            '[' | ']' | '\\' | '^' => return Err(format!("found `{letter}` in brackets")),
            '-' if is_empty || rest.peek() == Some(&']') => previous = None,
            '-' => {
                let end = rest.next();
                match (previous, end) {
                    (Some(low), Some(high)) if high.is_alphanumeric() && low.is_alphanumeric() && low <= high => {}
                    _ => return Err("found a range in brackets that does not go up".to_owned()),
                }
                previous = None;
            }
            _ => previous = Some(letter),
        }
        is_empty = false;
    }
}

/// How often the atom before must be there; once without a repetition.
fn repetition(rest: &mut Peekable<Chars<'_>>) -> Result<u32, String> {
    let least = match rest.peek() {
        Some('*' | '?') => 0,
        Some('+') => 1,
        Some('{') => {
            rest.next();
            return bounds(rest);
        }
        _ => return Ok(1),
    };
    rest.next();
    once(rest).map(|()| least)
}

/// Behind the opening brace.
fn bounds(rest: &mut Peekable<Chars<'_>>) -> Result<u32, String> {
    let wrong =
        || format!("found a repetition that is not of the form {{2}}, {{2,}} or {{2,5}}, up to {MOST_REPEATED}");
    let mut text = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(letter) => text.push(letter),
            None => return Err(wrong()),
        }
    }
    let number = |digits: &str| {
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|number| plain && *number <= MOST_REPEATED).ok_or_else(wrong)
    };
    let least = match text.split_once(',') {
        None => number(&text)?,
        Some((least, "")) => number(least)?,
        Some((least, most)) => {
            let (least, most) = (number(least)?, number(most)?);
            if least > most || most == 0 {
                return Err(wrong());
            }
            least
        }
    };
    once(rest).map(|()| least)
}

/// A repetition of a repetition, or a non-greedy one, is not of the language.
fn once(rest: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    match rest.peek() {
        Some(sign @ ('*' | '+' | '?' | '{')) => Err(format!("found `{sign}` behind a repetition")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_fail_or_go_back_is_refused() {
        for fine in [
            "x",
            "…",
            "[0-9]{4}$",
            "^[A-Z]{2}",
            "^a|b+|[^@]{1,64}$",
            "a.c*",
            r"\(\)\\",
            "[-a]",
            "[a-z0-9_.-]+@",
            "[ぁ-ん]+",
            "a{2,}",
            "2026-01-01",
        ] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for wrong in [
            "",
            "^",
            "$",
            "^$",
            "a*",
            "a?",
            "a{0}",
            "a{0,3}",
            "(a)",
            "(?i)a",
            "***=a",
            "a**",
            "a*?",
            "a+?",
            "a{2}{3}",
            "a{65}",
            "a{3,2}",
            "a{",
            "a{x}",
            "a{+2}",
            "a|",
            "|a",
            "a||b",
            "[",
            "[]",
            "[]a]",
            "[^]",
            "[z-a]",
            "[a-c-e]",
            "[[:digit:]]",
            "[[.a.]]",
            r"[\d]",
            r"\d",
            r"\1",
            r"\",
            "a$b",
            "a^b",
            "^*",
            "$+",
            "}",
            "]",
            "a\nb",
            "[+--]",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
