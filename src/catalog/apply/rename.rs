//! New names and new schemas, and everything that refers by the old ones.

use super::super::{Expression, Index, IndexPart, QName, Table, TableKind, TypeKind};
use super::{Builder, Relation, expression, tree};
use pg_query::NodeEnum;
use pg_query::protobuf::{AlterObjectSchemaStmt, Node, ObjectType, RangeVar, RenameStmt};

fn swap(names: &mut [String], from: &str, to: &str) {
    names.iter_mut().filter(|name| *name == from).for_each(|name| to.clone_into(name));
}

fn swap_name(name: &mut QName, from: &QName, to: &QName) {
    if name == from {
        name.clone_from(to);
    }
}

impl Builder<'_> {
    pub(super) fn rename(&mut self, statement: &RenameStmt) {
        let to = statement.newname.as_str();
        let object = statement.object.as_deref();
        match statement.rename_type() {
            ObjectType::ObjectTable
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectSequence
            | ObjectType::ObjectIndex => {
                if let Some(from) = self.renamed(statement.relation.as_ref(), statement.missing_ok) {
                    let to = QName::new(&from.schema, to);
                    self.move_relation(&from, &to);
                }
            }
            ObjectType::ObjectColumn | ObjectType::ObjectAttribute => self.rename_column_of(statement),
            ObjectType::ObjectTabconstraint => self.rename_constraint(statement),
            ObjectType::ObjectTrigger | ObjectType::ObjectPolicy => self.rename_part(statement),
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                if let Some(from) = self.expect_type(object.map(tree::list).unwrap_or_default(), false) {
                    let to = QName::new(&from.schema, to);
                    self.move_type(&from, &to);
                }
            }
            ObjectType::ObjectDomconstraint => self.rename_domain_constraint(object, &statement.subname, to),
            ObjectType::ObjectSchema => self.rename_schema(&statement.subname, to),
            ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine => {
                self.move_function(object, |name| QName::new(&name.schema, to));
            }
            ObjectType::ObjectPublication => {
                for table in self.catalog.tables.values_mut() {
                    if let Some(from) = object.and_then(tree::string) {
                        swap(&mut table.publications, &from, to);
                    }
                }
            }
            ObjectType::ObjectRole => self.not_understood("the new name of a role"),
            _ => {}
        }
    }

    fn renamed(&mut self, range: Option<&RangeVar>, missing_ok: bool) -> Option<QName> {
        self.expect_relation(range?, "table, view, sequence or index", missing_ok)
    }

    pub(super) fn set_schema(&mut self, statement: &AlterObjectSchemaStmt) {
        let schema = statement.newschema.as_str();
        let object = statement.object.as_deref();
        match statement.object_type() {
            ObjectType::ObjectTable
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectSequence => {
                if let Some(from) = self.renamed(statement.relation.as_ref(), statement.missing_ok) {
                    self.move_to_schema(&from, schema);
                }
            }
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                if let Some(from) = self.expect_type(object.map(tree::list).unwrap_or_default(), false) {
                    let to = QName::new(schema, &from.name);
                    self.move_type(&from, &to);
                }
            }
            ObjectType::ObjectExtension => {
                let name = object.and_then(tree::string).unwrap_or_default();
                if let Some(home) = self.catalog.extensions.get_mut(&name) {
                    schema.clone_into(home);
                }
                self.not_understood("the move of an extension, whose objects are not known");
            }
            ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine => {
                self.move_function(object, |name| QName::new(schema, &name.name));
            }
            _ => {}
        }
    }

    /// A table takes its indexes, constraints and owned sequences along.
    fn move_to_schema(&mut self, from: &QName, schema: &str) {
        if let Some(table) = self.catalog.tables.get(from) {
            let mut indexes: Vec<String> = table.indexes.iter().map(|index| index.name.clone()).collect();
            indexes.extend(table.unique.iter().chain(&table.primary_key).map(|key| key.name.clone()));
            indexes.extend(table.exclusions.iter().map(|one| one.name.clone()));
            let mut constraints: Vec<String> = table.checks.iter().map(|one| one.name.clone()).collect();
            constraints.extend(table.foreign_keys.iter().map(|one| one.name.clone()));
            let behind = table.unique.iter().chain(&table.primary_key).map(|key| key.name.clone());
            constraints.extend(behind.chain(table.exclusions.iter().map(|one| one.name.clone())));
            let owned =
                |sequence: &&super::super::Sequence| sequence.owned_by.as_ref().is_some_and(|(owner, _)| owner == from);
            let sequences: Vec<QName> =
                self.catalog.sequences.values().filter(owned).map(|one| one.name.clone()).collect();
            for index in indexes {
                if let Some(relation) = self.relations.remove(&QName::new(&from.schema, &index)) {
                    self.relations.insert(QName::new(schema, index), relation);
                }
            }
            let target = QName::new(schema, &from.name);
            for constraint in constraints {
                self.remove_constraint_name(&from.schema, &constraint);
                self.add_constraint_name(&target, &constraint);
            }
            for sequence in sequences {
                let to = QName::new(schema, &sequence.name);
                self.move_relation(&sequence, &to);
            }
        }
        self.move_relation(from, &QName::new(schema, &from.name));
    }

    fn move_relation(&mut self, from: &QName, to: &QName) {
        let Some(kind) = self.relations.remove(from) else { return };
        if self.relations.contains_key(to) {
            self.duplicate(self.place.head(), "relation", &to.to_string());
        }
        self.relations.insert(to.clone(), kind.clone());
        match kind {
            Relation::Table => self.move_table(from, to),
            Relation::View => self.move_view(from, to),
            Relation::Sequence => self.move_sequence(from, to),
            Relation::Composite => self.move_type(from, to),
            Relation::Index(table) => self.move_index(&table, &from.name, &to.name),
        }
    }

    fn move_table(&mut self, from: &QName, to: &QName) {
        if let Some(mut table) = self.catalog.tables.remove(from) {
            table.name.clone_from(to);
            self.catalog.tables.insert(to.clone(), table);
        }
        for table in self.catalog.tables.values_mut() {
            table.foreign_keys.iter_mut().for_each(|key| swap_name(&mut key.references, from, to));
            table.partition_of.iter_mut().chain(&mut table.inherits).for_each(|name| swap_name(name, from, to));
        }
        self.catalog
            .sequences
            .values_mut()
            .filter_map(|one| one.owned_by.as_mut())
            .for_each(|(owner, _)| swap_name(owner, from, to));
        self.move_readers(from, to);
        self.move_uses(from, to);
        for relation in self.relations.values_mut() {
            if let Relation::Index(owner) = relation {
                swap_name(owner, from, to);
            }
        }
        if let Some(children) = self.children.remove(from) {
            self.children.insert(to.clone(), children);
        }
        self.children.values_mut().flatten().for_each(|child| swap_name(child, from, to));
        let named = std::mem::take(&mut self.not_null_names);
        self.not_null_names = named
            .into_iter()
            .map(|((mut owner, name), column)| {
                swap_name(&mut owner, from, to);
                ((owner, name), column)
            })
            .collect();
    }

    fn move_readers(&mut self, from: &QName, to: &QName) {
        for view in self.catalog.views.values_mut() {
            view.reads.iter_mut().for_each(|name| swap_name(name, from, to));
            view.reads.sort();
            view.columns.iter_mut().for_each(|(table, _)| swap_name(table, from, to));
            view.columns.sort();
        }
    }

    fn move_view(&mut self, from: &QName, to: &QName) {
        if let Some(mut view) = self.catalog.views.remove(from) {
            view.name.clone_from(to);
            self.catalog.views.insert(to.clone(), view);
        }
        self.move_readers(from, to);
        self.move_uses(from, to);
        for relation in self.relations.values_mut() {
            if let Relation::Index(owner) = relation {
                swap_name(owner, from, to);
            }
        }
    }

    fn move_sequence(&mut self, from: &QName, to: &QName) {
        if let Some(mut sequence) = self.catalog.sequences.remove(from) {
            sequence.name.clone_from(to);
            self.catalog.sequences.insert(to.clone(), sequence);
        }
        for column in self.catalog.tables.values_mut().flat_map(|table| table.columns.values_mut()) {
            let Some(default) = column.default.as_mut().filter(|default| default.sequences.contains(from)) else {
                continue;
            };
            default.sequences.iter_mut().for_each(|name| swap_name(name, from, to));
            if default.functions.len() == 1 && default.sequences.len() == 1 {
                default.sql = super::sequence::nextval(to);
            }
        }
    }

    fn move_index(&mut self, table: &QName, from: &str, to: &str) {
        let behind = self.catalog.tables.get(table).is_some_and(|found| found.has_constraint(from));
        if behind {
            self.remove_constraint_name(&table.schema, from);
            self.add_constraint_name(table, to);
        }
        let view = self.catalog.views.get_mut(table).map(|view| &mut view.indexes);
        let indexes = match self.catalog.tables.get_mut(table) {
            Some(found) => {
                let keys = found.unique.iter_mut().chain(&mut found.primary_key);
                keys.filter(|key| key.name == from).for_each(|key| to.clone_into(&mut key.name));
                found.exclusions.iter_mut().filter(|one| one.name == from).for_each(|one| to.clone_into(&mut one.name));
                Some(&mut found.indexes)
            }
            None => view,
        };
        for index in indexes.into_iter().flatten().filter(|index| index.name == from) {
            to.clone_into(&mut index.name);
        }
    }

    fn move_type(&mut self, from: &QName, to: &QName) {
        if let Some(mut found) = self.catalog.types.remove(from) {
            found.name.clone_from(to);
            self.catalog.types.insert(to.clone(), found);
        }
        if let Some(relation) = self.relations.remove(from) {
            self.relations.insert(to.clone(), relation);
        }
        self.move_uses(from, to);
    }

    /// Columns, fields, domains, ranges and signatures that use a type.
    fn move_uses(&mut self, from: &QName, to: &QName) {
        for column in self.catalog.tables.values_mut().flat_map(|table| table.columns.values_mut()) {
            swap_name(&mut column.data_type.name, from, to);
        }
        for found in self.catalog.types.values_mut() {
            match &mut found.kind {
                TypeKind::Domain { base, .. } | TypeKind::Range(base) => swap_name(&mut base.name, from, to),
                TypeKind::Composite(fields) => {
                    fields.values_mut().for_each(|field| swap_name(&mut field.name, from, to));
                }
                TypeKind::Multirange(range) => swap_name(range, from, to),
                TypeKind::Enum(_) | TypeKind::Base => {}
            }
        }
        for function in self.catalog.functions.values_mut().flatten() {
            function
                .arguments
                .iter_mut()
                .chain(&mut function.returns)
                .for_each(|one| swap_name(&mut one.name, from, to));
        }
    }

    fn rename_column_of(&mut self, statement: &RenameStmt) {
        let Some(name) = self.renamed(statement.relation.as_ref(), statement.missing_ok) else { return };
        let (from, to) = (statement.subname.as_str(), statement.newname.as_str());
        match self.relations.get(&name) {
            Some(Relation::Composite) => {
                if let Some(TypeKind::Composite(fields)) =
                    self.catalog.types.get_mut(&name).map(|found| &mut found.kind)
                {
                    rename_entry(fields, from, to);
                }
            }
            Some(Relation::Table) => self.rename_column(&name, from, to),
            _ => {}
        }
    }

    fn rename_column(&mut self, table: &QName, from: &str, to: &str) {
        if !self.catalog.tables.get(table).is_some_and(|table| table.columns.contains_key(from)) {
            let message = format!("expected a column of `{table}`, found `{from}`, which it does not have");
            let help = "give the whole dump, or every migration in order".to_owned();
            self.contradiction(self.place.head(), message, "no such column", help);
            return;
        }
        for name in self.family(table) {
            if let Some(found) = self.table(&name) {
                rename_in_table(found, from, to);
            }
            for other in self.catalog.tables.values_mut() {
                for key in other.foreign_keys.iter_mut().filter(|key| key.references == name) {
                    swap(&mut key.referenced_columns, from, to);
                }
            }
            for view in self.catalog.views.values_mut() {
                let read = view.columns.iter_mut().filter(|(table, column)| *table == name && column == from);
                read.for_each(|(_, column)| to.clone_into(column));
                view.columns.sort();
            }
            for (owner, column) in self.catalog.sequences.values_mut().filter_map(|one| one.owned_by.as_mut()) {
                if *owner == name && column == from {
                    to.clone_into(column);
                }
            }
            for ((owner, _), column) in &mut self.not_null_names {
                if *owner == name && column == from {
                    to.clone_into(column);
                }
            }
        }
    }

    fn rename_constraint(&mut self, statement: &RenameStmt) {
        let Some(table) = self.renamed(statement.relation.as_ref(), statement.missing_ok) else { return };
        let (from, to) = (statement.subname.as_str(), statement.newname.as_str());
        if let Some(column) = self.not_null_names.remove(&(table.clone(), from.to_owned())) {
            self.not_null_names.insert((table, to.to_owned()), column);
            return;
        }
        if let Some(relation) = self.relations.remove(&QName::new(&table.schema, from)) {
            self.relations.insert(QName::new(&table.schema, to), relation);
            self.move_index(&table, from, to);
            return;
        }
        for name in self.family(&table) {
            let Some(found) = self.table(&name) else { continue };
            if !found.has_constraint(from) {
                continue;
            }
            found.checks.iter_mut().filter(|one| one.name == from).for_each(|one| to.clone_into(&mut one.name));
            found.foreign_keys.iter_mut().filter(|one| one.name == from).for_each(|one| to.clone_into(&mut one.name));
            self.remove_constraint_name(&name.schema, from);
            self.add_constraint_name(&name, to);
        }
    }

    fn rename_part(&mut self, statement: &RenameStmt) {
        let Some(table) = self.renamed(statement.relation.as_ref(), statement.missing_ok) else { return };
        let (from, to) = (statement.subname.as_str(), statement.newname.as_str());
        for name in self.family(&table) {
            let Some(found) = self.table(&name) else { continue };
            if statement.rename_type() == ObjectType::ObjectTrigger {
                found.triggers.iter_mut().filter(|one| one.name == from).for_each(|one| to.clone_into(&mut one.name));
            } else if name == table {
                found.policies.iter_mut().filter(|one| one.name == from).for_each(|one| to.clone_into(&mut one.name));
            }
        }
    }

    fn rename_domain_constraint(&mut self, object: Option<&Node>, from: &str, to: &str) {
        let Some(name) = self.expect_type(object.map(tree::list).unwrap_or_default(), false) else { return };
        self.remove_constraint_name(&name.schema, from);
        self.add_constraint_name(&name, to);
        if let Some(TypeKind::Domain { checks, .. }) = self.catalog.types.get_mut(&name).map(|found| &mut found.kind) {
            checks.iter_mut().filter(|one| one.name == from).for_each(|one| to.clone_into(&mut one.name));
        }
    }

    fn move_function(&mut self, object: Option<&Node>, to: impl Fn(&QName) -> QName) {
        let Some(NodeEnum::ObjectWithArgs(named)) = object.and_then(|node| node.node.as_ref()) else { return };
        let Some((name, at)) = self.find_function(named) else { return };
        let Some(overloads) = self.catalog.functions.get_mut(&name) else { return };
        let mut function = overloads.remove(at);
        if overloads.is_empty() {
            self.catalog.functions.remove(&name);
        }
        let to = to(&name);
        let trigger = function.arguments.is_empty();
        function.name.clone_from(&to);
        self.catalog.functions.entry(to.clone()).or_default().push(function);
        if trigger {
            for trigger in self.catalog.tables.values_mut().flat_map(|table| &mut table.triggers) {
                swap_name(&mut trigger.function, &name, &to);
            }
        }
    }

    /// Everything in the schema moves, one by one.
    fn rename_schema(&mut self, from: &str, to: &str) {
        let Some(comment) = self.catalog.schemas.remove(from) else { return };
        self.catalog.schemas.insert(to.to_owned(), comment);
        if let Some(grants) = self.catalog.schema_grants.remove(from) {
            self.catalog.schema_grants.insert(to.to_owned(), grants);
        }
        self.catalog.extensions.values_mut().filter(|home| *home == from).for_each(|home| to.clone_into(home));
        let inside: Vec<QName> = self.relations.keys().filter(|name| name.schema == from).cloned().collect();
        for name in inside {
            let to = QName::new(to, &name.name);
            self.move_relation(&name, &to);
        }
        let types: Vec<QName> = self.catalog.types.keys().filter(|name| name.schema == from).cloned().collect();
        for name in types {
            let to = QName::new(to, &name.name);
            self.move_type(&name, &to);
        }
        let names: Vec<QName> = self.constraint_names.keys().filter(|name| name.schema == from).cloned().collect();
        for name in names {
            if let Some(count) = self.constraint_names.remove(&name) {
                self.constraint_names.insert(QName::new(to, name.name), count);
            }
        }
        let functions: Vec<QName> = self.catalog.functions.keys().filter(|name| name.schema == from).cloned().collect();
        for name in functions {
            let Some(mut overloads) = self.catalog.functions.remove(&name) else { continue };
            let to = QName::new(to, &name.name);
            for function in &mut overloads {
                function.name.clone_from(&to);
            }
            self.catalog.functions.insert(to.clone(), overloads);
            for trigger in self.catalog.tables.values_mut().flat_map(|table| &mut table.triggers) {
                swap_name(&mut trigger.function, &name, &to);
            }
        }
    }
}

