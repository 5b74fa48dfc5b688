//! Constraints, written behind a column or on their own, in CREATE TABLE or added later.

use super::super::{Check, Exclusion, ForeignKey, Key, QName, ReferentialAction, TableKind};
use super::expression::Names;
use super::{Builder, Relation, names, tree};
use crate::source::Span;
use pg_query::NodeEnum;
use pg_query::protobuf::{ConstrType, Constraint, Node};

/// A constraint that waits until all columns are there.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    constraint: Constraint,
    /// The column that it stands behind.
    column: Option<String>,
}

impl Pending {
    pub fn of_table(constraint: &Constraint) -> Self {
        Self { constraint: constraint.clone(), column: None }
    }

    pub fn of_column(constraint: &Constraint, column: &str) -> Self {
        Self { constraint: constraint.clone(), column: Some(column.to_owned()) }
    }

    /// `DEFERRABLE` and the like are nodes of their own behind a column's constraint.
    pub fn attribute(&mut self, kind: ConstrType) {
        match kind {
            ConstrType::ConstrAttrDeferrable => self.constraint.deferrable = true,
            ConstrType::ConstrAttrNotDeferrable => self.constraint.deferrable = false,
            ConstrType::ConstrAttrDeferred => {
                self.constraint.deferrable = true;
                self.constraint.initdeferred = true;
            }
            ConstrType::ConstrAttrImmediate => self.constraint.initdeferred = false,
            ConstrType::ConstrAttrEnforced => self.constraint.is_enforced = true,
            ConstrType::ConstrAttrNotEnforced => self.constraint.is_enforced = false,
            _ => {}
        }
    }

    /// PostgreSQL makes checks first, then the primary key, other indexes, and foreign keys last; the order
    /// shows in the names it chooses.
    fn rank(&self) -> u8 {
        match self.constraint.contype() {
            ConstrType::ConstrGenerated => 0,
            ConstrType::ConstrNotnull => 1,
            ConstrType::ConstrCheck => 2,
            ConstrType::ConstrPrimary => 3,
            ConstrType::ConstrForeign => 5,
            _ => 4,
        }
    }

    fn columns(&self) -> Vec<String> {
        match &self.column {
            Some(column) => vec![column.clone()],
            None if self.constraint.contype() == ConstrType::ConstrForeign => tree::names(&self.constraint.fk_attrs),
            None => tree::names(&self.constraint.keys),
        }
    }

    /// Two keys over the same columns are one index.
    fn same_index(&self, other: &Self) -> bool {
        let (one, two) = (&self.constraint, &other.constraint);
        let key = |kind: ConstrType| matches!(kind, ConstrType::ConstrPrimary | ConstrType::ConstrUnique);
        key(one.contype())
            && key(two.contype())
            && self.columns() == other.columns()
            && tree::names(&one.including) == tree::names(&two.including)
            && one.nulls_not_distinct == two.nulls_not_distinct
            && one.deferrable == two.deferrable
            && one.initdeferred == two.initdeferred
    }
}

