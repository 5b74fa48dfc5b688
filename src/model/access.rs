//! Who acts, and over whose rows: settings, tenancy, roles, grants and policies with nothing left open.
//!
//! Everything is keyed by what the catalog calls it. A role that is named here exists in the policy; a table that
//! is named here exists in the schema. What a policy or a condition says in SQL is kept as the user's text with the
//! places of the names in it ([`AccessSql`]), so that a printer can qualify each of them.

use super::formula::Formula;
use crate::catalog::{DataType, QName};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Whose row it is, who acts, and what they may touch.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Settings that predicates may read, by `prefix.name`; the secret one is not among them.
    pub settings: BTreeMap<String, AccessSetting>,
    /// At most one.
    pub tenancy: Option<Tenancy>,
    /// The place of every base table and partition root, where the policy has a tenancy; without one, of the tables
    /// that say `shared` or `internal`.
    pub scopes: BTreeMap<QName, Scope>,
    /// By name.
    pub roles: BTreeMap<String, Role>,
    /// What the source database grants, by table or view and role.
    pub rights: Rights,
    /// What holds in the copy of an export only, by export.
    pub copies: BTreeMap<String, Rights>,
    /// EXECUTE on functions of the schema.
    pub functions: Vec<FunctionGrant>,
    /// USAGE on schemas, by schema: granted by name, or following from a grant on an object in it.
    pub schemas: BTreeMap<String, BTreeMap<String, Span>>,
    /// Policies of the user's own, one a table, by table and name.
    pub policies: Vec<Policy>,
    /// By name.
    pub workloads: BTreeMap<String, Workload>,
}

impl Access {
    /// Roles of the policy that a role is a member of, however far away; not itself.
    pub fn groups_of(&self, role: &str) -> BTreeSet<&str> {
        groups_of(&self.roles, role)
    }
}

/// Roles of the policy that a role is a member of, however far away; not itself.
pub fn groups_of<'r>(roles: &'r BTreeMap<String, Role>, name: &str) -> BTreeSet<&'r str> {
    let groups = |role: &'r Role| role.member_of.keys().map(String::as_str);
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&str> = roles.get(name).into_iter().flat_map(groups).collect();
    while let Some(group) = waiting.pop() {
        if let Some(role) = roles.get(group)
            && group != name
            && found.insert(group)
        {
            waiting.extend(groups(role));
        }
    }
    found
}

/// By table or view, then by role.
pub type Rights = BTreeMap<QName, BTreeMap<String, RoleRights>>;

/// What a role may do with a table, by command.
pub type RoleRights = BTreeMap<Command, Right>;

/// A setting that predicates read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSetting {
    /// `prefix.name`
    pub name: String,
    /// Its type, maybe an array.
    pub data_type: DataType,
    /// The function that reads it, in our own schema: `noren.prefix_name`.
    pub function: QName,
    /// Where it is declared.
    pub span: Span,
}

/// `tenancy { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenancy {
    /// The table with one row a tenant.
    pub root: QName,
    /// Its key.
    pub root_column: String,
    /// The tenant column's type.
    pub data_type: DataType,
    /// Every table that has this column is scoped by it.
    pub column: String,
    /// The setting, by `prefix.name`.
    pub setting: String,
    /// The setting is an array: several tenants a session.
    pub many: bool,
    /// The statement.
    pub span: Span,
}

/// A table's place in tenancy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// How it gets its tenant.
    pub kind: ScopeKind,
    /// The clause that says so, or the `tenancy` statement where the column's name alone does.
    pub span: Span,
    /// Why, where it was said.
    pub because: Option<String>,
}

/// How a table gets its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// By a column of its own.
    Column {
        /// The tenant column.
        column: String,
        /// Rows whose column is NULL are readable by every tenant and written by none.
        or_null: bool,
    },
    /// By a column that it lacks and is given: a copy of its parent's tenant, under [`Tenancy::column`]'s name.
    Added(Parent),
    /// By looking its parent up.
    Lookup(Parent),
    /// By a scoped table that points here.
    Through {
        /// The pointing table.
        table: QName,
        /// Each pointing column with the own column that it references.
        columns: Vec<(String, String)>,
    },
    /// By a condition of the user's own.
    When(AccessSql),
    /// Belongs to no tenant; readable as granted.
    Shared,
    /// No tenancy, no grants, never exported.
    Internal,
}

impl ScopeKind {
    /// Whether rows belong to tenants.
    pub fn is_scoped(&self) -> bool {
        !matches!(self, Self::Shared | Self::Internal)
    }
}

