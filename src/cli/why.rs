//! `noren why TABLE.COLUMN`: which rule decides, which lost and why, and what the mask does.

use super::check::{self, Run};
use super::console::Console;
use super::{Failure, Outcome, Result, load};
use crate::catalog::{QName, Table};
use crate::diagnostic::words::printable;
use crate::diagnostic::{Diagnostic, Format, Severity, did_you_mean, list, plural};
use crate::emit::{rows_words, scope_words};
use crate::mask::Value;
use crate::model::access::Command;
use crate::model::{Export, ExportColumn, Fill, JsonNode, MaskCall, MaskUse, Model, Rule, Step, Treatment};
use crate::resolve::table_text;
use crate::source::{Sources, Span};
use crate::syntax::{unescaped_name, written_name};
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn run(column: &str, export: Option<&str>, console: &Console) -> Result<Outcome> {
    let words = parse_column(column)?;
    let loaded = load()?;
    let Some(run) = check::compile(&loaded, console) else { return Ok(Outcome::Failed) };
    let (table, column) = find_column(&words, &run)?;
    let Some(model) = run.compiled.model.as_ref().or(run.compiled.draft.as_ref()) else { return Ok(Outcome::Failed) };
    let errors: Vec<_> = run.found.iter().filter(|found| found.severity == Severity::Error).cloned().collect();
    if model.exports.is_empty() && !errors.is_empty() {
        console.findings(&errors, &loaded.sources);
        return Ok(Outcome::Findings);
    }
    let exports = exports(model, export)?;
    let mut text = format!("{}.{}\n", table.name, column);
    let mut spans = table.columns.get(&column).map(|column| column.span).into_iter().collect::<Vec<_>>();
    let mut is_open = false;
    for export in exports {
        let exported = export.tables.get(&table.name);
        let decided = exported.and_then(|exported| exported.columns.get(&column));
        spans.extend(decided.map(|decided| decided.decision.rule.span));
        if exported.is_some() && decided.is_none() {
            is_open = true;
            line(&mut text, &format!("\nexport {}", export.name), "not decided, since there are errors");
        } else {
            explain(&mut text, export, table, &column, model, &loaded.sources);
        }
    }
    readers(&mut text, table, &column, model);
    console.out(&text);
    Ok(tell_errors(&errors, &spans, is_open, console, &loaded.sources))
}

/// With errors nothing is built, but what is known helps to mend them. Those at this column are told; all of them
/// when the column is open and none is.
fn tell_errors(errors: &[Diagnostic], spans: &[Span], is_open: bool, console: &Console, sources: &Sources) -> Outcome {
    if errors.is_empty() {
        return Outcome::Fine;
    }
    let at = |found: &&Diagnostic| {
        let labels = found.primary.iter().chain(&found.labels);
        labels.map(|label| label.span).any(|span| spans.contains(&span))
    };
    let mut told: Vec<_> = errors.iter().filter(at).cloned().collect();
    if told.is_empty() && is_open {
        told = errors.to_vec();
    }
    if !told.is_empty() {
        console.findings(&told, sources);
    }
    if console.format == Format::Human && told.len() < errors.len() {
        console.err(&format!("{} more: `noren check` tells them\n", plural(errors.len() - told.len(), "error")));
    }
    Outcome::Findings
}

/// `users.email` as PostgreSQL reads names: folded unless quoted, a doubled quote stands for one, `U&"…"` has escapes; nothing
/// where it is no name.
fn parse_name(written: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut rest = written;
    while let Some(character) = rest.chars().next() {
        let word = words.last().map_or("", String::as_str);
        if character == '"' && ["", "u&"].contains(&word) {
            let Some((quoted, length)) = quoted(rest) else { return Vec::new() };
            let name = if word.is_empty() { Some(quoted) } else { unescaped_name(&quoted) };
            let Some(name) = name else { return Vec::new() };
            rest = rest.get(length..).unwrap_or_default();
            if !rest.is_empty() && !rest.starts_with('.') {
                return Vec::new();
            }
            words.pop();
            words.push(name);
            continue;
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        match (character, words.last_mut()) {
            ('.', _) => words.push(String::new()),
            (_, Some(word)) => word.push(character.to_ascii_lowercase()),
            (_, None) => {}
        }
    }
    if words.iter().any(String::is_empty) {
        words.clear();
    }
    words
}

/// What stands between the quotes at the beginning, and how many bytes that is with them.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut at = 1;
    loop {
        at += text.get(at..)?.find('"')? + 1;
        if !text.get(at..)?.starts_with('"') {
            return Some((text.get(1..at - 1)?.replace("\"\"", "\""), at));
        }
        at += 1;
    }
}

