//! Texts that a regular expression matches, for checks that ask for one.
//!
//! PostgreSQL's expressions are not quite those that are read here; where they differ nothing is made, or the server
//! refuses what was made.

use super::random::Random;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Repetition};

/// Longer texts are not made: a check asks for none.
const LONGEST: usize = 4096;

/// Parts that are looked at for one text: what matches nothing may be repeated without making it longer.
const MOST: u32 = 100_000;

/// How often an item that may be repeated without end is repeated beyond what it must be.
const MORE: u32 = 8;

/// Whether a text of a check may be meant as an expression.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['^', '$', '[', '\\', '(']) && regex_syntax::parse(text).is_ok()
}

/// A text that the expression matches from its beginning to its end; empty where there is none.
pub(super) fn matching(pattern: &str, random: &mut Random) -> String {
    let mut made = String::new();
    match regex_syntax::parse(pattern) {
        Ok(parsed) if extend(&mut made, &parsed, random, &mut { MOST }).is_some() => made,
        _ => String::new(),
    }
}

/// `None` where nothing matches, or too much.
fn extend(made: &mut String, hir: &Hir, random: &mut Random, left: &mut u32) -> Option<()> {
    *left = left.checked_sub(1)?;
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => made.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => made.push(one_of(class, random)?),
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            let span = max.map_or(MORE, |max| max.saturating_sub(*min).min(MORE));
            let more = u32::try_from(random.below(u64::from(span) + 1)).ok()?;
            for _ in 0..min.checked_add(more)? {
                extend(made, sub, random, left)?;
            }
        }
        HirKind::Capture(capture) => extend(made, &capture.sub, random, left)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| extend(made, part, random, left))?,
        HirKind::Alternation(parts) => extend(made, random.pick(parts)?, random, left)?,
    }
    (made.len() <= LONGEST).then_some(())
}

/// A letter or digit if there is one, else anything that prints, else whatever there is.
fn one_of(class: &ClassUnicode, random: &mut Random) -> Option<char> {
    let has = |letter: &char| class.iter().any(|range| (range.start()..=range.end()).contains(letter));
    let of_class = |letters: std::ops::RangeInclusive<char>| letters.filter(has).collect::<Vec<char>>();
    let mut letters = of_class(' '..='~');
    if letters.iter().any(char::is_ascii_alphanumeric) {
        letters.retain(char::is_ascii_alphanumeric);
    }
    if letters.is_empty() {
        let range = random.pick(class.ranges())?;
        letters = (range.start()..=range.end()).take(256).collect();
    }
    random.pick(&letters).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_what_was_asked_for() {
        let mut random = Random::of(7, "");
        for _ in 0..50 {
            let made = matching("^[A-Z]{2}[A-Z0-9]{3}\\d{7}$", &mut random);
            assert_eq!(made.len(), 12, "{made}");
            assert!(made.bytes().take(2).all(|byte| byte.is_ascii_uppercase()), "{made}");
            assert!(made.bytes().skip(5).all(|byte| byte.is_ascii_digit()), "{made}");
            let made = matching("^(https?|ftp)://[^/ ]+/?$", &mut random);
            assert!(["http://", "https://", "ftp://"].iter().any(|scheme| made.starts_with(scheme)), "{made}");
            let made = matching("^[ァ-ヶ]+$", &mut random);
            assert!(!made.is_empty() && made.chars().all(|letter| ('ァ'..='ヶ').contains(&letter)), "{made}");
        }
    }

    #[test]
    fn what_cannot_be_made_is_not() {
        assert!(is_pattern("^a") && !is_pattern("open") && !is_pattern("(") && !is_pattern("^\\mword"));
        assert_eq!(matching("^[a-z]{4000}[a-z]{4000}$", &mut Random::of(7, "")), "");
        // Without a bound this takes hours.
        assert_eq!(matching("((^){60000}){60000}", &mut Random::of(7, "")), "");
    }
}
