//! A file for psql: comments, statements and psql's own commands.
//!
//! The tree of a statement takes ten times its text, and an export of many tables has very many of them. So each piece
//! is printed and judged as it is added, and its tree goes at once; the first piece that is not read back as it was
//! meant is kept in mind, and there is no text.

use super::layout::{Doc, exact};
use super::print_statement::statement;
use super::psql::{Meta, Word};
use super::token::{Token, check_text, check_variable};
use super::{CopyFormat, CopyOptions, Ident, Mismatch, Statement, data, guard};
use crate::catalog::QName;

/// A file for psql.
#[derive(Debug, Default)]
pub struct Script {
    text: String,
    /// Comments and empty lines above the next statement, with which they are judged.
    above: Vec<Doc<'static>>,
    failure: Option<Mismatch>,
}

/// How a statement is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// `;`
    Semicolon,
    /// `\g file`: what it returns goes to the file.
    File(Word),
    /// `\g |command`: what it returns goes to a command. psql takes the rest of the line as it stands, and does not tell
    /// how the command ended.
    Program(String),
    /// `\gset prefix`: what it returns becomes variables.
    Set(Option<String>),
}

impl Script {
    /// An empty file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a comment; a text of several lines gives several comments.
    pub fn comment(&mut self, text: &str) -> &mut Self {
        let lines = text.lines().map(|line| Doc::Token(Token::comment(line.trim_end())));
        self.above.extend(lines.flat_map(|comment| [comment, Doc::Hard]));
        self
    }

    /// Adds an empty line.
    pub fn blank(&mut self) -> &mut Self {
        self.above.push(Doc::Hard);
        self
    }

    /// Adds a statement that ends in a semicolon.
    pub fn run(&mut self, statement: Statement) -> &mut Self {
        self.send(statement, End::Semicolon)
    }

    /// Adds a statement.
    #[allow(clippy::needless_pass_by_value, reason = "a statement that was sent is done with")]
    pub fn send(&mut self, of: Statement, end: End) -> &mut Self {
        self.attempt(|script| {
            let mut docs: Vec<Doc<'_>> = std::mem::take(&mut script.above);
            docs.push(statement(&of));
            if end == End::Semicolon {
                docs.push(exact(";"));
            }
            docs.push(Doc::Hard);
            script.text.push_str(&guard::section(&Doc::All(docs), Some(of.node()))?);
            script.text.push_str(&end.print()?.unwrap_or_default());
            Ok(())
        })
    }

    /// Adds one of psql's commands.
    #[allow(clippy::needless_pass_by_value, reason = "a command that was added is done with")]
    pub fn meta(&mut self, meta: Meta) -> &mut Self {
        self.attempt(|script| {
            script.flush()?;
            script.text.push_str(&meta.print()?);
            script.text.push('\n');
            Ok(())
        })
    }

    /// Adds rows for `COPY … FROM STDIN`, in the text format.
    pub fn rows<R, F>(&mut self, table: QName, columns: Vec<Ident>, mut rows: impl Iterator<Item = R>) -> &mut Self
    where
        R: AsRef<[F]>,
        F: AsRef<str>,
    {
        let options = CopyOptions { format: CopyFormat::Text, header: false };
        self.run(Statement::CopyFrom { table, columns, options });
        self.attempt(|script| {
            let text = &mut script.text;
            rows.try_for_each(|row| {
                data::line(text, row.as_ref().iter().map(AsRef::as_ref))?;
                text.push('\n');
                Ok(())
            })?;
            text.extend([data::END, "\n"]);
            Ok(())
        })
    }

    /// The file's text, if PostgreSQL's scanner and grammar read exactly what was meant.
    ///
    /// # Errors
    /// The first piece that they read otherwise.
    pub fn print(mut self) -> Result<String, Mismatch> {
        self.attempt(Self::flush);
        match self.failure {
            Some(mismatch) => Err(mismatch),
            None => Ok(self.text),
        }
    }

    /// Keeps what could not be made into a statement: there is no text.
    pub fn fail(&mut self, mismatch: Mismatch) -> &mut Self {
        self.attempt(|_| Err(mismatch))
    }

    fn attempt(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Mismatch>) -> &mut Self {
        if self.failure.is_none() {
            self.failure = work(self).err();
        }
        self
    }

    /// Judges and puts out comments that no statement follows.
    fn flush(&mut self) -> Result<(), Mismatch> {
        let above = std::mem::take(&mut self.above);
        if !above.is_empty() {
            self.text.push_str(&guard::section(&Doc::All(above), None)?);
        }
        Ok(())
    }
}

impl End {
    /// The command that sends the statement, on a line of its own.
    fn print(&self) -> Result<Option<String>, Mismatch> {
        match self {
            Self::Semicolon => Ok(None),
            Self::File(file) => Ok(Some(format!("\\g {}\n", file.print_file()?))),
            Self::Program(command) => {
                check_text("a command", command, &[])?;
                Ok(Some(format!("\\g |{command}\n")))
            }
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
        guard::section(&statement(self), Some(self.node()))
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
