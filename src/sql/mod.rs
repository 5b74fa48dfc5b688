//! SQL as a typed tree, printed in one place and judged by PostgreSQL's own grammar.
//!
//! Nothing outside this folder pastes SQL together. A statement is built from [`Expr`], [`Select`] and
//! [`Statement`]; the printer turns it into tokens and lays those out; the guard reads the printed text again
//! with PostgreSQL's scanner and parser and compares it with the tokens that were meant.

pub mod access;
mod create;
mod data;
mod guard;
mod layout;
mod migration;
pub mod mysql;
mod print;
mod print_access;
mod print_statement;
mod psql;
mod quoted;
mod script;
mod shape;
pub mod shell;
mod source;
mod statement;
mod token;
mod walk;

pub use access::AccessStatement;
pub use create::Create;
pub use migration::{Backfill, CHILD, Migration, NewForeignKey, PARENT};
pub use psql::{Condition, CopyCommand, CopySource, Meta, Shell, ShellPart, Word, WordPart};
pub use quoted::Quoted;
pub use script::{End, Script};
pub use source::tidy;
pub use statement::{
    AlterTable, CopyFormat, CopyOptions, Isolation, LockMode, SettingValue, Statement, TemporaryTable,
};
pub use token::{NAME_BYTES, fit_bytes, fit_name, identifier};

use crate::catalog::{DataType, QName};
use std::fmt;

/// Why a piece of SQL is not printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// A name, a string or a comment that cannot be printed so that it means what it should.
    Unprintable(String),
    /// The engine's scanner reads other tokens than were meant; the SQL around the place.
    Tokens {
        /// The token that was meant; empty at the end.
        meant: String,
        /// The token that was read; empty at the end.
        found: String,
        /// The printed SQL.
        sql: String,
    },
    /// The engine's grammar reads other statements than were meant.
    Statements {
        /// What was meant.
        meant: Vec<&'static str>,
        /// What was read, or the grammar's error.
        found: String,
        /// The printed SQL.
        sql: String,
    },
    /// psql would put a variable's value where a colon stands.
    Substitution {
        /// The printed SQL.
        sql: String,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unprintable(message) => formatter.write_str(message),
            Self::Tokens { meant, found, sql } => {
                write!(formatter, "expected the token `{meant}`, the scanner read `{found}` in `{sql}`")
            }
            Self::Statements { meant, found, sql } => {
                let meant = meant.join(", ");
                write!(formatter, "expected the statements {meant}, the grammar read {found} in `{sql}`")
            }
            Self::Substitution { sql } => {
                write!(formatter, "expected no psql variable, psql would read one after a colon in `{sql}`")
            }
        }
    }
}

impl std::error::Error for Mismatch {}

/// A single identifier; always printed in double quotes unless it is a plain lower-case word that is no keyword.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ident(pub String);

impl Ident {
    /// An identifier of this value.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }
}

impl std::convert::From<&str> for Ident {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// A user's own SQL expression after it was parsed, its columns resolved and qualified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSql {
    /// Text that PostgreSQL's grammar read as one expression; printed in parentheses.
    pub text: String,
}

