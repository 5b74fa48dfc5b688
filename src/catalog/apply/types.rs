//! Types: those that columns name, and those that the schema makes.

use super::super::{Check, DataType, QName, Type, TypeKind};
use super::expression::Scope;
use super::{Builder, Relation, names, tree};
use crate::catalog::builtin;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::N0955;
use crate::source::Span;
use indexmap::IndexMap;
use pg_query::NodeEnum;
use pg_query::protobuf::{self, ConstrType, Constraint, Node, TypeName};

impl Builder<'_> {
    /// The type that a name means on the search path; a type found nowhere is a warning, once a name.
    pub(super) fn data_type(&mut self, written: &TypeName) -> DataType {
        let (schema, name) = tree::qualified(&written.names);
        if written.pct_type
            && let Some(data_type) = self.type_of_column(written)
        {
            return data_type;
        }
        let mut dimensions = u8::try_from(written.array_bounds.len()).unwrap_or(u8::MAX);
        let (schema, name) = match name.strip_prefix('_') {
            // `_text` is the catalog's own name for `text[]`.
            Some(element) if schema != "public" && builtin::is_type(element) => {
                dimensions = dimensions.max(1);
                (schema, element.to_owned())
            }
            _ => (schema, name),
        };
        let name = self.type_name(&schema, &name, written.location);
        DataType { modifiers: modifiers(&name, written), name, dimensions }
    }

    /// `table.column%TYPE`, in function signatures.
    fn type_of_column(&self, written: &TypeName) -> Option<DataType> {
        let mut parts = tree::names(&written.names);
        let (column, table) = (parts.pop()?, parts.pop()?);
        let table = self.find_relation(&parts.pop().unwrap_or_default(), &table)?;
        Some(self.catalog.tables.get(&table)?.columns.get(&column)?.data_type.clone())
    }

    fn type_name(&mut self, schema: &str, name: &str, location: i32) -> QName {
        if schema == "pg_catalog" || (schema.is_empty() && builtin::is_type(name)) {
            return QName::new("pg_catalog", name);
        }
        if let Some(found) = self.find_type(schema, name) {
            return found;
        }
        // Extensions declare their types where the dump cannot show them.
        let home = builtin::extension_of(name).and_then(|extension| self.catalog.extensions.get(extension));
        if let Some(home) = home {
            return QName::new(if schema.is_empty() { home.as_str() } else { schema }, name);
        }
        let schema = if schema.is_empty() { self.path.first().cloned().unwrap_or_default() } else { schema.to_owned() };
        let found = QName::new(&schema, name);
        if !self.catalog.extensions.values().any(|home| *home == schema) {
            self.unknown_type(self.place.token(location), &found);
        }
        found
    }

    fn unknown_type(&mut self, span: Span, name: &QName) {
        let message = format!("expected a type that PostgreSQL, an extension or the schema declares, found `{name}`");
        let finding = Diagnostic::new(N0955, message)
            .at(span, "not declared before this")
            .note("nothing is known of its values, so only masks that fit every type can be used")
            .help(format!(
                "add the `CREATE TYPE` or `CREATE EXTENSION` that declares `{name}`, or give the whole dump"
            ));
        self.found.push(finding);
    }

    /// A type of the schema, or the row type of a relation.
    pub(super) fn find_type(&self, schema: &str, name: &str) -> Option<QName> {
        let known = |name: &QName| {
            self.catalog.types.contains_key(name)
                || matches!(self.relations.get(name), Some(Relation::Table | Relation::View | Relation::Composite))
        };
        if !schema.is_empty() {
            return Some(QName::new(schema, name)).filter(known);
        }
        self.path.iter().map(|schema| QName::new(schema, name)).find(known)
    }

    pub(super) fn expect_type(&mut self, names: &[Node], missing_ok: bool) -> Option<QName> {
        let (schema, name) = tree::qualified(names);
        let found = self.find_type(&schema, &name);
        if found.is_none() && !missing_ok {
            let name = QName::new(schema, name);
            self.missing(self.place.head(), "type", &name);
        }
        found
    }

    fn add_type(&mut self, written: &[Node], kind: TypeKind) -> Option<QName> {
        let (schema, name) = tree::qualified(written);
        let name = self.new_name(&schema, &name);
        self.insert_type(name.clone(), kind).then_some(name)
    }

    fn insert_type(&mut self, name: QName, kind: TypeKind) -> bool {
        let span = self.place.span();
        // A shell type (`CREATE TYPE x;`) is completed by a second statement.
        let shell = matches!(self.catalog.types.get(&name).map(|known| &known.kind), Some(TypeKind::Base));
        if !shell && self.find_type(&name.schema, &name.name).is_some() {
            self.duplicate(self.place.head(), "type", &name.to_string());
            return false;
        }
        self.catalog.types.insert(name.clone(), Type { name, kind, span, comment: None });
        true
    }

    pub(super) fn create_enum(&mut self, statement: &protobuf::CreateEnumStmt) {
        self.add_type(&statement.type_name, TypeKind::Enum(tree::names(&statement.vals)));
    }

    pub(super) fn alter_enum(&mut self, statement: &protobuf::AlterEnumStmt) {
        let Some(name) = self.expect_type(&statement.type_name, false) else { return };
        let Some(TypeKind::Enum(labels)) = self.catalog.types.get_mut(&name).map(|found| &mut found.kind) else {
            return;
        };
        if !statement.old_val.is_empty() {
            labels
                .iter_mut()
                .filter(|label| **label == statement.old_val)
                .for_each(|label| label.clone_from(&statement.new_val));
        } else if !labels.contains(&statement.new_val) {
            let neighbour = labels.iter().position(|label| *label == statement.new_val_neighbor);
            let at = neighbour.map_or(labels.len(), |at| at + usize::from(statement.new_val_is_after));
            labels.insert(at, statement.new_val.clone());
        }
    }

    pub(super) fn create_composite(&mut self, statement: &protobuf::CompositeTypeStmt) {
        let Some(range) = &statement.typevar else { return };
        let mut fields = IndexMap::new();
        for node in &statement.coldeflist {
            if let Some(NodeEnum::ColumnDef(field)) = &node.node
                && let Some(type_name) = &field.type_name
            {
                fields.insert(field.colname.clone(), self.data_type(type_name));
            }
        }
        let name = self.new_relation_name(range);
        if self.insert_type(name.clone(), TypeKind::Composite(fields)) {
            self.relations.insert(name, Relation::Composite);
        }
    }

    pub(super) fn create_range(&mut self, statement: &protobuf::CreateRangeStmt) {
        let (mut subtype, mut multirange) = (None, None);
        for option in statement.params.iter().filter_map(tree::option) {
            let named = option.arg.as_deref().and_then(tree::type_name);
            match option.defname.as_str() {
                "subtype" => subtype = named.map(|name| self.data_type(name)),
                "multirange_type_name" => multirange = named.map(|name| tree::qualified(&name.names)),
                _ => {}
            }
        }
        let Some(subtype) = subtype else { return };
        let Some(range) = self.add_type(&statement.type_name, TypeKind::Range(subtype)) else { return };
        let multirange = match multirange {
            Some((schema, name)) => self.new_name(&schema, &name),
            None => QName::new(&range.schema, multirange_name(&range.name)),
        };
        self.insert_type(multirange, TypeKind::Multirange(range));
    }

    /// Base types are opaque; operators, aggregates and text search are the server's business. Of a collation it
    /// matters whether different texts can be equal under it.
    pub(super) fn define(&mut self, statement: &protobuf::DefineStmt) {
        match statement.kind() {
            protobuf::ObjectType::ObjectType => drop(self.add_type(&statement.defnames, TypeKind::Base)),
            protobuf::ObjectType::ObjectCollation => {
                let options = statement.definition.iter().filter(|node| is_loose(node));
                let (_, name) = tree::qualified(&statement.defnames);
                self.catalog.loose_collations.extend(options.map(|_| name.clone()));
            }
            _ => {}
        }
    }

    pub(super) fn create_domain(&mut self, statement: &protobuf::CreateDomainStmt) {
        let Some(written) = &statement.type_name else { return };
        let base = self.data_type(written);
        let collation = statement.coll_clause.as_ref().map(|clause| Self::collation(&clause.collname));
        let kind = TypeKind::Domain { base, not_null: false, default: None, checks: Vec::new(), collation };
        let Some(name) = self.add_type(&statement.domainname, kind) else { return };
        for constraint in statement.constraints.iter().filter_map(tree::constraint) {
            self.domain_constraint(&name, constraint);
        }
    }

    fn domain_constraint(&mut self, domain: &QName, constraint: &Constraint) {
        let scope = Scope { table: String::new(), columns: vec!["value".to_owned()] };
        let expression = constraint.raw_expr.as_deref().map(|node| self.expression(node, &scope));
        let kind = constraint.contype();
        let name = match kind {
            ConstrType::ConstrCheck if constraint.conname.is_empty() => {
                self.choose_constraint_name(domain, None, "check", &[])
            }
            _ => constraint.conname.clone(),
        };
        let span = self.place.token(constraint.location);
        let Some(found) = self.catalog.types.get_mut(domain) else { return };
        let TypeKind::Domain { not_null, default, checks, .. } = &mut found.kind else { return };
        match (kind, expression) {
            (ConstrType::ConstrNotnull, _) => *not_null = true,
            (ConstrType::ConstrNull, _) => *not_null = false,
            (ConstrType::ConstrDefault, expression) => *default = expression,
            (ConstrType::ConstrCheck, Some(expression)) => {
                let validated = !constraint.skip_validation || constraint.initially_valid;
                checks.push(Check {
                    name: name.clone(),
                    expression,
                    validated,
                    enforced: true,
                    no_inherit: false,
                    span,
                });
                self.add_constraint_name(domain, &name);
            }
            _ => self.not_understood_at(span, "this domain constraint"),
        }
    }

    pub(super) fn alter_domain(&mut self, statement: &protobuf::AlterDomainStmt) {
        let Some(name) = self.expect_type(&statement.type_name, statement.missing_ok) else { return };
        let definition = statement.def.as_deref();
        match statement.subtype.as_str() {
            "C" => {
                if let Some(constraint) = definition.and_then(tree::constraint) {
                    self.domain_constraint(&name, constraint);
                }
                return;
            }
            "X" => self.remove_constraint_name(&name.schema, &statement.name),
            _ => {}
        }
        let scope = Scope { table: String::new(), columns: vec!["value".to_owned()] };
        let expression = definition.map(|node| self.expression(node, &scope));
        let Some(found) = self.catalog.types.get_mut(&name) else { return };
        let TypeKind::Domain { not_null, default, checks, .. } = &mut found.kind else { return };
        match statement.subtype.as_str() {
            "T" => *default = expression,
            "N" => *not_null = false,
            "O" => *not_null = true,
            "X" => checks.retain(|check| check.name != statement.name),
            "V" => {
                checks.iter_mut().filter(|check| check.name == statement.name).for_each(|check| check.validated = true);
            }
            _ => self.not_understood("this change of a domain"),
        }
    }

    pub(super) fn collation(written: &[Node]) -> QName {
        let (schema, name) = tree::qualified(written);
        let schema = if schema.is_empty() { "pg_catalog".to_owned() } else { schema };
        QName::new(schema, name)
    }

    /// `ALTER TYPE … ADD/DROP/ALTER ATTRIBUTE`, which the parser writes as changes of columns.
    pub(super) fn alter_composite(&mut self, name: &QName, command: &protobuf::AlterTableCmd) {
        use protobuf::AlterTableType as Kind;
        let definition = match command.def.as_deref().and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::ColumnDef(definition)) => definition.type_name.as_ref(),
            _ => None,
        };
        let data_type = definition.map(|written| self.data_type(written));
        let field = match command.def.as_deref().and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::ColumnDef(definition)) if !definition.colname.is_empty() => definition.colname.clone(),
            _ => command.name.clone(),
        };
        let Some(TypeKind::Composite(fields)) = self.catalog.types.get_mut(name).map(|found| &mut found.kind) else {
            return;
        };
        match (command.subtype(), data_type) {
            (Kind::AtAddColumn, Some(data_type)) => drop(fields.insert(field, data_type)),
            (Kind::AtDropColumn, _) => drop(fields.shift_remove(&field)),
            (Kind::AtAlterColumnType, Some(data_type)) => {
                if let Some(found) = fields.get_mut(&field) {
                    *found = data_type;
                }
            }
            (Kind::AtChangeOwner, _) => {}
            _ => self.not_understood("this change of a composite type"),
        }
    }
}

/// `int_range` has `int_multirange`; a name without "range" gets `_multirange`.
fn multirange_name(range: &str) -> String {
    match range.find("range") {
        Some(at) => {
            let (before, after) = range.split_at(at);
            names::clip(&format!("{before}multi{after}"), 63).to_owned()
        }
        None => format!("{}_multirange", names::clip(range, 63 - "_multirange".len())),
    }
}

/// Type modifiers as `format_type` would show them.
fn modifiers(name: &QName, written: &TypeName) -> Vec<i32> {
    let mut numbers: Vec<i32> =
        written.typmods.iter().filter_map(tree::constant_text).filter_map(|text| text.parse().ok()).collect();
    if name.schema != "pg_catalog" {
        return numbers;
    }
    match name.name.as_str() {
        // The first is a mask of fields.
        "interval" if !numbers.is_empty() => drop(numbers.remove(0)),
        "numeric" if numbers.len() == 1 => numbers.push(0),
        _ => {}
    }
    numbers
}

/// `deterministic = false`, in any of its spellings.
fn is_loose(option: &Node) -> bool {
    let named = tree::option(option).is_some_and(|option| option.defname == "deterministic");
    named && !matches!(tree::option_text(option).as_deref(), Some("true" | "on"))
}
