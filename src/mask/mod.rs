//! The catalogue of masks: one file a mask, one entry in [`all`].
//!
//! A mask is data about itself — types, determinism, uniqueness, totality, NULL rule, output length — and a
//! function from an input expression to an output expression. The proofs in `check` believe what a mask says
//! of itself; the tests hold each mask to it on a real server.

mod age_band;
mod base64;
mod boolean;
mod bucket;
mod card;
pub mod catalogue;
mod clamp;
mod constant;
mod corporate_number;
mod date_shift;
mod default;
pub mod dictionary;
mod digits;
mod email;
mod email_partial;
mod enum_pick;
mod fake_address;
mod fake_city;
mod fake_company;
mod fake_kana;
mod fake_name;
mod fake_phone;
mod geo_round;
mod hash;
pub mod hmac;
mod iban;
mod integer;
mod ip_truncate;
pub mod json;
mod keyed;
pub mod literal;
mod made_up;
mod my_number;
pub mod mysql;
mod names;
mod noise;
pub mod over;
mod partial;
mod partial_length;
mod pattern;
mod permute;
mod phone;
pub mod pick;
mod pieces;
mod places;
mod postal_code;
mod readings;
mod regex_replace;
mod salted_sha256;
mod scrub;
mod shape;
mod shuffle;
mod truncate;
mod tsvector;
mod types;
mod uuid;
pub mod words;
mod zero;

use crate::catalog::{BaseType, DataType};
use crate::sql::{Expr, From, Select};
use indexmap::IndexMap;

/// Every mask, by name.
const MASKS: &[&dyn Mask] = &[
    &age_band::AgeBand,
    &base64::Base64,
    &boolean::Boolean,
    &bucket::Bucket,
    &card::Card,
    &clamp::Clamp,
    &constant::Constant,
    &corporate_number::CorporateNumber,
    &date_shift::DateShift,
    &default::Default,
    &dictionary::Dictionary,
    &digits::Digits,
    &email::Email,
    &email_partial::EmailPartial,
    &enum_pick::EnumPick,
    &fake_address::MASK,
    &fake_city::MASK,
    &fake_company::MASK,
    &fake_kana::FakeKana,
    &fake_name::FakeName,
    &fake_phone::FakePhone,
    &geo_round::GeoRound,
    &hash::Hash,
    &iban::Iban,
    &integer::Integer,
    &ip_truncate::IpTruncate,
    &my_number::MyNumber,
    &noise::Noise,
    &partial::Partial,
    &partial_length::PartialLength,
    &permute::Permute,
    &phone::Phone,
    &pick::Pick,
    &postal_code::PostalCode,
    &regex_replace::RegexReplace,
    &salted_sha256::SaltedSha256,
    &scrub::Scrub,
    &shuffle::Shuffle,
    &truncate::Truncate,
    &tsvector::TsVector,
    &uuid::Uuid,
    &zero::Zero,
];

/// Every mask of the catalogue, by name.
pub fn all() -> impl Iterator<Item = &'static dyn Mask> {
    MASKS.iter().copied()
}

/// The mask of this name.
pub fn find(name: &str) -> Option<&'static dyn Mask> {
    all().find(|mask| mask.name() == name)
}

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
    /// The same in a schema of MySQL, which has other types for some things.
    fn accepts_on_mysql(&self, input: &BaseType) -> bool {
        self.accepts(input)
    }
    /// Whether equal values of two of MySQL's types are masked alike, so that columns of both may be of one class.
    fn agrees_on_mysql(&self, _one: &BaseType, _other: &BaseType) -> bool {
        true
    }
    /// What else is wrong with the arguments, in words: "`last` must be at least 0".
    fn check_arguments(&self, _input: &BaseType, _arguments: &Arguments) -> Result<(), String> {
        Ok(())
    }
    /// The page that `noren masks NAME` prints, Markdown.
    fn page(&self) -> &'static str;
    /// Whether the run's key decides its output: it reads the HMAC of a row or of a label.
    fn keyed(&self) -> bool {
        false
    }
    /// What the HMAC that it reads is of.
    fn hashes<'a>(&self, _arguments: &'a Arguments) -> Hashes<'a> {
        Hashes::Nothing
    }
    /// With which columns it must agree beyond its own.
    fn linkage<'a>(&self, _arguments: &'a Arguments) -> Linkage<'a> {
        Linkage::Own
    }
    /// Whether it is of all rows together, so that no single value can be masked by it. Its outputs are values of the
    /// column: it hides whose they are, not what they are.
    fn of_rows(&self) -> bool {
        false
    }
    /// The column whose masked value it is made from: that is then [`Context::input`].
    fn recomputed_from<'a>(&self, _arguments: &'a Arguments) -> Option<&'a str> {
        None
    }
    /// Whether it needs [`Context::default`].
    fn needs_default(&self) -> bool {
        false
    }
    /// Whether it needs [`Context::lookup`].
    fn needs_lookup(&self) -> bool {
        false
    }
    /// Why another mask should be taken where one can.
    fn warning(&self) -> Option<&'static str> {
        None
    }
    /// What it says about distinct inputs.
    fn uniqueness(&self, _input: &BaseType, _arguments: &Arguments) -> Uniqueness {
        Uniqueness::Lossy
    }
    /// Whether what it gives is as different in lower or in upper case alone, as digits and small letters are.
    fn one_case(&self) -> bool {
        false
    }
    /// What it does with NULL. Every mask of the first dozen keeps NULL but `null`.
    fn null_rule(&self) -> NullRule {
        NullRule::Keeps
    }
    /// Whether the expression can never raise an error, whatever the input.
    fn total(&self, _input: &BaseType, _arguments: &Arguments) -> bool {
        true
    }
    /// How long text output may be, in characters.
    fn length(&self, _input: &BaseType, _arguments: &Arguments) -> Length {
        Length::NotText
    }
    /// Whether the value's own length can be seen in its output.
    fn shows_length(&self, arguments: &Arguments) -> bool {
        let text = types::plain("text");
        self.accepts(&text) && self.length(&text, arguments) == Length::AsInput
    }
    /// What the mask gives when that is one value for every input that is not NULL: proofs evaluate it
    /// against enum labels, CHECKs and types.
    fn constant(&self, _input: &BaseType, _arguments: &Arguments) -> Option<Expr> {
        None
    }
    /// A regular expression that the whole text of every output matches, as PostgreSQL and MySQL 8.0 both read it.
    fn pattern(&self, _arguments: &Arguments) -> Option<String> {
        None
    }
    /// A condition on a value of the copy that is true of every output of this mask: what a leak probe asks of each
    /// loaded row. It may be NULL for NULL alone. `None` where outputs cannot be told from raw values.
    fn probe(&self, probed: &Probed<'_>) -> Option<Expr> {
        match self.pattern(probed.arguments) {
            Some(pattern) => Some(types::exact_text(probed.output).op("~", Expr::text(pattern))),
            None => Some(types::same(probed, self.constant(probed.input_type, probed.arguments)?)),
        }
    }
    /// The expression. The caller casts it to the column's type.
    fn render(&self, context: &Context<'_>) -> Rendered;
    /// The same for MySQL, where `Context::hash` is 64 hexadecimal digits ([`mysql`]); `None` where it has no form that
    /// gives the same.
    fn render_mysql(&self, _context: &Context<'_>, _steps: &mut mysql::Steps) -> Option<Expr> {
        None
    }
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
    /// The words that a dictionary's name stands for.
    Words(words::Words),
}