impl Builder<'_> {
    /// The constraints of CREATE TABLE or ADD COLUMN: new rows only, so all are valid.
    pub(super) fn add_new_constraints(&mut self, table: &QName, mut pending: Vec<Pending>) {
        pending.sort_by_key(Pending::rank);
        let mut kept: Vec<Pending> = Vec::new();
        for mut one in pending {
            one.constraint.skip_validation = false;
            one.constraint.initially_valid = true;
            match kept.iter_mut().find(|prior| prior.same_index(&one)) {
                Some(prior) if prior.constraint.conname.is_empty() => prior.constraint.conname = one.constraint.conname,
                Some(_) => {}
                None => kept.push(one),
            }
        }
        for one in kept {
            self.add_constraint(table, &one, true);
        }
    }

    /// Adds one constraint; `recurse` also to partitions and children, as without ONLY.
    pub(super) fn add_constraint(&mut self, table: &QName, pending: &Pending, recurse: bool) {
        let constraint = &pending.constraint;
        match constraint.contype() {
            ConstrType::ConstrGenerated => {
                self.generated(table, pending.column.as_deref().unwrap_or_default(), constraint);
            }
            ConstrType::ConstrCheck => self.add_check(table, pending, recurse),
            ConstrType::ConstrPrimary | ConstrType::ConstrUnique => self.add_key(table, pending, recurse),
            ConstrType::ConstrExclusion => self.add_exclusion(table, constraint),
            ConstrType::ConstrForeign => self.add_foreign_key(table, pending),
            ConstrType::ConstrNotnull => {
                let targets = if recurse { self.family(table) } else { vec![table.clone()] };
                for column in pending.columns() {
                    for target in &targets {
                        self.set_not_null(target, &column, &constraint.conname);
                    }
                }
            }
            _ => self.not_understood_at(self.place.token(constraint.location), "this constraint"),
        }
    }

    fn constraint_span(&self, constraint: &Constraint) -> Span {
        self.place.token(constraint.location)
    }

    fn add_check(&mut self, table: &QName, pending: &Pending, recurse: bool) {
        let constraint = &pending.constraint;
        let Some(node) = constraint.raw_expr.as_deref() else { return };
        let scope = self.scope(table);
        let expression = self.expression(node, &scope);
        let name = if constraint.conname.is_empty() {
            let column = match expression.columns.as_slice() {
                [column] => Some(column.as_str()),
                _ => None,
            };
            self.choose_constraint_name(table, column, "check", &[])
        } else {
            constraint.conname.clone()
        };
        let check = Check {
            name,
            expression,
            validated: constraint.is_enforced && (!constraint.skip_validation || constraint.initially_valid),
            enforced: constraint.is_enforced,
            no_inherit: constraint.is_no_inherit,
            span: self.constraint_span(constraint),
        };
        let targets = if recurse && !check.no_inherit { self.family(table) } else { vec![table.clone()] };
        for target in targets {
            self.put_check(&target, check.clone());
        }
    }

    /// Adds a check, or merges it with the one of that name that the table has.
    pub(super) fn put_check(&mut self, table: &QName, check: Check) {
        let Some(found) = self.table(table) else { return };
        if !found.checks.iter().any(|known| known.name == check.name) {
            let name = check.name.clone();
            found.checks.push(check);
            self.add_constraint_name(table, &name);
        }
    }

    fn add_key(&mut self, table: &QName, pending: &Pending, recurse: bool) {
        let constraint = &pending.constraint;
        let primary = constraint.contype() == ConstrType::ConstrPrimary;
        let columns = match constraint.indexname.as_str() {
            "" => pending.columns(),
            index => self.promote_index(table, index),
        };
        let include = tree::names(&constraint.including);
        let name = match (constraint.conname.as_str(), constraint.indexname.as_str()) {
            ("", "") => self.key_name(table, &columns, &include, primary),
            ("", index) => index.to_owned(),
            (name, _) => name.to_owned(),
        };
        let key = Key {
            name,
            columns,
            nulls_not_distinct: constraint.nulls_not_distinct,
            deferrable: constraint.deferrable,
            initially_deferred: constraint.initdeferred,
            without_overlaps: constraint.without_overlaps,
            include,
            span: self.constraint_span(constraint),
        };
        self.put_key(table, key.clone(), primary);
        if recurse && self.is_partitioned(table) {
            for child in self.children.get(table).cloned().unwrap_or_default() {
                self.clone_key(&child, &key, primary);
            }
        }
    }

    fn key_name(&self, table: &QName, columns: &[String], include: &[String], primary: bool) -> String {
        if primary {
            return self.choose_relation_name(table, None, "pkey", true);
        }
        let all: Vec<String> = columns.iter().chain(include).cloned().collect();
        let joined = names::joined(names::index_columns(&all).iter().map(String::as_str));
        self.choose_relation_name(table, Some(&joined), "key", true)
    }

    pub(super) fn is_partitioned(&self, table: &QName) -> bool {
        self.catalog.tables.get(table).is_some_and(|table| matches!(table.kind, TableKind::Partitioned { .. }))
    }

    pub(super) fn put_key(&mut self, table: &QName, key: Key, primary: bool) {
        let relation = QName::new(&table.schema, &key.name);
        if self.relations.contains_key(&relation) {
            self.duplicate(key.span, "constraint", &key.name);
            return;
        }
        self.relations.insert(relation, Relation::Index(table.clone()));
        self.add_constraint_name(table, &key.name);
        if primary {
            for column in &key.columns {
                self.set_not_null(table, column, "");
            }
        }
        let Some(found) = self.table(table) else { return };
        if primary {
            found.primary_key = Some(key);
        } else {
            found.unique.push(key);
        }
    }

    /// The partition's own key for its parent's, unless it has one that fits.
    pub(super) fn clone_key(&mut self, table: &QName, key: &Key, primary: bool) {
        let Some(found) = self.catalog.tables.get(table) else { return };
        let fits = |own: &Key| own.columns == key.columns && own.include == key.include;
        let has = if primary { found.primary_key.as_ref().is_some_and(fits) } else { found.unique.iter().any(fits) };
        let mut below = key.clone();
        if !has {
            below.name = self.key_name(table, &key.columns, &key.include, primary);
            self.put_key(table, below.clone(), primary);
        }
        if self.is_partitioned(table) {
            for child in self.children.get(table).cloned().unwrap_or_default() {
                self.clone_key(&child, &below, primary);
            }
        }
    }

    /// `USING INDEX`: the index becomes the constraint's and takes its name.
    fn promote_index(&mut self, table: &QName, index: &str) -> Vec<String> {
        self.relations.remove(&QName::new(&table.schema, index));
        let Some(found) = self.table(table) else { return Vec::new() };
        let Some(at) = found.indexes.iter().position(|known| known.name == index) else { return Vec::new() };
        let index = found.indexes.remove(at);
        index.columns()
    }

    fn add_exclusion(&mut self, table: &QName, constraint: &Constraint) {
        let scope = self.scope(table);
        let mut columns: Vec<String> = Vec::new();
        let mut parts: Vec<String> = Vec::new();
        for node in &constraint.exclusions {
            let Some(NodeEnum::IndexElem(element)) = tree::list(node).first().and_then(|first| first.node.as_ref())
            else {
                continue;
            };
            if let Some(expression) = element.expr.as_deref() {
                columns.extend(Names::of(expression).columns_of(&scope));
                parts.push(names::expression_name(expression).unwrap_or_else(|| "expr".to_owned()));
            } else {
                columns.push(element.name.clone());
                parts.push(element.name.clone());
            }
        }
        if let Some(predicate) = constraint.where_clause.as_deref() {
            columns.extend(Names::of(predicate).columns_of(&scope));
        }
        columns.sort();
        columns.dedup();
        let name = if constraint.conname.is_empty() {
            let joined = names::joined(names::index_columns(&parts).iter().map(String::as_str));
            self.choose_relation_name(table, Some(&joined), "excl", true)
        } else {
            constraint.conname.clone()
        };
        self.put_exclusion(
            table,
            Exclusion { name, columns, deferrable: constraint.deferrable, span: self.constraint_span(constraint) },
        );
    }

    fn put_exclusion(&mut self, table: &QName, exclusion: Exclusion) {
        self.relations.insert(QName::new(&table.schema, &exclusion.name), Relation::Index(table.clone()));
        self.add_constraint_name(table, &exclusion.name);
        if let Some(found) = self.table(table) {
            found.exclusions.push(exclusion);
        }
    }

    pub(super) fn clone_exclusions(&mut self, table: &QName, exclusions: Vec<Exclusion>) {
        for mut exclusion in exclusions {
            let joined = names::joined(exclusion.columns.iter().map(String::as_str));
            exclusion.name = self.choose_relation_name(table, Some(&joined), "excl", true);
            self.put_exclusion(table, exclusion);
        }
    }

    fn add_foreign_key(&mut self, table: &QName, pending: &Pending) {
        let constraint = &pending.constraint;
        let Some(range) = &constraint.pktable else { return };
        let Some(references) = self.expect_table(range, false) else { return };
        let columns = pending.columns();
        let mut referenced_columns = tree::names(&constraint.pk_attrs);
        if referenced_columns.is_empty() {
            let key = self.catalog.tables.get(&references).and_then(|table| table.primary_key.as_ref());
            referenced_columns = key.map(|key| key.columns.clone()).unwrap_or_default();
        }
        if referenced_columns.len() != columns.len() {
            let message = format!(
                "expected {} for this foreign key in `{references}`, found {}",
                count(columns.len()),
                count(referenced_columns.len())
            );
            let help = format!("declare the primary key of `{references}` before it, or name the columns");
            self.contradiction(self.constraint_span(constraint), message, "both sides have the same number", help);
            return;
        }
        let name = if constraint.conname.is_empty() {
            let joined = names::joined(columns.iter().map(String::as_str));
            self.choose_constraint_name(table, Some(&joined), "fkey", &[])
        } else {
            constraint.conname.clone()
        };
        let key = ForeignKey {
            name,
            columns,
            references,
            referenced_columns,
            on_delete: action(&constraint.fk_del_action),
            delete_columns: tree::names(&constraint.fk_del_set_cols),
            on_update: action(&constraint.fk_upd_action),
            match_full: constraint.fk_matchtype == "f",
            deferrable: constraint.deferrable,
            initially_deferred: constraint.initdeferred,
            validated: constraint.is_enforced && (!constraint.skip_validation || constraint.initially_valid),
            enforced: constraint.is_enforced,
            span: self.constraint_span(constraint),
        };
        self.put_foreign_key(table, key);
    }

    /// Adds a foreign key to a table and all its partitions.
    pub(super) fn put_foreign_key(&mut self, table: &QName, mut key: ForeignKey) {
        let Some(found) = self.catalog.tables.get(table) else { return };
        let fits = |own: &&ForeignKey| {
            own.columns == key.columns
                && own.references == key.references
                && own.referenced_columns == key.referenced_columns
                && own.on_delete == key.on_delete
                && own.on_update == key.on_update
        };
        if found.partition_of.is_none() || found.foreign_keys.iter().find(fits).is_none() {
            if found.partition_of.is_some() && found.has_constraint(&key.name) {
                let joined = names::joined(key.columns.iter().map(String::as_str));
                key.name = self.choose_constraint_name(table, Some(&joined), "fkey", &[]);
            }
            self.add_constraint_name(table, &key.name);
            if let Some(found) = self.table(table) {
                found.foreign_keys.push(key.clone());
            }
        }
        if self.is_partitioned(table) {
            for child in self.children.get(table).cloned().unwrap_or_default() {
                self.put_foreign_key(&child, key.clone());
            }
        }
    }

    /// The node of `ADD CONSTRAINT`.
    pub(super) fn add_later_constraint(&mut self, table: &QName, definition: Option<&Node>, recurse: bool) {
        if let Some(constraint) = definition.and_then(tree::constraint) {
            self.add_constraint(table, &Pending::of_table(constraint), recurse);
        }
    }
}

impl super::super::Table {
    pub(super) fn has_constraint(&self, name: &str) -> bool {
        self.checks.iter().any(|one| one.name == name)
            || self.foreign_keys.iter().any(|one| one.name == name)
            || self.unique.iter().chain(&self.primary_key).any(|one| one.name == name)
            || self.exclusions.iter().any(|one| one.name == name)
    }
}

fn count(columns: usize) -> String {
    match columns {
        1 => "1 column".to_owned(),
        other => format!("{other} columns"),
    }
}

/// The letter of `pg_constraint.confdeltype`.
fn action(letter: &str) -> ReferentialAction {
    match letter {
        "r" => ReferentialAction::Restrict,
        "c" => ReferentialAction::Cascade,
        "n" => ReferentialAction::SetNull,
        "d" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
