//! Inheritance and partitions: what a child takes from its parent, and what stays when it leaves.

use super::super::{Column, QName};
use super::{Builder, tree};
use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableCmd, Node};

impl Builder<'_> {
    /// The parent's columns come first; of a column that both have, NOT NULL adds up.
    pub(super) fn inherit_columns(&mut self, child: &QName, parent: &QName, partition: bool) {
        let Some(columns) = self.catalog.tables.get(parent).map(|table| table.columns.clone()) else { return };
        // Since 17 a partition's identity column is its parent's.
        let identity = partition && self.major >= 17;
        let Some(table) = self.table(child) else { return };
        for (name, column) in columns {
            let inherited = Column { identity: column.identity.filter(|_| identity), comment: None, ..column.clone() };
            match table.columns.get_mut(&name) {
                Some(known) => {
                    known.not_null |= column.not_null;
                    if known.default.is_none() {
                        known.default = column.default;
                    }
                }
                None => drop(table.columns.insert(name, inherited)),
            }
        }
    }

    /// The rest that a child takes: checks, and for a partition keys, indexes, foreign keys and row triggers.
    pub(super) fn become_child(&mut self, child: &QName, parent: &QName, partition: bool) {
        let Some(source) = self.catalog.tables.get(parent).cloned() else { return };
        if let Some(table) = self.table(child) {
            if partition {
                table.partition_of = Some(parent.clone());
            } else if !table.inherits.contains(parent) {
                table.inherits.push(parent.clone());
            }
        }
        self.children.entry(parent.clone()).or_default().push(child.clone());
        for check in source.checks.iter().filter(|check| !check.no_inherit) {
            for target in self.family(child) {
                self.put_check(&target, check.clone());
            }
        }
        if !partition {
            return;
        }
        if let Some(key) = &source.primary_key {
            self.clone_key(child, key, true);
        }
        for key in &source.unique {
            self.clone_key(child, key, false);
        }
        for index in &source.indexes {
            self.clone_index(child, index);
        }
        for key in source.foreign_keys {
            self.put_foreign_key(child, key);
        }
        for trigger in source.triggers.iter().filter(|trigger| trigger.for_each_row) {
            self.put_trigger(child, trigger);
        }
    }

    fn partition_of(&mut self, definition: Option<&Node>) -> Option<QName> {
        let NodeEnum::PartitionCmd(command) = definition?.node.as_ref()? else { return None };
        self.expect_relation(command.name.as_ref()?, "table", false)
    }

    /// `ATTACH PARTITION`, of a table or of an index (which changes nothing that the catalog holds).
    pub(super) fn attach(&mut self, parent: &QName, command: &AlterTableCmd) {
        let Some(child) = self.partition_of(command.def.as_deref()) else { return };
        if !self.catalog.tables.contains_key(parent) {
            return;
        }
        if self.major >= 17 {
            let identities: Vec<_> = self
                .catalog
                .tables
                .get(parent)
                .into_iter()
                .flat_map(|table| table.columns.values())
                .filter_map(|column| Some((column.name.clone(), column.identity?)))
                .collect();
            for (name, identity) in identities {
                if let Some(column) = self.column(&child, &name) {
                    column.identity = Some(identity);
                }
            }
        }
        self.become_child(&child, parent, true);
    }

    /// `DETACH PARTITION`: what the partition took stays its own, but row triggers go.
    pub(super) fn detach(&mut self, parent: &QName, command: &AlterTableCmd) {
        let Some(child) = self.partition_of(command.def.as_deref()) else { return };
        self.leave(&child, parent);
        let cloned: Vec<String> = self
            .catalog
            .tables
            .get(parent)
            .map(|table| table.triggers.iter().filter(|one| one.for_each_row).map(|one| one.name.clone()).collect())
            .unwrap_or_default();
        for name in self.family(&child) {
            if let Some(table) = self.table(&name) {
                table.triggers.retain(|trigger| !cloned.contains(&trigger.name));
            }
        }
    }

    pub(super) fn leave(&mut self, child: &QName, parent: &QName) {
        if let Some(table) = self.table(child) {
            table.inherits.retain(|one| one != parent);
            if table.partition_of.as_ref() == Some(parent) {
                table.partition_of = None;
            }
        }
        if let Some(children) = self.children.get_mut(parent) {
            children.retain(|one| one != child);
        }
    }

    /// `INHERIT parent` and `NO INHERIT parent`.
    pub(super) fn inherit(&mut self, child: &QName, command: &AlterTableCmd, join: bool) {
        let Some(range) = command.def.as_deref().and_then(tree::range) else { return };
        let Some(parent) = self.expect_table(range, false) else { return };
        if join {
            self.become_child(child, &parent, false);
        } else {
            self.leave(child, &parent);
        }
    }
}
