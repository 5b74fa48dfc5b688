//! `test` statements: names to objects, and the calls in their SQL that mean something to a test.
//!
//! A test that is wrong by itself would fail on a server with a message about something else, so whatever the schema and
//! the policy can tell of it is told here: roles, settings, tables, columns, values of a row, and calls of masks.

mod sql;

use super::meant;
use super::treatment::Treatments;
use crate::catalog::{Column, DataType, Table};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::access::Access;
use crate::model::test::{GivenRows, Test, TestSql};
use crate::resolve::selector::{Selectors, no_such_column};
use crate::source::Span;
use crate::syntax::ast;
use sql::Reader;
use std::collections::BTreeMap;

/// Every test, by title.
pub fn resolve(
    treatments: &Treatments<'_>,
    selectors: &Selectors<'_>,
    access: &Access,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Test> {
    let tests = Tests { treatments, selectors, access };
    let mut found = BTreeMap::new();
    for (title, written) in &treatments.declared.tests {
        if let Some(test) = tests.test(written, diagnostics) {
            found.insert((*title).to_owned(), test);
        }
    }
    found
}

struct Tests<'a> {
    treatments: &'a Treatments<'a>,
    selectors: &'a Selectors<'a>,
    access: &'a Access,
}

impl Tests<'_> {
    fn test(&self, written: &ast::Test, diagnostics: &mut Vec<Diagnostic>) -> Option<Test> {
        let before = diagnostics.len();
        if let Some(role) = &written.role
            && !self.access.roles.contains_key(&role.text)
        {
            let names = self.access.roles.keys().map(String::as_str);
            diagnostics.push(unknown("a role of the policy", role, names));
        }
        let given: Vec<_> = written.given.iter().map(|given| self.given(given, diagnostics)).collect();
        let settings: Vec<_> =
            written.settings.iter().map(|(name, value)| self.setting(name, value, diagnostics)).collect();
        let expect = self.reader().expression(&written.expect.text, written.expect.span, None, diagnostics);
        if diagnostics.len() > before {
            return None;
        }
        Some(Test {
            title: written.title.value.clone(),
            span: written.span,
            given: given.into_iter().collect::<Option<_>>()?,
            role: written.role.as_ref().map(|role| role.text.clone()),
            settings: settings.into_iter().collect::<Option<_>>()?,
            expect: expect?,
        })
    }

    fn reader(&self) -> Reader<'_> {
        Reader { treatments: self.treatments, tenancy: self.access.tenancy.as_ref() }
    }

    fn setting(
        &self,
        name: &ast::SettingName,
        value: &ast::SqlExpr,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<(String, DataType, TestSql)> {
        let full = format!("{}.{}", name.prefix.text, name.name.text);
        let Some(setting) = self.access.settings.get(&full) else {
            let written = ast::Name { text: full, quoted: false, span: name.name.span };
            let names = self.access.settings.keys().map(String::as_str);
            diagnostics.push(
                unknown("a setting that predicates read", &written, names)
                    .note("the key of keyed masks is given by the run of the tests"),
            );
            return None;
        };
        let element = DataType { dimensions: 0, ..setting.data_type.clone() };
        let value = self.reader().expression(&value.text, value.span, Some(&element), diagnostics)?;
        Some((full, setting.data_type.clone(), value))
    }

    fn given(&self, written: &ast::Given, diagnostics: &mut Vec<Diagnostic>) -> Option<GivenRows> {
        let table = self.selectors.table(&written.table, diagnostics)?;
        let mut columns = Vec::new();
        for name in &written.columns {
            if let Some(column) = table.columns.get(&name.text) {
                columns.push(column);
            } else {
                let names: Vec<&str> = table.columns.keys().map(String::as_str).collect();
                diagnostics.push(no_such_column(name.span, &name.text, &table.name.to_string(), &names));
            }
        }
        if columns.len() < written.columns.len() {
            return None;
        }
        takes(table, &columns, written.table.span, diagnostics);
        let rows: Vec<_> = written.rows.iter().map(|row| self.row(table, &columns, row, diagnostics)).collect();
        Some(GivenRows {
            table: table.name.clone(),
            columns: columns.into_iter().map(|column| column.name.clone()).collect(),
            rows: rows.into_iter().collect::<Option<_>>()?,
        })
    }

    fn row(
        &self,
        table: &Table,
        columns: &[&Column],
        row: &ast::SqlExpr,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Vec<TestSql>> {
        let values = sql::split(&row.text);
        if values.len() != columns.len() {
            let title = format!(
                "expected {} values for `{}`, as many as there are columns, found {}",
                columns.len(),
                table.name,
                values.len()
            );
            diagnostics.push(
                Diagnostic::new(codes::N0217, title)
                    .at(row.span, "has another number of values")
                    .help("give each column that is named one value"),
            );
            return None;
        }
        let values = values.into_iter().zip(columns).map(|((at, text), column)| {
            let start = row.span.start as usize + at;
            let span = Span::new(row.span.source, start, start + text.len());
            self.reader().expression(text, span, Some(&column.data_type), diagnostics)
        });
        values.collect()
    }
}

/// Whether rows with values for these columns alone can be there.
fn takes(table: &Table, columns: &[&Column], span: Span, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(column) = columns.iter().find(|column| column.generated.is_some()) {
        diagnostics.push(
            Diagnostic::new(
                codes::N0217,
                format!("expected columns of `{}` that can be given, found `{}`", table.name, column.name),
            )
            .at(span, "PostgreSQL computes this column itself")
            .help("leave the column out"),
        );
    }
    let fills_itself = |column: &Column| {
        !column.not_null || column.default.is_some() || column.identity.is_some() || column.generated.is_some()
    };
    let missing = table.columns.values().filter(|column| !fills_itself(column));
    let missing = missing.filter(|column| !columns.iter().any(|given| given.name == column.name));
    let missing: Vec<&str> = missing.map(|column| column.name.as_str()).collect();
    if !missing.is_empty() {
        let title = format!("expected values for every NOT NULL column of `{}`", table.name);
        diagnostics.push(
            Diagnostic::new(codes::N0217, title)
                .at(span, format!("no value for `{}`", missing.join("`, `")))
                .note("a column without a default that may not be NULL has to be given")
                .help(format!("add `{}` to the columns, with a value in each row", missing.join("`, `"))),
        );
    }
}

fn unknown<'n>(expected: &str, found: &ast::Name, names: impl Iterator<Item = &'n str>) -> Diagnostic {
    let title = format!("expected {expected}, found `{}`", found.text);
    let diagnostic = Diagnostic::new(codes::N0215, title).at(found.span, "is not declared");
    match did_you_mean(&found.text, names) {
        Some(near) => meant(diagnostic, found.span, near),
        None => diagnostic.help("declare it, or name one that is"),
    }
}
