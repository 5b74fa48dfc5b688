//! Whether two trees say the same, wherever they say it.
//!
//! A visitor over every node would have to be kept in step by hand, and what it forgets it would call equal. The
//! derived `Debug` text cannot forget a field; places are taken out of it as it is written.

use super::ast::File;
use std::fmt::{self, Write};

/// Equal but for places.
pub fn same(one: &File, two: &File) -> bool {
    text(one) == text(two)
}

fn text(file: &File) -> String {
    let mut without = WithoutPlaces::default();
    // Writing to a string cannot fail.
    let _ = write!(without, "{:?}", file.statements);
    let codes: Vec<_> =
        file.allowances.iter().map(|allowance| (&allowance.code.value, &allowance.because.value)).collect();
    let _ = write!(without, "{codes:?}");
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
        text.chars().for_each(|letter| self.letter(letter));
        Ok(())
    }
}

impl WithoutPlaces {
    fn letter(&mut self, letter: char) {
        if self.skipping > 0 {
            match letter {
                '{' => self.skipping += 1,
                '}' => self.skipping -= 1,
                _ => {}
            }
            return;
        }
        self.kept.push(letter);
        if self.in_string {
            self.in_string = self.escaped || letter != '"';
            self.escaped = !self.escaped && letter == '\\';
        } else if letter == '"' {
            self.in_string = true;
        } else if letter == '{' && self.kept.ends_with(PLACE) {
            self.kept.truncate(self.kept.len() - PLACE.len());
            self.skipping = 1;
        }
    }
}
