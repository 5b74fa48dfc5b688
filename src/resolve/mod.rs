//! Source names become catalog objects: ast and catalog to [`crate::model`].
//!
//! A name is looked up exactly once, here; what comes out holds no word that a later stage would have to look
//! up again. All independent findings come out of one run.

pub mod access;
mod arguments;
mod columns;
mod declare;
mod dictionary;
mod entities;
mod exports;
pub mod expression;
mod fields;
mod foreign_keys;
mod json;
pub mod mysql;
mod own_mask;
mod selector;
mod strength;
mod suggest;
mod test;
mod treatment;
mod types;

pub use selector::table_text;

use crate::catalog::{Catalog, QName};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::Model;
use crate::source::{Sources, Span};
use crate::syntax::ast::{File, TableBlock, TableClause};
use crate::syntax::written_name;
use access::Ground;
use declare::Declarations;
use exports::{Exports, Uncovered, demand_reason};
use selector::{Places, Selected, Selectors};
use std::collections::{BTreeMap, BTreeSet};
use treatment::{Target, Treatments};

/// The policy with nothing left open, and every finding on the way. The model is whole only when no finding is an
/// error.
pub fn resolve(sources: &Sources, catalog: &Catalog, search: &[String], files: &[File]) -> (Model, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let declared = declare::collect(files, &mut diagnostics);
    check_classes(&declared, &mut diagnostics);
    let nothing = BTreeSet::new();
    let internal_names = internal_names(&declared, &Selectors::new(catalog, search, &nothing));
    let placeless = Selectors::new(catalog, search, &internal_names);
    let ground = Ground::resolve(catalog, search, &declared, &placeless, &mut diagnostics);
    let internal = ground.internal();
    let internal_names: BTreeSet<QName> = internal.keys().cloned().collect();
    let scopes = ground.scopes.clone();
    let places = Places { scopes: &scopes, ..ground.places() };
    let selectors = Selectors::new(catalog, search, &internal_names).with_places(places);
    let blocks = select_blocks(&declared, &selectors, &mut diagnostics);
    let shared = Exports {
        sources,
        catalog,
        search,
        declared: &declared,
        blocks: &blocks,
        texts: &exports::rule_texts(&blocks),
        blocks_of: &exports::by_table(&blocks),
        internal: &internal,
        selectors: &selectors,
    };
    let mut model = Model { mask_key: declared.mask_key.clone(), internal: internal.clone(), ..Model::default() };
    let mut uncovered = Uncovered::new();
    for (name, written) in &declared.exports {
        let export = shared.resolve(written, &mut uncovered, &mut diagnostics);
        model.exports.insert((*name).to_owned(), export);
    }
    report_uncovered(&uncovered, &shared, &mut diagnostics);
    check_patterns(catalog, &blocks, &mut diagnostics);
    model.access = ground.access(catalog, search, &declared, &selectors, &model, &mut diagnostics);
    access::give_rights(&mut model);
    let treatments = Treatments { catalog, search, sources, declared: &declared, class_overrides: &BTreeMap::new() };
    model.tests = test::resolve(&treatments, &selectors, &model.access, &mut diagnostics);
    (model, diagnostics)
}

fn check_classes(declared: &Declarations<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for class in declared.classes.values() {
        if let Some(name) = treatment::inner_class(&class.treatment) {
            diagnostics.push(exports::class_of_class(&class.name.text, name.span));
        }
    }
}

/// Tables that some clause calls internal, which `all tables` leaves out while places are found.
fn internal_names(declared: &Declarations<'_>, selectors: &Selectors<'_>) -> BTreeSet<QName> {
    let is_internal = |clause: &TableClause| matches!(clause, TableClause::Internal { .. });
    let blocks = declared.blocks.iter().filter(|block| block.clauses.iter().any(is_internal));
    blocks.flat_map(|block| selectors.select(&block.selector, &mut Vec::new()).into_keys()).collect()
}