/// The one foreign key through which a table gets its parent's tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The parent, scoped itself.
    pub table: QName,
    /// The foreign key.
    pub constraint: String,
    /// Each own column with the parent's column that it references.
    pub columns: Vec<(String, String)>,
    /// One of the own columns may be NULL: such rows belong to nobody.
    pub nullable: bool,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The role.
    pub name: String,
    /// `login` or `nologin`; of an existing role `None` where nothing was said: then it is not asserted.
    pub login: Option<bool>,
    /// Over whose rows it acts.
    pub tenants: Tenants,
    /// The roles that it is a member of, each with the reason where one was said.
    pub member_of: BTreeMap<String, Option<String>>,
    /// Never created, only asserted.
    pub existing: bool,
    /// Tables and views that it owns, also partitions of the tables.
    pub owns: BTreeSet<QName>,
    /// The statement.
    pub span: Span,
}

/// Over whose rows a role acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenants {
    /// Those of the session's tenant.
    Own,
    /// Those of all tenants.
    All {
        /// Why.
        because: String,
    },
}

/// What a grant allows; the order is that of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    /// SELECT
    Select,
    /// INSERT
    Insert,
    /// UPDATE
    Update,
    /// DELETE
    Delete,
}

impl Command {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// As the language writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// One role's right to one command on one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// Sorted; `None` for the whole table. Never there with DELETE.
    pub columns: Option<BTreeSet<String>>,
    /// Only rows for which one of these is true; empty for all rows that tenancy leaves.
    pub conditions: Vec<AccessSql>,
    /// The grants that give it.
    pub spans: Vec<Span>,
}

/// EXECUTE on a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionGrant {
    /// The function.
    pub function: QName,
    /// Its input types, which tell overloads apart.
    pub arguments: Vec<DataType>,
    /// A procedure, else a function.
    pub procedure: bool,
    /// Who may call it, each with the grant.
    pub roles: BTreeMap<String, Span>,
}

/// A policy of the user's own on one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// As the user named it; in the output `NAME_command`.
    pub name: String,
    /// The table.
    pub table: QName,
    /// Takes rows away, else adds some.
    pub restrictive: bool,
    /// Sorted, at least one.
    pub commands: BTreeSet<Command>,
    /// Sorted, at least one: every role of the policy where none was written.
    pub roles: BTreeSet<String>,
    /// Loosens the floor.
    pub across_tenants: bool,
    /// Of rows that are there; for SELECT, UPDATE and DELETE.
    pub using: Option<AccessSql>,
    /// Of rows that are written; for INSERT and UPDATE.
    pub check: Option<AccessSql>,
    /// Why, where it was said.
    pub because: Option<String>,
    /// The statement.
    pub span: Span,
}

/// A program and the role it runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The program.
    pub name: String,
    /// The role.
    pub role: String,
    /// Why, where it was said.
    pub because: Option<String>,
    /// The statement.
    pub span: Span,
}

/// A predicate of the user's own over a table's rows: parsed by PostgreSQL's grammar, every name looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSql {
    /// As the user wrote it.
    pub text: String,
    /// Places in `text` of names that a printer replaces, ascending and apart.
    pub names: Vec<(Range<usize>, AccessName)>,
    /// Columns of the policy's own table that it reads, sorted.
    pub columns: BTreeSet<String>,
    /// Settings that it reads, by `prefix.name`.
    pub settings: BTreeSet<String>,
    /// Relations that its sub-selects read.
    pub reads: BTreeSet<QName>,
    /// Which of their columns, by relation; a relation of which no column is named has none here.
    pub read_columns: BTreeMap<QName, BTreeSet<String>>,
    /// Aliases of its sub-selects; a printer that puts it beside an alias of its own takes another.
    pub aliases: BTreeSet<String>,
    /// What three-valued logic sees of it.
    pub formula: Formula,
    /// Where it was written.
    pub span: Span,
}

/// What a name in a predicate means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessName {
    /// A column of the policy's own table, however it was written.
    Column(String),
    /// A setting, by `prefix.name`: its function's value, once a statement.
    Setting(String),
    /// A table or view in a sub-select's FROM; its alias stays as written.
    Relation(QName),
}

impl AccessSql {
    /// The text with every name replaced.
    pub fn substituted(&self, replace: impl Fn(&AccessName) -> String) -> String {
        let mut text = String::new();
        let mut end = 0;
        for (range, name) in &self.names {
            text.push_str(self.text.get(end..range.start).unwrap_or_default());
            text.push_str(&replace(name));
            end = range.end;
        }
        text.push_str(self.text.get(end..).unwrap_or_default());
        text
    }
}
