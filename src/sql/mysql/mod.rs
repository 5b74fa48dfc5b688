//! MySQL's SQL, printed from the same tree in one place and judged by a grammar of MySQL.
//!
//! The tree is the one that PostgreSQL's SQL is printed from, and most of what it can say has no meaning here: such a node
//! is an error and never a file. Functions are those of [`FUNCTIONS`] and operators those of [`OPERATORS`], so that a
//! call that PostgreSQL would understand otherwise cannot slip through. What a text means must not depend on `sql_mode`:
//! `||` is never printed, and a string with a backslash or a control character is printed as its bytes.

mod guard;
mod print;
mod statement;

pub use statement::{Account, ColumnType, Encryption, Grant, Load, Object, Outfile, Script, Statement};

use super::{Expr, Mismatch};
use crate::catalog::{DataType, QName};

/// The schema of types that are printed as MySQL's casts.
pub const CASTS: &str = "mysql";

/// What MySQL 5.7 and newer calls so, with the meaning that the masks rely on.
const FUNCTIONS: [&str; 50] = [
    "ABS",
    "BIT_XOR",
    "CEILING",
    "CHAR_LENGTH",
    "COALESCE",
    "CONCAT",
    "CONCAT_WS",
    "CONNECTION_ID",
    "CONV",
    "COUNT",
    "DATABASE",
    "DATE",
    "DATE_ADD",
    "DATE_FORMAT",
    "DAYOFMONTH",
    "ELT",
    "FLOOR",
    "GREATEST",
    "HEX",
    "HOUR",
    "IF",
    "IFNULL",
    "INSERT",
    "LAST_DAY",
    "LEAST",
    "LEFT",
    "LENGTH",
    "LOCATE",
    "LOWER",
    "LPAD",
    "MAKEDATE",
    "MICROSECOND",
    "MIN",
    "MINUTE",
    "MOD",
    "MONTH",
    "NOT",
    "NULLIF",
    "QUARTER",
    "REPEAT",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "ROUND",
    "RTRIM",
    "SHA2",
    "SIGN",
    "SUBSTRING",
    "UNHEX",
    "YEAR",
];

/// Operators with one meaning under every `sql_mode`.
const OPERATORS: [&str; 20] = [
    "=", "<>", "<", ">", "<=", ">=", "<=>", "+", "-", "*", "/", "%", "DIV", "&", "^", "LIKE", "REGEXP", "IN", ">>",
    "<<",
];

impl Expr {
    /// `CONVERT(self USING utf8mb4)`: characters, whatever set the column has.
    #[must_use]
    pub fn utf8(self) -> Self {
        self.mysql_cast("utf8mb4")
    }

    /// `CAST(self AS …)`: `char`, `binary`, `signed`, `unsigned`, `date`, `datetime`, or `utf8mb4` for
    /// [`Expr::utf8`].
    #[must_use]
    pub fn mysql_cast(self, name: &str) -> Self {
        self.cast_to(DataType { name: QName::new(CASTS, name), modifiers: Vec::new(), dimensions: 0 })
    }

    /// `CAST(self AS DECIMAL(precision, scale))`
    #[must_use]
    pub fn mysql_decimal(self, precision: i32, scale: i32) -> Self {
        self.cast_to(DataType { name: QName::new(CASTS, "decimal"), modifiers: vec![precision, scale], dimensions: 0 })
    }

    /// A session's own variable: `@name`.
    pub fn user_variable(name: &str) -> Self {
        Self::Variable(name.to_owned())
    }

    /// The SQL of this expression for MySQL, judged by a grammar of MySQL.
    pub fn print_mysql(&self) -> Result<String, Mismatch> {
        guard::expression(self)
    }
}

/// Whether a text is an expression over columns: for a message where one is not.
pub fn tokens_of(text: &str) -> Result<Vec<sqlparser::tokenizer::Token>, String> {
    guard::tokens(text)
}