/// What the HMAC that a mask reads is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashes<'a> {
    /// It reads none.
    Nothing,
    /// The value itself.
    Input,
    /// Another column of the row: noise that is tied to the row, not to the value.
    Column(&'a str),
}

/// Whose linkage group a mask belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage<'a> {
    /// Its column's or class's.
    Own,
    /// That of another column of the row, by whose hash both are chosen.
    Of(&'a str),
    /// That of the entity for which another column of the row stands, apart from that column's pseudonyms.
    Entity(&'a str),
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
    /// NULLs are as many as before, at other rows.
    Moves,
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
    /// A value that the column held elsewhere.
    AsColumn,
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
    /// `bytea`, 32 bytes: HMAC-SHA-256 under the run's key of what [`Mask::hashes`] says, bound once a row
    /// ([`hmac::of_value`]). NULL when that is NULL.
    pub hash: Option<&'a Expr>,
    /// For masks that need secret constants rather than a hash of the row: `bytea`, 32 bytes, HMAC of the
    /// linkage group's name and this label, evaluated once a statement ([`hmac::of_label`]).
    pub secret: &'a dyn Fn(&str) -> Expr,
    /// The column's own default, where it has one that reads nothing and is immutable.
    pub default: Option<&'a Expr>,
    /// The keys that the column may reference: one a row, in a column [`pick::KEY`].
    pub lookup: Option<&'a Select>,
    /// Where the circle begins in which a mask of all rows moves values.
    pub first: Option<&'a First>,
    /// The labels of an enum, in order.
    pub labels: &'a [String],
    /// A mask that joins relations names them this, or this and an underscore and more; no other relation of the
    /// statement has such a name.
    pub alias: &'a str,
}

/// One row of those that leave, the same for every row that asks: the one with the least value in the unique column by
/// which a mask of all rows tells rows apart.
pub struct First {
    /// Whether the row that asks is this one.
    pub is_it: Expr,
    /// Its value in the masked column, a scalar sub-select.
    pub value: Expr,
}

/// A loaded value that a mask is asked to recognise as its own.
pub struct Probed<'a> {
    /// The value in the copy, a column reference.
    pub output: &'a Expr,
    /// The column's type.
    pub input_type: &'a BaseType,
    /// The column's declared type (a domain maybe).
    pub declared: &'a DataType,
    /// The arguments.
    pub arguments: &'a Arguments,
    /// The column's own default, as in [`Context::default`].
    pub default: Option<&'a Expr>,
}

impl Probed<'_> {
    /// What an unkeyed mask makes of its own output.
    fn again(&self, mask: &dyn Mask) -> Expr {
        let context = Context {
            input: self.output,
            input_type: self.input_type,
            declared: self.declared,
            arguments: self.arguments,
            hash: None,
            secret: &|_| Expr::Null,
            default: self.default,
            lookup: None,
            first: None,
            labels: &[],
            alias: "again",
        };
        mask.render(&context).expr
    }
}

/// A mask's SQL.
pub struct Rendered {
    /// The output.
    pub expr: Expr,
    /// Dictionaries to join to the row, always so that no row is lost or doubled.
    pub joins: Vec<From>,
}

impl Context<'_> {
    /// The hash; NULL where none was given, so that a mistake gives NULL and never the value.
    fn hash(&self) -> Expr {
        self.hash.cloned().unwrap_or(Expr::Null)
    }
}

impl Rendered {
    /// An expression that joins nothing.
    fn plain(expr: Expr) -> Self {
        Self { expr, joins: Vec::new() }
    }
}
