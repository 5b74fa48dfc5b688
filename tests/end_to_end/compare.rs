//! What an export says of itself, and whether source and target agree with it.

use std::path::Path;

use crate::rows::identifier;
use crate::support::{Database, from_copy};

/// A table of an export.
#[derive(Clone, Debug)]
pub struct Table {
    pub schema: String,
    pub name: String,
    /// The file's stem, and the table's name in the manifest.
    pub stem: String,
    pub columns: Vec<Column>,
}

/// A column of an exported table.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub fate: Fate,
}

/// What becomes of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Every value leaves as it is.
    Kept,
    /// Values leave as they are, or as NULL where their row is not there.
    Loosened,
    /// Values leave changed, or some do.
    Masked,
    /// Nothing leaves.
    Absent,
    /// The copy computes it again.
    Generated,
}

impl Table {
    /// `"schema"."table"`
    pub fn sql(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }

    /// `schema.table`
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    fn relation(&self, database: &Database) -> String {
        let partitioned = database.value(&format!(
            "SELECT relkind = 'p' FROM pg_class WHERE oid = '{}'::regclass",
            self.sql().replace('\'', "''")
        ));
        format!("{}{}", if partitioned == "t" { "" } else { "ONLY " }, self.sql())
    }

    fn kept(&self) -> Vec<String> {
        self.columns.iter().filter(|column| column.fate == Fate::Kept).map(|column| identifier(&column.name)).collect()
    }

    /// The kept columns of all rows as COPY writes them, sorted as bytes.
    fn kept_rows(&self, database: &Database) -> Vec<String> {
        let columns = self.kept();
        if columns.is_empty() {
            return Vec::new();
        }
        let copy = format!("{EXACT} COPY (SELECT {} FROM {}) TO STDOUT;", columns.join(", "), self.relation(database));
        let mut lines: Vec<String> = database.sql(&copy).split_terminator('\n').map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// The number of rows.
    pub fn count(&self, database: &Database) -> usize {
        database.value(&format!("SELECT count(*) FROM {}", self.relation(database))).parse().unwrap()
    }
}

const EXACT: &str = "SET extra_float_digits = 1; SET DateStyle = ISO; SET IntervalStyle = postgres; SET TimeZone = UTC; SET bytea_output = hex; SET client_min_messages = error;";

/// The manifest's lines for tables: name and row count.
pub fn manifest(run: &Path) -> Vec<(String, usize)> {
    std::fs::read_to_string(run.join("manifest"))
        .unwrap_or_else(|error| panic!("the manifest: {error}"))
        .lines()
        .filter_map(|line| {
            let mut words = line.split(['\t', ' ']);
            (words.next() == Some("table")).then(|| {
                let name = words.next().unwrap_or_default().to_owned();
                (name, words.next().and_then(|rows| rows.parse().ok()).unwrap_or_else(|| panic!("no count in {line}")))
            })
        })
        .collect()
}

/// Counts, kept columns and what the files say, table by table; gives everything that is wrong.
pub fn compare(tables: &[Table], filtered: &[&str], source: &Database, target: &Database, run: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let counts = manifest(run);
    for table in tables {
        let name = table.full_name();
        let (before, after) = (table.count(source), table.count(target));
        let told = counts.iter().find(|(stem, _)| *stem == table.stem).map(|(_, rows)| *rows);
        if told != Some(after) {
            wrong.push(format!("{name}: the manifest tells {told:?}, the target has {after}"));
        }
        if filtered.contains(&name.as_str()) {
            if after > before {
                wrong.push(format!("{name}: {after} rows from {before}"));
            }
        } else if before != after {
            wrong.push(format!("{name}: {before} rows in the source, {after} in the target"));
        }
        let file = run.join(format!("{}.txt", table.stem));
        if file.exists() != (after > 0) {
            wrong.push(format!(
                "{name}: {after} rows, and there is {} file {}",
                if after > 0 { "no" } else { "a" },
                file.display()
            ));
        }
        wrong.extend(compare_kept(table, source, target).into_iter().take(3).map(|line| format!("{name}: {line}")));
    }
    if counts.len() != tables.len() {
        wrong.push(format!("{} tables are planned, the manifest has {}", tables.len(), counts.len()));
    }
    wrong
}

/// Rows of the target whose kept columns no row of the source has; for a whole table the counts do the rest.
fn compare_kept(table: &Table, source: &Database, target: &Database) -> Vec<String> {
    let (before, after) = (table.kept_rows(source), table.kept_rows(target));
    let mut strangers = Vec::new();
    let mut at = 0;
    for row in &after {
        while before.get(at).is_some_and(|candidate| candidate < row) {
            at += 1;
        }
        if before.get(at) == Some(row) {
            at += 1;
        } else {
            strangers.push(format!("no row of the source has these kept values: {row:?}"));
        }
    }
    strangers
}

/// A search for original values in exported files.
pub struct LeakSearch<'a> {
    pub tables: &'a [Table],
    pub source: &'a Database,
    /// `schema.table.column` and a query for values of masked columns that may leave, because a condition keeps them.
    pub may_leave: &'a [(&'a str, &'a str)],
}

