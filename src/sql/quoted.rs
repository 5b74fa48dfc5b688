//! SQL inside a string of SQL: what a function of the server takes as text and runs.
//!
//! The inner statement is a tree like any other. It is printed and judged on its own first, by the same guard; then its
//! text becomes a string of the statement around it. Where the outer statement has to give a value, the inner one has a
//! [`Expr::Hole`]: it is judged with an empty string in its place, and the outer statement puts `quote_literal` of the
//! value there, so that whatever the value is, one string stands where one string was judged.

use super::layout::{self, Doc, all, commas, exact, separated};
use super::print::{expr, name, qname, select};
use super::print_statement::{self, copy_from};
use super::token::{Meaning, Token};
use super::{CopyFormat, CopyOptions, Expr, Ident, Mismatch, Select, Statement, guard};
use crate::catalog::QName;

/// A statement as the value of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `quote_literal(…)`
    Value(Expr),
}

impl Quoted {
    /// A SELECT that the server runs later.
    ///
    /// # Errors
    /// What PostgreSQL would read otherwise than it is meant, and a psql variable: psql looks into no string.
    pub fn select(of: &Select) -> Result<Self, Mismatch> {
        let doc = select(of, &Doc::Hard);
        guard::quoted(&doc, "SelectStmt")?;
        let printed = layout::print(&doc);
        let mut parts = Vec::new();
        let mut done = 0;
        for (start, token) in &printed.tokens {
            if let Meaning::Hole(value) = &token.meaning {
                parts.push(Part::Text(printed.text.get(done..*start).unwrap_or_default().to_owned()));
                parts.push(Part::Value(Expr::call("quote_literal", [(*value).clone().cast("text")])));
                done = start + token.text.len();
            }
        }
        parts.push(Part::Text(printed.text.get(done..).unwrap_or_default().to_owned()));
        Ok(Self { parts })
    }

    /// Another statement that the server runs later.
    ///
    /// # Errors
    /// The same, and a value of the statement around.
    pub fn statement(of: &Statement) -> Result<Self, Mismatch> {
        let doc = print_statement::statement(of);
        guard::quoted(&doc, of.node())?;
        Ok(Self { parts: vec![Part::Text(guard::section(&doc, Some(of.node()))?)] })
    }

    /// A table's name and its columns, as functions take them that put both into a COPY of their own.
    ///
    /// # Errors
    /// A name that cannot be printed.
    pub fn table(table: &QName, columns: &[Ident]) -> Result<(Expr, Expr), Mismatch> {
        let options = CopyOptions { format: CopyFormat::Csv, header: false };
        guard::section(&copy_from(table, columns, options), Some("CopyStmt"))?;
        let table = layout::print(&qname(table)).text;
        let columns = layout::print(&commas(columns.iter().map(name).collect(), Doc::Space)).text;
        Ok((Expr::Text(table), Expr::Text(columns)))
    }
}

/// `$…$SELECT … $…$`, or such texts with values between them.
pub(super) fn print(of: &Quoted) -> Doc<'_> {
    let parts = of.parts.iter().map(|part| match part {
        Part::Text(text) => Doc::Token(Token::dollar(text)),
        Part::Value(value) => expr(value),
    });
    separated(parts.collect(), &all([Doc::Line, exact("||"), Doc::Space]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{From, Relation, SourceSql};

    fn select(value: Expr) -> Select {
        Select { columns: vec![(value, Some(Ident::from("a")))], ..Select::default() }
    }

    /// The text of the inner statement, as the outer one has it.
    fn outer(value: Expr) -> Result<String, Mismatch> {
        let quoted = Expr::Quoted(Quoted::select(&select(value))?);
        let call = Expr::call("upper", [quoted]);
        let from = vec![From::first(Relation::Function(call, false), "f")];
        Statement::Select(Select { from, ..select(Expr::of("f", "f")) }).print()
    }

    #[test]
    fn a_statement_stands_in_a_string_as_it_is() {
        let text = outer(Expr::text("it's $noren$ :'x'")).unwrap();
        assert!(text.contains("$noren_1$SELECT 'it''s $noren$ :''x''' AS a$noren_1$"), "{text}");
    }

    #[test]
    fn values_come_in_as_strings() {
        let hole = Expr::Hole(Box::new(Expr::of("piece", "low"))).cast("tid");
        let text = outer(hole).unwrap();
        assert!(
            text.contains("$noren$SELECT $noren$ || quote_literal(piece.low::text) || $noren$::tid AS a$noren$"),
            "{text}"
        );
    }

    #[test]
    fn statements_stand_in_strings_too() {
        let quoted = Quoted::statement(&Statement::Do("BEGIN PERFORM 'it''s'; END")).unwrap();
        let text = Statement::Select(select(Expr::Quoted(quoted))).print().unwrap();
        let inner = "DO LANGUAGE plpgsql $noren$BEGIN PERFORM 'it''s'; END$noren$";
        assert!(text.contains(&format!("$noren_1${inner}$noren_1$")), "{text}");
        for refused in [Expr::Variable("run".to_owned()), Expr::Hole(Box::new(Expr::Null))] {
            assert!(Quoted::statement(&Statement::Select(select(refused))).is_err());
        }
    }

    #[test]
    fn what_would_mean_something_else_is_refused() {
        assert!(outer(Expr::Variable("run".to_owned())).is_err(), "psql looks into no string");
        for forged in ["1; SELECT 2", "1)", "'"] {
            let source = Expr::Source(SourceSql { text: forged.to_owned() });
            assert!(outer(source).is_err(), "{forged}");
        }
        let hole = Expr::Hole(Box::new(Expr::Null));
        assert!(Statement::Select(select(hole)).print().is_err(), "a hole outside of a string");
        let bad = QName::new("public", "a\nb");
        assert!(Quoted::table(&bad, &[]).is_err());
        let (table, columns) =
            Quoted::table(&QName::new("public", "a\"; b"), &[Ident::from("x y"), Ident::from("z")]).unwrap();
        assert_eq!((table, columns), (Expr::text("public.\"a\"\"; b\""), Expr::text("\"x y\", z")));
    }
}
