//! The catalogue of masks: one file a mask, one entry in [`all`].
//!
//! A mask is data about itself — types, determinism, uniqueness, totality, NULL rule, output length — and a
//! function from an input expression to an output expression. The proofs in `check` believe what a mask says
//! of itself; the tests hold each mask to it on a real server.

use crate::catalog::{BaseType, DataType};
use crate::sql::{Expr, From};
use indexmap::IndexMap;

/// A mask of the catalogue.
pub trait Mask: Sync + Send {
    /// The name in policies, for example `partial`.
    fn name(&self) -> &'static str;
    /// One line, for `noren masks` and messages.
    fn summary(&self) -> &'static str;
    /// Its parameters after the value, in positional order.
    fn parameters(&self) -> &'static [Parameter];
    /// The types that it takes, in words for a message: "text or varchar".
    fn accepts_words(&self) -> &'static str;
    /// Whether it takes a column of this type.
    fn accepts(&self, input: &BaseType) -> bool;
    /// What else is wrong with the arguments, in words: "`last` must be at least 0".
    fn check_arguments(&self, _input: &BaseType, _arguments: &Arguments) -> Result<(), String> {
        Ok(())
    }
    /// Whether it reads the HMAC of its input ([`Context::hash`]).
    fn keyed(&self) -> bool;
    /// What it says about distinct inputs.
    fn uniqueness(&self, input: &BaseType, arguments: &Arguments) -> Uniqueness;
    /// What it does with NULL. Every mask of the first dozen keeps NULL but `null`.
    fn null_rule(&self) -> NullRule;
    /// Whether the expression can never raise an error, whatever the input.
    fn total(&self, input: &BaseType, arguments: &Arguments) -> bool;
    /// How long text output may be, in characters.
    fn length(&self, input: &BaseType, arguments: &Arguments) -> Length;
    /// What the mask gives when that is one value for every input that is not NULL: proofs evaluate it
    /// against enum labels, CHECKs and types.
    fn constant(&self, _input: &BaseType, _arguments: &Arguments) -> Option<Expr> {
        None
    }
    /// The expression. The caller casts it to the column's type.
    fn render(&self, context: &Context<'_>) -> Rendered;
}

/// A parameter of a mask.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParameterKind,
    /// Has no default.
    pub required: bool,
    /// One line for the page: what it does and its default.
    pub summary: &'static str,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A string.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Any literal of the column's type, NULL apart.
    Value,
    /// A column of the same row.
    Column,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// Arguments after defaults and names are settled: parameter to value; a missing one was not given.
pub type Arguments = IndexMap<&'static str, Value>;

/// An argument's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number as written.
    Decimal(String),
    /// A truth value.
    Boolean(bool),
    /// A column of the same row.
    Column(String),
}

/// What a mask says about distinct inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    /// Distinct inputs give distinct outputs.
    Preserved,
    /// As for a random function with this many bits of output.
    Hash {
        /// Bits of output.
        bits: u32,
    },
    /// Distinct inputs may well give the same output.
    Lossy,
}

/// What a mask does with NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullRule {
    /// NULL stays NULL, and nothing else becomes NULL.
    Keeps,
    /// The output is always NULL.
    AlwaysNull,
    /// Anything may come out.
    Unknown,
}

/// How long text output may be, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The output is not text.
    NotText,
    /// At most this many.
    AtMost(u32),
    /// At most as long as the input.
    AsInput,
    /// Nothing is known.
    Unbounded,
}

/// What a mask may use to build its expression.
pub struct Context<'a> {
    /// The raw value, a column reference.
    pub input: &'a Expr,
    /// Its type.
    pub input_type: &'a BaseType,
    /// The column's declared type (a domain maybe).
    pub declared: &'a DataType,
    /// The arguments.
    pub arguments: &'a Arguments,
    /// `bytea`, 32 bytes: HMAC-SHA-256 of the canonical input under the run's key, bound once a row. NULL when
    /// the input is NULL. Present when [`Mask::keyed`].
    pub hash: Option<&'a Expr>,
    /// For masks that need secret constants rather than a hash of the row: `bytea`, 32 bytes, HMAC of the
    /// linkage group's name and this label, evaluated once a statement.
    pub secret: &'a dyn Fn(&str) -> Expr,
    /// The column's own default, where it has one that reads nothing and is immutable.
    pub default: Option<&'a Expr>,
    /// An alias that no other relation of the statement has, for a mask that joins a dictionary.
    pub alias: &'a str,
}

/// A mask's SQL.
pub struct Rendered {
    /// The output.
    pub expr: Expr,
    /// Dictionaries to join to the row, always so that no row is lost or doubled.
    pub joins: Vec<From>,
}