fn rename_entry<T>(map: &mut indexmap::IndexMap<String, T>, from: &str, to: &str) {
    if let Some((at, _, value)) = map.shift_remove_full(from) {
        map.shift_insert(at, to.to_owned(), value);
    }
}

fn rename_in_index(index: &mut Index, change: &impl Fn(&mut Expression), from: &str, to: &str) {
    swap(&mut index.include, from, to);
    index.predicate.iter_mut().for_each(change);
    for part in &mut index.parts {
        match part {
            IndexPart::Column(column) if column == from => to.clone_into(column),
            IndexPart::Column(_) => {}
            IndexPart::Expression(expression) => change(expression),
        }
    }
}

fn rename_in_table(table: &mut Table, from: &str, to: &str) {
    let change = |expression: &mut Expression| expression::rename_column(expression, from, to);
    rename_entry(&mut table.columns, from, to);
    for column in table.columns.values_mut() {
        if column.name == from {
            to.clone_into(&mut column.name);
        }
        column.generated.iter_mut().for_each(|generated| change(&mut generated.expression));
    }
    if let TableKind::Partitioned { key_columns } = &mut table.kind {
        swap(key_columns, from, to);
        key_columns.sort();
    }
    for key in table.unique.iter_mut().chain(&mut table.primary_key) {
        swap(&mut key.columns, from, to);
        swap(&mut key.include, from, to);
    }
    for key in &mut table.foreign_keys {
        swap(&mut key.columns, from, to);
        swap(&mut key.delete_columns, from, to);
    }
    table.checks.iter_mut().for_each(|check| change(&mut check.expression));
    for exclusion in &mut table.exclusions {
        swap(&mut exclusion.columns, from, to);
        exclusion.columns.sort();
    }
    table.indexes.iter_mut().for_each(|index| rename_in_index(index, &change, from, to));
    for policy in &mut table.policies {
        policy.using.iter_mut().chain(&mut policy.check).for_each(change);
    }
    table.grants.iter_mut().for_each(|grant| swap(&mut grant.columns, from, to));
}