impl LeakSearch<'_> {
    /// Every value of a masked or absent column that occurs in a file of the folder. Values that the export keeps in
    /// other columns say nothing and are passed over; so are types of so few values that others have them too.
    pub fn leaks(&self, run: &Path) -> Vec<String> {
        let files = files(run);
        let kept = self.kept_text();
        let mut leaks = Vec::new();
        for table in self.tables {
            for column in table.columns.iter().filter(|column| matches!(column.fate, Fate::Masked | Fate::Absent)) {
                let place = format!("{}.{}", table.full_name(), column.name);
                let allowed: Vec<String> = self.allowed(&place);
                for needle in self.needles(table, &column.name) {
                    let escaped = to_copy(&needle);
                    if kept.contains(&escaped) || allowed.iter().any(|text| text.contains(&needle)) {
                        continue;
                    }
                    if let Some((file, _)) =
                        files.iter().find(|(_, text)| text.contains(&escaped) || text.contains(&needle))
                    {
                        leaks.push(format!("{place}: {needle:?} is in {file}"));
                    }
                }
            }
        }
        leaks
    }

    /// How many values are searched for; nothing searched is nothing shown.
    pub fn needle_count(&self) -> usize {
        let masked = |column: &&Column| matches!(column.fate, Fate::Masked | Fate::Absent);
        self.tables
            .iter()
            .flat_map(|table| {
                table.columns.iter().filter(masked).map(move |column| self.needles(table, &column.name).len())
            })
            .sum()
    }

    fn kept_text(&self) -> String {
        self.tables.iter().flat_map(|table| table.kept_rows(self.source)).collect::<Vec<_>>().join("\n")
    }

    fn allowed(&self, place: &str) -> Vec<String> {
        self.may_leave
            .iter()
            .filter(|(name, _)| *name == place)
            .flat_map(|(_, query)| self.source.column(query))
            .collect()
    }

    /// Whole values of six bytes or more, their words of ten letters, and the leaves of JSON and arrays.
    fn needles(&self, table: &Table, column: &str) -> Vec<String> {
        let name = identifier(column);
        let probe = format!(
            "SELECT DISTINCT t.typcategory, t.typname FROM pg_attribute a JOIN pg_type d ON d.oid = a.atttypid
             JOIN pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
             WHERE a.attrelid = '{}'::regclass AND a.attname = '{}'",
            table.sql().replace('\'', "''"),
            column.replace('\'', "''")
        );
        let kind = self.source.rows(&probe).remove(0);
        let (category, kind) = (kind[0].clone().unwrap_or_default(), kind[1].clone().unwrap_or_default());
        // Booleans, enums, dates, intervals and geometry: so few values that others have them too.
        if matches!(category.as_str(), "B" | "E" | "G" | "T") || matches!(kind.as_str(), "date" | "time" | "timetz") {
            return Vec::new();
        }
        let mut needles = std::collections::BTreeSet::new();
        for value in
            self.source.column(&format!("SELECT DISTINCT {name}::text FROM {} WHERE {name} IS NOT NULL", table.sql()))
        {
            match (category.as_str(), kind.as_str()) {
                ("N", _) => drop((digits(&value) >= 8).then(|| needles.insert(value))),
                ("D", _) => drop((value.contains('.')).then(|| needles.insert(value))),
                ("U", "json" | "jsonb") => needles.extend(json_leaves(&value)),
                ("A" | "C" | "R", _) => needles.extend(words(&value)),
                _ => {
                    needles.extend(words(&value));
                    if value.len() >= 6 && is_distinct(&value) {
                        needles.insert(value);
                    }
                }
            }
        }
        needles.into_iter().collect()
    }
}

/// `00000000` and its like occur anywhere.
fn is_distinct(value: &str) -> bool {
    value.chars().collect::<std::collections::BTreeSet<_>>().len() > 4
}

fn digits(value: &str) -> usize {
    value.chars().filter(char::is_ascii_digit).count()
}

/// Runs of ten letters and digits or more: the rows' tokens, and what else no two values share by chance.
fn words(value: &str) -> Vec<String> {
    value
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= 10 && is_distinct(word))
        .map(str::to_owned)
        .collect()
}

fn json_leaves(text: &str) -> Vec<String> {
    fn walk(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => {
                found.extend(words(text));
                if text.len() >= 6 {
                    found.push(text.clone());
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            // Keys of an object are data too, where nobody named them.
            serde_json::Value::Object(items) => items.iter().for_each(|(key, item)| {
                found.extend(words(key));
                walk(item, found);
            }),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(text) {
        walk(&value, &mut found);
    }
    found.retain(|leaf| is_distinct(leaf));
    found
}

fn to_copy(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\u{b}' => text.push_str("\\v"),
            other => text.push(other),
        }
    }
    text
}

/// Every file under a folder with its text.
pub fn files(folder: &Path) -> Vec<(String, String)> {
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let bytes = std::fs::read(entry.path()).unwrap();
            (entry.path().display().to_string(), String::from_utf8_lossy(&bytes).into_owned())
        })
        .collect()
}

#[test]
fn copy_text_comes_back() {
    for value in ["", "a\\b\n\t\r\u{8}\u{b}\u{c}", "\\.", "\\N", "日本"] {
        assert_eq!(from_copy(&to_copy(value)).as_deref(), Some(value));
    }
}
