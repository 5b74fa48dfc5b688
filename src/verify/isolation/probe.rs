//! One attempt of one session, in a transaction that is rolled back, and what must come of it.

use super::super::report::{Kind, Report};
use super::super::session::{Answer, Refusal, Session};
use super::super::text::{Part, Sql};
use super::case::Case;
use super::states::State;
use crate::catalog::{QName, TableKind};
use crate::model::access::Command;
use std::collections::BTreeMap;

/// A missing right, or a policy's check.
pub(super) const DENIED: &str = "42501";
/// A value that is none of its type.
const JUNK: &str = "22P02";
/// A statement that is longer is cut in a message.
const SHOWN: usize = 400;

/// What must come of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// The first value.
    Value(String),
    /// So many rows read or changed.
    Rows(u64),
    /// This refusal.
    Denied,
    /// No row, or this refusal.
    NothingOrDenied,
    /// No row, or that the tenant is no tenant's id.
    NothingOrJunk,
    /// So many rows changed or fewer: a check, a key or a trigger may refuse them.
    AtMost(u64),
    /// A refusal by a policy, a constraint or a trigger, or that nothing was written.
    Refused,
    /// One of these states, `00000` for none.
    OneOf(&'static [&'static str]),
    /// No row, or a refusal by a policy, a constraint or a trigger.
    NothingOrRefused,
    /// Any refusal.
    Failing,
    /// Of these rows, each as often or less.
    Among(BTreeMap<String, usize>),
}

impl Expect {
    /// Whether it says that there are no rows, which shows nothing where there are none anyway.
    fn is_of_rows(&self) -> bool {
        !matches!(self, Self::Denied | Self::Refused | Self::OneOf(_) | Self::Failing)
    }

    fn fits(&self, found: &Result<Answer, Refusal>) -> bool {
        match (self, found) {
            (Self::Value(expected), Ok(answer)) => answer.value() == Some(expected),
            (Self::Rows(rows), Ok(answer)) => answer.affected == *rows,
            (Self::AtMost(rows), Ok(answer)) => answer.affected <= *rows,
            (Self::Refused, Ok(answer)) => answer.affected == 0,
            (Self::NothingOrDenied | Self::NothingOrJunk | Self::NothingOrRefused, Ok(answer)) => is_nothing(answer),
            (Self::Denied | Self::NothingOrDenied, Err(refusal)) => refusal.sqlstate == DENIED,
            (Self::NothingOrJunk, Err(refusal)) => refusal.sqlstate == JUNK,
            (Self::AtMost(_) | Self::Refused | Self::NothingOrRefused, Err(refusal)) => {
                refusal.sqlstate == DENIED || is_of_data(refusal)
            }
            (Self::OneOf(states), Ok(_)) => states.contains(&"00000"),
            (Self::OneOf(states), Err(refusal)) => states.contains(&refusal.sqlstate.as_str()),
            (Self::Failing, Err(refusal)) => !refusal.sqlstate.is_empty(),
            (Self::Among(allowed), Ok(answer)) => beyond(answer, allowed) == 0,
            _ => false,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Value(value) => format!("`{value}`"),
            Self::Rows(rows) => format!("{rows} rows"),
            Self::Denied => DENIED.to_owned(),
            Self::NothingOrDenied => format!("no row, or {DENIED}"),
            Self::NothingOrJunk => format!("no row, or {JUNK}"),
            Self::AtMost(rows) => format!("at most {rows} rows, or a refusal by a check"),
            Self::Refused => format!("{DENIED}, or a constraint"),
            Self::OneOf(states) => states.join(" or "),
            Self::NothingOrRefused => format!("no row, or {DENIED}, or a constraint"),
            Self::Failing => "a refusal".to_owned(),
            Self::Among(allowed) => format!("nothing beyond {} rows", allowed.values().sum::<usize>()),
        }
    }
}

/// How many rows are none of these.
fn beyond(answer: &Answer, allowed: &BTreeMap<String, usize>) -> usize {
    let mut left = allowed.clone();
    let mut beyond = 0;
    for row in &answer.rows {
        match row.first().and_then(|row| left.get_mut(row.as_deref().unwrap_or_default())) {
            Some(count) if *count > 0 => *count -= 1,
            _ => beyond += 1,
        }
    }
    beyond
}