fn select_blocks<'a>(
    declared: &Declarations<'a>,
    selectors: &Selectors<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(&'a TableBlock, BTreeMap<QName, Selected>)> {
    let mut blocks = Vec::new();
    for block in &declared.blocks {
        for clause in &block.clauses {
            if let TableClause::Skip { because, span } = clause {
                demand_reason(because.as_ref(), "skip", *span, diagnostics);
            }
        }
        blocks.push((*block, selectors.select(&block.selector, diagnostics)));
    }
    blocks
}

fn report_uncovered(uncovered: &Uncovered<'_>, shared: &Exports<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Exports { catalog, search, declared, sources, .. } = *shared;
    let treatments = Treatments { catalog, search, sources, declared, class_overrides: &BTreeMap::new() };
    for ((table, column), exports) in uncovered {
        let Some(table) = catalog.tables.get(table) else { continue };
        let Some(column) = table.columns.get(column) else { continue };
        let treatment = suggest::suggest(&treatments, declared, Target { table, column });
        diagnostics.push(columns::uncovered(table, column, exports, &treatment, search));
    }
}

/// A column pattern that no column of its tables has is a rule that silently does nothing: an error.
fn check_patterns(
    catalog: &Catalog,
    blocks: &[(&TableBlock, BTreeMap<QName, Selected>)],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (block, selected) in blocks.iter().filter(|(_, selected)| !selected.is_empty()) {
        let tables: Vec<_> = selected.keys().filter_map(|name| catalog.tables.get(name)).collect();
        for clause in &block.clauses {
            let TableClause::Columns(rule) = clause else { continue };
            let before = diagnostics.len();
            types::check_types(rule.types.as_deref().unwrap_or_default(), catalog, diagnostics);
            if diagnostics.len() > before {
                continue;
            }
            for pattern in &rule.columns {
                let is_match = |name: &str| {
                    if pattern.is_glob() { selector::matches(&pattern.text, name) } else { pattern.text == name }
                };
                let has_type = |column: &crate::catalog::Column| {
                    rule.types.as_ref().is_none_or(|types| types::matches_types(types, catalog, column))
                };
                let mut columns = tables.iter().flat_map(|table| table.columns.values());
                if columns.any(|column| is_match(&column.name) && has_type(column)) {
                    continue;
                }
                diagnostics.push(unused_pattern(pattern, &rule.columns, &tables, is_match));
            }
        }
    }
}

fn unused_pattern(
    pattern: &crate::syntax::ast::Pattern,
    beside: &[crate::syntax::ast::Pattern],
    tables: &[&crate::catalog::Table],
    is_match: impl Fn(&str) -> bool,
) -> Diagnostic {
    let names: BTreeSet<&str> = tables.iter().flat_map(|table| table.columns.keys()).map(String::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    if names.iter().any(|name| is_match(name)) {
        return Diagnostic::new(
            codes::N0204,
            format!("expected a column of these types, found none named `{}`", pattern.text),
        )
        .at(pattern.span, "no column of this name has one of the types")
        .help("correct the type list, or remove the rule");
    }
    if let [table] = tables {
        return selector::no_such_column(pattern.span, &pattern.text, &table.name.to_string(), &names);
    }
    let title = format!("expected a pattern that selects a column, found `{}`, which selects none", pattern.text);
    let diagnostic = Diagnostic::new(codes::N0204, title).at(pattern.span, "no column of the selected tables");
    // What the rule names already cannot be meant.
    let others = names.into_iter().filter(|name| beside.iter().all(|pattern| pattern.text != *name));
    match crate::diagnostic::did_you_mean(&pattern.text, others) {
        Some(near) => meant(diagnostic, pattern.span, near),
        None => diagnostic.help("remove it; a rule that does nothing hides a slip"),
    }
}

/// The name that was meant, as a policy writes it at the place of the one that was found.
fn meant(diagnostic: Diagnostic, span: Span, name: &str) -> Diagnostic {
    let written = written_name(name, columns::CLAUSE_WORDS);
    diagnostic.help(format!("did you mean `{written}`?")).fix(span, written)
}
