//! Columns and what is written behind them.

use super::super::{Column, DataType, Expression, Generated, Identity, QName};
use super::constraint::Pending;
use super::expression::Scope;
use super::{Builder, tree};
use crate::source::Span;
use pg_query::protobuf::{ColumnDef, ConstrType, Constraint, Node};

/// `serial` and its brothers: the integer behind each.
fn serial(written: &pg_query::protobuf::TypeName) -> Option<&'static str> {
    match tree::names(&written.names).as_slice() {
        [name] => match name.as_str() {
            "smallserial" | "serial2" => Some("int2"),
            "serial" | "serial4" => Some("int4"),
            "bigserial" | "serial8" => Some("int8"),
            _ => None,
        },
        _ => None,
    }
}

impl Builder<'_> {
    /// Adds the column with its type, NOT NULL and DEFAULT; a serial becomes an integer with a sequence of its own.
    pub(super) fn new_column(&mut self, table: &QName, definition: &ColumnDef, span: Span) {
        let Some(written) = &definition.type_name else { return };
        let integer = serial(written);
        let data_type = match integer {
            Some(integer) => DataType { name: QName::new("pg_catalog", integer), modifiers: Vec::new(), dimensions: 0 },
            None => self.data_type(written),
        };
        let mut column = Column::new(definition.colname.clone(), data_type, span);
        column.collation = definition.coll_clause.as_ref().map(|clause| Self::collation(&clause.collname));
        if let Some(integer) = integer {
            column.not_null = true;
            column.default = Some(self.serial_sequence(table, &definition.colname, integer).into());
        }
        for constraint in definition.constraints.iter().filter_map(tree::constraint) {
            match constraint.contype() {
                ConstrType::ConstrNotnull => {
                    self.name_not_null(table, &column.name, &constraint.conname);
                    column.not_null = true;
                }
                ConstrType::ConstrDefault => column.default = self.default(constraint.raw_expr.as_deref()),
                _ => {}
            }
        }
        if let Some(table) = self.table(table) {
            table.columns.insert(column.name.clone(), column);
        }
    }

    /// NOT NULL and DEFAULT of a column that was there: inherited, or of the table's type.
    pub(super) fn more_of_column(&mut self, table: &QName, definition: &ColumnDef) {
        for constraint in definition.constraints.iter().filter_map(tree::constraint) {
            match constraint.contype() {
                ConstrType::ConstrNotnull => self.set_not_null(table, &definition.colname, &constraint.conname),
                ConstrType::ConstrDefault => {
                    self.set_default(table, &definition.colname, constraint.raw_expr.as_deref());
                }
                _ => {}
            }
        }
    }

    /// What is written behind a column besides NOT NULL and DEFAULT. Identity takes effect; keys and checks wait, since
    /// they may name later columns.
    pub(super) fn column_constraints(&mut self, table: &QName, definition: &ColumnDef, pending: &mut Vec<Pending>) {
        for constraint in definition.constraints.iter().filter_map(tree::constraint) {
            match constraint.contype() {
                ConstrType::ConstrNotnull | ConstrType::ConstrNull | ConstrType::ConstrDefault => {}
                ConstrType::ConstrIdentity => self.identity_constraint(table, &definition.colname, constraint),
                ConstrType::ConstrAttrDeferrable
                | ConstrType::ConstrAttrNotDeferrable
                | ConstrType::ConstrAttrDeferred
                | ConstrType::ConstrAttrImmediate
                | ConstrType::ConstrAttrEnforced
                | ConstrType::ConstrAttrNotEnforced => {
                    if let Some(last) = pending.last_mut() {
                        last.attribute(constraint.contype());
                    }
                }
                _ => pending.push(Pending::of_column(constraint, &definition.colname)),
            }
        }
    }

    pub(super) fn set_not_null(&mut self, table: &QName, column: &str, name: &str) {
        self.name_not_null(table, column, name);
        if let Some(column) = self.column(table, column) {
            column.not_null = true;
        }
    }

    pub(super) fn set_default(&mut self, table: &QName, column: &str, expression: Option<&Node>) {
        let default = self.default(expression);
        if let Some(column) = self.column(table, column) {
            column.default = default;
        }
    }

    fn name_not_null(&mut self, table: &QName, column: &str, name: &str) {
        if !name.is_empty() {
            self.not_null_names.insert((table.clone(), name.to_owned()), column.to_owned());
        }
    }

    /// `DEFAULT NULL` is no default: PostgreSQL stores nothing for it.
    fn default(&mut self, expression: Option<&Node>) -> Option<Box<Expression>> {
        let default = expression.map(|node| Box::new(self.expression(node, &Scope::default())));
        default.filter(|default| !is_null(&default.sql))
    }

    pub(super) fn identity_constraint(&mut self, table: &QName, column: &str, constraint: &Constraint) {
        let identity = if constraint.generated_when == "a" { Identity::Always } else { Identity::ByDefault };
        let data_type = self.column(table, column).map(|column| column.data_type.name.name.clone());
        self.add_identity(table, column, identity, &data_type.unwrap_or_default(), &constraint.options);
    }

    pub(super) fn add_identity(
        &mut self,
        table: &QName,
        column: &str,
        identity: Identity,
        data_type: &str,
        options: &[Node],
    ) {
        if let Some(column) = self.column(table, column) {
            column.identity = Some(identity);
            column.not_null = true;
            column.default = None;
        }
        self.identity_sequence(table, column, data_type, options);
    }

    /// Runs when all columns are there, since the expression may read a later one.
    pub(super) fn generated(&mut self, table: &QName, column: &str, constraint: &Constraint) {
        let Some(node) = constraint.raw_expr.as_deref() else { return };
        let scope = self.scope(table);
        let generated =
            Generated { expression: self.expression(node, &scope), stored: constraint.generated_kind != "v" };
        if let Some(column) = self.column(table, column) {
            column.default = None;
            column.generated = Some(generated.into());
        }
    }
}

fn is_null(sql: &str) -> bool {
    let bare = sql.split("::").next().unwrap_or_default();
    bare.trim().eq_ignore_ascii_case("null")
}