/// A count and a digest of no rows, or no rows.
fn is_nothing(answer: &Answer) -> bool {
    answer.affected == 0 || answer.value().is_some_and(|value| value == "0" || value.starts_with("0 "))
}

/// Integrity constraints, and what triggers raise.
fn is_of_data(refusal: &Refusal) -> bool {
    refusal.sqlstate.starts_with("23") || refusal.sqlstate == "P0001"
}

/// A session and whose rights it has.
pub(super) struct Actor {
    pub session: Box<dyn Session>,
    /// Roles whose rights it has.
    pub hats: Vec<String>,
    /// What it becomes in each transaction.
    pub becomes: Option<String>,
    /// For people.
    pub words: String,
}

impl Actor {
    /// Logs in.
    pub(super) fn login(case: &Case<'_>, role: &str) -> Result<Self, Refusal> {
        let session = case.world.engine.connect(case.database, role)?;
        let hats = case.hats(&[role]);
        Ok(Self { session, hats, becomes: None, words: role.to_owned() })
    }

    /// Whether it has a predefined role of PostgreSQL, whose rights are not in the model.
    fn has_predefined(&self) -> bool {
        self.hats.iter().any(|hat| hat.starts_with("pg_"))
    }

    /// What comes of a command without a right to it.
    pub(super) fn denied(&self) -> Expect {
        if self.has_predefined() { Expect::NothingOrDenied } else { Expect::Denied }
    }
}

/// Probes of one session.
pub(super) struct Prober<'p, 'a> {
    pub case: &'p Case<'a>,
    pub actor: Actor,
    pub report: &'p mut Report,
}

impl<'p, 'a> Prober<'p, 'a> {
    pub(super) fn new(case: &'p Case<'a>, actor: Actor, report: &'p mut Report) -> Self {
        Self { case, actor, report }
    }

    /// The last of these statements is the one that is judged.
    pub(super) fn probe(&mut self, subject: &QName, what: &str, state: &State, statement: &Sql, expect: &Expect) {
        let sql = Sql::joined(&[self.begin(state), statement.clone()], "; ");
        let found = self.actor.session.run(&sql);
        self.judge(subject, what, state, statement, expect, &found);
    }

    /// A file of COPY, whose lines must be these in any order.
    pub(super) fn copy(&mut self, subject: &QName, what: &str, state: &State, copy: &Sql, expected: &[u8]) {
        let result = match self.file_of(state, copy) {
            Ok(bytes) if lines(&bytes) == lines(expected) => Ok(()),
            Ok(bytes) => Err(format!("{} lines", lines(&bytes).len())),
            Err(refusal) => Err(refusal.to_string()),
        };
        let words = format!("{} lines", lines(expected).len());
        self.tell(subject, what, state, result.map_err(|found| told(&words, &found, copy)), true);
    }

    /// A file of COPY of which only the number of lines is asked.
    pub(super) fn copied(&mut self, subject: &QName, what: &str, state: &State, copy: &Sql, expect: &Expect) {
        let found = self.file_of(state, copy);
        let found = found.map(|bytes| Answer { affected: lines(&bytes).len() as u64, ..Answer::default() });
        self.judge(subject, what, state, copy, expect, &found);
    }

    fn file_of(&mut self, state: &State, copy: &Sql) -> Result<Vec<u8>, Refusal> {
        self.actor.session.run(&self.begin(state))?;
        self.actor.session.copy_out(copy)
    }

    /// Lets go of what the last probe locked, before somebody else changes the same rows.
    pub(super) fn rest(&mut self) -> Result<(), Refusal> {
        self.actor.session.run(&Sql::whole("ROLLBACK")).map(drop)
    }

    /// Statements before a probe's own.
    fn begin(&self, state: &State) -> Sql {
        // What the last probe left is taken back here: one way to the server instead of two.
        let mut statements = vec![Sql::whole("ROLLBACK; BEGIN")];
        let entered = self.case.enter(state);
        if !entered.as_str().is_empty() {
            statements.push(entered);
        }
        if let Some(role) = &self.actor.becomes {
            statements.push(Sql::of("SET LOCAL ROLE $1", &[Part::Name(role)]));
        }
        Sql::joined(&statements, "; ")
    }

