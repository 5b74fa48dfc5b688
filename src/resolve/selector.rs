//! Table selectors and column patterns against the catalog.
//!
//! Only base tables and partition roots can be selected: a partition's columns are its root's, and views hold
//! no rows of their own. A pattern that selects nothing is an error here, since a rule that silently does
//! nothing is how a column leaks.

use super::access::needs_tenancy;
use super::meant;
use crate::catalog::{Catalog, QName, Table, TableKind};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::access::{Scope, ScopeKind};
use crate::source::Span;
use crate::syntax::ast::{Pattern, Selector, SelectorItem, TablePattern};
use crate::syntax::written_name;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// How a table was selected; exact beats glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// By its name rather than by a glob.
    pub exact: bool,
    /// The pattern that selected it, for ties.
    pub pattern: String,
}

/// Looks tables up by the rules of the language.
pub struct Selectors<'a> {
    catalog: &'a Catalog,
    search: &'a [String],
    internal: &'a BTreeSet<QName>,
    places: Option<Places<'a>>,
    comparisons_left: Cell<usize>,
}

/// What `scoped tables` and `shared tables` mean.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    /// Each table's place in tenancy.
    pub scopes: &'a BTreeMap<QName, Scope>,
    /// There is no `tenancy` statement.
    pub without_tenancy: bool,
    /// Something about the places is an error already: what selects nothing follows from it.
    pub broken: bool,
}

/// Names that do not exist are compared with names that do so many times in one run; thousands of wrong names in a
/// schema of thousands of tables would otherwise take minutes, and nobody reads that many suggestions.
const MOST_COMPARISONS: usize = 2_000_000;

impl<'a> Selectors<'a> {
    /// `search` are the schemas in which an unqualified name is looked for; `internal` tables are never part of
    /// `all tables`.
    pub fn new(catalog: &'a Catalog, search: &'a [String], internal: &'a BTreeSet<QName>) -> Self {
        Self { catalog, search, internal, places: None, comparisons_left: Cell::new(MOST_COMPARISONS) }
    }

    /// The same, knowing which tables are scoped and shared.
    pub fn with_places(mut self, places: Places<'a>) -> Self {
        self.places = Some(places);
        self
    }

