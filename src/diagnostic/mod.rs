//! One value for everything that Noren tells its user about the input, built near the check that found it
//! and rendered in one place per format ([`mod@render`]).

mod allowance;
pub mod codes;
pub mod render;
pub mod words;

use crate::source::Span;
use std::fmt;

pub use allowance::{SchemaAllowance, apply_allowances, apply_schema_allowances};
pub use codes::Code;
pub use render::{Format, render};
pub use words::{alternatives, list, plural};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// Output is written; `-- noren: allow` may silence it.
    Warning,
    /// Said once, changes nothing, for example that a statement is not compiled yet.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// A place and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// Said beside the place; may be empty.
    pub text: String,
}

/// A change that would resolve a finding: `text` takes the place of `span`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced; empty where text is inserted.
    pub span: Span,
    /// What takes its place.
    pub text: String,
}

/// One finding.
///
/// Titles are lower case and without a full stop; what was expected comes first, what was found second, and
/// the user's own words stand in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The registered code.
    pub code: Code,
    /// Usually the code's own severity.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// Where, when there is a place.
    pub primary: Option<Label>,
    /// Other places that matter, for example the rule that this one ties with.
    pub labels: Vec<Label>,
    /// Why it is so.
    pub notes: Vec<String>,
    /// One concrete thing to do.
    pub help: Option<String>,
    /// The same as an edit, where it is one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding of this code, without a place so far.
    pub fn new(code: Code, title: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            title: title.into(),
            primary: None,
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Sets the place and what is said beside it.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: text.into() });
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a reason.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Sets the one concrete help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Sets the edit that would resolve the finding.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, text: text.into() });
        self
    }
}

/// The nearest of `candidates` to what was written, when it is near enough to be a slip: at most a third of
/// the letters differ (Damerau-Levenshtein). Ties go to the first in the given order.
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = written.chars().count();
    let limit = length.max(3) / 3;
    let letters = letters(written);
    candidates
        .into_iter()
        .filter(|candidate| may_be_near(&letters, length, candidate, limit))
        .map(|candidate| (strsim::damerau_levenshtein(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .reduce(|best, next| if next.0 < best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
}

/// How often each letter occurs, letters beyond ASCII by their lowest bits.
fn letters(text: &str) -> [i32; 128] {
    let mut counts = [0; 128];
    for letter in text.chars() {
        if let Some(count) = counts.get_mut(letter as usize % 128) {
            *count += 1;
        }
    }
    counts
}

/// A lower bound of the distance, since that costs a hundred times as much and most names are far away: each edit
/// changes the length by at most one, and takes at most one letter away and adds one.
fn may_be_near(written: &[i32; 128], length: usize, candidate: &str, limit: usize) -> bool {
    let bytes = candidate.len();
    if bytes < length.saturating_sub(limit) || bytes > (length + limit) * 4 {
        return false;
    }
    let missing = letters(candidate).iter().zip(written).map(|(one, two)| (two - one).max(0)).sum::<i32>();
    usize::try_from(missing).is_ok_and(|missing| missing <= limit)
        && candidate.chars().count().abs_diff(length) <= limit
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_passed_over_is_far_away(written in "[abcé名_]{0,9}", candidate in "[abcé名_]{0,9}") {
            let length = written.chars().count();
            let distance = strsim::damerau_levenshtein(&written, &candidate);
            for limit in 1..4 {
                if distance <= limit {
                    prop_assert!(may_be_near(&letters(&written), length, &candidate, limit));
                }
            }
        }
    }
}
