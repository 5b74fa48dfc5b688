//! CREATE TABLE in all its forms.

use super::super::{Column, QName, Table, TableKind, TypeKind};
use super::constraint::Pending;
use super::expression::Names;
use super::{Builder, Relation, tree};
use crate::source::Span;
use indexmap::IndexMap;
use pg_query::NodeEnum;
use pg_query::protobuf::{self, ColumnDef, CreateStmt, PartitionSpec, TableLikeClause, TypeName};

impl Table {
    fn new(name: QName, kind: TableKind, span: Span) -> Self {
        Self {
            name,
            span,
            kind,
            columns: IndexMap::new(),
            partition_of: None,
            inherits: Vec::new(),
            primary_key: None,
            unique: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            indexes: Vec::new(),
            triggers: Vec::new(),
            policies: Vec::new(),
            row_security: false,
            force_row_security: false,
            comment: None,
            owner: None,
            grants: Vec::new(),
            publications: Vec::new(),
            unlogged: false,
        }
    }
}

/// `INCLUDING …` bits of [`TableLikeClause`], as `parsenodes.h` numbers them.
mod like {
    pub(super) const COMMENTS: u32 = 1 << 0;
    pub(super) const CONSTRAINTS: u32 = 1 << 2;
    pub(super) const DEFAULTS: u32 = 1 << 3;
    pub(super) const GENERATED: u32 = 1 << 4;
    pub(super) const IDENTITY: u32 = 1 << 5;
    pub(super) const INDEXES: u32 = 1 << 6;
}

