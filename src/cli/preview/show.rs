//! A preview as a person reads it: column by column, what was and what becomes of it.

use super::Subject;
use super::stage::Shown;
use crate::diagnostic::words::printable;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

/// A raw value wider than this has the masked one on the line below it.
const WIDE: usize = 44;
/// More of a value than this is not shown.
const LONGEST: usize = 400;

/// One table in one export.
pub(super) fn subject(text: &mut String, subject: &Subject, shown: &Shown) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} in export {}", printable(&subject.table.name.to_string()), printable(&subject.audience));
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for column in subject.columns.iter().filter(|column| column.name != subject.number) {
        let said = format!("{}  {}", printable(&column.name), printable(&column.treatment));
        match shown.get(&column.name) {
            Some(_) if column.treatment == "keep" => kept.push(printable(&column.name)),
            Some(pairs) => {
                let _ = writeln!(text, "\n{said}");
                values(text, pairs);
            }
            None => dropped.push(said),
        }
    }
    if !kept.is_empty() {
        let _ = writeln!(text, "\nleave as they are: {}", kept.join(", "));
    }
    if !dropped.is_empty() {
        let _ = writeln!(text, "\ndo not leave:\n    {}", dropped.join("\n    "));
    }
    text.push('\n');
}

fn values(text: &mut String, pairs: &[(Option<String>, Option<String>)]) {
    let raw: Vec<String> = pairs.iter().map(|(raw, _)| word(raw.as_ref())).collect();
    let width = raw.iter().map(|raw| raw.width()).max().unwrap_or_default();
    for (raw, (before, after)) in raw.iter().zip(pairs) {
        let becomes =
            if before == after { "=  unchanged".to_owned() } else { format!("→  {}", word(after.as_ref())) };
        let _ = if width > WIDE {
            writeln!(text, "    {raw}\n      {becomes}")
        } else {
            writeln!(text, "    {raw}{}  {becomes}", " ".repeat(width - raw.width()))
        };
    }
}

/// NULL without quotes; an empty text, and one that could be taken for NULL, in quotes.
fn word(value: Option<&String>) -> String {
    match value.map(String::as_str) {
        None => "NULL".to_owned(),
        Some(text @ ("" | "NULL")) => format!("'{text}'"),
        Some(text) => {
            let mut shown: String = text.chars().take(LONGEST).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            printable(&shown).into_owned()
        }
    }
}

/// What a reader must know of where the values come from.
pub(super) fn note(text: &mut String, source: &str, version: &str, keyed: bool) {
    let _ = writeln!(
        text,
        "{} on a private PostgreSQL {version}; row filters and orphans are not applied",
        printable(source)
    );
    if keyed {
        text.push_str("keyed masks read the preview's own key: a real run gives other pseudonyms\n");
    }
}
