//! Whether two trees say the same, wherever they say it.
//!
//! A visitor over every node would have to be kept in step by hand, and what it forgets it would call equal. The
//! derived `Debug` text cannot forget a field; places are taken out of it as it is written.

use super::ast::File;
use std::fmt::{self, Write};

/// Equal but for places.
pub fn same(one: &File, two: &File) -> bool {
    // One statement at a time: the text of a whole file would be many times as large as the file.
    one.statements.len() == two.statements.len()
        && one.statements.iter().zip(&two.statements).all(|(one, two)| text(one) == text(two))
        && text(&allowances(one)) == text(&allowances(two))
}

fn allowances(file: &File) -> Vec<(&String, &String)> {
    file.allowances.iter().map(|allowance| (&allowance.code.value, &allowance.because.value)).collect()
}

fn text(value: &impl fmt::Debug) -> String {
    let mut without = WithoutPlaces::default();
    // Writing to a string cannot fail.
    let _ = write!(without, "{value:?}");
    without.kept
}

/// Drops `Span { … }` outside of strings, whose quotes `Debug` escapes.
#[derive(Default)]
struct WithoutPlaces {
    kept: String,
    in_string: bool,
    escaped: bool,
    skipping: usize,
}

const PLACE: &str = "Span {";

impl Write for WithoutPlaces {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while !rest.is_empty() {
            let read = match self.skipping {
                0 if self.in_string => self.string(rest),
                0 => self.plain(rest),
                _ => self.place(rest),
            };
            rest = rest.get(read..).unwrap_or_default();
        }
        Ok(())
    }
}

/// Where one of two letters stands first. `find` with a list of them looks at every letter alone.
fn first(text: &str, one: char, other: char) -> Option<usize> {
    let at = text.find(one);
    text.get(..at.unwrap_or(text.len()))?.find(other).or(at)
}

/// Each reads some bytes of what comes next and says how many.
impl WithoutPlaces {
    fn keep(&mut self, text: &str, bytes: usize) -> usize {
        self.kept.push_str(text.get(..bytes).unwrap_or_default());
        bytes
    }

    fn plain(&mut self, text: &str) -> usize {
        let Some(at) = first(text, '"', '{') else { return self.keep(text, text.len()) };
        let read = self.keep(text, at + 1);
        if self.kept.ends_with('"') {
            self.in_string = true;
        } else if self.kept.ends_with(PLACE) {
            self.kept.truncate(self.kept.len() - PLACE.len());
            self.skipping = 1;
        }
        read
    }

    fn string(&mut self, text: &str) -> usize {
        if std::mem::take(&mut self.escaped) {
            return self.keep(text, text.chars().next().map_or(1, char::len_utf8));
        }
        let Some(at) = first(text, '"', '\\') else { return self.keep(text, text.len()) };
        let read = self.keep(text, at + 1);
        self.escaped = self.kept.ends_with('\\');
        self.in_string = self.escaped;
        read
    }

    fn place(&mut self, text: &str) -> usize {
        let Some(at) = first(text, '{', '}') else { return text.len() };
        let opens = text.get(at..).is_some_and(|brace| brace.starts_with('{'));
        self.skipping = if opens { self.skipping + 1 } else { self.skipping - 1 };
        at + 1
    }
}
