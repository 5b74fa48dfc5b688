//! A dictionary of the user's own: columns of words that stand in a CSV file of the project.
//!
//! The first line names the columns; a row is a set of words that belong together, such as a name and its reading. The
//! texts are read with the policy, so that the same commit means the same masks everywhere.

use crate::csv;
use crate::source::{Sources, Span};
use std::sync::Arc;

/// The words of one column of a dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// In the file's order.
    pub list: Arc<[String]>,
    /// The first 16 hexadecimal digits of the SHA-256 of the file, for a reader of `coverage.txt`.
    pub digest: String,
}

/// Why there are no words.
#[derive(Debug)]
pub enum Fault {
    /// No file is called so; those that there are.
    Unknown(Vec<String>),
    /// The file has no such column; those that it has.
    Column(Vec<String>),
    /// The file cannot be used: what is wrong, and where.
    File(String, Span),
}

/// What a dictionary's file ends with.
const ENDING: &str = ".csv";
/// More words than this belong into a table.
const MOST: usize = 10_000;
/// The most characters of a word.
const LONGEST: usize = 200;

/// The words of a column, the first where none is named. A dictionary is called as its file without folders and ending.
///
/// # Errors
/// There is no such file or column, or the file is no dictionary.
pub fn read(sources: &Sources, name: &str, column: Option<&str>) -> Result<Words, Fault> {
    let stem = |path: &str| {
        let file = path.rsplit('/').next().unwrap_or_default();
        file.strip_suffix(ENDING).map(str::to_owned)
    };
    let found = sources.iter().find(|(_, source)| stem(&source.path).as_deref() == Some(name));
    let Some((id, source)) = found else {
        return Err(Fault::Unknown(sources.iter().filter_map(|(_, source)| stem(&source.path)).collect()));
    };
    let at_line = |line: usize| {
        let start = source.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
        let length = source.text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        Span::new(id, start, start + length)
    };
    let records = csv::parse(&source.text).map_err(|fault| Fault::File(fault.what, at_line(fault.line)))?;
    let refused = |line: usize, what: &str| Fault::File(what.to_owned(), at_line(line));
    let Some((header, rows)) = records.split_first() else {
        return Err(refused(1, "expected a line of column names, found none"));
    };
    let header: Vec<String> = header.iter().map(|name| name.clone().unwrap_or_default()).collect();
    let place = column.map_or(Some(0), |column| header.iter().position(|name| name == column));
    let Some(place) = place else { return Err(Fault::Column(header)) };
    if !(2..=MOST).contains(&rows.len()) {
        return Err(refused(
            1,
            &format!("expected 2 to {MOST} rows of words below the column names, found {}", rows.len()),
        ));
    }
    let mut list = Vec::with_capacity(rows.len());
    for (row, line) in rows.iter().zip(2..) {
        let word = row.get(place).cloned().flatten().unwrap_or_default();
        if word.is_empty() || word.chars().count() > LONGEST || word.contains(char::is_control) {
            let what = "expected a word of 1 to 200 characters, none of them a control character, in each row";
            return Err(refused(line, what));
        }
        list.push(word);
    }
    let digest = crate::artifact::digest(source.text.as_bytes()).chars().take(16).collect();
    Ok(Words { list: list.into(), digest })
}
