//! ALTER TABLE and what PostgreSQL spells the same way: views, sequences, indexes and composite types.

use super::super::{QName, TriggerMode};
use super::{Builder, Relation, tree};
use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableCmd, AlterTableStmt, AlterTableType as Kind, ObjectType};

impl Builder<'_> {
    pub(super) fn alter_table(&mut self, statement: &AlterTableStmt) {
        let Some(range) = &statement.relation else { return };
        let what = match statement.objtype() {
            ObjectType::ObjectIndex => "index",
            ObjectType::ObjectSequence => "sequence",
            ObjectType::ObjectView | ObjectType::ObjectMatview => "view",
            ObjectType::ObjectType => "type",
            _ => "table",
        };
        let Some(name) = self.expect_relation(range, what, statement.missing_ok) else { return };
        let commands = statement.cmds.iter().filter_map(|node| match node.node.as_ref()? {
            NodeEnum::AlterTableCmd(command) => Some(&**command),
            _ => None,
        });
        for command in commands {
            match self.relations.get(&name) {
                Some(Relation::Table) => self.alter(&name, command, range.inh),
                Some(Relation::Composite) => self.alter_composite(&name, command),
                Some(Relation::View) => self.alter_view(&name, command),
                Some(Relation::Sequence) => self.alter_owner_only(&name, command),
                // ATTACH PARTITION, SET TABLESPACE, options: nothing that the catalog holds.
                Some(Relation::Index(_)) | None => {}
            }
        }
    }

    fn alter_owner_only(&mut self, _name: &QName, command: &AlterTableCmd) {
        if !matches!(command.subtype(), Kind::AtChangeOwner | Kind::AtSetLogged | Kind::AtSetUnLogged) {
            self.not_understood("this change of a sequence");
        }
    }

    /// One command; `recurse` to children unless ONLY was written.
    fn alter(&mut self, name: &QName, command: &AlterTableCmd, recurse: bool) {
        let targets = if recurse { self.family(name) } else { vec![name.clone()] };
        match command.subtype() {
            Kind::AtAddColumn => self.add_column(&targets, command),
            Kind::AtDropColumn => {
                for target in &targets {
                    self.drop_column(target, &command.name);
                }
            }
            Kind::AtAlterColumnType => {
                for target in &targets {
                    self.column_type(target, command);
                }
            }
            Kind::AtColumnDefault => {
                for target in &targets {
                    self.set_default(target, &command.name, command.def.as_deref());
                }
            }
            Kind::AtSetNotNull => {
                for target in &targets {
                    self.set_not_null(target, &command.name, "");
                }
            }
            Kind::AtDropNotNull => {
                for target in &targets {
                    self.drop_not_null(target, &command.name);
                }
            }
            Kind::AtSetExpression => {
                for target in &targets {
                    self.set_expression(target, command);
                }
            }
            Kind::AtDropExpression => {
                for target in &targets {
                    self.drop_expression(target, &command.name);
                }
            }
            Kind::AtAddIdentity => self.alter_add_identity(name, &targets, command),
            Kind::AtSetIdentity => self.set_identity(name, &targets, command),
            Kind::AtDropIdentity => self.drop_identity(name, &targets, command),
            Kind::AtAddConstraint => self.add_later_constraint(name, command.def.as_deref(), recurse),
            Kind::AtDropConstraint => self.drop_constraint(&targets, command),
            Kind::AtValidateConstraint => {
                for target in &targets {
                    self.validate(target, &command.name);
                }
            }
            Kind::AtAlterConstraint => self.alter_constraint(&targets, command),
            Kind::AtAttachPartition => self.attach(name, command),
            Kind::AtDetachPartition => self.detach(name, command),
            Kind::AtAddInherit => self.inherit(name, command, true),
            Kind::AtDropInherit => self.inherit(name, command, false),
            Kind::AtAddOf | Kind::AtDropOf => {}
            _ => self.alter_flags(name, &targets, command),
        }
    }

    /// What changes a flag of the table or its triggers.
    fn alter_flags(&mut self, name: &QName, targets: &[QName], command: &AlterTableCmd) {
        let mode = match command.subtype() {
            Kind::AtEnableTrig | Kind::AtEnableTrigAll | Kind::AtEnableTrigUser => Some(TriggerMode::Origin),
            Kind::AtDisableTrig | Kind::AtDisableTrigAll | Kind::AtDisableTrigUser => Some(TriggerMode::Disabled),
            Kind::AtEnableAlwaysTrig => Some(TriggerMode::Always),
            Kind::AtEnableReplicaTrig => Some(TriggerMode::Replica),
            _ => None,
        };
        if let Some(mode) = mode {
            let one = Some(command.name.as_str()).filter(|name| !name.is_empty());
            for target in targets {
                self.trigger_mode(target, one, mode);
            }
            return;
        }
        let Some(table) = self.table(name) else { return };
        match command.subtype() {
            Kind::AtEnableRowSecurity => table.row_security = true,
            Kind::AtDisableRowSecurity => table.row_security = false,
            Kind::AtForceRowSecurity => table.force_row_security = true,
            Kind::AtNoForceRowSecurity => table.force_row_security = false,
            Kind::AtSetLogged => table.unlogged = false,
            Kind::AtSetUnLogged => table.unlogged = true,
            Kind::AtChangeOwner => table.owner = command.newowner.as_ref().map(tree::role),
            other if is_storage(other) => {}
            _ => self.not_understood("this change of a table"),
        }
    }

    fn trigger_mode(&mut self, table: &QName, name: Option<&str>, mode: TriggerMode) {
        let Some(found) = self.table(table) else { return };
        for trigger in &mut found.triggers {
            if name.is_none_or(|name| name == trigger.name) {
                trigger.mode = mode;
            }
        }
    }

    fn add_column(&mut self, targets: &[QName], command: &AlterTableCmd) {
        let Some(NodeEnum::ColumnDef(definition)) = command.def.as_deref().and_then(|node| node.node.as_ref()) else {
            return;
        };
        let Some(root) = targets.first() else { return };
        let known = |table: &QName, this: &Self| {
            this.catalog.tables.get(table).is_some_and(|table| table.columns.contains_key(&definition.colname))
        };
        if known(root, self) {
            if !command.missing_ok {
                self.duplicate(self.place.token(definition.location), "column", &definition.colname);
            }
            return;
        }
        let mut pending = Vec::new();
        self.define_column(root, definition, &mut pending);
        let column = self.column(root, &definition.colname).cloned();
        for child in targets.iter().skip(1).filter(|child| !known(child, self)).collect::<Vec<_>>() {
            let identity = self.catalog.tables.get(child).is_some_and(|table| table.partition_of.is_some());
            if let (Some(mut column), Some(table)) = (column.clone(), self.catalog.tables.get_mut(child)) {
                column.identity = column.identity.filter(|_| identity && self.major >= 17);
                table.columns.insert(column.name.clone(), column);
            }
        }
        self.add_new_constraints(root, pending);
    }

    fn column_type(&mut self, table: &QName, command: &AlterTableCmd) {
        let Some(NodeEnum::ColumnDef(definition)) = command.def.as_deref().and_then(|node| node.node.as_ref()) else {
            return;
        };
        let Some(written) = &definition.type_name else { return };
        let data_type = self.data_type(written);
        let collation = definition.coll_clause.as_ref().map(|clause| Self::collation(&clause.collname));
        let sequence = self.identity_of(table, &command.name);
        if let Some(sequence) = sequence.and_then(|name| self.catalog.sequences.get_mut(&name)) {
            retype(sequence, &data_type.name.name);
        }
        if let Some(column) = self.column(table, &command.name) {
            column.data_type = data_type;
            column.collation = collation;
        } else {
            self.missing_column(table, &command.name);
        }
    }

    fn missing_column(&mut self, table: &QName, column: &str) {
        let message = format!("expected a column of `{table}`, found `{column}`, which it does not have");
        let help = "give the whole dump, or every migration in order".to_owned();
        self.contradiction(self.place.head(), message, "no such column", help);
    }

    fn drop_not_null(&mut self, table: &QName, column: &str) {
        self.not_null_names.retain(|(owner, _), named| owner != table || named != column);
        if let Some(column) = self.column(table, column) {
            column.not_null = false;
        }
    }

    fn set_expression(&mut self, table: &QName, command: &AlterTableCmd) {
        let scope = self.scope(table);
        let Some(expression) = command.def.as_deref().map(|node| self.expression(node, &scope)) else { return };
        if let Some(generated) = self.column(table, &command.name).and_then(|column| column.generated.as_mut()) {
            generated.expression = expression;
        }
    }

    fn drop_expression(&mut self, table: &QName, column: &str) {
        if let Some(column) = self.column(table, column) {
            column.generated = None;
        }
    }

    fn alter_add_identity(&mut self, name: &QName, targets: &[QName], command: &AlterTableCmd) {
        if let Some(constraint) = command.def.as_deref().and_then(tree::constraint) {
            self.identity_constraint(name, &command.name, constraint);
            self.copy_identity(name, targets, &command.name);
        }
    }

    /// Since 17 partitions share the identity of their parent.
    fn copy_identity(&mut self, name: &QName, targets: &[QName], column: &str) {
        let identity = self.column(name, column).and_then(|column| column.identity);
        for child in targets.iter().skip(1) {
            let partition = self.catalog.tables.get(child).is_some_and(|table| table.partition_of.is_some());
            let major = self.major;
            if let Some(column) = self.column(child, column).filter(|_| partition && major >= 17) {
                column.identity = identity;
            }
        }
    }

    fn set_identity(&mut self, name: &QName, targets: &[QName], command: &AlterTableCmd) {
        use super::super::Identity;
        let options = command.def.as_deref().map(tree::list).unwrap_or_default();
        for option in options.iter().filter_map(tree::option).filter(|option| option.defname == "generated") {
            let letter = option.arg.as_deref().and_then(tree::constant_text).and_then(|text| text.parse::<u32>().ok());
            let always = letter.and_then(char::from_u32) == Some('a');
            if let Some(column) = self.column(name, &command.name) {
                column.identity = Some(if always { Identity::Always } else { Identity::ByDefault });
            }
        }
        self.copy_identity(name, targets, &command.name);
        if let Some(sequence) = self.identity_of(name, &command.name) {
            self.change_sequence(&sequence, options);
        }
    }

    fn drop_identity(&mut self, name: &QName, targets: &[QName], command: &AlterTableCmd) {
        self.drop_sequences(name, Some(&command.name), true);
        if let Some(column) = self.column(name, &command.name) {
            column.identity = None;
        }
        self.copy_identity(name, targets, &command.name);
    }

    fn drop_constraint(&mut self, targets: &[QName], command: &AlterTableCmd) {
        let Some(root) = targets.first() else { return };
        let key = (root.clone(), command.name.clone());
        if let Some(column) = self.not_null_names.get(&key).cloned() {
            for target in targets {
                self.drop_not_null(target, &column);
            }
            return;
        }
        let known = self.catalog.tables.get(root).is_some_and(|table| table.has_constraint(&command.name));
        if !known {
            // PostgreSQL 18 names NOT NULL constraints itself: table_column_not_null.
            let column = self.catalog.tables.get(root).and_then(|table| {
                let named = |column: &&String| {
                    super::names::object_name(&root.name, Some(column.as_str()), "not_null") == command.name
                };
                table.columns.keys().find(named).cloned()
            });
            match column {
                Some(column) => {
                    for target in targets {
                        self.drop_not_null(target, &column);
                    }
                }
                None if command.missing_ok => {}
                None => {
                    let message =
                        format!("expected a constraint of `{root}`, found `{}`, which it does not have", command.name);
                    let help = "give the whole dump, or every migration in order".to_owned();
                    self.contradiction(self.place.head(), message, "no such constraint", help);
                }
            }
            return;
        }
        for target in targets {
            self.remove_constraint(target, &command.name);
        }
    }

    /// Takes a constraint off; foreign keys that need a dropped key go with it.
    pub(super) fn remove_constraint(&mut self, table: &QName, name: &str) {
        let Some(found) = self.catalog.tables.get_mut(table) else { return };
        if !found.has_constraint(name) {
            return;
        }
        let key = found.unique.iter().chain(&found.primary_key).find(|key| key.name == name).cloned();
        found.checks.retain(|one| one.name != name);
        found.foreign_keys.retain(|one| one.name != name);
        found.unique.retain(|one| one.name != name);
        found.exclusions.retain(|one| one.name != name);
        found.primary_key = found.primary_key.take().filter(|one| one.name != name);
        self.relations.remove(&QName::new(&table.schema, name));
        self.remove_constraint_name(&table.schema, name);
        if let Some(key) = key {
            self.drop_keys_on(table, &key.columns);
        }
    }

    /// Foreign keys to exactly these columns, unless another key still covers them.
    fn drop_keys_on(&mut self, table: &QName, columns: &[String]) {
        let mut wanted = columns.to_vec();
        wanted.sort();
        let same = |other: &[String]| {
            let mut other = other.to_vec();
            other.sort();
            other == wanted
        };
        let covered = self.catalog.tables.get(table).is_some_and(|table| {
            table.unique.iter().chain(&table.primary_key).any(|key| same(&key.columns))
                || table.indexes.iter().any(|index| index.unique && same(&index.columns()))
        });
        if covered {
            return;
        }
        let mut gone = Vec::new();
        for other in self.catalog.tables.values_mut() {
            other.foreign_keys.retain(|key| {
                let stays = key.references != *table || !same(&key.referenced_columns);
                if !stays {
                    gone.push((other.name.schema.clone(), key.name.clone()));
                }
                stays
            });
        }
        for (schema, name) in gone {
            self.remove_constraint_name(&schema, &name);
        }
    }

    fn validate(&mut self, table: &QName, name: &str) {
        let Some(found) = self.table(table) else { return };
        found.checks.iter_mut().filter(|one| one.name == name).for_each(|one| one.validated = true);
        found.foreign_keys.iter_mut().filter(|one| one.name == name).for_each(|one| one.validated = true);
    }

    fn alter_constraint(&mut self, targets: &[QName], command: &AlterTableCmd) {
        let Some(NodeEnum::AtalterConstraint(change)) = command.def.as_deref().and_then(|node| node.node.as_ref())
        else {
            self.not_understood("this change of a constraint");
            return;
        };
        for target in targets {
            let Some(table) = self.table(target) else { continue };
            for key in table.foreign_keys.iter_mut().filter(|key| key.name == change.conname) {
                if change.alter_deferrability {
                    (key.deferrable, key.initially_deferred) = (change.deferrable, change.initdeferred);
                }
                if change.alter_enforceability {
                    (key.enforced, key.validated) = (change.is_enforced, change.is_enforced);
                }
            }
        }
    }

    /// Drops a column with what hangs on it: constraints, indexes, sequences, and what CASCADE would take.
    pub(super) fn drop_column(&mut self, table: &QName, column: &str) {
        let Some(found) = self.catalog.tables.get(table) else { return };
        if !found.columns.contains_key(column) {
            return;
        }
        let has = |columns: &[String]| columns.iter().any(|one| one == column);
        let mut constraints: Vec<String> = Vec::new();
        constraints.extend(
            found
                .unique
                .iter()
                .chain(&found.primary_key)
                .filter(|key| has(&key.columns) || has(&key.include))
                .map(|key| key.name.clone()),
        );
        constraints
            .extend(found.checks.iter().filter(|check| has(&check.expression.columns)).map(|check| check.name.clone()));
        constraints.extend(found.foreign_keys.iter().filter(|key| has(&key.columns)).map(|key| key.name.clone()));
        constraints.extend(found.exclusions.iter().filter(|one| has(&one.columns)).map(|one| one.name.clone()));
        let indexes: Vec<String> =
            found.indexes.iter().filter(|index| index.reads(column)).map(|index| index.name.clone()).collect();
        let generated: Vec<String> = found
            .columns
            .values()
            .filter(|other| other.generated.as_ref().is_some_and(|generated| has(&generated.expression.columns)))
            .map(|other| other.name.clone())
            .collect();
        for name in &constraints {
            self.remove_constraint(table, name);
        }
        self.drop_keys_on(table, &[column.to_owned()]);
        for name in &indexes {
            self.remove_index(table, name);
        }
        self.drop_column_readers(table, column);
        self.drop_sequences(table, Some(column), false);
        self.not_null_names.retain(|(owner, _), named| owner != table || named != column);
        if let Some(found) = self.table(table) {
            found.columns.shift_remove(column);
            found.policies.retain(|policy| {
                !policy.using.iter().chain(&policy.check).any(|one| one.columns.iter().any(|read| read == column))
            });
            found.grants.retain_mut(|grant| {
                let whole = grant.columns.is_empty();
                grant.columns.retain(|one| one != column);
                whole || !grant.columns.is_empty()
            });
            for key in &mut found.foreign_keys {
                key.delete_columns.retain(|one| one != column);
            }
        }
        for other in &generated {
            self.drop_column(table, other);
        }
    }

    pub(super) fn remove_index(&mut self, table: &QName, name: &str) {
        self.relations.remove(&QName::new(&table.schema, name));
        if let Some(found) = self.catalog.tables.get_mut(table) {
            found.indexes.retain(|index| index.name != name);
        }
        if let Some(found) = self.catalog.views.get_mut(table) {
            found.indexes.retain(|index| index.name != name);
        }
    }
}

