//! Each table's place in tenancy: scoped, shared or internal.
//!
//! A table gets its place by the most specific clause that names it, or by having the tenant column. Parents are
//! looked at only after every table has one, since order never matters; what then does not lead to a tenant column
//! is an error, never a table without isolation.

use super::Names;
use super::parents::{self, Via};
use super::predicate;
use super::tenancy::check_type;
use crate::catalog::{QName, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Scope, ScopeKind, Tenancy};
use crate::resolve::declare::Declarations;
use crate::resolve::exports::demand_reason;
use crate::resolve::selector::{Selectors, is_selectable, no_such_column};
use crate::source::Span;
use crate::syntax::ast::{self, SelectorItem, TableBlock, TableClause};
use std::collections::BTreeMap;

/// A clause that gives a table its place.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    exact: bool,
    clause: Clause<'a>,
    because: Option<&'a ast::Reason>,
    /// The clause.
    pub span: Span,
}

#[derive(Clone, Copy)]
enum Clause<'a> {
    Scoped(&'a ast::ScopeKind),
    Shared,
    Internal,
}

impl Candidate<'_> {
    fn is_condition(&self) -> bool {
        matches!(self.clause, Clause::Scoped(ast::ScopeKind::When(_)))
    }
}

/// What all tables share while their places are found.
pub struct Scopes<'a> {
    /// What conditions may name.
    pub names: Names<'a>,
    /// The policy's statements.
    pub declared: &'a Declarations<'a>,
    /// Looks tables up; does not know the places yet.
    pub selectors: &'a Selectors<'a>,
    /// Whose row it is.
    pub tenancy: Option<&'a Tenancy>,
}

