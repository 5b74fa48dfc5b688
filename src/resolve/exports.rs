//! An export's tables, rows and overrides, and through them every column's treatment.

use super::columns::{self, TableRules};
use super::declare::Declarations;
use super::selector::{Selected, Selectors, matches, pattern_text};
use super::strength::{self, Strength};
use super::treatment::{Target, Treatments, inner_class, unknown_class};
use super::types::is_openly_kept;
use super::{entities, foreign_keys};
use crate::catalog::{Catalog, Column, QName, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{Decision, Export, ExportColumn, ExportTable, Fill, Rule, Step, Treatment};
use crate::source::{Sources, Span, Spanned};
use crate::syntax::ast::{self, ExportClause, ImportStrategy, TableBlock, TableClause, TablePattern, TreatmentKind};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A table block and what it selects.
pub type Selection<'a> = (&'a TableBlock, BTreeMap<QName, Selected>);

/// The blocks that select each table, so that a table need not ask all blocks.
pub fn by_table<'a>(blocks: &'a [Selection<'a>]) -> BTreeMap<&'a QName, Vec<(&'a TableBlock, &'a Selected)>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (block, tables) in blocks {
        for (table, selected) in tables {
            found.entry(table).or_default().push((*block, selected));
        }
    }
    found
}

/// What all exports share.
pub struct Exports<'a> {
    /// For places in messages.
    pub sources: &'a Sources,
    /// The schema.
    pub catalog: &'a Catalog,
    /// Schemas in which an unqualified name is looked for.
    pub search: &'a [String],
    /// The policy's own names.
    pub declared: &'a Declarations<'a>,
    /// Table blocks with what they select.
    pub blocks: &'a [Selection<'a>],
    /// The same by table, in the order of the blocks.
    pub blocks_of: &'a BTreeMap<&'a QName, Vec<(&'a TableBlock, &'a Selected)>>,
    /// Each column rule's treatment as text: it is asked for once for every column that the rule matches.
    pub texts: &'a BTreeMap<Span, Arc<str>>,
    /// `internal` tables, with reasons.
    pub internal: &'a BTreeMap<QName, String>,
    /// Looks tables up.
    pub selectors: &'a Selectors<'a>,
}

/// Columns without a treatment, with the exports that include them: reported once each.
pub type Uncovered<'a> = BTreeMap<(QName, String), Vec<&'a str>>;