impl super::super::Index {
    fn reads(&self, column: &str) -> bool {
        use super::super::IndexPart;
        let has = |columns: &[String]| columns.iter().any(|one| one == column);
        self.parts.iter().any(|part| match part {
            IndexPart::Column(one) => one == column,
            IndexPart::Expression(expression) => has(&expression.columns),
        }) || has(&self.include)
            || self.predicate.as_ref().is_some_and(|predicate| has(&predicate.columns))
    }
}

/// The identity sequence follows its column's type.
fn retype(sequence: &mut super::super::Sequence, data_type: &str) {
    let highest = |name: &str| match name {
        "int2" => i64::from(i16::MAX),
        "int4" => i64::from(i32::MAX),
        _ => i64::MAX,
    };
    if sequence.maximum == highest(&sequence.data_type) {
        sequence.maximum = highest(data_type);
    }
    data_type.clone_into(&mut sequence.data_type);
}

/// How rows are stored and planned, and rules: nothing that the catalog holds.
fn is_storage(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::AtSetStatistics
            | Kind::AtSetOptions
            | Kind::AtResetOptions
            | Kind::AtSetStorage
            | Kind::AtSetCompression
            | Kind::AtClusterOn
            | Kind::AtDropCluster
            | Kind::AtDropOids
            | Kind::AtSetAccessMethod
            | Kind::AtSetTableSpace
            | Kind::AtSetRelOptions
            | Kind::AtResetRelOptions
            | Kind::AtReplicaIdentity
            | Kind::AtGenericOptions
            | Kind::AtAlterColumnGenericOptions
            | Kind::AtDetachPartitionFinalize
    )
}
