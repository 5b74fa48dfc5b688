//! psql's own commands, each on its one line, and how their arguments are quoted.
//!
//! An argument is a word of parts that stand together: text in single quotes (doubled inside, backslash escapes),
//! `:variable`, and the output of a shell command in backquotes. Inside single quotes psql puts in no variables.
//! `\copy` is apart: its whole line is taken as it stands, with neither variables nor backquotes.

use super::layout::{Doc, all, exact};
use super::print::{name, qname};
use super::print_statement::{copy_from, copy_options};
use super::token::{check_text, check_variable};
use super::{CopyOptions, Ident, Mismatch, guard, layout, shell};
use crate::catalog::QName;

/// One of psql's commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meta {
    /// `\set name word …`: the words are put together without spaces.
    Set(String, Vec<Word>),
    /// `\unset name`
    Unset(String),
    /// `\echo word …`
    Echo(Vec<Word>),
    /// `\qecho word …`: to where `\o` says.
    Qecho(Vec<Word>),
    /// `\warn word …`: to the standard error.
    Warn(Vec<Word>),
    /// `\cd folder`
    ChangeDirectory(Word),
    /// `\o file`; without a file, back to the standard output.
    Output(Option<Word>),
    /// `\ir file`
    Include(Word),
    /// `\setenv name value`: what commands that psql runs find in their environment; without a value, no more.
    SetEnvironment(String, Option<Word>),
    /// `\getenv variable environment` (psql 14+)
    GetEnvironment(String, String),
    /// `\if …`
    If(Condition),
    /// `\elif …`
    ElseIf(Condition),
    /// `\else`
    Else,
    /// `\endif`
    EndIf,
    /// `\copy …`
    Copy(CopyCommand),
    /// `\pset option value`: both as they stand, the second with psql's own quotes where it needs some.
    PrintSetting(&'static str, &'static str),
    /// `\q`
    Quit,
}

/// What `\if` tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `:name`: the variable holds `true`, `on`, `1` or the like.
    Variable(String),
    /// `:{?name}`: the variable is set.
    Defined(String),
    /// The command's output is true.
    Shell(Shell),
}

/// An argument: parts that stand together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word(pub Vec<WordPart>);

/// A part of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordPart {
    /// Exactly this text.
    Text(String),
    /// `:name`
    Variable(String),
    /// The output of a command.
    Shell(Shell),
}

/// A shell command in backquotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shell(pub Vec<ShellPart>);

/// A part of a shell command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShellPart {
    /// Shell text of ours.
    Code(&'static str),
    /// One argument, quoted for the shell.
    Argument(String),
    /// `:'name'`: a psql variable, quoted for the shell by psql. A value with a newline psql leaves out, and the
    /// command gets `:name` instead: no such value may come here.
    Variable(String),
}

/// `\copy table (…) from … with (…)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyCommand {
    /// Where to.
    pub table: QName,
    /// Its columns, in the file's order.
    pub columns: Vec<Ident>,
    /// Where from.
    pub source: CopySource,
    /// How.
    pub options: CopyOptions,
}

/// What `\copy` reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopySource {
    /// A file on the client.
    File(String),
    /// The output of a shell command; no variable of psql can reach it.
    Program(String),
    /// psql's standard input.
    StandardInput,
}

impl Word {
    /// Exactly this text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![WordPart::Text(text.into())])
    }

    /// `:name`
    pub fn variable(name: impl Into<String>) -> Self {
        Self(vec![WordPart::Variable(name.into())])
    }

    /// A command's output.
    pub fn shell(parts: Vec<ShellPart>) -> Self {
        Self(vec![WordPart::Shell(Shell(parts))])
    }

    /// With more text after it.
    #[must_use]
    pub fn and(mut self, text: impl Into<String>) -> Self {
        self.0.push(WordPart::Text(text.into()));
        self
    }

    pub(super) fn print(&self) -> Result<String, Mismatch> {
        if self.0.is_empty() {
            return Ok("''".to_owned());
        }
        let mut word = String::new();
        let mut after_variable = false;
        for part in &self.0 {
            // `:dir` and then `name` would be `:dirname`.
            match part {
                WordPart::Text(text) if after_variable && !text.starts_with('/') => word.push_str(&quote_always(text)?),
                part => word.push_str(&part.print()?),
            }
            after_variable = matches!(part, WordPart::Variable(_));
        }
        Ok(word)
    }

    /// A file's name; psql would run one that starts with a bar.
    pub(super) fn print_file(&self) -> Result<String, Mismatch> {
        match self.0.first() {
            Some(WordPart::Text(text)) if text.starts_with('|') || text.is_empty() => {
                Err(Mismatch::Unprintable(format!("expected a file's name, found `{text}`")))
            }
            None => Err(Mismatch::Unprintable("expected a file's name, found nothing".to_owned())),
            _ => self.print(),
        }
    }
}

impl WordPart {
    fn print(&self) -> Result<String, Mismatch> {
        match self {
            Self::Text(text) => quote(text),
            Self::Variable(name) => {
                check_variable(name)?;
                Ok(format!(":{name}"))
            }
            Self::Shell(shell) => shell.print(),
        }
    }
}

