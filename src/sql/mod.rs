//! SQL as a typed tree, printed in one place and judged by PostgreSQL's own grammar.
//!
//! Nothing outside this folder pastes SQL together. A statement is built from [`Expr`], [`Select`] and
//! [`Statement`]; the printer turns it into tokens and lays those out; the guard reads the printed text again
//! with PostgreSQL's scanner and parser and compares it with the tokens that were meant.

use crate::catalog::{DataType, QName};

/// A single identifier; always printed in double quotes unless it is a plain lower-case word that is no keyword.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ident(pub String);

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
    /// `function(…)`; `None` as schema means `pg_catalog` by search path.
    Call(Option<Ident>, Ident, Vec<Expr>),
    /// `expr::type`
    Cast(Box<Expr>, DataType),
    /// `a OP b`, parenthesised where it stands inside another operator. The operator is one of PostgreSQL's own.
    Operator(Box<Expr>, &'static str, Box<Expr>),
    /// `CASE WHEN … THEN … ELSE … END`; without `ELSE` it is NULL.
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// `expr IS NULL` or, when the flag is false, `expr IS NOT NULL`.
    IsNull(Box<Expr>, bool),
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
    /// A user's own expression.
    Source(SourceSql),
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
    /// `CROSS JOIN`
    Cross,
    /// `CROSS JOIN LATERAL`
    Lateral,
}
