//! What an expression that PostgreSQL printed names: values for a check, and what lies inside a partition's bound.

use super::random::Random;
use crate::verify::text::{Part, Sql};

/// More than this many literals of one check are a list of which some do.
const MANY: usize = 60;

/// String and number literals of an expression, and the numbers next to them.
pub(super) fn literals_of(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens(sql) {
        match token {
            Token::Text(text) => found.push(text),
            Token::Number(text) => match text.parse::<i64>() {
                Ok(number) => {
                    let near = [Some(number), number.checked_sub(1), number.checked_add(1), number.checked_neg()];
                    found.extend(near.into_iter().flatten().map(|number| number.to_string()));
                }
                Err(_) => found.push(text),
            },
            Token::Word(_) => {}
        }
    }
    found.sort();
    found.dedup();
    found.truncate(MANY);
    found
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Text(String),
    Number(String),
    Word(String),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Word(text) => text,
        }
    }

    fn sql(&self) -> Sql {
        match self {
            Self::Text(text) | Self::Number(text) => Sql::of("$1", &[Part::Text(text)]),
            Self::Word(text) => Sql::whole(text.as_str()),
        }
    }

    fn number(&self) -> Option<i64> {
        self.text().parse().ok()
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found == word)
    }

    /// Begins as a date does: four digits and two dashes.
    fn is_moment(&self) -> bool {
        let text = self.text().as_bytes();
        text.len() >= 10 && text.get(4) == Some(&b'-') && text.get(7) == Some(&b'-')
    }
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let escaped = rest.starts_with("E'");
        if first == '\'' || escaped {
            let body = rest.get(1 + usize::from(escaped)..).unwrap_or_default();
            let (text, after) = string_body(body, escaped);
            found.push(Token::Text(text));
            rest = after;
        } else if first.is_ascii_digit() {
            found.push(Token::Number(taken(&mut rest, |c| c.is_ascii_digit() || c == '.')));
        } else if first.is_alphabetic() || first == '_' {
            found.push(Token::Word(taken(&mut rest, |c| c.is_alphanumeric() || c == '_')));
        } else {
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    found
}

fn taken(rest: &mut &str, belongs: impl Fn(char) -> bool) -> String {
    let end = rest.find(|c: char| !belongs(c)).unwrap_or(rest.len());
    let (word, after) = rest.split_at_checked(end).unwrap_or_default();
    *rest = after;
    word.to_owned()
}

/// The text up to the closing quote, and what follows it.
fn string_body(body: &str, escaped: bool) -> (String, &str) {
    let mut text = String::new();
    let mut characters = body.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
                text.push('\'');
            }
            '\'' => return (text, body.get(at + 1..).unwrap_or_default()),
            '\\' if escaped => text.extend(characters.next().map(|(_, next)| next)),
            _ => text.push(character),
        }
    }
    (text, "")
}

/// Expressions for the key columns of a partition that lie inside its bound, for as many columns as matter.
pub(super) fn inside(bound: &str, random: &mut Random) -> Vec<Sql> {
    if let Some(list) = bound.strip_prefix("FOR VALUES IN ") {
        return random.pick(&tokens(list)).map(Token::sql).into_iter().collect();
    }
    let ends = bound.strip_prefix("FOR VALUES FROM ").and_then(|rest| rest.split_once(") TO ("));
    let Some((from, to)) = ends.map(|(from, to)| (tokens(from), tokens(to))) else { return Vec::new() };
    let (Some(low), Some(high)) = (from.first(), to.first()) else { return Vec::new() };
    let step = random.below(997);
    let number = |number: Option<i64>| number.map(|number| literal(&number.to_string())).into_iter().collect();
    match (low.number(), high.number()) {
        (Some(low), Some(high)) if high > low.saturating_add(1) => {
            let chosen = 1 + random.below(high.abs_diff(low) - 1);
            return number(low.checked_add_unsigned(chosen));
        }
        (Some(low), None) if high.is_word("MAXVALUE") => return number(low.checked_add_unsigned(step + 1)),
        (None, Some(high)) if low.is_word("MINVALUE") => return number(high.checked_sub_unsigned(step + 1)),
        _ => {}
    }
    let steps = step.to_string();
    let parts = [Part::Text(low.text()), Part::Text(high.text()), Part::Text(&steps)];
    match (low.is_moment(), high.is_moment()) {
        (true, true) => {
            let between = "$1::timestamptz + ($2::timestamptz - $1::timestamptz) * ($3::int / 1000.0)";
            vec![Sql::of(between, &parts)]
        }
        (true, false) => vec![Sql::of("$1::timestamptz + interval '1 hour' * $3::int", &parts)],
        (false, true) => vec![Sql::of("$2::timestamptz - interval '1 hour' * ($3::int + 25)", &parts)],
        _ if low.is_word("MINVALUE") => Vec::new(),
        _ => from.iter().map(Token::sql).collect(),
    }
}

fn literal(text: &str) -> Sql {
    Sql::of("$1", &[Part::Text(text)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_literals_of_a_check_are_found_and_the_numbers_beside_them() {
        let found = literals_of("((a = ANY (ARRAY['x'::text, E'it''s \\\\'::text])) AND (n <= 5))");
        assert_eq!(found, ["-5", "4", "5", "6", "it's \\", "x"]);
    }

    #[test]
    fn values_lie_inside_the_bound() {
        let of = |bound| inside(bound, &mut Random::of(3, "")).first().map(|sql| sql.as_str().to_owned());
        let number: i64 = of("FOR VALUES FROM ('-5') TO ('7')").unwrap().trim_matches('\'').parse().unwrap();
        assert!((-5..7).contains(&number), "{number}");
        assert_eq!(of("FOR VALUES IN ('a''b')").as_deref(), Some("'a''b'"));
        assert!(of("FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)").unwrap().starts_with("'2026-01-01'::timestamptz +"));
        assert_eq!(of("FOR VALUES WITH (modulus 3, remainder 0)"), None);
    }
}
