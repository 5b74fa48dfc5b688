//! MySQL's SQL, printed from the same tree in one place and judged by a grammar of MySQL.
//!
//! The tree is the one that PostgreSQL's SQL is printed from, and most of what it can say has no meaning here: such a node
//! is an error and never a file. Functions are those of `FUNCTIONS` and operators those of `OPERATORS`, so that a
//! call that PostgreSQL would understand otherwise cannot slip through. What a text means must not depend on `sql_mode`:
//! `||` is never printed, and a string with a backslash or a control character is printed as its bytes.

mod guard;
mod json_table;
mod print;
mod statement;

pub use statement::{Account, ColumnType, Field, Grant, Load, Object, Outfile, Script, Statement};

use super::{Expr, Mismatch};
use crate::catalog::{DataType, QName};

/// The schema of types that are printed as MySQL's casts.
pub const CASTS: &str = "mysql";

/// What MySQL 5.7 and newer calls so, with the meaning that the masks and the files rely on; `REGEXP_REPLACE` and windows are of
/// 8.0, and a mask asks for the version before it writes them.
const FUNCTIONS: [&str; 51] = [
    "ABS",
    "CHAR_LENGTH",
    "COALESCE",
    "CONCAT",
    "CONCAT_WS",
    "CONV",
    "COUNT",
    "DATABASE",
    "DATE_FORMAT",
    "ELT",
    "FIRST_VALUE",
    "FROM_DAYS",
    "GREATEST",
    "HEX",
    "INET6_ATON",
    "INET6_NTOA",
    "INSERT",
    "JSON_ARRAY",
    "JSON_CONTAINS_PATH",
    "JSON_EXTRACT",
    "JSON_KEYS",
    "JSON_LENGTH",
    "JSON_QUOTE",
    "JSON_REMOVE",
    "JSON_TYPE",
    "JSON_UNQUOTE",
    "LEAD",
    "LEAST",
    "LEFT",
    "LENGTH",
    "LOCATE",
    "LOWER",
    "LPAD",
    "MIN",
    "QUARTER",
    "REGEXP_REPLACE",
    "REPEAT",
    "REPLACE",
    "RIGHT",
    "ROUND",
    "ROW_NUMBER",
    "RPAD",
    "RTRIM",
    "SHA2",
    "SUBSTRING",
    "TO_BASE64",
    "TO_DAYS",
    "UNHEX",
    "UPPER",
    "WEEKDAY",
    "YEAR",
];

/// Operators with one meaning under every `sql_mode`.
const OPERATORS: [&str; 16] =
    ["=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "%", "DIV", "&", "^", "LIKE", "REGEXP", "IN"];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_names_are_read_back_as_they_were_meant() {
        let print = |of: Expr| of.print_mysql().unwrap();
        assert_eq!(print(Expr::text("it's -- \"x\"")), "'it''s -- \"x\"'");
        assert_eq!(print(Expr::text("a\\")), "CONVERT(X'615C' USING utf8mb4)");
        assert_eq!(print(Expr::text("a\nb")), "CONVERT(X'610A62' USING utf8mb4)");
        assert_eq!(print(Expr::of("t", "a`b' -- \"")), "`t`.`a``b' -- \"`");
        assert_eq!(print(Expr::Integer(-1).op("%", Expr::Integer(7))), "(-1) % 7");
        assert!(Expr::column("").print_mysql().is_err());
        assert!(Expr::column("a\nb").print_mysql().is_err());
    }

    #[test]
    fn what_postgresql_alone_understands_is_refused() {
        let of = [
            Expr::text("a").op("||", Expr::text("b")),
            Expr::call("encode", [Expr::text("a"), Expr::text("hex")]),
            Expr::text("a").cast("text"),
            Expr::builtin("now", []),
            Expr::ArrayOf(Box::default()),
        ];
        for of in of {
            assert!(of.print_mysql().is_err(), "{of:?}");
        }
    }
}