    fn judge(
        &mut self,
        subject: &QName,
        what: &str,
        state: &State,
        statement: &Sql,
        expect: &Expect,
        found: &Result<Answer, Refusal>,
    ) {
        let result = if expect.fits(found) {
            Ok(())
        } else {
            let found = match (found, expect) {
                (Err(refusal), _) => refusal.to_string(),
                (Ok(answer), Expect::Among(allowed)) => format!("{} more", beyond(answer, allowed)),
                (Ok(answer), Expect::Value(_)) => format!("`{}`", answer.value().unwrap_or_default()),
                (Ok(answer), _) => format!("{} rows", answer.affected),
            };
            Err(told(&expect.words(), &found, statement))
        };
        self.tell(subject, what, state, result, expect.is_of_rows());
    }

    fn tell(&mut self, subject: &QName, what: &str, state: &State, result: Result<(), String>, of_rows: bool) {
        if result.is_ok() && of_rows && self.case.is_unproven(subject, state.tenants()) {
            return;
        }
        let name = format!("{}: {what} ({})", self.actor.words, self.case.words(state));
        self.report.tried(Kind::Isolation, &subject.to_string(), name, result);
    }

    /// What could not be tried.
    pub(super) fn skip(&mut self, subject: &QName, what: &str, why: &str) {
        let name = format!("{}: {what}", self.actor.words);
        self.report.skipped(Kind::Isolation, &subject.to_string(), name, why);
    }

    /// A family of probes that could not be made up is a failure of its own.
    pub(super) fn family(
        &mut self,
        subject: &QName,
        what: &str,
        family: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) {
        if let Err(refusal) = family(self) {
            let name = format!("{}: {what}", self.actor.words);
            let why = format!("the verification's own question was refused: {refusal}");
            self.report.tried(Kind::Isolation, &subject.to_string(), name, Err(why));
        }
    }

    /// Columns that may be read; none where nothing may be.
    pub(super) fn readable(&self, table: &QName) -> Vec<&'a str> {
        self.columns_for(table, Command::Select)
    }

    /// Columns to which a command is granted.
    pub(super) fn columns_for(&self, table: &QName, command: Command) -> Vec<&'a str> {
        let rights = self.case.rights(table, &self.actor.hats, command);
        let own = self.case.catalog.tables.get(table).into_iter().flat_map(|table| table.columns.keys());
        own.filter(|column| {
            rights.iter().any(|right| right.columns.as_ref().is_none_or(|columns| columns.contains(*column)))
        })
        .map(String::as_str)
        .collect()
    }

    pub(super) fn has(&self, table: &QName, command: Command) -> bool {
        !self.case.rights(table, &self.actor.hats, command).is_empty()
    }

    /// Whether every column may be read.
    pub(super) fn reads_whole(&self, table: &QName) -> bool {
        self.case.rights(table, &self.actor.hats, Command::Select).iter().any(|right| right.columns.is_none())
    }
}

impl Case<'_> {
    /// Roles, and every role that they are members of.
    pub(super) fn hats(&self, roles: &[&str]) -> Vec<String> {
        let mut hats: Vec<String> = Vec::new();
        for hat in roles.iter().flat_map(|role| self.access.groups(role)) {
            if !hats.iter().any(|known| known == hat) {
                hats.push(hat.to_owned());
            }
        }
        hats
    }

    /// Rows live in the table itself, or in partitions of it, and in this database.
    pub(super) fn is_local(&self, table: &QName) -> bool {
        self.catalog.tables.get(table).is_some_and(|table| table.kind != TableKind::Foreign)
    }
}

fn told(expected: &str, found: &str, statement: &Sql) -> String {
    let mut shown: String = statement.as_str().chars().take(SHOWN).collect();
    if shown.len() < statement.as_str().len() {
        shown.push('…');
    }
    format!("expected {expected}, found {found}\nin: {shown}")
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines
}
