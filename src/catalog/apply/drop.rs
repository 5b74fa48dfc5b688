//! DROP in any order. A server has checked that what is dropped without CASCADE has no dependents, so dependents
//! go either way.

use super::super::{QName, Table, TypeKind, View, builtin};
use super::{Builder, Relation, tree};
use pg_query::NodeEnum;
use pg_query::protobuf::{DropStmt, Node, ObjectType};
use std::collections::BTreeSet;

impl Builder<'_> {
    pub(super) fn drop(&mut self, statement: &DropStmt) {
        for object in &statement.objects {
            let names = tree::list(object);
            match statement.remove_type() {
                ObjectType::ObjectTable
                | ObjectType::ObjectForeignTable
                | ObjectType::ObjectView
                | ObjectType::ObjectMatview
                | ObjectType::ObjectSequence
                | ObjectType::ObjectIndex => self.drop_relation(names, statement.missing_ok),
                ObjectType::ObjectType | ObjectType::ObjectDomain => {
                    let names = tree::type_name(object).map(|name| name.names.as_slice()).unwrap_or_default();
                    if let Some(name) = self.expect_type(names, statement.missing_ok) {
                        self.drop_type(&name);
                    }
                }
                ObjectType::ObjectSchema => self.drop_schema(&tree::string(object).unwrap_or_default()),
                ObjectType::ObjectTrigger | ObjectType::ObjectPolicy => self.drop_part(names, statement),
                ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine => {
                    self.drop_function(object);
                }
                ObjectType::ObjectExtension => {
                    self.drop_extension(&tree::string(object).unwrap_or_default());
                }
                ObjectType::ObjectPublication => {
                    let name = tree::string(object).unwrap_or_default();
                    self.publications.remove(&name);
                    self.unpublish(&name);
                }
                ObjectType::ObjectRule => self.drop_rule(names, statement.missing_ok),
                // Aggregates, operators, casts, statistics, servers: nothing that the catalog holds.
                _ => {}
            }
        }
    }

    fn drop_relation(&mut self, names: &[Node], missing_ok: bool) {
        let (schema, name) = tree::qualified(names);
        match self.find_relation(&schema, &name) {
            Some(found) => self.remove_relation(&found),
            None if missing_ok || self.temporary.remove(&name) => {}
            None => {
                let schema = if schema.is_empty() { self.path.first().cloned().unwrap_or_default() } else { schema };
                self.missing(self.place.head(), "table, view, sequence or index", &QName::new(schema, name));
            }
        }
    }

    pub(super) fn remove_relation(&mut self, name: &QName) {
        self.catalog.rules.remove(name);
        match self.relations.get(name).cloned() {
            Some(Relation::Table) => {
                for one in self.family(name).into_iter().rev() {
                    self.remove_table(&one);
                }
            }
            Some(Relation::View) => {
                self.remove_view(name);
            }
            Some(Relation::Sequence) => self.remove_sequence(name),
            Some(Relation::Index(table)) => self.remove_index(&table, &name.name),
            Some(Relation::Composite) => self.drop_type(name),
            None => {}
        }
    }

    fn remove_table(&mut self, name: &QName) {
        let Some(table) = self.catalog.tables.remove(name) else { return };
        self.relations.remove(name);
        for parent in table.partition_of.iter().chain(&table.inherits) {
            if let Some(children) = self.children.get_mut(parent) {
                children.retain(|child| child != name);
            }
        }
        self.children.remove(name);
        let keys = table.unique.iter().chain(&table.primary_key).map(|key| &key.name);
        let behind = keys.chain(table.exclusions.iter().map(|one| &one.name));
        for index in behind.clone().chain(table.indexes.iter().map(|index| &index.name)) {
            self.relations.remove(&QName::new(&name.schema, index));
        }
        let others = table.checks.iter().map(|one| &one.name).chain(table.foreign_keys.iter().map(|one| &one.name));
        for constraint in behind.chain(others) {
            self.remove_constraint_name(&name.schema, constraint);
        }
        self.not_null_names.retain(|(owner, _), _| owner != name);
        self.drop_sequences(name, None, false);
        self.drop_references(name);
        self.drop_readers(name);
    }

    fn drop_references(&mut self, name: &QName) {
        let mut gone = Vec::new();
        for table in self.catalog.tables.values_mut() {
            table.foreign_keys.retain(|key| {
                let stays = key.references != *name;
                if !stays {
                    gone.push((table.name.schema.clone(), key.name.clone()));
                }
                stays
            });
        }
        for (schema, name) in gone {
            self.remove_constraint_name(&schema, &name);
        }
    }

    fn drop_readers(&mut self, name: &QName) {
        self.drop_views(|view| view.reads.contains(name));
    }

    /// Views that read the column, and those that read these.
    pub(super) fn drop_column_readers(&mut self, table: &QName, column: &str) {
        self.drop_views(|view| view.columns.iter().any(|(of, read)| of == table && read == column));
    }

    fn drop_views(&mut self, goes: impl Fn(&View) -> bool) {
        let views = self.catalog.views.values().filter(|view| goes(view));
        for view in views.map(|view| view.name.clone()).collect::<Vec<_>>() {
            self.remove_view(&view);
        }
    }

    fn remove_view(&mut self, name: &QName) {
        let Some(view) = self.catalog.views.remove(name) else { return };
        self.relations.remove(name);
        for index in view.indexes {
            self.relations.remove(&QName::new(&name.schema, index.name));
        }
        self.drop_readers(name);
    }

    fn remove_sequence(&mut self, name: &QName) {
        self.catalog.sequences.remove(name);
        self.relations.remove(name);
        for column in self.catalog.tables.values_mut().flat_map(|table| table.columns.values_mut()) {
            if column.default.as_ref().is_some_and(|default| default.sequences.contains(name)) {
                column.default = None;
            }
        }
    }

    fn drop_type(&mut self, name: &QName) {
        if matches!(self.relations.get(name), Some(Relation::Table | Relation::View)) {
            return;
        }
        let multirange = self
            .catalog
            .types
            .iter()
            .find(|(_, found)| matches!(&found.kind, TypeKind::Multirange(range) if range == name));
        let multirange = multirange.map(|(name, _)| name.clone());
        let Some(found) = self.catalog.types.remove(name) else { return };
        if let TypeKind::Domain { checks, .. } = &found.kind {
            for check in checks {
                self.remove_constraint_name(&name.schema, &check.name);
            }
        }
        self.relations.remove(name);
        let users = self.columns_typed(|type_name| type_name == name);
        for (table, column) in users {
            self.drop_column(&table, &column);
        }
        if let Some(multirange) = multirange {
            self.drop_type(&multirange);
        }
    }

    /// Columns of the extension's types go with it.
    fn drop_extension(&mut self, extension: &str) {
        let Some(home) = self.catalog.extensions.remove(extension) else { return };
        let of_extension = |name: &QName| name.schema == home && builtin::extension_of(&name.name) == Some(extension);
        let typed = self.columns_typed(of_extension);
        for (table, column) in typed {
            self.drop_column(&table, &column);
        }
        let is_over = |found: &TypeKind| matches!(found, TypeKind::Domain { base, .. } if of_extension(&base.name));
        let domains = self.catalog.types.iter().filter(|(_, found)| is_over(&found.kind));
        for domain in domains.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.drop_type(&domain);
        }
    }

    fn columns_typed(&self, is_gone: impl Fn(&QName) -> bool) -> Vec<(QName, String)> {
        let columns = |table: &'_ Table| {
            let gone = table.columns.values().filter(|column| is_gone(&column.data_type.name));
            gone.map(|column| (table.name.clone(), column.name.clone())).collect::<Vec<_>>()
        };
        self.catalog.tables.values().flat_map(columns).collect()
    }

    fn drop_schema(&mut self, name: &str) {
        self.catalog.schemas.remove(name);
        self.catalog.schema_grants.remove(name);
        let inside: BTreeSet<QName> = self.relations.keys().filter(|one| one.schema == name).cloned().collect();
        for one in &inside {
            self.remove_relation(one);
        }
        let types: Vec<QName> = self.catalog.types.keys().filter(|one| one.schema == name).cloned().collect();
        for one in &types {
            self.drop_type(one);
        }
        let functions: Vec<QName> = self.catalog.functions.keys().filter(|one| one.schema == name).cloned().collect();
        for function in functions {
            self.catalog.functions.remove(&function);
            self.drop_triggers_of(&function);
        }
        self.catalog.extensions.retain(|_, home| home != name);
    }

    /// A trigger or a policy: the last name is its own, those before it the table's.
    fn drop_part(&mut self, names: &[Node], statement: &DropStmt) {
        let Some((part, table)) = names.split_last() else { return };
        let (schema, table) = tree::qualified(table);
        let Some(table) = self.find_relation(&schema, &table) else {
            if !statement.missing_ok {
                self.missing(self.place.head(), "table", &QName::new(schema, table));
            }
            return;
        };
        let part = tree::string(part).unwrap_or_default();
        for name in self.family(&table) {
            let Some(found) = self.table(&name) else { continue };
            if statement.remove_type() == ObjectType::ObjectTrigger {
                found.triggers.retain(|trigger| trigger.name != part);
            } else if name == table {
                found.policies.retain(|policy| policy.name != part);
            }
        }
    }

    fn drop_rule(&mut self, names: &[Node], missing_ok: bool) {
        let Some((rule, relation)) = names.split_last() else { return };
        let (schema, relation) = tree::qualified(relation);
        let Some(name) = self.find_relation(&schema, &relation) else {
            if !missing_ok {
                self.missing(self.place.head(), "table or view", &QName::new(schema, relation));
            }
            return;
        };
        let rule = tree::string(rule).unwrap_or_default();
        if let Some(rules) = self.catalog.rules.get_mut(&name) {
            rules.retain(|known| known.name != rule);
        }
    }

    fn drop_function(&mut self, object: &Node) {
        let Some(NodeEnum::ObjectWithArgs(named)) = &object.node else { return };
        let Some((name, at)) = self.find_function(named) else { return };
        let Some(overloads) = self.catalog.functions.get_mut(&name) else { return };
        let trigger = overloads.get(at).is_some_and(|function| function.arguments.is_empty());
        overloads.remove(at);
        if overloads.is_empty() {
            self.catalog.functions.remove(&name);
        }
        if trigger {
            self.drop_triggers_of(&name);
        }
    }

    fn drop_triggers_of(&mut self, function: &QName) {
        for table in self.catalog.tables.values_mut() {
            table.triggers.retain(|trigger| trigger.function != *function);
        }
    }
}