/// Each column rule's treatment as text, by the place of the rule.
pub fn rule_texts(blocks: &[Selection<'_>]) -> BTreeMap<Span, Arc<str>> {
    let rule = |clause: &TableClause| match clause {
        TableClause::Columns(rule) => Some((rule.span, crate::syntax::treatment_text(&rule.treatment).into())),
        _ => None,
    };
    blocks.iter().flat_map(|(block, _)| &block.clauses).filter_map(rule).collect()
}

impl<'a> Exports<'a> {
    /// One export.
    pub fn resolve(
        &self,
        written: &'a ast::Export,
        uncovered: &mut Uncovered<'a>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Export {
        let (selected, skipped) = self.tables(written, diagnostics);
        let overrides = self.class_overrides(written, diagnostics);
        let treatments = Treatments {
            catalog: self.catalog,
            search: self.search,
            sources: self.sources,
            declared: self.declared,
            class_overrides: &overrides,
        };
        let mut tables = BTreeMap::new();
        for name in selected.keys() {
            let Some(table) = self.catalog.tables.get(name) else { continue };
            let columns = self.columns(table, &treatments, diagnostics);
            let rows = self.rows(table, &treatments, diagnostics);
            tables.insert(name.clone(), ExportTable { table: name.clone(), rows, columns });
        }
        self.export_rows(written, &treatments, &mut tables, diagnostics);
        self.column_overrides(written, &treatments, &mut tables, diagnostics);
        foreign_keys::propagate(self.catalog, &mut tables, diagnostics);
        entities::link(self.catalog, &mut tables);
        take_out_uncovered(&written.name.text, &mut tables, uncovered);
        Export {
            name: written.name.text.clone(),
            span: written.span,
            tables,
            skipped,
            linkage: self.linkage(written, diagnostics),
            import: !written.clauses.iter().any(|clause| matches!(clause, ExportClause::NoImport(_))),
            strategy: strategy(written),
            role: role_of(written, |clause| match clause {
                ExportClause::As(name) => Some(name),
                _ => None,
            }),
            import_role: role_of(written, |clause| match clause {
                ExportClause::ImportAs(name) => Some(name),
                _ => None,
            }),
            tenant_one: written.clauses.iter().find_map(|clause| match clause {
                ExportClause::TenantOne(span) => Some(*span),
                _ => None,
            }),
        }
    }

    fn tables(
        &self,
        written: &ast::Export,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (BTreeMap<QName, Selected>, BTreeMap<QName, String>) {
        let before = diagnostics.len();
        let mut selected = BTreeMap::new();
        let mut stated = false;
        for clause in &written.clauses {
            if let ExportClause::Tables(selector) = clause {
                stated = true;
                for (table, how) in self.selectors.select(selector, diagnostics) {
                    if how.exact && self.internal.contains_key(&table) {
                        diagnostics.push(internal_in_export(&table, selector.span));
                    }
                    selected.entry(table).or_insert(how);
                }
            }
        }
        if !stated {
            diagnostics.push(
                Diagnostic::new(
                    codes::N0801,
                    format!("expected `tables …;` in `export {}`, found none", written.name.text),
                )
                .at(written.name.span, "leaves nothing")
                .help("add `tables *;` or name the tables"),
            );
        }
        let mut skipped = BTreeMap::new();
        for (table, reason) in self.skips(written, diagnostics) {
            if selected.remove(&table).is_some() {
                skipped.insert(table, reason);
            }
        }
        selected.retain(|table, _| !self.internal.contains_key(table));
        // A pattern that selects nothing was told where it stands.
        if stated && selected.is_empty() && diagnostics.len() == before {
            diagnostics.push(
                Diagnostic::new(
                    codes::N0801,
                    format!("expected a table in `export {}`, found none", written.name.text),
                )
                .at(written.name.span, "every table is taken out again by `except`, `skip` or `internal`")
                .help("name a table that leaves, or remove the export"),
            );
        }
        (selected, skipped)
    }

    fn skips(&self, written: &ast::Export, diagnostics: &mut Vec<Diagnostic>) -> Vec<(QName, String)> {
        let mut skips = Vec::new();
        for (block, tables) in self.blocks {
            for clause in &block.clauses {
                if let TableClause::Skip { because, .. } = clause {
                    let reason = because.as_ref().map(|reason| reason.value.clone()).unwrap_or_default();
                    skips.extend(tables.keys().map(|table| (table.clone(), reason.clone())));
                }
            }
        }
        for clause in &written.clauses {
            if let ExportClause::Skip { table, because, span } = clause {
                demand_reason(because.as_ref(), "skip", *span, diagnostics);
                let reason = because.as_ref().map(|reason| reason.value.clone()).unwrap_or_default();
                if let Some(table) = self.selectors.table(table, diagnostics) {
                    skips.push((table.name.clone(), reason));
                }
            }
        }
        skips
    }

    fn class_overrides(
        &self,
        written: &'a ast::Export,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> BTreeMap<&'a str, &'a ast::Treatment> {
        let mut overrides = BTreeMap::new();
        for clause in &written.clauses {
            let ExportClause::Class { class, treatment, span } = clause else { continue };
            let Some(declared) = self.declared.classes.get(class.text.as_str()) else {
                diagnostics.push(unknown_class(class, self.declared));
                continue;
            };
            if let Some(other) = inner_class(treatment) {
                diagnostics.push(class_of_class(&class.text, other.span));
                continue;
            }
            let is_weaker = strength::written(treatment) < strength::written(&declared.treatment);
            if is_weaker && !strength::has_reason(treatment) {
                let was = crate::syntax::treatment_text(&declared.treatment);
                diagnostics.push(weaker(*span, &format!("class `{}` gives `{was}`", class.text), declared.span));
            }
            if overrides.insert(class.text.as_str(), treatment).is_some() {
                diagnostics.push(twice(&format!("class `{}`", class.text), *span));
            }
        }
        overrides
    }

    fn columns(
        &self,
        table: &'a Table,
        treatments: &Treatments<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> IndexMap<String, ExportColumn> {
        let rules = TableRules { blocks: self.blocks_of.get(&table.name).cloned().unwrap_or_default() };
        let mut columns = IndexMap::with_capacity(table.columns.len());
        for column in table.columns.values() {
            let candidates = rules.candidates(self.catalog, column);
            let decided = columns::decide(&candidates, table, column, self, diagnostics);
            let resolved = match decided {
                _ if column.generated.is_some() => Some(generated(&candidates, column, diagnostics)),
                Some((rule, decision)) => {
                    let target = Target { table, column };
                    treatments.resolve(&rule.treatment, target, diagnostics).map(|treatment| {
                        let strength = strength::of(&treatment, &column.name);
                        check_weaker(rule, strength, &candidates, treatments, diagnostics);
                        self.check_open_glob(rule, &decision, strength, target, diagnostics);
                        check_class(&decision, strength, treatments, diagnostics);
                        let decision = through_override(decision, treatments);
                        let orphans = rule.treatment.orphans.map(|orphans| orphans.value);
                        ExportColumn { treatment, decision, orphans }
                    })
                }
                None => Some(undecided(column)),
            };
            if let Some(resolved) = resolved {
                columns.insert(column.name.clone(), resolved);
            }
        }
        columns
    }

    /// A glob may keep numbers, dates, uuids, booleans and enums; anything else is named, or the glob says why.
    fn check_open_glob(
        &self,
        rule: &ast::ColumnRule,
        decision: &Decision,
        strength: Strength,
        target: Target<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Target { table, column } = target;
        let by_glob = matches!(decision.rule.step, Step::GlobGlob | Step::ExactGlob);
        if !by_glob
            || strength != Strength::Keep
            || strength::has_reason(&rule.treatment)
            || is_openly_kept(&self.catalog.base_type(&column.data_type))
        {
            return;
        }
        let pattern = rule.columns.iter().find(|pattern| matches(&pattern.text, &column.name));
        let pattern = pattern.map_or("*", |pattern| pattern.text.as_str());
        diagnostics.push(
            Diagnostic::new(codes::N0305, format!("expected `{}.{}` to be named, found it kept by the glob `{pattern}`", table.name, column.name))
                .at(rule.span, format!("keeps `{}`", column.name))
                .label(column.span, "its type can hold anything")
                .note("a glob keeps numbers, dates, uuids, booleans and enums; else a column added tomorrow would be published by its name")
                .help(format!("name it in a `table {}` block, or add `because \"…\"` to the glob", table.name.name)),
        );
    }

    fn rows(
        &self,
        table: &Table,
        treatments: &Treatments<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<crate::model::Predicate> {
        let mut rows = Vec::new();
        for (block, _) in self.blocks_of.get(&table.name).into_iter().flatten() {
            for clause in &block.clauses {
                if let TableClause::Rows { predicate, .. } = clause {
                    rows.extend(treatments.predicate(predicate, table, diagnostics));
                }
            }
        }
        rows
    }

    fn export_rows(
        &self,
        written: &ast::Export,
        treatments: &Treatments<'_>,
        tables: &mut BTreeMap<QName, ExportTable>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for clause in &written.clauses {
            let ExportClause::Rows { table: pattern, predicate, span } = clause else { continue };
            let Some(table) = self.selectors.table(pattern, diagnostics) else { continue };
            let Some(exported) = tables.get_mut(&table.name) else {
                diagnostics.push(not_exported(pattern, &written.name.text, *span));
                continue;
            };
            exported.rows.extend(treatments.predicate(predicate, table, diagnostics));
        }
    }

    fn column_overrides(
        &self,
        written: &ast::Export,
        treatments: &Treatments<'_>,
        tables: &mut BTreeMap<QName, ExportTable>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let mut seen = BTreeSet::new();
        for clause in &written.clauses {
            let ExportClause::Column { table: pattern, column: name, treatment, span } = clause else { continue };
            let Some(table) = self.selectors.table(pattern, diagnostics) else { continue };
            let Some(exported) = tables.get_mut(&table.name) else {
                diagnostics.push(not_exported(pattern, &written.name.text, *span));
                continue;
            };
            let Some(column) = table.columns.get(&name.text) else {
                let names: Vec<&str> = table.columns.keys().map(String::as_str).collect();
                diagnostics.push(super::selector::no_such_column(
                    name.span,
                    &name.text,
                    &table.name.to_string(),
                    &names,
                ));
                continue;
            };
            if !seen.insert((table.name.clone(), name.text.clone())) {
                diagnostics.push(twice(&format!("`{}.{}`", table.name, name.text), *span));
            }
            if column.generated.is_some() {
                diagnostics.push(generated_is_treated(*span, column));
                continue;
            }
            let Some(resolved) = treatments.resolve(treatment, Target { table, column }, diagnostics) else { continue };
            let Some(current) = exported.columns.get_mut(&name.text) else { continue };
            let is_weaker = current.decision.rule.step != Step::Undecided
                && strength::of(&resolved, &name.text) < strength::of(&current.treatment, &name.text);
            if is_weaker && !strength::says_why(treatment, treatments) {
                let was = format!("the policy says `{}`", current.decision.rule.text);
                diagnostics.push(weaker(*span, &was, current.decision.rule.span));
            }
            override_column(current, resolved, treatment, *span);
        }
    }

    /// The name that all pseudonyms of this export share: its own, or the smallest of those it is linkable with.
    fn linkage(&self, written: &ast::Export, diagnostics: &mut Vec<Diagnostic>) -> String {
        for clause in &written.clauses {
            let ExportClause::Linkable { with, because, span } = clause else { continue };
            demand_reason(because.as_ref(), "linkable with", *span, diagnostics);
            if !self.declared.exports.contains_key(with.text.as_str()) {
                let names = self.declared.exports.keys().copied();
                let diagnostic = Diagnostic::new(codes::N0211, format!("expected an export, found `{}`", with.text))
                    .at(with.span, "no such export");
                diagnostics.push(match crate::diagnostic::did_you_mean(&with.text, names) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help("write the name of an `export` of this policy"),
                });
            }
        }
        linked_set(&written.name.text, self.declared).into_iter().next().unwrap_or(&written.name.text).to_owned()
    }
}

/// The exports whose pseudonyms agree with this one's, itself among them; `linkable` holds both ways.
fn linked_set<'a>(name: &'a str, declared: &'a Declarations<'_>) -> BTreeSet<&'a str> {
    let mut linked = BTreeSet::from([name]);
    loop {
        let before = linked.len();
        for (from, export) in &declared.exports {
            for clause in &export.clauses {
                let ExportClause::Linkable { with, .. } = clause else { continue };
                if linked.contains(from) || linked.contains(with.text.as_str()) {
                    linked.extend([from, with.text.as_str()]);
                }
            }
        }
        if linked.len() == before {
            return linked;
        }
    }
}

fn role_of(written: &ast::Export, role: impl Fn(&ExportClause) -> Option<&ast::Name>) -> Option<Spanned<String>> {
    written.clauses.iter().find_map(role).map(|name| Spanned::new(name.text.clone(), name.span))
}

fn strategy(written: &ast::Export) -> ImportStrategy {
    let said = written.clauses.iter().find_map(|clause| match clause {
        ExportClause::ImportStrategy { strategy, .. } => Some(strategy.value),
        _ => None,
    });
    said.unwrap_or_default()
}

fn generated(
    candidates: &[columns::Candidate<'_>],
    column: &Column,
    diagnostics: &mut Vec<Diagnostic>,
) -> ExportColumn {
    let named = candidates.iter().find(|candidate| {
        candidate.step == Step::ExactExact && !matches!(candidate.rule.treatment.kind, TreatmentKind::Keep)
    });
    if let Some(named) = named {
        diagnostics.push(generated_is_treated(named.rule.span, column));
    }
    let rule = Rule { span: column.span, step: Step::Generated, text: "generated".into() };
    let decision = Decision { rule, class: None, lost: Vec::new(), because: None };
    ExportColumn { treatment: Treatment::Generated, decision, orphans: None }
}

fn generated_is_treated(span: Span, column: &Column) -> Diagnostic {
    let title = format!("expected no treatment for the generated column `{}`, found one", column.name);
    Diagnostic::new(codes::N0308, title)
        .at(span, "never leaves: the copy computes it again")
        .label(column.span, "generated here")
        .help("remove the rule; treat the columns that it is computed from")
}

/// A rule that is weaker than one that it beats says why, itself or through its class.
fn check_weaker(
    winner: &ast::ColumnRule,
    strength: Strength,
    candidates: &[columns::Candidate<'_>],
    treatments: &Treatments<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if strength == Strength::Drop || strength::says_why(&winner.treatment, treatments) {
        return;
    }
    let first = candidates.first();
    // Rules that tie are reported as such, not as beaten.
    let loses = |lost: &&columns::Candidate<'_>| first.is_some_and(|first| first.beats(lost));
    let stronger =
        |lost: &&columns::Candidate<'_>| strength::through_class(&lost.rule.treatment, treatments) > strength;
    if let Some(lost) = candidates.iter().skip(1).filter(loses).find(stronger) {
        let said = crate::syntax::treatment_text(&lost.rule.treatment);
        let was = format!("the less specific rule says `{said}`");
        diagnostics.push(weaker(winner.treatment.span, &was, lost.rule.span));
    }
}

/// `class C => …` is known to be weaker than the class only on a column, when it is an expression that shows it.
fn check_class(
    decision: &Decision,
    strength: Strength,
    treatments: &Treatments<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(class) = decision.class.as_deref() else { return };
    let Some(given) = treatments.class_overrides.get(class) else { return };
    let Some(declared) = treatments.declared.classes.get(class) else { return };
    // What is weaker whatever the column is was told with the clause.
    let is_told = strength::written(given) < strength::written(&declared.treatment);
    if !is_told && strength < strength::written(&declared.treatment) && !strength::has_reason(given) {
        let was = crate::syntax::treatment_text(&declared.treatment);
        diagnostics.push(weaker(given.span, &format!("class `{class}` gives `{was}`"), declared.span));
    }
}

/// Takes out columns that neither a rule, nor an override, nor a foreign key speaks of.
fn take_out_uncovered<'a>(export: &'a str, tables: &mut BTreeMap<QName, ExportTable>, uncovered: &mut Uncovered<'a>) {
    for (name, table) in tables {
        table.columns.retain(|column, resolved| {
            let is_decided = resolved.decision.rule.step != Step::Undecided;
            if !is_decided {
                uncovered.entry((name.clone(), column.clone())).or_default().push(export);
            }
            is_decided
        });
    }
}

/// `class C => …` of the export decides over the rule that names the class.
fn through_override(mut decision: Decision, treatments: &Treatments<'_>) -> Decision {
    let Some(given) = decision.class.as_deref().and_then(|class| treatments.class_overrides.get(class)) else {
        return decision;
    };
    let rule = Rule { span: given.span, step: Step::ExportClass, text: crate::syntax::treatment_text(given).into() };
    let lost = std::mem::replace(&mut decision.rule, rule);
    decision.lost.insert(0, lost);
    if let Some(reason) = &given.because {
        decision.because = Some(reason.value.clone());
    }
    decision
}

/// A column that no rule speaks of: an override or a foreign key may still do so.
fn undecided(column: &Column) -> ExportColumn {
    let rule = Rule { span: column.span, step: Step::Undecided, text: "no rule".into() };
    let decision = Decision { rule, class: None, lost: Vec::new(), because: None };
    ExportColumn { treatment: Treatment::Drop(Fill::Default), decision, orphans: None }
}

fn override_column(current: &mut ExportColumn, resolved: Treatment, written: &ast::Treatment, span: Span) {
    let rule = Rule { span, step: Step::ExportColumn, text: crate::syntax::treatment_text(written).into() };
    let lost = std::mem::replace(&mut current.decision.rule, rule);
    if lost.step != Step::Undecided {
        current.decision.lost.insert(0, lost);
    }
    current.decision.class = match &written.kind {
        TreatmentKind::Class(name) => Some(name.text.clone()),
        _ => None,
    };
    current.decision.because = written.because.as_ref().map(|reason| reason.value.clone());
    current.treatment = resolved;
    if let Some(orphans) = written.orphans {
        current.orphans = Some(orphans.value);
    }
}

fn weaker(span: Span, was: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::N0304,
        "expected `because` on a treatment that is weaker than the one it replaces, found no reason",
    )
    .at(span, "shows more")
    .label(place, was.to_owned())
    .note("drop is stronger than mask, and mask is stronger than keep")
    .help("add `because \"…\"`, or use a treatment that is as strong")
}

/// The finding for a class whose treatment is a class.
pub fn class_of_class(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(codes::N0213, format!("expected `keep`, `drop` or a mask for class `{name}`, found a class"))
        .at(span, "is a class itself")
        .help("write the treatment out")
}

fn twice(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(codes::N0309, format!("expected one override of {what} in an export, found two"))
        .at(span, "overrides it again")
        .help("remove one of them")
}

fn internal_in_export(table: &QName, span: Span) -> Diagnostic {
    Diagnostic::new(codes::N0806, format!("expected tables that may leave, found the internal table `{table}`"))
        .at(span, "names an internal table")
        .help(format!("remove `{table}` here, or its `internal` clause"))
}

fn not_exported(pattern: &TablePattern, export: &str, span: Span) -> Diagnostic {
    Diagnostic::new(codes::N0806, format!("expected a table of `export {export}`, found `{}`", pattern_text(pattern)))
        .at(span, "does not leave in this export")
        .help("add it to `tables`, or remove this clause")
}

/// Reports an exception without its reason.
pub fn demand_reason(because: Option<&ast::Reason>, what: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) {
    if because.is_none() {
        diagnostics.push(
            Diagnostic::new(codes::N0306, format!("expected `because` after `{what}`, found no reason"))
                .at(span, "is an exception")
                .help(format!("write `{what} because \"…\"`")),
        );
    }
}
