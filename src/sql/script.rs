//! A file for psql: comments, statements and psql's own commands.

use super::layout::{Doc, exact};
use super::print_statement::statement;
use super::psql::{Meta, Word};
use super::token::{Token, check_variable};
use super::{Mismatch, Statement, guard};

/// A file for psql.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// In order.
    pub items: Vec<Item>,
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `-- text`, one line.
    Comment(String),
    /// An empty line.
    Blank,
    /// A statement and how it is sent.
    Statement(Box<Statement>, End),
    /// One of psql's commands.
    Meta(Meta),
}

/// How a statement is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// `;`
    Semicolon,
    /// `\g file`: what it returns goes to the file.
    File(Word),
    /// `\gset prefix`: what it returns becomes variables.
    Set(Option<String>),
}

/// Statements and comments between two of psql's commands.
#[derive(Default)]
struct Section {
    docs: Vec<Doc>,
    kinds: Vec<&'static str>,
}

impl Section {
    /// Judges what was gathered and puts it out.
    fn flush(&mut self, out: &mut String) -> Result<(), Mismatch> {
        let section = std::mem::take(self);
        if !section.docs.is_empty() {
            out.push_str(&guard::section(&Doc::All(section.docs), &section.kinds)?);
        }
        Ok(())
    }
}

impl Script {
    /// An empty file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a comment; a text of several lines gives several comments.
    pub fn comment(&mut self, text: &str) -> &mut Self {
        self.items.extend(text.lines().map(|line| Item::Comment(line.trim_end().to_owned())));
        self
    }

    /// Adds an empty line.
    pub fn blank(&mut self) -> &mut Self {
        self.items.push(Item::Blank);
        self
    }

    /// Adds a statement that ends in a semicolon.
    pub fn run(&mut self, statement: Statement) -> &mut Self {
        self.send(statement, End::Semicolon)
    }

    /// Adds a statement.
    pub fn send(&mut self, statement: Statement, end: End) -> &mut Self {
        self.items.push(Item::Statement(Box::new(statement), end));
        self
    }

    /// Adds one of psql's commands.
    pub fn meta(&mut self, meta: Meta) -> &mut Self {
        self.items.push(Item::Meta(meta));
        self
    }

    /// The file's text, if PostgreSQL's scanner and grammar read exactly what was meant.
    pub fn print(&self) -> Result<String, Mismatch> {
        let mut out = String::new();
        let mut section = Section::default();
        for item in &self.items {
            match item {
                Item::Comment(text) => section.docs.extend([Doc::Token(Token::comment(text)), Doc::Hard]),
                Item::Blank => section.docs.push(Doc::Hard),
                Item::Meta(meta) => {
                    section.flush(&mut out)?;
                    out.push_str(&meta.print()?);
                    out.push('\n');
                }
                Item::Statement(of, end) => {
                    section.kinds.push(of.node());
                    section.docs.push(statement(of));
                    if *end == End::Semicolon {
                        section.docs.push(exact(";"));
                    }
                    section.docs.push(Doc::Hard);
                    // Each statement is judged by itself: the tree of a whole file takes fifty times its text.
                    section.flush(&mut out)?;
                    out.push_str(&end.print()?.unwrap_or_default());
                }
            }
        }
        section.flush(&mut out)?;
        Ok(out)
    }
}

impl End {
    /// The command that sends the statement, on a line of its own.
    fn print(&self) -> Result<Option<String>, Mismatch> {
        match self {
            Self::Semicolon => Ok(None),
            Self::File(file) => Ok(Some(format!("\\g {}\n", file.print_file()?))),
            Self::Set(None) => Ok(Some("\\gset\n".to_owned())),
            Self::Set(Some(prefix)) => {
                check_variable(prefix)?;
                Ok(Some(format!("\\gset {prefix}\n")))
            }
        }
    }
}

impl Statement {
    /// The statement's text without a semicolon, judged as in [`Script::print`].
    pub fn print(&self) -> Result<String, Mismatch> {
        guard::section(&statement(self), &[self.node()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_comments_stay_where_they_are() {
        let mut script = Script::new();
        script.comment("one\ntwo").blank().run(Statement::Commit);
        assert_eq!(script.print().unwrap(), "-- one\n-- two\n\nCOMMIT;\n");
    }
}
