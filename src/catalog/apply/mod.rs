//! One statement after the other changes the catalog, as a server would.
//!
//! [`Builder::apply`] is a flat table from statement to handler. A statement that is in no row is a warning with
//! its place, so that a construct nobody thought of never passes for an understood one; what cannot matter to a
//! policy is listed in [`is_irrelevant`].

mod access;
mod alter;
mod column;
mod constraint;
mod drop;
mod expression;
mod index;
mod inherit;
mod names;
mod reads;
mod rename;
mod routine;
mod sequence;
mod table;
mod tree;
mod types;
mod view;

pub(super) use expression::text_was_lost;

use super::scan;
use super::{Catalog, QName, Table};
use crate::diagnostic::codes::{N0952, N0953, N0954};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::{SourceId, Span};
use expression::Constants;
use pg_query::NodeEnum;
use pg_query::protobuf::{self, RangeVar};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What a name in the namespace of relations stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Table,
    View,
    Sequence,
    Composite,
    /// Of this table or materialized view; also the index behind a constraint.
    Index(QName),
}

/// The statement in hand: where its text lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'s> {
    pub source: SourceId,
    /// Offset of `text` in the file.
    pub base: usize,
    pub text: &'s str,
}

impl Place<'_> {
    pub(super) fn span(&self) -> Span {
        let start = scan::skip_blank(self.text, 0);
        let end = self.text.trim_end().len().max(start);
        Span::new(self.source, self.base + start, self.base + end)
    }

    /// The first line of the statement: enough for a message to point at.
    pub(super) fn head(&self) -> Span {
        let start = scan::skip_blank(self.text, 0);
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.find('\n').unwrap_or(rest.len()).min(rest.trim_end().len());
        Span::new(self.source, self.base + start, self.base + start + length)
    }

    /// The token at an offset that PostgreSQL's parser gave; the statement when it gave none.
    fn token(&self, location: i32) -> Span {
        match usize::try_from(location) {
            Ok(start) if start < self.text.len() => {
                let mut end = scan::token_end(self.text, start);
                // A qualified name is one thing to point at.
                while self.text.get(end..).is_some_and(|rest| rest.starts_with('.')) {
                    end = scan::token_end(self.text, end + 1);
                }
                Span::new(self.source, self.base + start, self.base + end)
            }
            _ => self.head(),
        }
    }
}

/// The catalog as far as it has come.
pub(super) struct Builder<'s> {
    pub catalog: Catalog,
    pub found: Vec<Diagnostic>,
    place: Place<'s>,
    path: Vec<String>,
    relations: BTreeMap<QName, Relation>,
    /// PostgreSQL chooses constraint names that no other constraint of the schema has.
    constraint_names: BTreeMap<QName, u32>,
    children: BTreeMap<QName, Vec<QName>>,
    /// Names of NOT NULL constraints (18+), since they can be dropped by name: table, constraint, column.
    not_null_names: BTreeMap<(QName, String), String>,
    temporary: BTreeSet<String>,
    publications: BTreeSet<String>,
    /// Expressions that were met before.
    constants: RefCell<Constants>,
    /// The server's major version, where the dump says it; some rules of inheritance changed.
    major: u32,
}

impl<'s> Builder<'s> {
    pub fn new(place: Place<'s>) -> Self {
        let mut catalog = Catalog::default();
        catalog.schemas.insert("public".to_owned(), None);
        Self {
            catalog,
            found: Vec::new(),
            place,
            path: vec!["public".to_owned()],
            relations: BTreeMap::new(),
            constraint_names: BTreeMap::new(),
            children: BTreeMap::new(),
            not_null_names: BTreeMap::new(),
            temporary: BTreeSet::new(),
            publications: BTreeSet::new(),
            constants: RefCell::default(),
            major: 0,
        }
    }

    /// A new file is a new session. `major` is the version of the server it was taken from, when it says so.
    pub fn begin_file(&mut self, major: Option<u32>) {
        self.major = major.unwrap_or(self.major);
        self.path = vec!["public".to_owned()];
        self.temporary.clear();
    }

