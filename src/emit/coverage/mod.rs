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
    let mut text = String::with_capacity(facts.iter().map(|fact| fact.len() + 1).sum());
    for fact in facts {
        // A line break in a name of the schema would be a fact of its own, saying what it likes.
        text.push_str(&printable(&fact));
        text.push('\n');
    }
    text
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
    let mut of_columns = Vec::new();
    for (table_name, table) in &export.tables {
        let table_name = table_words(table_name);
        if table.rows.is_empty() {
            facts.push(format!("export {name}: table {table_name}: all rows"));
        }
        for rows in &table.rows {
            facts.push(format!("export {name}: table {table_name}: rows ({})", one_line(&rows.sql.text)));
        }
        let before = of_columns.len();
        for (column_name, column) in &table.columns {
            let words = treatment_words(&column.treatment);
            let column_name = name_words(column_name);
            let mut fact = format!("export {name}: column {table_name}.{column_name}: {words}");
            push_decision(&mut fact, column, sources);
            of_columns.push(fact);
        }
        // Sorted in small parts and for itself, the whole is nearly sorted.
        of_columns.get_mut(before..).unwrap_or_default().sort_unstable();
    }
    facts.append(&mut of_columns);
}

/// What decided over the column, behind what it gets.
fn push_decision(fact: &mut String, column: &ExportColumn, sources: &Sources) {
    fact.push_str(orphan_words(column.orphans));
    if matches!(column.treatment, Treatment::Generated) {
        return;
    }
    let decision = &column.decision;
    if let Some(class) = &decision.class {
        fact.push_str("; class ");
        fact.push_str(&name_words(class));
    }
    for part in ["; by ", step_words(decision.rule.step), " in ", sources.path(decision.rule.span)] {
        fact.push_str(part);
    }
    fact.push_str(&reason(decision.because.as_deref()));
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