impl<'a> Scopes<'a> {
    /// The place of every table that has one.
    pub fn resolve(&self, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<QName, Scope> {
        let candidates = self.candidates(diagnostics);
        let mut scopes = BTreeMap::new();
        let mut by_condition = Vec::new();
        for table in self.names.catalog.tables.values().filter(|table| is_selectable(table)) {
            let written = candidates.get(&table.name).map(Vec::as_slice).unwrap_or_default();
            let scope = match decide(table, written, diagnostics) {
                Some(candidate) if candidate.is_condition() => {
                    by_condition.push((table, candidate));
                    continue;
                }
                Some(candidate) => self.by_clause(table, candidate, diagnostics),
                None => self.by_column(table, diagnostics),
            };
            if let Some(scope) = scope {
                scopes.insert(table.name.clone(), scope);
            }
        }
        self.by_conditions(&by_condition, &mut scopes, diagnostics);
        if let Some(tenancy) = self.tenancy {
            parents::check(self.names.catalog, &scopes, diagnostics);
            super::inheritance::check(self.names.catalog, &scopes, diagnostics);
            let is_undecided = |table: &&Table| {
                is_selectable(table) && !scopes.contains_key(&table.name) && !candidates.contains_key(&table.name)
            };
            let undecided: Vec<&Table> = self.names.catalog.tables.values().filter(is_undecided).collect();
            diagnostics.extend(super::undecided::report(self.names.catalog, tenancy, &scopes, &undecided));
        }
        scopes
    }

    /// Conditions may read the tenant columns that other tables are given, so they come last.
    fn by_conditions(
        &self,
        written: &[(&Table, Candidate<'_>)],
        scopes: &mut BTreeMap<QName, Scope>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let added = self.tenancy.map(|tenancy| predicate::added(tenancy, scopes)).unwrap_or_default();
        let last = Scopes { names: Names { added: &added, ..self.names }, ..*self };
        for (table, candidate) in written {
            if let Some(scope) = last.by_clause(table, *candidate, diagnostics) {
                scopes.insert(table.name.clone(), scope);
            }
        }
    }

    fn candidates(&self, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<QName, Vec<Candidate<'a>>> {
        let mut candidates: BTreeMap<QName, Vec<Candidate<'a>>> = BTreeMap::new();
        for block in &self.declared.blocks {
            let clauses: Vec<_> = block.clauses.iter().filter_map(clause).collect();
            if clauses.is_empty() || selects_by_place(block, diagnostics) {
                continue;
            }
            for (clause, because, span) in clauses {
                if !self.may_stand(clause, span, diagnostics) {
                    continue;
                }
                check_reason(clause, because, span, diagnostics);
                // Patterns that select nothing are reported once, where all blocks are selected.
                for (table, how) in self.selectors.select(&block.selector, &mut Vec::new()) {
                    candidates.entry(table).or_default().push(Candidate { exact: how.exact, clause, because, span });
                }
            }
        }
        candidates
    }

    /// `scoped` means nothing where nothing says what a tenant is.
    fn may_stand(&self, clause: Clause<'_>, span: Span, diagnostics: &mut Vec<Diagnostic>) -> bool {
        let needs = matches!(clause, Clause::Scoped(_)) && self.declared.tenancies.is_empty();
        if needs {
            diagnostics.push(needs_tenancy("`scoped`", span));
        }
        !needs && (!matches!(clause, Clause::Scoped(_)) || self.tenancy.is_some())
    }

    fn by_column(&self, table: &Table, diagnostics: &mut Vec<Diagnostic>) -> Option<Scope> {
        let tenancy = self.tenancy?;
        let name = if table.name == tenancy.root { &tenancy.root_column } else { &tenancy.column };
        let column = table.columns.get(name)?;
        check_type(self.names.catalog, &tenancy.data_type, table, column, tenancy.span, diagnostics);
        let kind = ScopeKind::Column { column: name.clone(), or_null: false };
        Some(Scope { kind, span: tenancy.span, because: None })
    }

    fn by_clause(&self, table: &Table, candidate: Candidate<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Scope> {
        let kind = match candidate.clause {
            Clause::Shared => ScopeKind::Shared,
            Clause::Internal => ScopeKind::Internal,
            Clause::Scoped(written) => self.scoped(table, candidate, written, diagnostics)?,
        };
        let because = candidate.because.map(|reason| reason.value.clone());
        Some(Scope { kind, span: candidate.span, because })
    }

    fn scoped(
        &self,
        table: &Table,
        candidate: Candidate<'_>,
        written: &ast::ScopeKind,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<ScopeKind> {
        match written {
            ast::ScopeKind::By { column, or_null } => self.by(table, candidate, (column, *or_null), diagnostics),
            ast::ScopeKind::Via { columns, references, by_lookup } => {
                let tenancy = self.tenancy?;
                if !by_lookup && let Some(column) = table.columns.get(&tenancy.column) {
                    check_type(self.names.catalog, &tenancy.data_type, table, column, candidate.span, diagnostics);
                    return Some(ScopeKind::Column { column: tenancy.column.clone(), or_null: false });
                }
                let via = Via { columns, references: references.as_ref(), span: candidate.span };
                let parent = parents::via(self.names.catalog, self.selectors, table, via, diagnostics)?;
                if parent.nullable && candidate.because.is_none() {
                    diagnostics.push(parents::nullable(table, &parent, candidate.span));
                }
                Some(if *by_lookup { ScopeKind::Lookup(parent) } else { ScopeKind::Added(parent) })
            }
            ast::ScopeKind::Through { table: pointing, column } => {
                let pointing = self.selectors.table(pointing, diagnostics)?;
                parents::through(table, pointing, column, diagnostics)
            }
            ast::ScopeKind::When(sql) => predicate::parse(&self.names, table, sql, diagnostics).map(ScopeKind::When),
        }
    }

    fn by(
        &self,
        table: &Table,
        candidate: Candidate<'_>,
        (name, or_null): (&ast::Name, bool),
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<ScopeKind> {
        let tenancy = self.tenancy?;
        let Some(column) = table.columns.get(&name.text) else {
            let columns: Vec<&str> = table.columns.keys().map(String::as_str).collect();
            diagnostics.push(no_such_column(name.span, &name.text, &table.name.to_string(), &columns));
            return None;
        };
        if table.name == tenancy.root && name.text != tenancy.root_column {
            diagnostics.push(other_root_key(tenancy, name));
            return None;
        }
        check_type(self.names.catalog, &tenancy.data_type, table, column, candidate.span, diagnostics);
        if or_null && column.not_null {
            diagnostics.push(
                Diagnostic::new(
                    codes::N0513,
                    format!(
                        "expected a column that may be NULL before `or null`, found `{}.{}`",
                        table.name, name.text
                    ),
                )
                .at(candidate.span, "speaks of rows that cannot be there")
                .label(column.span, "NOT NULL")
                .help(format!("write `scoped by {};`", name.text)),
            );
        }
        Some(ScopeKind::Column { column: name.text.clone(), or_null })
    }
}

fn other_root_key(tenancy: &Tenancy, name: &ast::Name) -> Diagnostic {
    let title = format!("expected the root's key `{}`, found `{}`", tenancy.root_column, name.text);
    Diagnostic::new(codes::N0503, title)
        .at(name.span, "is another column of the root")
        .label(tenancy.span, "says which column is the tenant")
        .help(format!("write `scoped by {};`, or remove the clause: the root scopes itself", tenancy.root_column))
        .fix(name.span, tenancy.root_column.as_str())
}

fn clause(written: &TableClause) -> Option<(Clause<'_>, Option<&ast::Reason>, Span)> {
    Some(match written {
        TableClause::Scoped(scope) => (Clause::Scoped(&scope.kind), scope.because.as_ref(), scope.span),
        TableClause::Shared { because, span } => (Clause::Shared, because.as_ref(), *span),
        TableClause::Internal { because, span } => (Clause::Internal, because.as_ref(), *span),
        TableClause::Skip { .. } | TableClause::Rows { .. } | TableClause::Columns(_) => return None,
    })
}

fn check_reason(clause: Clause<'_>, because: Option<&ast::Reason>, span: Span, diagnostics: &mut Vec<Diagnostic>) {
    let what = match clause {
        Clause::Shared => "shared",
        Clause::Internal => "internal",
        Clause::Scoped(ast::ScopeKind::By { or_null: true, .. }) => "or null",
        Clause::Scoped(ast::ScopeKind::When(_)) => "scoped when (…)",
        Clause::Scoped(_) => return,
    };
    demand_reason(because, what, span, diagnostics);
}

/// Which tables are scoped is what such a clause would decide.
fn selects_by_place(block: &TableBlock, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let by_place = block.selector.items.iter().find_map(|item| match item {
        SelectorItem::Scoped(span) => Some((*span, "scoped tables")),
        SelectorItem::Shared(span) => Some((*span, "shared tables")),
        SelectorItem::Pattern(_) | SelectorItem::All(_) => None,
    });
    if let Some((span, words)) = by_place {
        diagnostics.push(
            Diagnostic::new(codes::N0514, format!("expected tables by name or glob, found `{words}`"))
                .at(span, "selects by what this block decides")
                .note("a clause that gives tables their place cannot ask for their place")
                .help("write the tables' names, or move the clause into a block of its own"),
        );
    }
    by_place.is_some()
}

/// The clause that wins; two at the most specific step are an error, and then none does.
fn decide<'a>(table: &Table, written: &[Candidate<'a>], diagnostics: &mut Vec<Diagnostic>) -> Option<Candidate<'a>> {
    let best = written.iter().map(|candidate| candidate.exact).max()?;
    let mut best = written.iter().filter(|candidate| candidate.exact == best);
    let first = best.next()?;
    let Some(second) = best.next() else { return Some(*first) };
    let step = if first.exact { "by name" } else { "by glob" };
    diagnostics.push(
        Diagnostic::new(codes::N0508, format!("expected one place for `{}`, found two clauses {step}", table.name))
            .at(second.span, "says one thing")
            .label(first.span, "says another, as specifically")
            .note("order never matters, so neither of them wins")
            .help(if first.exact {
                "remove one of them"
            } else {
                "name the table in a block of its own, or narrow one glob"
            }),
    );
    Some(*first)
}

/// The finding for what only a `tenancy` statement gives a meaning.
pub fn needs_tenancy(what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(codes::N0506, format!("expected a `tenancy` statement for {what}, found none"))
        .at(span, "means nothing without one")
        .note("`tenancy` says what a tenant is: its table, the column that names it and the setting of a session")
        .help("add `tenancy { root TABLE (KEY); column NAME; setting NAME; }`, or remove this")
}
