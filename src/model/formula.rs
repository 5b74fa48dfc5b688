//! A predicate as three-valued logic sees it: what is known of its value where a part of it is NULL.
//!
//! It is made once, while the names are looked up, so that a proof never reads SQL again. Whatever cannot be said of
//! a part is left open ([`Term::Opaque`]): a proof then asks for every value it may have.

use std::collections::BTreeSet;

/// A condition: true, false or NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formula {
    /// `true`, `false` or `NULL`.
    Constant(Option<bool>),
    /// `a AND b …`
    And(Vec<Formula>),
    /// `a OR b …`
    Or(Vec<Formula>),
    /// `NOT a`
    Not(Box<Formula>),
    /// `a IS TRUE`, `IS FALSE`, `IS UNKNOWN`; the negated ones stand in a [`Formula::Not`].
    Is(Box<Formula>, Option<bool>),
    /// `a IS NULL`
    IsNull(Box<Term>),
    /// Of two values, neither NULL, it is true or false; else it is NULL.
    Compare(Comparison, Box<Term>, Box<Term>),
    /// `a IS NOT DISTINCT FROM b`: never NULL.
    Same(Box<Term>, Box<Term>),
    /// `CASE WHEN a THEN b … ELSE c END`
    Case(Vec<(Formula, Formula)>, Box<Formula>),
    /// `EXISTS (SELECT … WHERE …)`
    Exists(Box<Rows>),
    /// `x = ANY (SELECT y … WHERE …)`: the comparison, and whose rows give the `y` in it.
    AnyRow(Box<Formula>, Box<Rows>),
    /// `x OP ANY (array)`: the comparison's name, `x` and the array.
    AnyElement(String, Box<Term>, Box<Term>),
    /// A boolean value.
    Value(Box<Term>),
}

/// An operator that is strict and of two values says yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// As SQL writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// What it is of a value and itself.
    pub fn is_reflexive(self) -> bool {
        matches!(self, Self::Equal | Self::LessOrEqual | Self::GreaterOrEqual)
    }
}

/// A value, maybe NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A literal as it was written; `None` is NULL.
    Constant(Option<String>),
    /// A setting, by `prefix.name`: NULL while it is unset.
    Setting(String),
    /// A column of a row.
    Column(ColumnTerm),
    /// NULL wherever one of its parts is.
    Strict {
        /// What is done with them.
        name: String,
        /// What it is made from.
        parts: Vec<Term>,
        /// It may be NULL of parts that are not.
        may_be_null: bool,
    },
    /// Nothing is known but that equal parts give equal values.
    Opaque {
        /// What is done with them.
        name: String,
        /// What it is made from.
        parts: Vec<Term>,
    },
    /// `coalesce(a, b …)`
    Coalesce(Vec<Term>),
    /// `nullif(a, b)`
    NullIf(Box<Term>, Box<Term>),
    /// `CASE WHEN a THEN b … ELSE c END`
    Case(Vec<(Formula, Term)>, Box<Term>),
    /// A condition's value.
    Condition(Box<Formula>),
    /// `(SELECT x … WHERE …)`: NULL without a row.
    Row(Box<Term>, Box<Rows>),
}

/// A column of the policy's own table, or of a row in a sub-select.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnTerm {
    /// As a reader knows it: `column` or `alias.column`.
    pub name: String,
    /// The FROM item that it is a column of, counted through the predicate; `None` is the own table.
    pub item: Option<usize>,
    /// It may be NULL.
    pub nullable: bool,
}

/// The rows of a sub-select.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Tells sub-selects of one predicate apart.
    pub id: usize,
    /// Its text's first words, for a reader.
    pub name: String,
    /// True of every row that it gives; more than this may be demanded of them.
    pub condition: Formula,
    /// It gives rows whatever its tables hold, for example by an aggregate: nothing is known of them.
    pub opaque: bool,
    /// Settings that it reads anywhere.
    pub settings: BTreeSet<String>,
}

impl Formula {
    /// Whether a setting is read anywhere in it.
    pub fn mentions(&self, setting: &str) -> bool {
        let all = |parts: &[Self]| parts.iter().any(|part| part.mentions(setting));
        match self {
            Self::Constant(_) => false,
            Self::And(parts) | Self::Or(parts) => all(parts),
            Self::Not(part) | Self::Is(part, _) => part.mentions(setting),
            Self::IsNull(term) | Self::Value(term) => term.mentions(setting),
            Self::Compare(_, left, right) | Self::Same(left, right) | Self::AnyElement(_, left, right) => {
                left.mentions(setting) || right.mentions(setting)
            }
            Self::Case(arms, otherwise) => {
                let in_arms = arms.iter().any(|(one, other)| one.mentions(setting) || other.mentions(setting));
                in_arms || otherwise.mentions(setting)
            }
            Self::Exists(rows) => rows.settings.contains(setting),
            Self::AnyRow(comparison, rows) => comparison.mentions(setting) || rows.settings.contains(setting),
        }
    }
}

impl Term {
    fn mentions(&self, setting: &str) -> bool {
        match self {
            Self::Constant(_) | Self::Column(_) => false,
            Self::Setting(name) => name == setting,
            Self::Strict { parts, .. } | Self::Opaque { parts, .. } | Self::Coalesce(parts) => {
                parts.iter().any(|part| part.mentions(setting))
            }
            Self::NullIf(left, right) => left.mentions(setting) || right.mentions(setting),
            Self::Case(arms, otherwise) => {
                let in_arms =
                    arms.iter().any(|(condition, result)| condition.mentions(setting) || result.mentions(setting));
                in_arms || otherwise.mentions(setting)
            }
            Self::Condition(formula) => formula.mentions(setting),
            Self::Row(value, rows) => value.mentions(setting) || rows.settings.contains(setting),
        }
    }
}