fn parse_column(written: &str) -> Result<Vec<String>> {
    let words = parse_name(written);
    let help = "write a table and a column, for example `users.email` or `public.users.email`";
    if (2..=3).contains(&words.len()) {
        return Ok(words);
    }
    Err(Failure::new(format!("expected TABLE.COLUMN, found `{written}`")).help(help))
}

/// The table of a name with or without its schema.
pub(super) fn find_table<'a>(written: &str, run: &'a Run<'_>) -> Result<&'a Table> {
    let tables = &run.compiled.catalog.tables;
    let found = match parse_name(written).as_slice() {
        [table] => run.project.search.iter().find_map(|schema| tables.get(&QName::new(schema, table))),
        [schema, table] => tables.get(&QName::new(schema, table)),
        _ => {
            let help = "write a table, for example `users` or `public.users`";
            return Err(Failure::new(format!("expected a table, found `{written}`")).help(help));
        }
    };
    found.ok_or_else(|| unknown("table", written, tables.keys().flat_map(as_said)))
}

/// A table without and with its schema: as it is told, and as it is written.
fn as_said(table: &QName) -> [(String, String); 2] {
    [(table.name.to_string(), written_name(&table.name, &[])), (table.to_string(), table_text(table))]
}

fn find_column<'a>(words: &[String], run: &'a Run<'_>) -> Result<(&'a Table, String)> {
    let tables = &run.compiled.catalog.tables;
    let (found, column) = match words {
        [table, column] => {
            let in_search = run.project.search.iter().map(|schema| QName::new(schema, table));
            (in_search.into_iter().find_map(|name| tables.get(&name)), column)
        }
        [schema, table, column] => (tables.get(&QName::new(schema, table)), column),
        _ => return Err(Failure::new("expected TABLE.COLUMN")),
    };
    let written = words.get(..words.len() - 1).unwrap_or_default().join(".");
    let Some(table) = found else {
        return Err(unknown("table", &written, tables.keys().flat_map(as_said)));
    };
    if table.columns.contains_key(column) {
        return Ok((table, column.clone()));
    }
    let columns = table.columns.keys().map(|name| (name.clone(), written_name(name, &[])));
    Err(unknown(&format!("column of `{}`", table.name), column, columns))
}

fn unknown(what: &str, written: &str, candidates: impl Iterator<Item = (String, String)>) -> Failure {
    let failure = Failure::new(format!("expected a {what}, found `{written}`"));
    let names: BTreeMap<String, String> = candidates.collect();
    match did_you_mean(written, names.keys().map(String::as_str)).and_then(|near| names.get(near)) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("names are folded to lower case unless they stand in double quotes"),
    }
}

fn exports<'a>(model: &'a Model, wanted: Option<&str>) -> Result<Vec<&'a Export>> {
    let Some(wanted) = wanted else {
        let all: Vec<&Export> = model.exports.values().collect();
        let none = || {
            Failure::new("expected an export in the policy, found none")
                .help("a column is treated by an export: add `export NAME { tables *; }`")
        };
        return if all.is_empty() && model.access.roles.is_empty() { Err(none()) } else { Ok(all) };
    };
    let names: Vec<&str> = model.exports.keys().map(String::as_str).collect();
    let found = model.exports.get(wanted).map(|export| vec![export]);
    found.ok_or_else(|| match did_you_mean(wanted, names.iter().copied()) {
        Some(near) => {
            Failure::new(format!("expected an export, found `{wanted}`")).help(format!("did you mean `{near}`?"))
        }
        None => {
            Failure::new(format!("expected an export, found `{wanted}`")).help(format!("there are {}", list(&names)))
        }
    })
}

