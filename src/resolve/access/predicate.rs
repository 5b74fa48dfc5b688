//! A user's predicate over a table's rows for row-level security, read by PostgreSQL's own grammar.
//!
//! The problem: such a predicate stands in a policy, beside columns, settings and other tables, and every name in it
//! can be captured by something that the author did not mean: `tenant_id = tenant_id` inside a sub-select compares a
//! column with itself and shows every tenant's rows. So each name is looked up here, once, by the rules of SQL, and
//! whatever could mean two things is refused: inside a sub-select every column is qualified, no alias hides another
//! name, and a construct that is not understood is refused by name. What comes out holds the place of every name that
//! a printer qualifies, and a [`Formula`] in which proofs read what the predicate is where a part of it is NULL.

mod constructs;
mod names;
mod operators;
mod rows;
mod walk;

use super::Names;
use crate::catalog::{Category, Column, DataType, QName, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{AccessName, AccessSql, Scope, ScopeKind, Tenancy};
use crate::model::formula::Formula;
use crate::postgres::{tokens, with_tree};
use crate::source::Span;
use crate::syntax::ast::SqlExpr;
use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node, ScanToken};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Tenant columns that tables lack and are given, by table.
pub type Added = BTreeMap<QName, (String, DataType)>;

/// The tenant columns that tables are given.
pub fn added(tenancy: &Tenancy, scopes: &BTreeMap<QName, Scope>) -> Added {
    let is_added = |scope: &Scope| matches!(scope.kind, ScopeKind::Added(_));
    let tables = scopes.iter().filter(|(_, scope)| is_added(scope)).map(|(table, _)| table.clone());
    tables.map(|table| (table, (tenancy.column.clone(), tenancy.data_type.clone()))).collect()
}

/// Reads `sql` as a predicate over the rows of `table`; `None` after an error.
pub fn parse(names: &Names<'_>, table: &Table, sql: &SqlExpr, diagnostics: &mut Vec<Diagnostic>) -> Option<AccessSql> {
    const PREFIX: &str = "SELECT (";
    // The newline ends a line comment at the end of the user's text.
    let statement = format!("{PREFIX}{}\n)", sql.text);
    let read = with_tree(&statement, |tree| {
        let mut walker = Walker::new(names, table, sql, PREFIX.len());
        let formula = walker.read(tree);
        (formula, walker.into_parts())
    });
    let (formula, (mut predicate, warnings)) = read;
    match formula {
        Ok(formula) => {
            diagnostics.extend(warnings);
            predicate.formula = formula;
            predicate.names.sort_by_key(|(range, _)| range.start);
            Some(predicate)
        }
        Err(found) => {
            diagnostics.push(*found);
            None
        }
    }
}

/// What reading a part of a predicate gives, or the finding that ends it.
type Read<T> = Result<T, Box<Diagnostic>>;

struct Walker<'a> {
    names: &'a Names<'a>,
    table: &'a Table,
    sql: &'a SqlExpr,
    offset: usize,
    /// PostgreSQL's own, without comments.
    tokens: Vec<ScanToken>,
    predicate: AccessSql,
    warnings: Vec<Diagnostic>,
    /// FROM items so far; a column says which by its place here.
    items: Vec<Item<'a>>,
    /// Those that can be named here, of each sub-select around this place, the innermost last.
    visible: Vec<Vec<usize>>,
    /// Settings that each sub-select around this place reads so far, the innermost last.
    settings: Vec<BTreeSet<String>>,
    /// How often a setting was read so far.
    settings_read: usize,
    /// The sub-select that is being read has an aggregate of its own.
    aggregated: bool,
    rows: usize,
}

/// A FROM item.
struct Item<'a> {
    alias: String,
    /// Written without an alias, so that its schema may stand before its name.
    schema: Option<String>,
    relation: Option<QName>,
    /// Where its columns are known.
    table: Option<&'a Table>,
}

impl<'a> Walker<'a> {
    fn new(names: &'a Names<'a>, table: &'a Table, sql: &'a SqlExpr, offset: usize) -> Self {
        let found = tokens(&sql.text).unwrap_or_default();
        Self {
            names,
            table,
            sql,
            offset,
            tokens: found.into_iter().filter(|token| !is_comment(token)).collect(),
            predicate: AccessSql {
                text: sql.text.clone(),
                names: Vec::new(),
                columns: BTreeSet::new(),
                settings: BTreeSet::new(),
                reads: BTreeSet::new(),
                read_columns: BTreeMap::new(),
                aliases: BTreeSet::new(),
                formula: Formula::Constant(None),
                span: sql.span,
            },
            warnings: Vec::new(),
            items: Vec::new(),
            visible: Vec::new(),
            settings: Vec::new(),
            settings_read: 0,
            aggregated: false,
            rows: 0,
        }
    }

