//! Three-valued truth: whether a predicate can be true where a setting is unset, or is somebody else's.
//!
//! The mechanism: a predicate is evaluated in a *world*, which answers the questions that its value depends on: is
//! this column NULL, are these two values equal, has this sub-select a row. A question is asked only when it matters,
//! and the same question gets the same answer in one world. All worlds are tried, by taking back the last answer that
//! can still be the other one. Every real row and session is one of the worlds, so what holds in all of them holds;
//! that some worlds cannot happen makes a proof fail, never succeed.

use crate::model::formula::{ColumnTerm, Comparison, Formula, Rows, Term};
use std::collections::{BTreeMap, BTreeSet};

/// More worlds than this are not tried: twelve questions that all matter.
const MOST_WORLDS: usize = 1 << 12;

/// Whether something can be the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// In no world.
    Never,
    /// In this one.
    Possible {
        /// The answers that make it so, in words.
        because: Vec<String>,
        /// Each of them is about a value; none is about what a function gives, which the proof does not know.
        known: bool,
    },
    /// There are too many questions.
    TooMany,
}

/// What a setting is taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode<'a> {
    /// Any value, or unset.
    Free,
    /// Unset: NULL.
    Unset(&'a str),
    /// It has a value that no row has.
    Stranger(&'a str),
    /// As [`Mode::Free`], of a second predicate, whose sub-selects are not the first one's.
    Second,
}

/// Whether `formula` can be true while `setting` is unset.
pub fn true_when_unset(formula: &Formula, setting: &str) -> Outcome {
    search(|world| Ok(world.formula(formula, Mode::Unset(setting), false)? == Some(true)))
}

/// Whether `formula` can be true of a row for a session whose `setting` has a value that equals nothing in the row or
/// in what is looked up.
pub fn true_for_stranger(formula: &Formula, setting: &str) -> Outcome {
    search(|world| Ok(world.formula(formula, Mode::Stranger(setting), false)? == Some(true)))
}

/// Whether a session without `setting` can see a row that one with a stranger's does not.
pub fn unset_sees_more(formula: &Formula, setting: &str) -> Outcome {
    search(|world| {
        let unset = world.formula(formula, Mode::Unset(setting), false)? == Some(true);
        Ok(unset && world.formula(formula, Mode::Stranger(setting), false)? != Some(true))
    })
}

/// Whether `formula` can be true although nothing ties the row to `setting`: no equality between them, and none that
/// goes through the rows that are looked up.
pub fn true_untied(formula: &Formula, setting: &str) -> Outcome {
    search(|world| {
        let holds = world.formula(formula, Mode::Free, false)? == Some(true);
        Ok(holds && !world.is_tied(setting))
    })
}

/// Whether `formula` can be something other than true.
pub fn can_fail(formula: &Formula) -> Outcome {
    search(|world| Ok(world.formula(formula, Mode::Free, false)? != Some(true)))
}

/// Whether `one` can be true where `other` is not.
pub fn true_without(one: &Formula, other: &Formula) -> Outcome {
    if one == other {
        return Outcome::Never;
    }
    search(|world| {
        let holds = world.formula(one, Mode::Free, false)? == Some(true);
        Ok(holds && world.formula(other, Mode::Second, false)? != Some(true))
    })
}

/// This world cannot be.
struct Impossible;

type Known<T> = Result<T, Impossible>;

fn search(is_it: impl Fn(&mut World) -> Known<bool>) -> Outcome {
    let mut script: Vec<bool> = Vec::new();
    let mut unsure = None;
    for _ in 0..MOST_WORLDS {
        let mut world = World { script, ..World::default() };
        if matches!(is_it(&mut world), Ok(true)) {
            let found = Outcome::Possible { because: world.told, known: !world.opaque };
            if !world.opaque {
                return found;
            }
            unsure.get_or_insert(found);
        }
        script = world.script;
        script.truncate(world.asked);
        // Answers are first no, then yes.
        while script.last() == Some(&true) {
            script.pop();
        }
        match script.last_mut() {
            Some(last) => *last = true,
            None => return unsure.unwrap_or(Outcome::Never),
        }
    }
    unsure.unwrap_or(Outcome::TooMany)
}

#[derive(Default)]
struct World {
    /// Answers to give, in the order of the questions.
    script: Vec<bool>,
    asked: usize,
    known: BTreeMap<String, bool>,
    /// Questions answered with yes, for a reader.
    told: Vec<String>,
    opaque: bool,
    /// What is equal to what: the own row, rows that are looked up, settings.
    ties: BTreeSet<(Node, Node)>,
}

/// What equalities tie together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    /// The row.
    Own,
    /// A row of a FROM item.
    Item(usize),
    /// A session's setting.
    Setting(String),
}