fn explain(text: &mut String, export: &Export, table: &Table, column: &str, model: &Model, sources: &Sources) {
    let found = export.tables.get(&table.name).and_then(|exported| exported.columns.get(column));
    if let Some(column) = found {
        explain_column(text, &export.name, column, sources);
    } else {
        line(text, &format!("\nexport {}", export.name), &absence(export, &table.name, model));
    }
}

/// Who reads the column in the database itself, and which rows.
fn readers(text: &mut String, table: &Table, column: &str, model: &Model) {
    let access = &model.access;
    if access.roles.is_empty() {
        return;
    }
    line(text, "\nin the database", &format!("{} is {}", table.name, place(model, &table.name)));
    let mut nobody = true;
    for role in access.roles.values() {
        for right in access.effective(&access.rights, &role.name) {
            let covers = right.right.columns.as_ref().is_none_or(|columns| columns.contains(column));
            if *right.relation != table.name || !matches!(right.command, Command::Select | Command::Update) || !covers {
                continue;
            }
            nobody = false;
            let verb = if right.command == Command::Select { "reads" } else { "changes" };
            let through =
                if right.through == role.name { String::new() } else { format!(", as a member of {}", right.through) };
            line(text, &format!("  role {} {verb}", role.name), &(rows_words(access, role, &right) + &through));
        }
        if role.owns.contains(&table.name) {
            line(text, &format!("  role {}", role.name), "owns the table");
        }
    }
    if nobody {
        line(text, "  roles", "none of the policy reads or changes it");
    }
}

fn place(model: &Model, table: &QName) -> String {
    let scope = model.access.scopes.get(table);
    scope.map_or("of no tenant".to_owned(), |scope| scope_words(&model.access, scope))
}

fn absence(export: &Export, table: &QName, model: &Model) -> String {
    if let Some(reason) = model.internal.get(table) {
        return format!("does not leave: the table is internal because \"{reason}\"");
    }
    match export.skipped.get(table) {
        Some(reason) => format!("does not leave: the table is skipped because \"{reason}\""),
        None => "does not leave: the export does not name the table".to_owned(),
    }
}

fn explain_column(text: &mut String, export: &str, column: &ExportColumn, sources: &Sources) {
    let decision = &column.decision;
    line(text, &format!("\nexport {export}"), &outcome(&column.treatment));
    line(text, "  decided by", &rule(&decision.rule, sources));
    if let Some(class) = &decision.class {
        line(text, "  class", class);
    }
    if let Some(because) = &decision.because {
        line(text, "  because", because);
    }
    for lost in &decision.lost {
        line(text, "  lost", &format!("{}, since {}", rule(lost, sources), why_lost(lost.step, decision.rule.step)));
    }
    for fact in facts(&column.treatment) {
        line(text, "  mask", &fact);
    }
}

fn line(text: &mut String, heading: &str, said: &str) {
    let _ = writeln!(text, "{heading}: {}", printable(said));
}

fn outcome(treatment: &Treatment) -> String {
    match treatment {
        Treatment::Keep => "keep".to_owned(),
        Treatment::Generated => "generated: the copy computes it again from its own columns".to_owned(),
        Treatment::Drop(Fill::Default) => "drop; the copy has the column's default, or NULL".to_owned(),
        Treatment::Drop(Fill::Expression(sql)) => format!("drop; the copy has ({})", sql.text),
        Treatment::Drop(Fill::Trigger(name)) => format!("drop; the trigger `{name}` fills the copy"),
        Treatment::Mask(mask) => written(mask),
    }
}

fn written(mask: &MaskUse) -> String {
    match mask {
        MaskUse::Null => "mask null".to_owned(),
        MaskUse::Call(call) => format!("mask {}", called(call)),
        MaskUse::Expression(own) => format!("mask ({})", own.sql.text),
        MaskUse::Json(_) => "mask json, by path".to_owned(),
        MaskUse::Fields(_) => "mask fields, one by one".to_owned(),
        MaskUse::When { .. } => "by condition".to_owned(),
    }
}