fn is_bare(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./,".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// Single quotes; a backslash would start an escape and is doubled.
fn quote(text: &str) -> Result<String, Mismatch> {
    if is_bare(text) { Ok(text.to_owned()) } else { quote_always(text) }
}

fn quote_always(text: &str) -> Result<String, Mismatch> {
    check_text("an argument of psql", text, &['\n', '\t'])?;
    let escaped = text.replace('\\', "\\\\").replace('\'', "''").replace('\n', "\\n").replace('\t', "\\t");
    Ok(format!("'{escaped}'"))
}

impl Shell {
    fn print(&self) -> Result<String, Mismatch> {
        let mut command = String::new();
        for part in &self.0 {
            match part {
                ShellPart::Code(code) => command.push_str(&without_variables(code)?),
                ShellPart::Argument(text) => command.push_str(&without_variables(&shell::word(text))?),
                ShellPart::Variable(name) => {
                    check_variable(name)?;
                    command.extend([":'", name, "'"]);
                }
            }
        }
        Ok(format!("`{command}`"))
    }
}

/// psql puts variables into backquotes too, and a backquote or a new line ends them.
fn without_variables(code: &str) -> Result<String, Mismatch> {
    check_text("a shell command", code, &[])?;
    let touches = code.split(':').skip(1).any(|after| after.starts_with(is_variable_start));
    if code.contains('`') || touches {
        return Err(Mismatch::Unprintable(format!("psql would change the shell command `{code}`")));
    }
    Ok(code.to_owned())
}

fn is_variable_start(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || !letter.is_ascii() || ['_', '\'', '"', '{'].contains(&letter)
}

impl Condition {
    fn print(&self) -> Result<String, Mismatch> {
        match self {
            Self::Variable(name) => Word::variable(name.clone()).print(),
            Self::Defined(name) => {
                check_variable(name)?;
                Ok(format!(":{{?{name}}}"))
            }
            Self::Shell(shell) => shell.print(),
        }
    }
}

impl Meta {
    /// The command's line.
    pub(super) fn print(&self) -> Result<String, Mismatch> {
        match self {
            Self::Set(name, words) => {
                check_variable(name)?;
                line(&format!("set {name}"), words)
            }
            Self::Unset(name) => {
                check_variable(name)?;
                Ok(format!("\\unset {name}"))
            }
            Self::Echo(words) => line("echo", words),
            Self::Qecho(words) => line("qecho", words),
            Self::Warn(words) => line("warn", words),
            Self::ChangeDirectory(folder) => Ok(format!("\\cd {}", folder.print_file()?)),
            Self::Output(None) => Ok("\\o".to_owned()),
            Self::Output(Some(file)) => Ok(format!("\\o {}", file.print_file()?)),
            Self::Include(file) => Ok(format!("\\ir {}", file.print_file()?)),
            Self::GetEnvironment(variable, environment) => {
                check_variable(variable)?;
                check_variable(environment)?;
                Ok(format!("\\getenv {variable} {environment}"))
            }
            Self::SetEnvironment(name, value) => {
                check_variable(name)?;
                line(&format!("setenv {name}"), value.as_slice())
            }
            Self::If(condition) => Ok(format!("\\if {}", condition.print()?)),
            Self::ElseIf(condition) => Ok(format!("\\elif {}", condition.print()?)),
            Self::Else => Ok("\\else".to_owned()),
            Self::EndIf => Ok("\\endif".to_owned()),
            Self::Copy(copy) => copy.print(),
            Self::PrintSetting(option, value) => Ok(format!("\\pset {option} {value}")),
            Self::Quit => Ok("\\q".to_owned()),
        }
    }
}

fn line(command: &str, words: &[Word]) -> Result<String, Mismatch> {
    let words = words.iter().map(Word::print).collect::<Result<Vec<_>, _>>()?;
    let mut line = format!("\\{command}");
    for word in words {
        line.push(' ');
        line.push_str(&word);
    }
    Ok(line)
}

impl CopyCommand {
    /// The statement that psql makes of the line is what the guard judges; the line's own parts are the same.
    fn print(&self) -> Result<String, Mismatch> {
        guard::section(&copy_from(&self.table, &self.columns, self.options), Some("CopyStmt"))?;
        let source = match &self.source {
            CopySource::File(path) => copy_quote(path)?,
            CopySource::Program(command) => format!("program {}", copy_quote(command)?),
            CopySource::StandardInput => "pstdin".to_owned(),
        };
        let columns = self.columns.iter().map(name).flat_map(|column| [exact(","), Doc::Space, column]).skip(2);
        let target = all([qname(&self.table), Doc::Space, exact("(")].into_iter().chain(columns).chain([exact(")")]));
        let target = layout::print(&target).text;
        let options = layout::print(&copy_options(self.options, "MATCH")).text;
        Ok(format!("\\copy {target} from {source} {options}"))
    }
}

/// `\copy` knows doubled quotes and nothing else.
fn copy_quote(text: &str) -> Result<String, Mismatch> {
    check_text("a file's name or a command", text, &[])?;
    Ok(format!("'{}'", text.replace('\'', "''")))
}