/// What a value is, when it is not NULL: equal keys are equal values.
type Value = Option<Key>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    text: String,
    /// It is made from the setting of a stranger.
    strange: bool,
    /// A stranger's setting has a part in it, so that it may well be equal to one.
    tainted: bool,
    /// It is what a function makes of something.
    opaque: bool,
    /// Whose value it is; of something computed nobody's.
    node: Option<Node>,
}

impl Key {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), strange: false, tainted: false, opaque: false, node: None }
    }

    fn of(node: Node, text: String) -> Self {
        Self { node: Some(node), ..Self::plain(text) }
    }
}

impl World {
    fn ask(&mut self, question: String, opaque: bool) -> bool {
        if let Some(answer) = self.known.get(&question) {
            return *answer;
        }
        if self.asked == self.script.len() {
            self.script.push(false);
        }
        let answer = self.script.get(self.asked).copied().unwrap_or(false);
        self.asked += 1;
        self.opaque |= opaque;
        if answer {
            self.told.push(in_words(&question));
        }
        self.known.insert(question, answer);
        answer
    }

    /// `inside`: within a sub-select whose rows are not the same for every value of the setting.
    fn formula(&mut self, formula: &Formula, mode: Mode<'_>, inside: bool) -> Known<Option<bool>> {
        Ok(match formula {
            Formula::Constant(value) => *value,
            Formula::And(parts) => self.all(parts, true, mode, inside)?,
            Formula::Or(parts) => self.all(parts, false, mode, inside)?,
            Formula::Not(part) => self.formula(part, mode, inside)?.map(|value| !value),
            Formula::Is(part, value) => Some(self.formula(part, mode, inside)? == *value),
            Formula::IsNull(term) => Some(self.term(term, mode, inside)?.is_none()),
            Formula::Compare(comparison, left, right) => {
                let left = self.term(left, mode, inside)?;
                let right = self.term(right, mode, inside)?;
                let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
                Some(self.compare(*comparison, &left, &right))
            }
            Formula::Same(left, right) => match (self.term(left, mode, inside)?, self.term(right, mode, inside)?) {
                (Some(left), Some(right)) => Some(self.compare(Comparison::Equal, &left, &right)),
                (left, right) => Some(left.is_none() && right.is_none()),
            },
            Formula::Case(arms, otherwise) => {
                for (condition, result) in arms {
                    if self.formula(condition, mode, inside)? == Some(true) {
                        return self.formula(result, mode, inside);
                    }
                }
                self.formula(otherwise, mode, inside)?
            }
            Formula::Exists(rows) => Some(self.has_row(rows, mode, inside)?),
            Formula::AnyRow(comparison, rows) => self.any_row(comparison, rows, mode, inside)?,
            Formula::AnyElement(name, value, array) => self.any_element(name, value, array, mode, inside)?,
            Formula::Value(term) => match self.term(term, mode, inside)? {
                None => None,
                Some(key) => match key.text.as_str() {
                    "true" => Some(true),
                    "false" => Some(false),
                    text => Some(self.ask(text.to_owned(), key.opaque)),
                },
            },
        })
    }

    /// AND with `unit` true, OR with false.
    fn all(&mut self, parts: &[Formula], unit: bool, mode: Mode<'_>, inside: bool) -> Known<Option<bool>> {
        let mut result = Some(unit);
        for part in parts {
            match self.formula(part, mode, inside)? {
                Some(value) if value != unit => return Ok(Some(value)),
                Some(_) => {}
                None => result = None,
            }
        }
        Ok(result)
    }

    fn compare(&mut self, comparison: Comparison, left: &Key, right: &Key) -> bool {
        if left.text == right.text {
            return comparison.is_reflexive();
        }
        if comparison == Comparison::Equal {
            let words = ["true", "false"];
            let both = words.contains(&left.text.as_str()) && words.contains(&right.text.as_str());
            // One of them is the stranger's, and nobody has that.
            if both || of_nobody(left, right) {
                return false;
            }
        }
        let (comparison, left, right) = match comparison {
            Comparison::Greater => (Comparison::Less, right, left),
            Comparison::GreaterOrEqual => (Comparison::LessOrEqual, right, left),
            // A column first, for a reader.
            Comparison::Equal if (left.node.is_none(), &left.text) > (right.node.is_none(), &right.text) => {
                (comparison, right, left)
            }
            _ => (comparison, left, right),
        };
        let question = format!("{} {} {}", left.text, comparison.word(), right.text);
        let answer = self.ask(question, left.opaque || right.opaque);
        if answer && comparison == Comparison::Equal {
            self.tie(left, right);
        }
        answer
    }

