#![allow(clippy::disallowed_methods, reason = "what an export wrote is read from its folder")]
//! The files of a run folder.

use super::super::session::Row;
use super::needles;
use super::trace::{TableTrace, Trace};
use std::path::{Path, PathBuf};

/// Every file of a folder with its bytes as text, by name.
pub fn files(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let failed = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        std::fs::read(path).map(|bytes| (name, String::from_utf8_lossy(&bytes).into_owned())).map_err(failed)
    };
    paths.iter().map(read).collect()
}

/// The rows of a file that COPY wrote; the header is the first row where there is one.
pub fn rows(text: &str) -> Vec<Row> {
    text.split_terminator('\n').map(|line| line.split('\t').map(field).collect()).collect()
}

/// What the files of a trace hold, without their headers.
pub fn written(trace: &Trace<'_>) -> Vec<(String, String)> {
    let line = |row: &Row| {
        let fields: Vec<String> =
            row.iter().map(|value| value.as_deref().map_or_else(null, needles::to_copy)).collect();
        fields.join("\t") + "\n"
    };
    let file = |table: &TableTrace<'_>| {
        (format!("{}.txt", table.plan.stem), table.rows.iter().map(|row| line(&row.out)).collect())
    };
    trace.tables.iter().map(file).collect()
}

fn null() -> String {
    "\\N".to_owned()
}

fn field(text: &str) -> Option<String> {
    if text == "\\N" {
        return None;
    }
    let mut value = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            value.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some('b') => value.push('\u{8}'),
            Some('f') => value.push('\u{c}'),
            Some('v') => value.push('\u{b}'),
            Some(other) => value.push(other),
            None => value.push('\\'),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_the_empty_text_are_apart() {
        let text = |text: &str| Some(text.to_owned());
        let read = rows("\\N\t\ta\\tb\\\\N\n\\\\.\tx\t\n");
        assert_eq!(read, [vec![None, text(""), text("a\tb\\N")], vec![text("\\."), text("x"), text("")]]);
        assert_eq!(rows(""), Vec::<Row>::new());
    }
}
