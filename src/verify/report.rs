//! What was claimed, what was tried, and what came of it.
//!
//! A check that was not done is never counted as passed: it has its own outcome, and its reason is printed. Checks are
//! counted by kind and by what they are about, so that the same run gives the same report.

use serde::Serialize;
use std::collections::BTreeMap;

/// What kind of claim a check is about; the order is that of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The schema loads, and every table gets rows.
    Data,
    /// What was compiled is applied, twice, is what the policy says, and can be taken back.
    Access,
    /// Nobody reads or changes another tenant's rows.
    Isolation,
    /// Nothing that is masked leaves, and what leaves comes back.
    Masking,
    /// The policy's own `test` statements.
    Test,
    /// What was compiled, weakened: somebody must notice.
    Mutant,
    /// What still singles people out: told, never failed.
    Report,
}

impl Kind {
    /// As people read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Access => "access",
            Self::Isolation => "isolation",
            Self::Masking => "masking",
            Self::Test => "test",
            Self::Mutant => "mutant",
            Self::Report => "report",
        }
    }
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "why", rename_all = "lowercase")]
pub enum Outcome {
    /// As claimed.
    Passed,
    /// Otherwise; what was expected, what was found, and what to do.
    Failed(String),
    /// Could not be tried, and why.
    Skipped(String),
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its kind.
    pub kind: Kind,
    /// The table, role, export or test that it is about.
    pub subject: String,
    /// What was tried.
    pub name: String,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How many checks of a kind ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// As claimed.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// Not tried.
    pub skipped: usize,
}

impl Count {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// A whole verification.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The project's name.
    pub project: String,
    /// What it ran on, with its version.
    pub engine: String,
    /// Where the made-up rows come from: the same seed makes the same rows.
    pub seed: u64,
    /// In the order of the kinds, then as they ran.
    pub checks: Vec<Check>,
    /// Lines for people that are no checks, by subject.
    pub notes: Vec<(String, String)>,
}

impl Report {
    /// Nothing tried yet.
    pub fn new(project: &str, engine: String, seed: u64) -> Self {
        Self { project: project.to_owned(), engine, seed, checks: Vec::new(), notes: Vec::new() }
    }

    /// What was tried holds, or does not because of `Err`.
    pub fn tried(&mut self, kind: Kind, subject: &str, name: impl Into<String>, result: Result<(), String>) {
        self.ended(kind, subject, name, result.map_or_else(Outcome::Failed, |()| Outcome::Passed));
    }

    /// However it ended.
    pub fn ended(&mut self, kind: Kind, subject: &str, name: impl Into<String>, outcome: Outcome) {
        self.checks.push(Check { kind, subject: subject.to_owned(), name: name.into(), outcome });
    }

    /// What could not be tried.
    pub fn skipped(&mut self, kind: Kind, subject: &str, name: impl Into<String>, why: impl Into<String>) {
        self.ended(kind, subject, name, Outcome::Skipped(why.into()));
    }

    /// By kind.
    pub fn counts(&self) -> BTreeMap<Kind, Count> {
        let mut counts: BTreeMap<Kind, Count> = BTreeMap::new();
        for check in &self.checks {
            let count = counts.entry(check.kind).or_default();
            match check.outcome {
                Outcome::Passed => count.passed += 1,
                Outcome::Failed(_) => count.failed += 1,
                Outcome::Skipped(_) => count.skipped += 1,
            }
        }
        counts
    }

    /// The same with names as the policy has them, where each has this before it on the server.
    #[must_use]
    pub fn without(mut self, prefix: &str) -> Self {
        let plain = |text: &mut String| *text = text.replace(prefix, "");
        for check in &mut self.checks {
            plain(&mut check.subject);
            plain(&mut check.name);
            if let Outcome::Failed(why) | Outcome::Skipped(why) = &mut check.outcome {
                plain(why);
            }
        }
        for (subject, note) in &mut self.notes {
            plain(subject);
            plain(note);
        }
        self
    }

    /// Every check that did not pass.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| matches!(check.outcome, Outcome::Failed(_)))
    }
}