impl Builder<'_> {
    pub(super) fn create_table(&mut self, statement: &CreateStmt, foreign: bool) {
        let Some(range) = &statement.relation else { return };
        if range.relpersistence == "t" || range.schemaname == "pg_temp" {
            self.temporary.insert(range.relname.clone());
            return;
        }
        let name = self.new_relation_name(range);
        if self.relations.contains_key(&name) {
            if !statement.if_not_exists {
                self.duplicate(self.place.token(range.location), "table", &name.to_string());
            }
            return;
        }
        let kind = if foreign { TableKind::Foreign } else { TableKind::Ordinary };
        let mut table = Table::new(name.clone(), kind, self.place.span());
        table.unlogged = range.relpersistence == "u";
        table.columns.reserve_exact(statement.table_elts.len());
        self.catalog.tables.insert(name.clone(), table);
        self.relations.insert(name.clone(), Relation::Table);
        self.fill_table(&name, statement);
    }

    fn fill_table(&mut self, name: &QName, statement: &CreateStmt) {
        let parents: Vec<QName> = statement
            .inh_relations
            .iter()
            .filter_map(tree::range)
            .filter_map(|range| self.expect_table(range, false))
            .collect();
        let partition = statement.partbound.is_some();
        for parent in &parents {
            self.inherit_columns(name, parent, partition);
        }
        if let Some(written) = &statement.of_typename {
            self.columns_of_type(name, written);
        }
        let mut pending = Vec::new();
        let mut copies = Vec::new();
        for element in statement.table_elts.iter().chain(&statement.constraints) {
            match &element.node {
                Some(NodeEnum::ColumnDef(definition)) => self.define_column(name, definition, &mut pending),
                Some(NodeEnum::Constraint(constraint)) => pending.push(Pending::of_table(constraint)),
                Some(NodeEnum::TableLikeClause(clause)) => copies.extend(self.like_columns(name, clause)),
                _ => self.not_understood("a part of this table"),
            }
        }
        if let Some(spec) = &statement.partspec {
            self.partition_by(name, spec);
        }
        self.add_new_constraints(name, pending);
        for (source, options) in copies {
            self.like_rest(name, &source, options);
        }
        for parent in &parents {
            self.become_child(name, parent, partition);
        }
    }

    fn columns_of_type(&mut self, table: &QName, written: &TypeName) {
        let data_type = self.data_type(written);
        let Some(TypeKind::Composite(fields)) = self.catalog.types.get(&data_type.name).map(|found| &found.kind) else {
            return;
        };
        let span = self.place.token(written.location);
        let columns: Vec<Column> =
            fields.iter().map(|(name, data_type)| Column::new(name.clone(), data_type.clone(), span)).collect();
        if let Some(table) = self.table(table) {
            table.columns.extend(columns.into_iter().map(|column| (column.name.clone(), column)));
        }
    }

    /// A column of CREATE TABLE: new, or more about an inherited one.
    pub(super) fn define_column(&mut self, table: &QName, definition: &ColumnDef, pending: &mut Vec<Pending>) {
        let span = self.place.token(definition.location);
        let known = self.catalog.tables.get(table).is_some_and(|table| table.columns.contains_key(&definition.colname));
        if !known {
            self.new_column(table, definition, span);
        } else if let Some(column) = self.column(table, &definition.colname) {
            column.span = span;
            self.more_of_column(table, definition);
        }
        self.column_constraints(table, definition, pending);
    }

    pub(super) fn column(&mut self, table: &QName, column: &str) -> Option<&mut Column> {
        self.catalog.tables.get_mut(table)?.columns.get_mut(column)
    }

    fn partition_by(&mut self, name: &QName, spec: &PartitionSpec) {
        let scope = self.scope(name);
        let mut key_columns: Vec<String> = Vec::new();
        for part in &spec.part_params {
            let Some(NodeEnum::PartitionElem(element)) = &part.node else { continue };
            let read = match element.expr.as_deref() {
                Some(expression) => Names::of(expression).columns_of(&scope),
                None => vec![element.name.clone()],
            };
            key_columns.extend(read);
        }
        key_columns.sort();
        key_columns.dedup();
        if let Some(table) = self.table(name) {
            table.kind = TableKind::Partitioned { key_columns };
        }
    }

    /// `LIKE source`: the columns come where the clause stands, the rest after the table's own constraints.
    fn like_columns(&mut self, name: &QName, clause: &TableLikeClause) -> Option<(QName, u32)> {
        let range = clause.relation.as_ref()?;
        let source = self.expect_relation(range, "table", false)?;
        if let Some(TypeKind::Composite(fields)) = self.catalog.types.get(&source).map(|found| found.kind.clone()) {
            let span = self.place.token(range.location);
            let table = self.table(name)?;
            for (field, data_type) in fields {
                table.columns.insert(field.clone(), Column::new(field, data_type, span));
            }
            return None;
        }
        let Some(columns) = self.catalog.tables.get(&source).map(|table| table.columns.clone()) else {
            self.not_understood_at(self.place.token(range.location), "`LIKE` of a view");
            return None;
        };
        for (column_name, mut column) in columns {
            let identity = column.identity.take().filter(|_| clause.options & like::IDENTITY != 0);
            column.default = column.default.filter(|_| clause.options & like::DEFAULTS != 0);
            column.generated = column.generated.filter(|_| clause.options & like::GENERATED != 0);
            column.comment = column.comment.filter(|_| clause.options & like::COMMENTS != 0);
            let data_type = column.data_type.name.name.clone();
            self.table(name)?.columns.insert(column_name.clone(), column);
            if let Some(identity) = identity {
                self.add_identity(name, &column_name, identity, &data_type, &[]);
            }
        }
        Some((source, clause.options))
    }

    fn like_rest(&mut self, name: &QName, source: &QName, options: u32) {
        let Some(source) = self.catalog.tables.get(source).cloned() else { return };
        if options & like::CONSTRAINTS != 0 {
            for check in source.checks {
                self.add_constraint_name(name, &check.name);
                if let Some(table) = self.table(name) {
                    table.checks.push(check);
                }
            }
        }
        if options & like::INDEXES != 0 {
            let keys = source.primary_key.into_iter().map(|key| (key, true));
            for (key, primary) in keys.chain(source.unique.into_iter().map(|key| (key, false))) {
                self.clone_key(name, &key, primary);
            }
            for index in &source.indexes {
                self.clone_index(name, index);
            }
            if !source.exclusions.is_empty() {
                self.clone_exclusions(name, source.exclusions);
            }
        }
    }

    /// `CREATE TABLE … AS`: its columns are known to a server only.
    pub(super) fn create_table_as(&mut self, statement: &protobuf::CreateTableAsStmt) {
        let Some(range) = statement.into.as_ref().and_then(|into| into.rel.as_ref()) else { return };
        if statement.objtype() == protobuf::ObjectType::ObjectMatview {
            self.create_materialized_view(statement);
        } else if range.relpersistence == "t" {
            self.temporary.insert(range.relname.clone());
        } else {
            self.not_understood("`CREATE TABLE … AS`, whose columns only a server knows");
        }
    }
}

impl Column {
    pub(super) fn new(name: String, data_type: super::super::DataType, span: Span) -> Self {
        Self {
            name,
            span,
            data_type,
            not_null: false,
            default: None,
            identity: None,
            generated: None,
            collation: None,
            comment: None,
        }
    }
}