    fn tie(&mut self, left: &Key, right: &Key) {
        if let (Some(left), Some(right)) = (&left.node, &right.node) {
            self.ties.insert((left.clone(), right.clone()));
            self.ties.insert((right.clone(), left.clone()));
        }
    }

    /// Whether equalities lead from the setting to the row.
    fn is_tied(&self, setting: &str) -> bool {
        let mut reached = BTreeSet::new();
        let start = Node::Setting(setting.to_owned());
        let mut waiting = vec![&start];
        while let Some(node) = waiting.pop() {
            if reached.insert(node) {
                waiting.extend(self.ties.iter().filter(|(from, _)| from == node).map(|(_, to)| to));
            }
        }
        reached.contains(&Node::Own)
    }

    fn has_row(&mut self, rows: &Rows, mode: Mode<'_>, inside: bool) -> Known<bool> {
        let inside = inside || depends(rows, mode);
        if !self.ask(question_of(rows, mode, inside), rows.opaque) {
            return Ok(false);
        }
        self.row_holds(rows, mode, inside)?;
        Ok(true)
    }

    fn row_holds(&mut self, rows: &Rows, mode: Mode<'_>, inside: bool) -> Known<()> {
        if rows.opaque || self.formula(&rows.condition, mode, inside)? == Some(true) {
            return Ok(());
        }
        Err(Impossible)
    }

    /// True where a row compares so; else false, or NULL where a NULL stood in the way.
    fn any_row(&mut self, comparison: &Formula, rows: &Rows, mode: Mode<'_>, inside: bool) -> Known<Option<bool>> {
        let inside = inside || depends(rows, mode) || depends_on(comparison, mode);
        let question = format!("one that compares in {}", question_of(rows, mode, inside));
        if self.ask(question.clone(), rows.opaque) {
            self.row_holds(rows, mode, inside)?;
            return if self.formula(comparison, mode, inside)? == Some(true) {
                Ok(Some(true))
            } else {
                Err(Impossible)
            };
        }
        Ok(if self.ask(format!("NULL beside {question}"), rows.opaque) { None } else { Some(false) })
    }

    fn any_element(
        &mut self,
        name: &str,
        value: &Term,
        array: &Term,
        mode: Mode<'_>,
        inside: bool,
    ) -> Known<Option<bool>> {
        let value = self.term(value, mode, inside)?;
        let Some(array) = self.term(array, mode, inside)? else { return Ok(None) };
        if self.ask(format!("{} is empty", array.text), array.opaque) {
            return Ok(Some(false));
        }
        let Some(value) = value else { return Ok(None) };
        let opaque = value.opaque || array.opaque;
        let of_nobody = name == "=" && of_nobody(&value, &array);
        if !of_nobody && self.ask(format!("{} {name} an element of {}", value.text, array.text), opaque) {
            if name == "=" {
                self.tie(&value, &array);
            }
            return Ok(Some(true));
        }
        Ok(if self.ask(format!("{} has an element that is NULL", array.text), opaque) { None } else { Some(false) })
    }

