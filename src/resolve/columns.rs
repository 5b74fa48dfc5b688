//! Which rule decides for a column: the most specific one, a tie being an error that shows both places.

use super::exports::Exports;
use super::selector::{Selected, matches, table_text};
use super::types::matches_types;
use crate::catalog::{Catalog, Column, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{Decision, Rule, Step};
use crate::source::Sources;
use crate::syntax::ast::{ColumnRule, TableBlock, TableClause, TreatmentKind};
use crate::syntax::written_name;
use std::collections::BTreeSet;

/// A rule that matches a column.
#[derive(Clone)]
pub struct Candidate<'a> {
    /// The rule.
    pub rule: &'a ColumnRule,
    /// How specific it is.
    pub step: Step,
    /// The table's and the column's pattern: a type list breaks ties only between equal ones.
    pattern: (&'a str, &'a str),
    typed: bool,
}

impl Candidate<'_> {
    /// Whether this rule wins over the other, which matches too.
    pub fn beats(&self, other: &Self) -> bool {
        self.step > other.step
            || (self.step == other.step && self.typed && !other.typed && self.pattern == other.pattern)
    }
}

/// The rules of one table, ready to be asked for its columns.
pub struct TableRules<'a> {
    /// Blocks that select the table, each with how.
    pub blocks: Vec<(&'a TableBlock, &'a Selected)>,
}

impl<'a> TableRules<'a> {
    /// Every rule that matches the column, most specific first.
    pub fn candidates(&self, catalog: &Catalog, column: &Column) -> Vec<Candidate<'a>> {
        let mut found = Vec::new();
        for (block, selected) in &self.blocks {
            for clause in &block.clauses {
                let TableClause::Columns(rule) = clause else { continue };
                found.extend(candidate(rule, selected, catalog, column));
            }
        }
        found.sort_by(|left, right| {
            let key = |candidate: &Candidate<'_>| (candidate.typed, candidate.rule.span);
            right
                .step
                .cmp(&left.step)
                .then_with(|| key(right).0.cmp(&key(left).0))
                .then_with(|| key(left).1.cmp(&key(right).1))
        });
        found
    }
}

fn candidate<'a>(
    rule: &'a ColumnRule,
    selected: &'a Selected,
    catalog: &Catalog,
    column: &Column,
) -> Option<Candidate<'a>> {
    let mut best: Option<Candidate<'a>> = None;
    for pattern in &rule.columns {
        let is_match =
            if pattern.is_glob() { matches(&pattern.text, &column.name) } else { pattern.text == column.name };
        if !is_match {
            continue;
        }
        if rule.types.as_ref().is_some_and(|types| !matches_types(types, catalog, column)) {
            continue;
        }
        let step = match (selected.exact, pattern.is_glob()) {
            (true, false) => Step::ExactExact,
            (true, true) => Step::ExactGlob,
            (false, false) => Step::GlobExact,
            (false, true) => Step::GlobGlob,
        };
        if best.as_ref().is_none_or(|best| best.step < step) {
            let pattern = (selected.pattern.as_str(), pattern.text.as_str());
            best = Some(Candidate { rule, step, pattern, typed: rule.types.is_some() });
        }
    }
    best
}

/// The rule that decides among `candidates` (most specific first), or the tie as an error.
pub fn decide<'a>(
    candidates: &[Candidate<'a>],
    table: &Table,
    column: &Column,
    exports: &Exports<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(&'a ColumnRule, Decision)> {
    let first = candidates.first()?;
    let mut same_step: Vec<&Candidate<'a>> = candidates.iter().filter(|other| other.step == first.step).collect();
    if first.typed {
        // A type list beats the same pattern without one.
        let typed: BTreeSet<(&str, &str)> = same_step.iter().filter(|one| one.typed).map(|one| one.pattern).collect();
        same_step.retain(|one| one.typed || !typed.contains(&one.pattern));
    }
    let text = |candidate: &Candidate<'_>| exports.texts.get(&candidate.rule.span).cloned().unwrap_or_default();
    let winner_text = text(first);
    if let Some(other) = same_step.iter().find(|other| text(other) != winner_text) {
        diagnostics.push(tie(first, other, table, column, exports.sources));
    }
    let rule =
        |candidate: &Candidate<'_>| Rule { span: candidate.rule.span, step: candidate.step, text: text(candidate) };
    let class = match &first.rule.treatment.kind {
        TreatmentKind::Class(name) => Some(name.text.clone()),
        _ => None,
    };
    let decision = Decision {
        rule: rule(first),
        class,
        lost: candidates.iter().skip(1).map(rule).collect(),
        because: first.rule.treatment.because.as_ref().map(|reason| reason.value.clone()),
    };
    Some((first.rule, decision))
}

fn tie(first: &Candidate<'_>, other: &Candidate<'_>, table: &Table, column: &Column, sources: &Sources) -> Diagnostic {
    let title = format!(
        "expected one treatment for `{}.{}`, found two rules that are equally specific",
        table.name, column.name
    );
    let said =
        |candidate: &Candidate<'_>| format!("says `{}`", crate::syntax::treatment_text(&candidate.rule.treatment));
    let place = format!("{}:{}", sources.path(other.rule.span), sources.position(other.rule.span).line);
    Diagnostic::new(codes::N0303, title)
        .at(first.rule.span, said(first))
        .label(other.rule.span, said(other))
        .note("exact table and column win over globs; between equals there is no order")
        .help(format!("name the column in a `table {}` block, or remove the rule at {place}", table.name.name))
}

/// The finding for a column that no rule reaches.
pub fn uncovered(table: &Table, column: &Column, exports: &[&str], treatment: &str, search: &[String]) -> Diagnostic {
    let listed: Vec<String> = exports.iter().map(|export| format!("`export {export}`")).collect();
    let verb = if exports.len() == 1 { "includes" } else { "include" };
    let line = format!("table {} {{ {} {treatment}; }}", policy_table(&table.name, search), policy_name(&column.name));
    Diagnostic::new(codes::N0301, format!("column `{}.{}` has no treatment", table.name, column.name))
        .at(column.span, "declared here")
        .note(format!("{} {verb} this table, and every column of an exported table needs one", listed.join(" and ")))
        .help(format!("add `{line}`"))
}

/// A name as a policy would write it.
fn policy_name(name: &str) -> String {
    written_name(name, CLAUSE_WORDS)
}

fn policy_table(name: &crate::catalog::QName, search: &[String]) -> String {
    // In two schemas of the search path the bare name would be ambiguous.
    if search.len() == 1 && search.iter().any(|schema| *schema == name.schema) {
        return policy_name(&name.name);
    }
    table_text(name)
}

/// Words that begin a clause of a table block, and so are quoted as column names there.
pub(super) const CLAUSE_WORDS: &[&str] = &["internal", "rows", "scoped", "shared", "skip"];