    /// Applies one parsed statement.
    pub fn apply(&mut self, place: Place<'s>, statement: &NodeEnum) {
        self.place = place;
        match statement {
            NodeEnum::CreateSchemaStmt(statement) => self.create_schema(statement),
            NodeEnum::CreateStmt(statement) => self.create_table(statement, false),
            NodeEnum::CreateForeignTableStmt(statement) => {
                if let Some(base) = &statement.base_stmt {
                    self.create_table(base, true);
                }
            }
            NodeEnum::AlterTableStmt(statement) => self.alter_table(statement),
            NodeEnum::DropStmt(statement) => self.drop(statement),
            NodeEnum::RenameStmt(statement) => self.rename(statement),
            NodeEnum::AlterObjectSchemaStmt(statement) => self.set_schema(statement),
            NodeEnum::IndexStmt(statement) => self.create_index(statement),
            NodeEnum::CreateSeqStmt(statement) => self.create_sequence(statement),
            NodeEnum::AlterSeqStmt(statement) => self.alter_sequence(statement),
            NodeEnum::CreateEnumStmt(statement) => self.create_enum(statement),
            NodeEnum::AlterEnumStmt(statement) => self.alter_enum(statement),
            NodeEnum::CreateDomainStmt(statement) => self.create_domain(statement),
            NodeEnum::AlterDomainStmt(statement) => self.alter_domain(statement),
            NodeEnum::CompositeTypeStmt(statement) => self.create_composite(statement),
            NodeEnum::CreateRangeStmt(statement) => self.create_range(statement),
            NodeEnum::DefineStmt(statement) => self.define(statement),
            NodeEnum::ViewStmt(statement) => self.create_view(statement),
            NodeEnum::RuleStmt(statement) => self.create_rule(statement),
            NodeEnum::CreateTableAsStmt(statement) => self.create_table_as(statement),
            NodeEnum::CreateFunctionStmt(statement) => self.create_function(statement),
            NodeEnum::AlterFunctionStmt(statement) => self.alter_function(statement),
            NodeEnum::CreateTrigStmt(statement) => self.create_trigger(statement),
            NodeEnum::CreatePolicyStmt(statement) => self.create_policy(statement),
            NodeEnum::AlterPolicyStmt(statement) => self.alter_policy(statement),
            NodeEnum::CommentStmt(statement) => self.comment(statement),
            NodeEnum::GrantStmt(statement) => self.grant(statement),
            NodeEnum::CreateExtensionStmt(statement) => self.create_extension(statement),
            NodeEnum::CreatePublicationStmt(statement) => self.create_publication(statement),
            NodeEnum::AlterPublicationStmt(statement) => self.alter_publication(statement),
            NodeEnum::VariableSetStmt(statement) => self.set_variable(statement),
            NodeEnum::SelectStmt(statement) => self.select(statement),
            NodeEnum::DoStmt(statement) => self.dynamic(statement),
            other if is_irrelevant(other) => {}
            _ => self.not_understood("this statement"),
        }
    }

    /// `SET search_path` matters; `standard_conforming_strings = off` would change how every string reads.
    fn set_variable(&mut self, statement: &protobuf::VariableSetStmt) {
        let values: Vec<String> = statement.args.iter().filter_map(tree::constant_text).collect();
        match statement.name.to_ascii_lowercase().as_str() {
            "search_path" if values.is_empty() => self.path = vec!["public".to_owned()],
            "search_path" => self.path = values,
            "standard_conforming_strings" if values.iter().any(|value| value == "off") => {
                self.not_understood("`standard_conforming_strings = off`");
            }
            _ => {}
        }
    }

    /// `pg_dump` sets its search path by `SELECT pg_catalog.set_config('search_path', '', false)`. Other SELECTs
    /// can only change a schema through functions.
    fn select(&mut self, statement: &protobuf::SelectStmt) {
        let calls = statement.target_list.iter().filter_map(tree::target_call);
        for call in calls {
            let name = tree::names(&call.funcname).pop().unwrap_or_default();
            let arguments: Vec<Option<String>> = call.args.iter().map(tree::constant_text).collect();
            match (name.as_str(), arguments.as_slice()) {
                ("set_config", [Some(setting), Some(value), ..]) if setting.eq_ignore_ascii_case("search_path") => {
                    self.path = split_path(value);
                }
                ("set_config" | "setval" | "nextval", _) => {}
                _ => self.dynamic_warning(&format!("the function `{name}`")),
            }
        }
    }

    fn dynamic(&mut self, statement: &protobuf::DoStmt) {
        let body: Vec<String> = statement.args.iter().filter_map(tree::option_text).collect();
        let words: BTreeSet<String> = body
            .iter()
            .flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_'))
            .map(str::to_ascii_lowercase)
            .collect();
        let changes = ["execute", "create", "alter", "drop", "grant", "revoke", "comment", "perform", "call", "select"];
        if changes.iter().any(|word| words.contains(*word)) {
            self.dynamic_warning("the `DO` block");
        }
    }

    fn dynamic_warning(&mut self, what: &str) {
        let message = format!("expected statements that declare the schema, found {what}, which may change it");
        let finding = Diagnostic::new(N0954, message)
            .at(self.place.head(), "what this does is not known to the catalog")
            .note("the schema is read, never run, so code that runs while it loads cannot be followed")
            .help("use the output of `pg_dump --schema-only` taken after it ran, or write its statements out");
        self.found.push(finding);
    }