/// A value expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// `alias.column` or `column`.
    Column(Option<Ident>, Ident),
    /// `'…'`
    Text(String),
    /// A whole number; negative ones are parenthesised.
    Integer(i64),
    /// An exact decimal as the user wrote it, checked to be a number.
    Decimal(String),
    /// `true`, `false`
    Boolean(bool),
    /// `NULL`
    Null,
    /// `*`, as in `count(*)`.
    Star,
    /// `function(…)`; `None` as schema means `pg_catalog` by search path. `coalesce`, `nullif`, `greatest` and
    /// `least` are written so too.
    Call(Option<Ident>, Ident, Vec<Expr>),
    /// `expr::type`
    Cast(Box<Expr>, DataType),
    /// `a OP b`, parenthesised where it stands inside another operator. The operator is one of PostgreSQL's own.
    /// `IS DISTINCT FROM` and `LIKE` are operators here.
    Operator(Box<Expr>, &'static str, Box<Expr>),
    /// `a OPERATOR(schema.op) b`: an operator of an extension or of the schema.
    OperatorOf(Box<Expr>, Ident, &'static str, Box<Expr>),
    /// `a OP ANY (array or sub-select)`
    Any(Box<Expr>, &'static str, Box<Expr>),
    /// `CASE WHEN … THEN … ELSE … END`; without `ELSE` it is NULL.
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// `expr IS NULL` or, when the flag is false, `expr IS NOT NULL`.
    IsNull(Box<Expr>, bool),
    /// `expr IS TRUE`: false where the expression is NULL.
    IsTrue(Box<Expr>),
    /// `EXTRACT(field FROM expr)`
    Extract(&'static str, Box<Expr>),
    /// `expr COLLATE schema.name`
    Collate(Box<Expr>, QName),
    /// `NOT expr`
    Not(Box<Expr>),
    /// `a AND b AND …`; at least one.
    And(Vec<Expr>),
    /// `a OR b OR …`; at least one.
    Or(Vec<Expr>),
    /// `ARRAY[…]` with the element type, so that an empty one has a type too.
    Array(Vec<Expr>, DataType),
    /// `ARRAY(SELECT …)`
    ArrayOf(Box<Select>),
    /// `(SELECT …)`
    Scalar(Box<Select>),
    /// `EXISTS (SELECT …)`
    Exists(Box<Select>),
    /// `(a)[i]`
    Subscript(Box<Expr>, Box<Expr>),
    /// `(a).field`
    Field(Box<Expr>, Ident),
    /// `ROW(…)`
    Row(Vec<Expr>),
    /// `function(… ORDER BY …)`, an aggregate with its order.
    Aggregate(Ident, Vec<Expr>, Vec<Expr>),
    /// `function(…) OVER (ORDER BY …)`, a window over all rows.
    Over(Box<Expr>, Vec<Expr>),
    /// A user's own expression.
    Source(SourceSql),
    /// `:'name'`: the value of a psql variable as a string. In psql files only.
    Variable(String),
    /// `$1`: a bind parameter, in what a program sends.
    Parameter(u16),
    /// A statement as text, for a function of the server that runs it.
    Quoted(Quoted),
    /// In a quoted statement alone: a string whose value the statement around gives.
    Hole(Box<Expr>),
    /// `current_user`, `session_user`: a key word that is a value.
    Word(&'static str),
    /// An expression with a comment on the line above it.
    Commented(String, Box<Expr>),
}

/// What reads well where SQL is built.
impl Expr {
    /// A bare column.
    pub fn column(name: &str) -> Self {
        Self::Column(None, Ident::from(name))
    }

    /// `alias.column`
    pub fn of(alias: &str, column: &str) -> Self {
        Self::Column(Some(Ident::from(alias)), Ident::from(column))
    }

    /// A string.
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// A call of a function of `pg_catalog`.
    pub fn call(function: &str, arguments: impl IntoIterator<Item = Self>) -> Self {
        Self::Call(None, Ident::from(function), arguments.into_iter().collect())
    }

    /// A call of a function of `pg_catalog`, which no search path leads elsewhere.
    pub fn builtin(function: &str, arguments: impl IntoIterator<Item = Self>) -> Self {
        Self::Call(Some(Ident::from("pg_catalog")), Ident::from(function), arguments.into_iter().collect())
    }

    /// `self OP right`
    #[must_use]
    pub fn op(self, operator: &'static str, right: Self) -> Self {
        Self::Operator(Box::new(self), operator, Box::new(right))
    }

    /// `self::type`, a type of `pg_catalog` by its internal name without modifiers.
    #[must_use]
    pub fn cast(self, name: &str) -> Self {
        self.cast_to(DataType { name: QName::new("pg_catalog", name), modifiers: Vec::new(), dimensions: 0 })
    }

    /// `self::type`
    #[must_use]
    pub fn cast_to(self, data_type: DataType) -> Self {
        Self::Cast(Box::new(self), data_type)
    }

    /// `self IS NOT NULL`
    #[must_use]
    pub fn is_not_null(self) -> Self {
        Self::IsNull(Box::new(self), false)
    }

    /// `self IS NULL`
    #[must_use]
    pub fn is_null(self) -> Self {
        Self::IsNull(Box::new(self), true)
    }

    /// `self AND right`
    #[must_use]
    pub fn and(self, right: Self) -> Self {
        Self::And(vec![self, right])
    }

    /// `CASE WHEN condition THEN self END`
    #[must_use]
    pub fn when(self, condition: Self) -> Self {
        Self::Case(vec![(condition, self)], None)
    }

    /// `self OVER (ORDER BY …)`
    #[must_use]
    pub fn over(self, order: Vec<Self>) -> Self {
        Self::Over(Box::new(self), order)
    }

    /// `(SELECT …)`
    pub fn scalar(select: Select) -> Self {
        Self::Scalar(Box::new(select))
    }

    /// The SQL of this expression, judged by PostgreSQL's scanner and grammar.
    pub fn print(&self) -> Result<String, Mismatch> {
        guard::expression(self)
    }
}

/// `SELECT … FROM … WHERE … ORDER BY … OFFSET 0`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Select {
    /// `DISTINCT`
    pub distinct: bool,
    /// Each with its alias; an alias of `None` prints none.
    pub columns: Vec<(Expr, Option<Ident>)>,
    /// What it reads, with joins in order.
    pub from: Vec<From>,
    /// `WHERE`
    pub condition: Option<Expr>,
    /// `GROUP BY`
    pub group_by: Vec<Expr>,
    /// `ORDER BY`
    pub order_by: Vec<Expr>,
    /// `LIMIT`
    pub limit: Option<u32>,
    /// `OFFSET 0`: keeps the planner from flattening this select, so that what it computes is computed once.
    pub barrier: bool,
}

/// One item of a FROM list; the first has no join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    /// The relation.
    pub relation: Relation,
    /// Its alias.
    pub alias: Ident,
    /// Column aliases after the alias: `v(i, word)`.
    pub columns: Vec<Ident>,
    /// How it joins what stands before it.
    pub join: Join,
}

/// What a FROM item reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `[ONLY] schema.table`
    Table {
        /// The table.
        name: QName,
        /// `ONLY`: without inheritance children.
        only: bool,
    },
    /// `(SELECT …)`
    Select(Box<Select>),
    /// `(VALUES (…), (…))`
    Values(Vec<Vec<Expr>>),
    /// `function(…) [WITH ORDINALITY]`
    Function(Expr, bool),
}

/// How a FROM item joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Join {
    /// The first item.
    First,
    /// `LEFT JOIN … ON …`
    Left(Expr),
    /// `FULL JOIN … ON …`
    Full(Expr),
    /// `CROSS JOIN`
    Cross,
    /// `CROSS JOIN LATERAL`
    Lateral,
    /// `JOIN … ON …`
    Inner(Expr),
}

/// What reads well where SQL is built.
impl From {
    /// The first item of a FROM list.
    pub fn first(relation: Relation, alias: impl Into<String>) -> Self {
        Self { relation, alias: Ident::new(alias), columns: Vec::new(), join: Join::First }
    }

    /// A further item.
    pub fn joined(relation: Relation, alias: impl Into<String>, join: Join) -> Self {
        Self { relation, alias: Ident::new(alias), columns: Vec::new(), join }
    }
}

impl Relation {
    /// A table with its inheritance children.
    pub fn table(name: QName) -> Self {
        Self::Table { name, only: false }
    }
}
