//! `coverage.txt`: the policy with nothing left open, one fact a line, sorted. Its diff is the review.
//!
//! A fact names the file of the rule that decided but no line: a comment above it would otherwise change every fact.

pub(super) mod access;

use crate::catalog::QName;
use crate::diagnostic::words::printable;
use crate::model::{Export, ExportColumn, Model, Step, Treatment};
use crate::plan::words::{name_words, one_line, orphan_words, treatment_words};
use crate::source::Sources;
use crate::syntax::ast::ImportStrategy;

/// The file.
///
/// `order` is how foreign keys are satisfied where the policy does not say.
pub fn emit(model: &Model, sources: &Sources, order: &str) -> String {
    let mut facts: Vec<String> = Vec::new();
    if let Some(key) = &model.mask_key {
        facts.push(format!("mask key: {}", key.name));
    }
    for (table, because) in &model.internal {
        facts.push(format!("table {}: internal{}", table_words(table), reason(Some(because))));
    }
    facts.extend(access::facts(model));
    for export in model.exports.values() {
        export_facts(export, sources, order, &mut facts);
    }
    facts.sort();
    facts.dedup();
    // A line break in a name of the schema would be a fact of its own, saying what it likes.
    facts.into_iter().fold(String::new(), |text, fact| text + &printable(&fact) + "\n")
}

fn export_facts(export: &Export, sources: &Sources, order: &str, facts: &mut Vec<String>) {
    let name = name_words(&export.name);
    let import = match (export.import, export.strategy) {
        (false, _) => "none",
        (true, ImportStrategy::Order) => order,
        (true, ImportStrategy::ReplicaRole) => "strategy replica_role",
        (true, ImportStrategy::ParameterGroup) => "strategy parameter_group",
    };
    facts.push(format!("export {name}: import {import}"));
    if export.linkage != export.name {
        facts.push(format!("export {name}: same pseudonyms as {}", name_words(&export.linkage)));
    }
    for (table, because) in &export.skipped {
        facts.push(format!("export {name}: table {}: does not leave{}", table_words(table), reason(Some(because))));
    }
    for (table_name, table) in &export.tables {
        let table_name = table_words(table_name);
        if table.rows.is_empty() {
            facts.push(format!("export {name}: table {table_name}: all rows"));
        }
        for rows in &table.rows {
            facts.push(format!("export {name}: table {table_name}: rows ({})", one_line(&rows.sql.text)));
        }
        for (column_name, column) in &table.columns {
            let words = column_words(column, sources);
            facts.push(format!("export {name}: column {table_name}.{}: {words}", name_words(column_name)));
        }
    }
}

fn column_words(column: &ExportColumn, sources: &Sources) -> String {
    let words = treatment_words(&column.treatment) + orphan_words(column.orphans);
    if matches!(column.treatment, Treatment::Generated) {
        return words;
    }
    let decision = &column.decision;
    let class = decision.class.as_ref().map(|class| format!("; class {}", name_words(class))).unwrap_or_default();
    let by = format!("; by {} in {}", step_words(decision.rule.step), sources.path(decision.rule.span));
    words + &class + &by + &reason(decision.because.as_deref())
}

fn step_words(step: Step) -> &'static str {
    match step {
        Step::Undecided => "no rule",
        Step::Generated => "the schema",
        Step::GlobGlob => "table and column pattern",
        Step::GlobExact => "table pattern and column name",
        Step::ExactGlob => "table name and column pattern",
        Step::ExactExact => "table and column name",
        Step::ForeignKey => "foreign key",
        Step::ExportClass => "the export's class",
        Step::ExportColumn => "the export's column",
    }
}

fn reason(because: Option<&str>) -> String {
    because.map(|because| format!(" because \"{}\"", because.replace('"', "\"\""))).unwrap_or_default()
}

fn table_words(table: &QName) -> String {
    format!("{}.{}", name_words(&table.schema), name_words(&table.name))
}