    fn not_understood(&mut self, what: &str) {
        let span = self.place.head();
        self.not_understood_at(span, what);
    }

    fn not_understood_at(&mut self, span: Span, what: &str) {
        let message = format!("expected a statement that the catalog follows, found {what}, which is not followed");
        let finding = Diagnostic::new(N0953, message)
            .at(span, "left out")
            .note("whatever it declares is missing from the catalog, and the policy cannot speak of it")
            .help("use the output of `pg_dump --schema-only` of a database in which it has run");
        self.found.push(finding);
    }

    fn contradiction(&mut self, span: Span, message: String, label: &str, help: String) {
        self.found.push(Diagnostic::new(N0952, message).at(span, label).help(help));
    }

    fn missing(&mut self, span: Span, what: &str, name: &QName) {
        let near = match what {
            "type" => nearest(name, self.catalog.types.keys()),
            _ => nearest(name, self.relations.keys()),
        };
        let help = near.map_or_else(
            || "give the whole dump, or every migration in order".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("expected a {what} that is declared before, found no `{name}`");
        self.contradiction(span, message, "not declared before this", help);
    }

    fn duplicate(&mut self, span: Span, what: &str, name: &str) {
        let message = format!("expected a new name for this {what}, found `{name}`, which is declared already");
        let help = "give either the dump or the migrations, not both, and each file once".to_owned();
        self.contradiction(span, message, "declared a second time", help);
    }

    /// The schema that an unqualified CREATE goes to: the first of the path that exists.
    fn creation_schema(&mut self) -> String {
        let schema = self.path.iter().find(|schema| self.catalog.schemas.contains_key(*schema)).cloned();
        schema.unwrap_or_else(|| {
            let span = self.place.head();
            let message = "expected a schema for this name, found an empty `search_path`".to_owned();
            let help = "write the name with its schema, or set `search_path` before".to_owned();
            self.contradiction(span, message, "no schema", help);
            "public".to_owned()
        })
    }

    /// The name that a CREATE gives; an unknown schema is an error once.
    fn new_name(&mut self, schema: &str, name: &str) -> QName {
        if schema.is_empty() {
            return QName::new(self.creation_schema(), name);
        }
        if !self.catalog.schemas.contains_key(schema) {
            let message = format!("expected a schema that is declared before, found no `{schema}`");
            let help = format!("add `CREATE SCHEMA {schema}` before, or give the whole dump");
            self.contradiction(self.place.head(), message, "not declared before this", help);
            self.catalog.schemas.insert(schema.to_owned(), None);
        }
        QName::new(schema, name)
    }

    fn new_relation_name(&mut self, range: &RangeVar) -> QName {
        self.new_name(&range.schemaname, &range.relname)
    }

    /// The relation that a name means on the search path.
    fn find_relation(&self, schema: &str, name: &str) -> Option<QName> {
        if !schema.is_empty() {
            let name = QName::new(schema, name);
            return self.relations.contains_key(&name).then_some(name);
        }
        self.path.iter().map(|schema| QName::new(schema, name)).find(|name| self.relations.contains_key(name))
    }

    fn is_temporary(&self, range: &RangeVar) -> bool {
        range.relpersistence == "t" || range.schemaname == "pg_temp" || {
            range.schemaname.is_empty() && self.temporary.contains(&range.relname)
        }
    }

    /// The relation, or an error at its name. `None` without an error for temporary tables and IF EXISTS.
    fn expect_relation(&mut self, range: &RangeVar, what: &str, missing_ok: bool) -> Option<QName> {
        let found = self.find_relation(&range.schemaname, &range.relname);
        if found.is_none() && !missing_ok && !self.is_temporary(range) {
            let schema =
                if range.schemaname.is_empty() { self.path.first().cloned() } else { Some(range.schemaname.clone()) };
            let name = QName::new(schema.unwrap_or_default(), &range.relname);
            self.missing(self.place.token(range.location), what, &name);
        }
        found
    }

    fn expect_table(&mut self, range: &RangeVar, missing_ok: bool) -> Option<QName> {
        let name = self.expect_relation(range, "table", missing_ok)?;
        self.catalog.tables.contains_key(&name).then_some(name)
    }

    fn table(&mut self, name: &QName) -> Option<&mut Table> {
        self.catalog.tables.get_mut(name)
    }

    /// The table and all below it, parents before children.
    fn family(&self, root: &QName) -> Vec<QName> {
        let mut all = vec![root.clone()];
        let mut at = 0;
        while let Some(name) = all.get(at).cloned() {
            for child in self.children.get(&name).into_iter().flatten() {
                if !all.contains(child) {
                    all.push(child.clone());
                }
            }
            at += 1;
        }
        all
    }
}

/// The list in `set_config('search_path', …)`.
fn split_path(value: &str) -> Vec<String> {
    value.split(',').map(|part| part.trim().trim_matches('"').to_owned()).filter(|part| !part.is_empty()).collect()
}

fn nearest<'a>(name: &QName, known: impl Iterator<Item = &'a QName>) -> Option<QName> {
    let known = known.filter(|known| known.schema == name.schema).map(|known| known.name.as_str());
    let near = did_you_mean(&name.name, known)?;
    Some(QName::new(&name.schema, near))
}

