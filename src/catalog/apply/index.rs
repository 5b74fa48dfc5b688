//! Indexes of tables and materialized views.

use super::super::{Index, IndexPart, QName};
use super::{Builder, Relation, names};
use crate::postgres::with_tree;
use pg_query::NodeEnum;
use pg_query::protobuf::{IndexElem, IndexStmt, ParseResult};

impl Index {
    /// The plain columns among its key parts, in order.
    pub(super) fn columns(&self) -> Vec<String> {
        let plain = |part: &IndexPart| match part {
            IndexPart::Column(column) => Some(column.clone()),
            IndexPart::Expression(_) => None,
        };
        self.parts.iter().filter_map(plain).collect()
    }
}

impl Builder<'_> {
    pub(super) fn create_index(&mut self, statement: &IndexStmt) {
        let Some(range) = &statement.relation else { return };
        let Some(table) = self.expect_relation(range, "table", false) else { return };
        let scope = self.scope(&table);
        let mut parts = Vec::new();
        let mut labels = Vec::new();
        for element in statement.index_params.iter().filter_map(element) {
            if let Some(node) = element.expr.as_deref() {
                labels.push(names::expression_name(node).unwrap_or_else(|| "expr".to_owned()));
                parts.push(IndexPart::Expression(self.expression(node, &scope)));
            } else {
                labels.push(element.name.clone());
                parts.push(IndexPart::Column(element.name.clone()));
            }
        }
        let include: Vec<String> =
            statement.index_including_params.iter().filter_map(element).map(|one| one.name.clone()).collect();
        labels.extend(include.iter().cloned());
        let name = match statement.idxname.as_str() {
            "" => self.index_name(&table, &labels),
            name => name.to_owned(),
        };
        if self.relations.contains_key(&QName::new(&table.schema, &name)) {
            if !statement.if_not_exists {
                self.duplicate(self.place.head(), "index", &name);
            }
            return;
        }
        let index = Index {
            name,
            unique: statement.unique,
            nulls_not_distinct: statement.nulls_not_distinct,
            parts,
            include,
            predicate: statement.where_clause.as_deref().map(|node| self.expression(node, &scope)),
            method: if statement.access_method.is_empty() {
                "btree".to_owned()
            } else {
                statement.access_method.clone()
            },
            span: self.place.span(),
        };
        self.put_index(&table, index.clone());
        if range.inh && self.is_partitioned(&table) {
            for child in self.children.get(&table).cloned().unwrap_or_default() {
                self.clone_index(&child, &index);
            }
        }
    }

    fn index_name(&self, table: &QName, labels: &[String]) -> String {
        let joined = names::joined(names::index_columns(labels).iter().map(String::as_str));
        self.choose_relation_name(table, Some(&joined), "idx", false)
    }

    fn put_index(&mut self, table: &QName, index: Index) {
        self.relations.insert(QName::new(&table.schema, &index.name), Relation::Index(table.clone()));
        if let Some(view) = self.catalog.views.get_mut(table) {
            view.indexes.push(index);
        } else if let Some(found) = self.table(table) {
            found.indexes.push(index);
        }
    }

    /// The partition's own index for its parent's, unless it has one that fits.
    pub(super) fn clone_index(&mut self, table: &QName, index: &Index) {
        let Some(found) = self.catalog.tables.get(table) else { return };
        let fits = |own: &Index| {
            own.parts == index.parts
                && own.include == index.include
                && own.unique == index.unique
                && own.predicate == index.predicate
                && own.method == index.method
        };
        let mut below = index.clone();
        if !found.indexes.iter().any(fits) {
            let label = |part: &IndexPart| match part {
                IndexPart::Column(column) => column.clone(),
                IndexPart::Expression(expression) => parsed_name(&expression.sql),
            };
            let labels: Vec<String> = index.parts.iter().map(label).chain(index.include.iter().cloned()).collect();
            below.name = self.index_name(table, &labels);
            self.put_index(table, below.clone());
        }
        if self.is_partitioned(table) {
            for child in self.children.get(table).cloned().unwrap_or_default() {
                self.clone_index(&child, &below);
            }
        }
    }
}

/// What an index calls an expression that is kept as text.
fn parsed_name(sql: &str) -> String {
    let name = |tree: &ParseResult| {
        let NodeEnum::SelectStmt(select) = tree.stmts.first()?.stmt.as_ref()?.node.as_ref()? else {
            return None;
        };
        let NodeEnum::ResTarget(target) = select.target_list.first()?.node.as_ref()? else { return None };
        names::expression_name(target.val.as_deref()?)
    };
    let found = with_tree(&format!("SELECT {sql}"), |tree| tree.ok().and_then(name));
    found.unwrap_or_else(|| "expr".to_owned())
}

fn element(node: &pg_query::protobuf::Node) -> Option<&IndexElem> {
    match node.node.as_ref()? {
        NodeEnum::IndexElem(element) => Some(element),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parsed_name;

    #[test]
    fn expressions_are_named_by_their_function() {
        assert_eq!(parsed_name("lower(email)"), "lower");
        assert_eq!(parsed_name("a + b"), "expr");
        assert_eq!(parsed_name("(a::text)"), "a");
    }
}