    fn into_parts(self) -> (AccessSql, Vec<Diagnostic>) {
        (self.predicate, self.warnings)
    }

    fn read(&mut self, tree: Result<&protobuf::ParseResult, crate::postgres::Refused>) -> Read<Formula> {
        let tree = tree.map_err(|error| {
            Box::new(
                Diagnostic::new(codes::N0701, "expected a predicate that PostgreSQL can read")
                    .at(self.sql.span, error.to_string())
                    .help("try it in psql: `SELECT (…) FROM …;`"),
            )
        })?;
        let root = sole_expression(tree).ok_or_else(|| self.construct("more than one expression", 0..self.end()))?;
        let unicode = self.tokens.iter().find(|token| token.token == protobuf::Token::Uident as i32);
        if let Some(token) = unicode {
            return Err(self.construct("a name by Unicode escapes", offset(token.start)..offset(token.end)));
        }
        self.formula(root)
    }

    fn end(&self) -> usize {
        self.sql.text.len()
    }

    /// A place within the text as a place of the source.
    fn span(&self, range: &Range<usize>) -> Span {
        let start = self.sql.span.start as usize;
        Span::new(self.sql.span.source, start + range.start.min(self.end()), start + range.end.min(self.end()))
    }

    /// Where a name of `parts` identifiers stands whose node begins at `location`.
    fn range_of_name(&self, location: i32, parts: usize) -> Range<usize> {
        let start = offset(location).saturating_sub(self.offset);
        let first = self.tokens.partition_point(|token| offset(token.start) < start);
        let last = first + (parts * 2).saturating_sub(2);
        start..self.tokens.get(last).map_or(start, |token| offset(token.end))
    }

    /// The token that begins at `location`.
    fn range_at(&self, location: i32) -> Range<usize> {
        self.range_of_name(location, 1)
    }

    fn construct(&self, what: &str, range: Range<usize>) -> Box<Diagnostic> {
        let diagnostic = Diagnostic::new(
            codes::N0706,
            format!("expected a predicate over the row, its settings and sub-selects, found {what}"),
        )
        .at(self.span(&range), "cannot be used here")
        .note("only what is understood can be shown to hide other tenants' rows");
        Box::new(diagnostic.help("write it with comparisons, functions, CASE, EXISTS and IN"))
    }

    /// Whether an operator beside a value of this type needs its schema, because the type comes from an extension.
    fn is_of_extension(&self, data_type: &DataType) -> bool {
        let base = self.names.catalog.base_type(data_type);
        base.category == Category::Scalar && base.data_type.name.schema != "pg_catalog"
    }
}

fn column_of<'t>(table: &'t Table, name: &str) -> Option<&'t Column> {
    table.columns.get(name)
}

fn offset(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn is_comment(token: &ScanToken) -> bool {
    token.token == protobuf::Token::SqlComment as i32 || token.token == protobuf::Token::CComment as i32
}

/// The one value of `SELECT (…)`, where that is all there is.
fn sole_expression(parsed: &protobuf::ParseResult) -> Option<&Node> {
    let [statement] = parsed.stmts.as_slice() else { return None };
    let Some(NodeEnum::SelectStmt(select)) = statement.stmt.as_ref()?.node.as_ref() else { return None };
    let [target] = select.target_list.as_slice() else { return None };
    let only = protobuf::SelectStmt {
        target_list: vec![target.clone()],
        limit_option: select.limit_option,
        op: protobuf::SetOperation::SetopNone as i32,
        ..protobuf::SelectStmt::default()
    };
    match target.node.as_ref()? {
        NodeEnum::ResTarget(target) if **select == only && target.name.is_empty() && target.indirection.is_empty() => {
            target.val.as_deref()
        }
        _ => None,
    }
}

impl AccessSql {
    fn add(&mut self, range: Range<usize>, name: AccessName) {
        self.names.push((range, name));
    }
}

#[cfg(test)]
pub(crate) mod tests;