fn called(call: &MaskCall) -> String {
    let arguments = call.arguments.iter().map(|(name, value)| {
        let value = match value {
            Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Value::Integer(number) => number.to_string(),
            Value::Decimal(text) => text.clone(),
            Value::Boolean(truth) => truth.to_string(),
            Value::Column(column) => column.clone(),
            Value::Words(words) => format!("{} words", words.list.len()),
        };
        format!("{name} => {value}")
    });
    format!("{}({})", call.mask.name(), arguments.collect::<Vec<_>>().join(", "))
}

fn rule(rule: &Rule, sources: &Sources) -> String {
    if rule.step == Step::Generated {
        return "the schema, which generates the column".to_owned();
    }
    let place = format!("{}:{}", sources.path(rule.span), sources.position(rule.span));
    format!("`{}` at {place} ({})", rule.text, step(rule.step))
}

fn step(step: Step) -> &'static str {
    match step {
        Step::Undecided => "no rule",
        Step::Generated => "generated column",
        Step::GlobGlob => "table glob, column glob",
        Step::GlobExact => "table glob, exact column",
        Step::ExactGlob => "exact table, column glob",
        Step::ExactExact => "exact table, exact column",
        Step::ForeignKey => "through the foreign key",
        Step::ExportClass => "the export's treatment of the class",
        Step::ExportColumn => "the export's treatment of the column",
    }
}

fn why_lost(lost: Step, won: Step) -> &'static str {
    match won {
        _ if lost == won => "a rule with a list of types beats the same pattern without one, or both say the same",
        Step::ExportColumn => "what an export says of a column beats everything",
        Step::ExportClass => "what an export says of a class beats the class",
        Step::ForeignKey => "a reference follows the key that it points to",
        Step::ExactExact | Step::ExactGlob if lost < Step::ExactGlob => "an exact table beats a glob",
        _ => "an exact column beats a glob",
    }
}

/// What the mask does, a sentence each; conditions and JSON paths tell it of each of their branches.
fn facts(treatment: &Treatment) -> Vec<String> {
    let Treatment::Mask(mask) = treatment else { return Vec::new() };
    match mask {
        MaskUse::Null => vec!["every value becomes NULL".to_owned()],
        MaskUse::Call(call) => vec![call_facts(call)],
        MaskUse::Expression(own) => {
            let name = own
                .definition
                .as_ref()
                .map_or("the policy's own expression".to_owned(), |name| format!("`{name}`, of the policy's own"));
            vec![format!("{name}: ({})", own.sql.text)]
        }
        MaskUse::Json(json) => json_facts(&json.root, "$"),
        MaskUse::Fields(mask) => {
            mask.fields.iter().map(|(name, (_, treatment))| format!("{name}: {}", short(treatment))).collect()
        }
        MaskUse::When { condition, then, otherwise } => {
            let branch = |when: &str, treatment: &Treatment| format!("{when}: {}", short(treatment));
            vec![
                branch(&format!("where ({})", condition.text), then),
                branch("elsewhere, also where that is NULL", otherwise),
            ]
        }
    }
}

fn short(treatment: &Treatment) -> String {
    match treatment {
        Treatment::Keep => "keep".to_owned(),
        Treatment::Drop(_) => "drop".to_owned(),
        Treatment::Generated => "generated".to_owned(),
        Treatment::Mask(_) => facts(treatment).join("; "),
    }
}

fn json_facts(node: &JsonNode, path: &str) -> Vec<String> {
    match node {
        JsonNode::Leaf(treatment) => vec![format!("{path}: {}", short(treatment))],
        JsonNode::Each(inner) => json_facts(inner, &format!("{path}[*]")),
        JsonNode::Object { keys, otherwise } => {
            let named = keys.iter().flat_map(|(key, node)| json_facts(node, &format!("{path}.{key}")));
            named.chain([format!("{path}, everything else: {}", short(otherwise))]).collect()
        }
    }
}

fn call_facts(call: &MaskCall) -> String {
    let mask = call.mask;
    let keyed = if mask.keyed() {
        format!("; keyed, equal values stay equal within `{}`", call.group.0)
    } else {
        String::new()
    };
    format!("{}: {}{keyed}", called(call), mask.summary())
}