    /// Every table of a selector and how it was selected.
    pub fn select(&self, selector: &Selector, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<QName, Selected> {
        let mut selected: BTreeMap<QName, Selected> = BTreeMap::new();
        for item in &selector.items {
            for (table, how) in self.item(item, diagnostics) {
                let entry = selected.entry(table).or_insert_with(|| how.clone());
                if how.exact && !entry.exact {
                    *entry = how;
                }
            }
        }
        for pattern in &selector.except {
            for table in self.pattern(pattern, diagnostics) {
                selected.remove(&table);
            }
        }
        selected
    }

    fn item(&self, item: &SelectorItem, diagnostics: &mut Vec<Diagnostic>) -> Vec<(QName, Selected)> {
        match item {
            SelectorItem::Pattern(pattern) => {
                let how = Selected { exact: !is_glob(pattern), pattern: pattern_text(pattern) };
                self.pattern(pattern, diagnostics).into_iter().map(|table| (table, how.clone())).collect()
            }
            SelectorItem::All(_) => {
                let how = Selected { exact: false, pattern: "all tables".to_owned() };
                let tables = self.tables().filter(|table| !self.internal.contains(&table.name));
                tables.map(|table| (table.name.clone(), how.clone())).collect()
            }
            SelectorItem::Scoped(span) => self.by_place(*span, "scoped tables", ScopeKind::is_scoped, diagnostics),
            SelectorItem::Shared(span) => {
                self.by_place(*span, "shared tables", |kind| *kind == ScopeKind::Shared, diagnostics)
            }
        }
    }

    fn by_place(
        &self,
        span: Span,
        words: &str,
        wanted: fn(&ScopeKind) -> bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<(QName, Selected)> {
        // Without places a block is only asked which tables it gives a place to.
        let Some(places) = self.places else { return Vec::new() };
        let how = Selected { exact: false, pattern: words.to_owned() };
        let tables = places.scopes.iter().filter(|(_, scope)| wanted(&scope.kind));
        let found: Vec<_> = tables.map(|(table, _)| (table.clone(), how.clone())).collect();
        if found.is_empty() && places.without_tenancy && words == "scoped tables" {
            diagnostics.push(needs_tenancy("`scoped tables`", span));
        } else if found.is_empty() && !places.broken {
            diagnostics.push(
                Diagnostic::new(codes::N0201, format!("expected `{words}` to select a table, found none"))
                    .at(span, "no table has this place")
                    .help("remove it; a rule that does nothing hides a slip"),
            );
        }
        found
    }

    /// Base tables and partition roots as [`Self::select`] has them, and the views, materialized views and foreign
    /// tables that are named exactly; with `globs` also those that a glob matches.
    pub fn relations(
        &self,
        selector: &Selector,
        globs: bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> BTreeMap<QName, Selected> {
        let is_other = |pattern: &TablePattern| !self.others(pattern).is_empty() && (globs || !is_glob(pattern));
        let mut tables_only = selector.clone();
        tables_only.items.retain(|item| match item {
            SelectorItem::Pattern(pattern) => {
                !(is_other(pattern) && self.matching(pattern.schema.as_ref(), &pattern.table).is_empty())
            }
            _ => true,
        });
        tables_only
            .except
            .retain(|pattern| !is_other(pattern) || !self.matching(pattern.schema.as_ref(), &pattern.table).is_empty());
        let mut found = self.select(&tables_only, diagnostics);
        for item in &selector.items {
            let SelectorItem::Pattern(pattern) = item else { continue };
            let tables = self.matching(pattern.schema.as_ref(), &pattern.table);
            let same: BTreeSet<QName> = self.others(pattern).into_iter().chain(tables).collect();
            if !is_glob(pattern) && same.len() > 1 && is_other(pattern) {
                diagnostics.push(ambiguous(pattern, &same.into_iter().collect::<Vec<_>>()));
            } else if is_other(pattern) {
                let how = Selected { exact: !is_glob(pattern), pattern: pattern_text(pattern) };
                found.extend(self.others(pattern).into_iter().map(|name| (name, how.clone())));
            }
        }
        for name in selector.except.iter().flat_map(|pattern| self.others(pattern)) {
            found.remove(&name);
        }
        found
    }

    /// Views, materialized views and foreign tables of this name or glob.
    fn others(&self, pattern: &TablePattern) -> Vec<QName> {
        let in_schema = |name: &QName| match &pattern.schema {
            Some(schema) => matches(&schema.text, &name.schema),
            None => self.search.iter().any(|schema| *schema == name.schema),
        };
        let foreign =
            self.catalog.tables.values().filter(|table| table.kind == TableKind::Foreign && !table.is_partition());
        let names = self.catalog.views.keys().chain(foreign.map(|table| &table.name));
        names.filter(|name| in_schema(name) && matches(&pattern.table.text, &name.name)).cloned().collect()
    }

    /// Base tables and partition roots, in name order.
    fn tables(&self) -> impl Iterator<Item = &'a Table> {
        self.catalog.tables.values().filter(|table| is_selectable(table))
    }

    /// The one table that an exact pattern names.
    pub fn table(&self, pattern: &TablePattern, diagnostics: &mut Vec<Diagnostic>) -> Option<&'a Table> {
        if is_glob(pattern) {
            diagnostics.push(
                Diagnostic::new(codes::N0208, "expected the name of one table, found a glob")
                    .at(pattern.span, "selects by pattern")
                    .help("write the table's name here, once a table"),
            );
            return None;
        }
        let name = self.pattern(pattern, diagnostics).into_iter().next()?;
        self.catalog.tables.get(&name)
    }

    fn pattern(&self, pattern: &TablePattern, diagnostics: &mut Vec<Diagnostic>) -> Vec<QName> {
        let found: Vec<QName> = match &pattern.schema {
            Some(schema) => self.matching(Some(schema), &pattern.table),
            None => self.matching(None, &pattern.table),
        };
        if found.is_empty() {
            diagnostics.push(self.nothing(pattern));
        } else if !is_glob(pattern) && found.len() > 1 {
            diagnostics.push(ambiguous(pattern, &found));
            return Vec::new();
        }
        found
    }

    fn matching(&self, schema: Option<&Pattern>, table: &Pattern) -> Vec<QName> {
        if !table.is_glob() && schema.is_none_or(|schema| !schema.is_glob()) {
            let schemas: BTreeSet<&str> = match schema {
                Some(schema) => BTreeSet::from([schema.text.as_str()]),
                None => self.search.iter().map(String::as_str).collect(),
            };
            let names = schemas.into_iter().map(|schema| QName::new(schema, &table.text));
            return names.filter(|name| self.catalog.tables.get(name).is_some_and(is_selectable)).collect();
        }
        if let (None, false) = (schema, table.is_glob()) {
            let mut found = self.catalog.find_table(self.search, None, &table.text);
            found.retain(|name| self.catalog.tables.get(name).is_some_and(is_selectable));
            found.sort();
            found.dedup();
            return found;
        }
        let in_schema = |name: &QName| match schema {
            Some(pattern) => matches(&pattern.text, &name.schema),
            None => self.search.iter().any(|schema| *schema == name.schema),
        };
        self.tables()
            .filter(|candidate| in_schema(&candidate.name) && matches(&table.text, &candidate.name.name))
            .map(|table| table.name.clone())
            .collect()
    }

    fn nothing(&self, pattern: &TablePattern) -> Diagnostic {
        let written = pattern_text(pattern);
        if let Some(diagnostic) = self.not_a_base_table(pattern, &written) {
            return diagnostic;
        }
        let title = if is_glob(pattern) {
            format!("expected a pattern that selects a table, found `{written}`, which selects none")
        } else {
            format!("expected a table of the schema, found `{written}`")
        };
        let diagnostic = Diagnostic::new(codes::N0201, title).at(pattern.span, "no such table");
        if !self.may_search() {
            return diagnostic.help("write a table of the schema files, or remove this pattern");
        }
        let elsewhere = self.tables().find(|table| pattern.schema.is_none() && table.name.name == pattern.table.text);
        if let Some(table) = elsewhere {
            let schema = &table.name.schema;
            return diagnostic
                .note(format!("`{}` is in schema `{schema}`, which `search` in noren.toml does not list", table.name))
                .help(format!("write `{}`", table.name));
        }
        let names: BTreeMap<String, String> = if pattern.schema.is_some() {
            self.tables().map(|table| (table.name.to_string(), table_text(&table.name))).collect()
        } else {
            self.tables().map(|table| (table.name.name.to_string(), written_name(&table.name.name, &[]))).collect()
        };
        match did_you_mean(&written, names.keys().map(String::as_str)).and_then(|near| names.get(near)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(pattern.span, near.as_str()),
            None => diagnostic.help("write a table of the schema files, or remove this pattern"),
        }
    }

    /// Whether another name may still be compared with every table.
    fn may_search(&self) -> bool {
        let left = self.comparisons_left.get();
        self.comparisons_left.set(left.saturating_sub(self.catalog.tables.len()));
        left > 0
    }

    fn not_a_base_table(&self, pattern: &TablePattern, written: &str) -> Option<Diagnostic> {
        if is_glob(pattern) {
            return None;
        }
        let schemas: Vec<&str> = match &pattern.schema {
            Some(schema) => vec![schema.text.as_str()],
            None => self.search.iter().map(String::as_str).collect(),
        };
        let names: Vec<QName> = schemas.into_iter().map(|schema| QName::new(schema, &pattern.table.text)).collect();
        let diagnostic = |what: &str, help: String| {
            Diagnostic::new(codes::N0203, format!("expected a base table, found {what} `{written}`"))
                .at(pattern.span, format!("is {what}"))
                .help(help)
        };
        if names.iter().any(|name| self.catalog.views.contains_key(name)) {
            return Some(diagnostic("a view", "name the tables that it reads; views hold no rows of their own".into()));
        }
        let table = names.iter().find_map(|name| self.catalog.tables.get(name))?;
        if table.kind == TableKind::Foreign {
            return Some(diagnostic(
                "a foreign table",
                "remove it; the rows of a foreign table are exported where they live".into(),
            ));
        }
        let root = self.root_of(table);
        Some(diagnostic("a partition", format!("write its root `{root}`; rules of the root reach every partition")))
    }

    fn root_of(&self, table: &Table) -> QName {
        let mut name = &table.name;
        let mut seen = BTreeSet::new();
        while let Some(parent) = self.catalog.tables.get(name).and_then(|table| table.partition_of.as_ref()) {
            if !seen.insert(parent) {
                break;
            }
            name = parent;
        }
        name.clone()
    }
}

fn ambiguous(pattern: &TablePattern, found: &[QName]) -> Diagnostic {
    let names: Vec<String> = found.iter().map(|name| format!("`{name}`")).collect();
    let first = found.first().map(ToString::to_string).unwrap_or_default();
    Diagnostic::new(codes::N0202, format!("expected one table, found {}", names.join(" and ")))
        .at(pattern.span, "is in more than one schema of `search`")
        .help(format!("write the schema too, for example `{first}`"))
}

/// A base table or the root of partitions.
pub fn is_selectable(table: &Table) -> bool {
    table.partition_of.is_none() && table.kind != TableKind::Foreign
}

/// Whether any part of a table pattern is a glob.
pub fn is_glob(pattern: &TablePattern) -> bool {
    pattern.table.is_glob() || pattern.schema.as_ref().is_some_and(Pattern::is_glob)
}

/// A pattern as text, for messages and ties.
pub fn pattern_text(pattern: &TablePattern) -> String {
    match &pattern.schema {
        Some(schema) => format!("{}.{}", schema.text, pattern.table.text),
        None => pattern.table.text.clone(),
    }
}

/// A table with its schema, as a policy writes it.
pub fn table_text(table: &QName) -> String {
    format!("{}.{}", written_name(&table.schema, &[]), written_name(&table.name, &[]))
}

/// Whether `text` is matched by `pattern`, in which `*` stands for any run of characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(first) else { return false };
    let (middle, last) = pattern.rsplit_once('*').unwrap_or(("", pattern));
    let mut rest = text;
    for part in middle.split('*') {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// A finding about a span that no table owns, for lists of columns.
pub fn no_such_column(span: Span, written: &str, table: &str, columns: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(codes::N0204, format!("expected a column of `{table}`, found `{written}`"))
        .at(span, "no such column");
    match did_you_mean(written, columns.iter().copied()) {
        Some(near) => meant(diagnostic, span, near),
        None => diagnostic.help(format!("write a column of `{table}`, or remove this")),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, text) in
            [("*", ""), ("*", "a"), ("*_id", "user_id"), ("a*b*c", "abc"), ("a*b*c", "axbxbc"), ("x", "x")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("*_id", "id"), ("a*", "b"), ("a*b*c", "acb"), ("x", "xy"), ("aa*aa", "aaa")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
