//! Which columns of which tables a view reads, so that it goes when one of them is dropped with CASCADE.
//!
//! A name means what it means to PostgreSQL: the innermost SELECT whose FROM has it. What a common table expression,
//! a sub-select or a function gives is no column of a table, and a row as a whole is none of its columns either.

use super::super::{Catalog, QName};
use super::expression::field;
use pg_query::protobuf::Node;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What a name in FROM stands for; `None` where it is no table.
type From = Vec<(String, Option<QName>)>;

/// Columns of tables that a query reads, sorted. `find` gives the relation of a name in FROM.
pub(super) fn columns(
    query: &Node,
    catalog: &Catalog,
    find: &dyn Fn(&str, &str) -> Option<QName>,
) -> Vec<(QName, String)> {
    let mut reader = Reader { catalog, find, scopes: Vec::new(), read: BTreeSet::new() };
    if let Ok(value) = serde_json::to_value(query) {
        reader.visit(&value, &[]);
    }
    reader.read.into_iter().collect()
}

struct Reader<'a> {
    catalog: &'a Catalog,
    find: &'a dyn Fn(&str, &str) -> Option<QName>,
    /// Of each SELECT around, the innermost last.
    scopes: Vec<From>,
    read: BTreeSet<(QName, String)>,
}

impl Reader<'_> {
    fn visit(&mut self, value: &Value, common: &[String]) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.visit(item, common)),
            Value::Object(fields) => self.object(fields, common),
            _ => {}
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, common: &[String]) {
        let common = &self.with_clause(fields, common);
        let from = fields.get("from_clause").map(|items| {
            let mut from = Vec::new();
            items.as_array().into_iter().flatten().for_each(|item| self.from(item, common, &mut from));
            from
        });
        let is_select = from.is_some();
        self.scopes.extend(from);
        if fields.get("is_natural").and_then(Value::as_bool) == Some(true) {
            self.shared();
        }
        for (kind, value) in fields {
            match kind.as_str() {
                "ColumnRef" => self.column(&names(field(value, &["fields"]))),
                "using_clause" => self.using(&names(value)),
                "with_clause" => {}
                _ => self.visit(value, common),
            }
        }
        if is_select {
            self.scopes.pop();
        }
    }

    /// A common table expression is seen by those after it (by all, when recursive) and by the statement.
    fn with_clause(&mut self, fields: &Map<String, Value>, outer: &[String]) -> Vec<String> {
        let mut common = outer.to_vec();
        let Some(clause) = fields.get("with_clause").filter(|clause| clause.is_object()) else { return common };
        let items = field(clause, &["ctes"]).as_array().into_iter().flatten();
        let items: Vec<&Value> = items.map(|item| field(item, &["node", "CommonTableExpr"])).collect();
        let name = |item: &Value| field(item, &["ctename"]).as_str().unwrap_or_default().to_owned();
        if field(clause, &["recursive"]).as_bool() == Some(true) {
            common.extend(items.iter().map(|item| name(item)));
        }
        for item in items {
            self.visit(field(item, &["ctequery"]), &common);
            common.push(name(item));
        }
        common
    }

    fn from(&self, item: &Value, common: &[String], from: &mut From) {
        let Some(node) = field(item, &["node"]).as_object() else { return };
        for (kind, value) in node {
            let alias = field(value, &["alias", "aliasname"]).as_str().map(str::to_owned);
            match kind.as_str() {
                "RangeVar" => {
                    let part = |key: &str| field(value, &[key]).as_str().unwrap_or_default();
                    let (schema, name) = (part("schemaname"), part("relname"));
                    let is_common = schema.is_empty() && common.iter().any(|one| one == name);
                    let relation = (self.find)(schema, name).filter(|_| !is_common);
                    from.push((alias.unwrap_or_else(|| name.to_owned()), relation));
                }
                "JoinExpr" => {
                    self.from(field(value, &["larg"]), common, from);
                    self.from(field(value, &["rarg"]), common, from);
                }
                "RangeTableSample" => self.from(field(value, &["relation"]), common, from),
                _ => from.extend(alias.map(|alias| (alias, None))),
            }
        }
    }

    fn column(&mut self, parts: &[String]) {
        match parts {
            [star] if star == "*" => {
                let tables: Vec<QName> = self.tables(self.scopes.len()).cloned().collect();
                for table in &tables {
                    self.all_of(table);
                }
            }
            [name] => {
                let mut level = self.scopes.len();
                while level > 0 && !self.of_scope(level, name) && !self.has_others(level) {
                    level -= 1;
                }
            }
            [.., table, name] => {
                let named = |scope: &From| scope.iter().find(|(alias, _)| alias == table).cloned();
                let Some((_, Some(table))) = self.scopes.iter().rev().find_map(named) else { return };
                if name == "*" {
                    self.all_of(&table);
                } else {
                    self.read.insert((table, name.clone()));
                }
            }
            [] => {}
        }
    }

    /// Tables of the scope at a level, the outermost being 1.
    fn tables(&self, level: usize) -> impl Iterator<Item = &QName> {
        let scope = level.checked_sub(1).and_then(|at| self.scopes.get(at));
        scope.into_iter().flatten().filter_map(|(_, table)| table.as_ref())
    }

    /// Whether something in the scope is no table, so that any name may be its column.
    fn has_others(&self, level: usize) -> bool {
        let scope = level.checked_sub(1).and_then(|at| self.scopes.get(at));
        let is_table = |name: &QName| self.catalog.tables.contains_key(name);
        scope.into_iter().flatten().any(|(_, table)| !table.as_ref().is_some_and(is_table))
    }

    fn has(&self, table: &QName, column: &str) -> bool {
        self.catalog.tables.get(table).is_some_and(|table| table.columns.contains_key(column))
    }

    /// Reads the column of every table of the scope that has it; whether one has.
    fn of_scope(&mut self, level: usize, name: &str) -> bool {
        let tables: Vec<QName> = self.tables(level).filter(|table| self.has(table, name)).cloned().collect();
        let found = !tables.is_empty();
        self.read.extend(tables.into_iter().map(|table| (table, name.to_owned())));
        found
    }

    fn using(&mut self, columns: &[String]) {
        for column in columns {
            self.of_scope(self.scopes.len(), column);
        }
    }

    fn all_of(&mut self, table: &QName) {
        let columns = self.catalog.tables.get(table).into_iter().flat_map(|table| table.columns.keys());
        self.read.extend(columns.map(|column| (table.clone(), column.clone())));
    }

    /// NATURAL JOIN compares every name that two of the tables have.
    fn shared(&mut self) {
        let tables: Vec<QName> = self.tables(self.scopes.len()).cloned().collect();
        for table in &tables {
            let columns = self.catalog.tables.get(table).into_iter().flat_map(|table| table.columns.keys());
            let others = |name: &&String| tables.iter().any(|other| other != table && self.has(other, name));
            let shared: Vec<String> = columns.filter(others).cloned().collect();
            self.read.extend(shared.into_iter().map(|column| (table.clone(), column)));
        }
    }
}

fn names(parts: &Value) -> Vec<String> {
    let name = |part: &Value| match field(part, &["node"]) {
        Value::Object(node) if node.contains_key("AStar") => Some("*".to_owned()),
        node => field(node, &["String", "sval"]).as_str().map(str::to_owned),
    };
    parts.as_array().into_iter().flatten().filter_map(name).collect()
}