    fn term(&mut self, term: &Term, mode: Mode<'_>, inside: bool) -> Known<Value> {
        Ok(match term {
            Term::Constant(text) => text.as_ref().map(Key::plain),
            Term::Setting(name) => match mode {
                Mode::Unset(setting) if setting == name => None,
                Mode::Stranger(setting) if setting == name => {
                    Some(Key { strange: true, tainted: true, ..Key::plain(format!("{name}{HIDDEN}stranger{HIDDEN}")) })
                }
                _ => {
                    let text = format!("{name}{HIDDEN}setting{HIDDEN}");
                    self.unless_null(Key::of(Node::Setting(name.clone()), text))
                }
            },
            Term::Column(column) => self.column(column, mode, inside),
            Term::Strict { name, parts, may_be_null } => {
                let mut keys = Vec::new();
                for part in parts {
                    let Some(key) = self.term(part, mode, inside)? else { return Ok(None) };
                    keys.push(Some(key));
                }
                let key = made_of(name, &keys, false);
                if *may_be_null { self.unless_null(key) } else { Some(key) }
            }
            Term::Opaque { name, parts } => {
                let keys = parts.iter().map(|part| self.term(part, mode, inside)).collect::<Known<Vec<_>>>()?;
                self.unless_null(made_of(name, &keys, true))
            }
            Term::Coalesce(parts) => {
                for part in parts {
                    if let Some(key) = self.term(part, mode, inside)? {
                        return Ok(Some(key));
                    }
                }
                None
            }
            Term::NullIf(left, right) => {
                let left = self.term(left, mode, inside)?;
                match (left, self.term(right, mode, inside)?) {
                    (Some(left), Some(right)) if self.compare(Comparison::Equal, &left, &right) => None,
                    (left, _) => left,
                }
            }
            Term::Case(arms, otherwise) => {
                for (condition, result) in arms {
                    if self.formula(condition, mode, inside)? == Some(true) {
                        return self.term(result, mode, inside);
                    }
                }
                self.term(otherwise, mode, inside)?
            }
            Term::Condition(formula) => self.formula(formula, mode, inside)?.map(|value| Key::plain(value.to_string())),
            Term::Row(value, rows) => {
                if !self.has_row(rows, mode, inside)? {
                    return Ok(None);
                }
                self.term(value, mode, inside || depends(rows, mode))?
            }
        })
    }

    /// A row of a sub-select that depends on the setting is another one for another session.
    fn column(&mut self, column: &ColumnTerm, mode: Mode<'_>, inside: bool) -> Value {
        let key = match column.item {
            None => Key::of(Node::Own, format!("{}{HIDDEN}{HIDDEN}", column.name)),
            Some(item) => {
                let whose = if inside { format!("{mode:?}") } else { String::new() };
                Key::of(Node::Item(item), format!("{}{HIDDEN}{item}{whose}{HIDDEN}", column.name))
            }
        };
        if column.nullable { self.unless_null(key) } else { Some(key) }
    }

    fn unless_null(&mut self, key: Key) -> Value {
        let is_null = self.ask(format!("{} is null", key.text), key.opaque);
        (!is_null).then_some(key)
    }
}

/// Stands around what tells values apart and a reader is not shown; no SQL has it.
const HIDDEN: char = '\u{1}';

fn in_words(question: &str) -> String {
    question.split(HIDDEN).step_by(2).collect()
}

/// Casts that make no two values one. (A cast to a value's own type was taken off before.)
const EXACT_CASTS: &[&str] = &["::text", "::pg_catalog.text", "::pg_catalog.varchar"];

fn made_of(name: &str, parts: &[Value], opaque: bool) -> Key {
    let parts: Vec<Option<&Key>> = parts.iter().map(Option::as_ref).collect();
    let texts: Vec<&str> = parts.iter().map(|part| part.map_or("NULL", |key| key.text.as_str())).collect();
    let is_cast = name.starts_with("::");
    let text = if is_cast { format!("{}{name}", texts.concat()) } else { format!("{name}({})", texts.join(", ")) };
    let same = EXACT_CASTS.contains(&name);
    let whole = parts.first().copied().flatten().filter(|_| same);
    Key {
        text,
        strange: whole.is_some_and(|key| key.strange),
        tainted: parts.iter().flatten().any(|key| key.tainted),
        opaque: opaque || parts.iter().flatten().any(|key| key.opaque),
        node: whole.and_then(|key| key.node.clone()),
    }
}

/// Whether one is a stranger's setting and the other something that the setting has no part in. What a function gives
/// may have been made from the setting unseen.
fn of_nobody(one: &Key, other: &Key) -> bool {
    let is_else = |key: &Key| !key.tainted && !key.opaque;
    (one.strange && is_else(other)) || (other.strange && is_else(one))
}

fn question_of(rows: &Rows, mode: Mode<'_>, inside: bool) -> String {
    let whose = if inside { format!("{mode:?}") } else { String::new() };
    format!("a row of `{}`{HIDDEN}{}{whose}{HIDDEN}", rows.name, rows.id)
}

/// Whether the rows are others for another value of the setting, or another predicate's.
fn depends(rows: &Rows, mode: Mode<'_>) -> bool {
    match mode {
        Mode::Free => false,
        Mode::Second => true,
        Mode::Unset(setting) | Mode::Stranger(setting) => rows.settings.contains(setting),
    }
}

fn depends_on(formula: &Formula, mode: Mode<'_>) -> bool {
    match mode {
        Mode::Free => false,
        Mode::Second => true,
        Mode::Unset(setting) | Mode::Stranger(setting) => formula.mentions(setting),
    }
}

#[cfg(test)]
mod tests;
