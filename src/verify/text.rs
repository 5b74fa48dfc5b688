//! Statements that a check sends: fixed text with typed holes.
//!
//! The problem: what is asked of a server names tables, columns, roles and values of somebody else's schema, and a name
//! with a quote in it must stay a name. The mechanism: the text around the holes is `&'static str`, so it can only come
//! from this program, and a hole takes a [`Part`], which prints itself quoted. What leaves the house as SQL is a typed
//! tree instead ([`crate::sql`]); these statements are written here, run here and thrown away.

use crate::catalog::QName;
use crate::sql::identifier;

/// A statement, or a piece of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sql(String);

/// What may stand in a hole.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// An identifier.
    Name(&'a str),
    /// A table or view with its schema.
    Relation(&'a QName),
    /// A string.
    Text(&'a str),
    /// A piece that was put together like this one.
    Sql(&'a Sql),
}

impl Sql {
    /// `$1` to `$9` in the text are the parts, each as often as it stands there.
    pub fn of(text: &'static str, parts: &[Part<'_>]) -> Self {
        let mut printed = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            printed.push_str(before);
            let hole = after.chars().next().and_then(|digit| digit.to_digit(10)).and_then(|digit| digit.checked_sub(1));
            rest = if let Some(part) = hole.and_then(|at| parts.get(usize::try_from(at).ok()?)) {
                part.print(&mut printed);
                after.get(1..).unwrap_or_default()
            } else {
                printed.push('$');
                after
            };
        }
        printed.push_str(rest);
        Self(printed)
    }

    /// A statement of this program, or one that a generated or a user's file holds.
    pub fn whole(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Pieces with a word between them.
    pub fn joined(pieces: &[Self], between: &'static str) -> Self {
        Self(pieces.iter().map(Self::as_str).collect::<Vec<_>>().join(between))
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Part<'_> {
    fn print(self, printed: &mut String) {
        match self {
            Self::Name(name) => printed.push_str(&identifier(name)),
            Self::Relation(name) => {
                printed.push_str(&identifier(&name.schema));
                printed.push('.');
                printed.push_str(&identifier(&name.name));
            }
            Self::Text(text) => printed.push_str(&literal(text)),
            Self::Sql(sql) => printed.push_str(&sql.0),
        }
    }
}

/// A string that means the same whatever `standard_conforming_strings` is.
fn literal(text: &str) -> String {
    let quotes = text.replace('\'', "''");
    if quotes.contains('\\') { format!("E'{}'", quotes.replace('\\', "\\\\")) } else { format!("'{quotes}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_strings_stay_what_they_are() {
        let table = QName::new("a\"b", "Odd $1");
        let sql = Sql::of(
            "SELECT $1 FROM $2 WHERE $1 = $3 AND $$ $9",
            &[Part::Name("x\"y"), Part::Relation(&table), Part::Text("it's \\ $2")],
        );
        assert_eq!(
            sql.as_str(),
            "SELECT \"x\"\"y\" FROM \"a\"\"b\".\"Odd $1\" WHERE \"x\"\"y\" = E'it''s \\\\ $2' AND $$ $9"
        );
    }
}
