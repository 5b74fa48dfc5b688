//! Says what stood where something else was expected.

use super::grammar::{Failure, Rule, describe, first_words, keyword};
use super::parse::Reader;
use super::scan::{Kind, Token};
use super::split::STATEMENTS;
use crate::diagnostic::{codes, did_you_mean};
use std::ops::Range;

const TREATMENTS: [&str; 3] = ["keep", "drop", "mask"];

/// A statement whose first word is none.
pub(super) fn unknown_statement(reader: &mut Reader, piece: &Range<usize>) {
    let (span, word) = (reader.token_span(piece.start), reader.code.word(piece.start));
    let found = found(reader, piece.start);
    let code = if word.is_empty() { codes::N0101 } else { codes::N0102 };
    let near = did_you_mean(&word, STATEMENTS);
    reader.report.add(code, format!("expected a statement, found {found}"), |diagnostic| {
        let diagnostic = diagnostic.at(span, "no statement begins so");
        match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
            None if word.is_empty() => diagnostic.help("delete it"),
            None => diagnostic.help(format!("a statement begins with one of {}", list(&STATEMENTS.map(quoted)))),
        }
    });
}

fn quoted(word: &str) -> String {
    format!("`{word}`")
}

/// The token as the user wrote it, shortened.
fn found(reader: &Reader, index: usize) -> String {
    let Some(token) = reader.code.token(index) else { return "the end of the file".to_owned() };
    let text = reader.code.text.get(token.start..token.end).unwrap_or_default();
    let mut shown: String =
        text.chars().take(40).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// `a`, `b` or `c`
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// A piece that pest could not read.
pub(super) fn failure(reader: &mut Reader, failure: &Failure, piece: &Range<usize>) {
    let index = reader.code.index_at(failure.at);
    let mut expected: Vec<String> =
        failure.expected.iter().map(|rule| describe(*rule)).filter(|text| !text.is_empty()).collect();
    expected.dedup();
    if misspelt(reader, failure, index, piece) {
        return;
    }
    let comment = reader.code.text.get(failure.at..).is_some_and(|rest| rest.trim_start().starts_with("/*"));
    let found = if comment { "`/*`".to_owned() } else { found(reader, index) };
    let title = match list(&expected) {
        nothing if nothing.is_empty() => format!("unexpected {found}"),
        expected => format!("expected {expected}, found {found}"),
    };
    let span = if comment { reader.report.span(failure.at, failure.at + 2) } else { reader.token_span(index) };
    let help = if comment { "comments begin with `--`".to_owned() } else { help(reader, failure, index) };
    reader.report.add(codes::N0101, title, |diagnostic| diagnostic.at(span, "here").help(help));
}

/// Tries the word that was found, then the one before it and the first of the clause, which may have been taken for names.
fn misspelt(reader: &mut Reader, failure: &Failure, index: usize, piece: &Range<usize>) -> bool {
    let expected: Vec<String> = failure.expected.iter().flat_map(|rule| first_words(*rule)).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let clause_words = clause_words(reader);
    let treatments = TREATMENTS.to_vec();
    let before = index.wrapping_sub(1);
    let mut tries = vec![(index, &expected)];
    if piece.start < before && before < index {
        tries.push((before, &treatments));
    }
    if piece.start < index {
        tries.push((piece.start, &clause_words));
    }
    for (at, words) in tries {
        let written = reader.code.word(at);
        let near = did_you_mean(&written, words.iter().copied()).filter(|near| *near != written && written.len() > 2);
        if let Some(near) = near {
            let span = reader.token_span(at);
            reader.report.add(codes::N0102, format!("expected `{near}`, found `{written}`"), |diagnostic| {
                diagnostic
                    .at(span, "not a word of the language here")
                    .help(format!("did you mean `{near}`?"))
                    .fix(span, near)
            });
            return true;
        }
    }
    false
}

/// The clause words of the block that is being read, where a name could stand instead.
fn clause_words(reader: &Reader) -> Vec<&'static str> {
    match reader.block.as_str() {
        "table" => vec!["scoped", "shared", "internal", "skip", "rows"],
        "export" => vec!["tables", "tenant", "import", "rows", "skip", "class", "linkable"],
        _ => Vec::new(),
    }
}

fn help(reader: &Reader, failure: &Failure, index: usize) -> String {
    let expects = |rules: &[Rule]| failure.expected.iter().any(|rule| rules.contains(rule));
    let text = reader.code.token_text(index);
    let before = reader.code.word(index.wrapping_sub(1));
    let kind = reader.code.token(index).map(|Token { kind, .. }| kind);
    let names = [
        Rule::name,
        Rule::column_pattern,
        Rule::class_name,
        Rule::class_use,
        Rule::treatment,
        Rule::branch,
        Rule::table_pattern,
        Rule::selector,
        Rule::selector_item,
        Rule::table_name,
        Rule::column_name,
        Rule::json_path,
        Rule::json_rule,
    ];
    if let Some(one_word) = one_word_type(&before, &text.to_ascii_lowercase()) {
        return format!("write the type by its one-word name, `{one_word}`");
    }
    if expects(&[Rule::sql]) && before == "rows" && reader.block == "table" {
        return "`rows (…)` says which rows leave; a column of that name is written `\"rows\"`".to_owned();
    }
    match kind {
        Some(Kind::Text) if expects(&[Rule::reason]) => {
            format!("a reason stands in double quotes: `\"{}\"`", text.trim_matches('\''))
        }
        Some(Kind::EscapeText | Kind::Dollar) => {
            "write it as a plain literal, `'…'`, or as SQL in parentheses".to_owned()
        }
        Some(Kind::Word) if !failure.refused.is_empty() || expects(&names) && is_keyword(text) => {
            format!(
                "`{text}` is a word of the language here; a name that reads so is written `\"{}\"`",
                text.to_ascii_lowercase()
            )
        }
        Some(Kind::Mark('(')) if expects(&[Rule::semicolon]) && !before.is_empty() => {
            format!("a mask is written `mask {before}(…)`, a SQL expression `mask (…)`")
        }
        _ if expects(&[Rule::semicolon]) => "end what stands before with `;`".to_owned(),
        _ if expects(&[Rule::because]) => "say why: `because \"…\"`".to_owned(),
        _ => match failure.expected.iter().map(|rule| describe(*rule)).find(|text| !text.is_empty()) {
            Some(first) => format!("write {first} here"),
            None => "delete it".to_owned(),
        },
    }
}

/// SQL's types of several words.
fn one_word_type(first: &str, second: &str) -> Option<&'static str> {
    Some(match (first, second) {
        ("double", "precision") => "float8",
        ("character", "varying") => "varchar",
        ("bit", "varying") => "varbit",
        ("timestamp", "with") => "timestamptz",
        ("timestamp", "without") => "timestamp",
        ("time", "with") => "timetz",
        ("time", "without") => "time",
        _ => return None,
    })
}

fn is_keyword(word: &str) -> bool {
    Rule::all_rules().iter().filter_map(|rule| keyword(*rule)).any(|keyword| keyword.eq_ignore_ascii_case(word))
}