/// Statements that change nothing a policy, a mask, an export or an import could see.
fn is_irrelevant(statement: &NodeEnum) -> bool {
    matches!(
        statement,
        // Rows and sessions.
        NodeEnum::CopyStmt(_)
            | NodeEnum::InsertStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::DeleteStmt(_)
            | NodeEnum::TruncateStmt(_)
            | NodeEnum::TransactionStmt(_)
            | NodeEnum::VariableShowStmt(_)
            | NodeEnum::LockStmt(_)
            | NodeEnum::VacuumStmt(_)
            | NodeEnum::ReindexStmt(_)
            | NodeEnum::ClusterStmt(_)
            | NodeEnum::CheckPointStmt(_)
            | NodeEnum::DiscardStmt(_)
            | NodeEnum::RefreshMatViewStmt(_)
            | NodeEnum::ConstraintsSetStmt(_)
            | NodeEnum::NotifyStmt(_)
            | NodeEnum::ListenStmt(_)
            | NodeEnum::UnlistenStmt(_)
            | NodeEnum::MergeStmt(_)
            | NodeEnum::LoadStmt(_)
            // Planner statistics and search.
            | NodeEnum::CreateStatsStmt(_)
            | NodeEnum::AlterStatsStmt(_)
            | NodeEnum::AlterTsdictionaryStmt(_)
            | NodeEnum::AlterTsconfigurationStmt(_)
            | NodeEnum::AlterCollationStmt(_)
            // Operators and casts: found by the server, never by us.
            | NodeEnum::CreateOpClassStmt(_)
            | NodeEnum::CreateOpFamilyStmt(_)
            | NodeEnum::AlterOpFamilyStmt(_)
            | NodeEnum::AlterOperatorStmt(_)
            | NodeEnum::CreateCastStmt(_)
            | NodeEnum::CreateConversionStmt(_)
            | NodeEnum::CreateTransformStmt(_)
            | NodeEnum::CreateAmStmt(_)
            // The cluster, roles, and other servers.
            | NodeEnum::CreatedbStmt(_)
            | NodeEnum::AlterDatabaseStmt(_)
            | NodeEnum::AlterDatabaseSetStmt(_)
            | NodeEnum::CreateTableSpaceStmt(_)
            | NodeEnum::CreateRoleStmt(_)
            | NodeEnum::DropRoleStmt(_)
            | NodeEnum::DropdbStmt(_)
            | NodeEnum::DropTableSpaceStmt(_)
            | NodeEnum::DropUserMappingStmt(_)
            | NodeEnum::DropSubscriptionStmt(_)
            | NodeEnum::ReassignOwnedStmt(_)
            | NodeEnum::AlterSystemStmt(_)
            | NodeEnum::AlterRoleStmt(_)
            | NodeEnum::AlterRoleSetStmt(_)
            | NodeEnum::GrantRoleStmt(_)
            | NodeEnum::AlterDefaultPrivilegesStmt(_)
            | NodeEnum::CreateFdwStmt(_)
            | NodeEnum::AlterFdwStmt(_)
            | NodeEnum::CreateForeignServerStmt(_)
            | NodeEnum::AlterForeignServerStmt(_)
            | NodeEnum::CreateUserMappingStmt(_)
            | NodeEnum::AlterUserMappingStmt(_)
            | NodeEnum::CreateSubscriptionStmt(_)
            | NodeEnum::AlterSubscriptionStmt(_)
            | NodeEnum::CreatePlangStmt(_)
            | NodeEnum::SecLabelStmt(_)
            | NodeEnum::CreateEventTrigStmt(_)
            | NodeEnum::AlterEventTrigStmt(_)
            | NodeEnum::AlterObjectDependsStmt(_)
            | NodeEnum::AlterExtensionStmt(_)
            | NodeEnum::AlterExtensionContentsStmt(_)
            // Of tables and views the parser makes an ALTER TABLE; no other owner is held.
            | NodeEnum::AlterOwnerStmt(_)
            // Storage of a base type.
            | NodeEnum::AlterTypeStmt(_)
    )
}
