//! What the schema declares: tables, columns, types, keys and everything that a policy must not contradict.
//!
//! The catalog knows nothing of policy. It is filled from `pg_dump --schema-only` files or from migrations
//! applied in name order ([`read`]), and says what `pg_catalog` would say after the same statements.

mod apply;
pub mod builtin;
mod digest;
mod graph;
mod lookup;
pub mod mysql;
mod name;
mod read;
mod scan;

pub use lookup::UniqueKey;
pub use name::Name;
pub use read::{dumped_from, read, statements};

use crate::source::Span;
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A schema-qualified name, as PostgreSQL holds it (folded or exact, without quotes).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct QName {
    /// The schema.
    pub schema: Name,
    /// The object.
    pub name: Name,
}

impl QName {
    /// A name in a schema.
    pub fn new(schema: impl Into<Name>, name: impl Into<Name>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }
}

/// For messages; emitted SQL goes through [`crate::sql::Ident`].
impl fmt::Display for QName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.schema, self.name)
    }
}

/// Everything the schema files declare. All maps are sorted by name, so that file order never shows. What
/// [`Catalog::digest`] is of, is what is serialised.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Catalog {
    /// Schemas other than `pg_catalog`, with their comments.
    pub schemas: BTreeMap<String, Option<String>>,
    /// Tables of all kinds: ordinary, partitioned, partitions, foreign.
    #[serde(serialize_with = "digest::values")]
    pub tables: BTreeMap<QName, Table>,
    /// Domains, enums, composites and ranges.
    #[serde(serialize_with = "digest::values")]
    pub types: BTreeMap<QName, Type>,
    /// Views and materialized views.
    #[serde(serialize_with = "digest::values")]
    pub views: BTreeMap<QName, View>,
    /// Sequences, also those that belong to a column.
    #[serde(serialize_with = "digest::values")]
    pub sequences: BTreeMap<QName, Sequence>,
    /// Functions and procedures, by name and then overload.
    #[serde(serialize_with = "digest::values")]
    pub functions: BTreeMap<QName, Vec<Function>>,
    /// Extensions and the schema each lives in.
    pub extensions: BTreeMap<String, String>,
    /// Grants on schemas.
    pub schema_grants: BTreeMap<String, Vec<Grant>>,
    /// Collations under which different texts can be equal, without their schema.
    pub loose_collations: BTreeSet<String>,
    /// Rules that rewrite what is written to a table or view, by its name. Nothing that is compiled depends on them.
    #[serde(skip)]
    pub rules: BTreeMap<QName, Vec<RewriteRule>>,
    /// What MySQL knows beyond that; `None` for a schema of PostgreSQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mysql: Option<mysql::Facts>,
}

/// `CREATE RULE … ON INSERT TO …`. COPY knows no rules, so only who may write is concerned.
#[derive(Clone, Debug)]
pub struct RewriteRule {
    /// Its name.
    pub name: String,
    /// The statement.
    pub span: Span,
}

/// A table.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// Its name.
    pub name: QName,
    /// The statement that made it.
    #[serde(skip)]
    pub span: Span,
    /// Ordinary, partitioned or foreign.
    pub kind: TableKind,
    /// In attribute order; inherited columns first, as PostgreSQL orders them.
    pub columns: IndexMap<String, Column>,
    /// The partitioned table that it is a partition of.
    pub partition_of: Option<QName>,
    /// Parents by plain inheritance (not partitioning).
    pub inherits: Vec<QName>,
    /// At most one.
    pub primary_key: Option<Key>,
    /// UNIQUE constraints; unique indexes are among [`Table::indexes`].
    pub unique: Vec<Key>,
    /// Foreign keys declared on this table.
    pub foreign_keys: Vec<ForeignKey>,
    /// CHECK constraints.
    pub checks: Vec<Check>,
    /// EXCLUDE constraints.
    pub exclusions: Vec<Exclusion>,
    /// Indexes that were created as such; those behind constraints are the constraints.
    pub indexes: Vec<Index>,
    /// Triggers made by users; those behind foreign keys are the foreign keys.
    pub triggers: Vec<Trigger>,
    /// Row security policies.
    pub policies: Vec<RowPolicy>,
    /// `ENABLE ROW LEVEL SECURITY`
    pub row_security: bool,
    /// `FORCE ROW LEVEL SECURITY`
    pub force_row_security: bool,
    /// `COMMENT ON TABLE`
    pub comment: Option<String>,
    /// `OWNER TO`, where the dump says it.
    pub owner: Option<String>,
    /// Grants on the table and its columns.
    pub grants: Vec<Grant>,
    /// In a publication by name; `FOR ALL TABLES` is not resolved.
    pub publications: Vec<String>,
    /// UNLOGGED.
    pub unlogged: bool,
}

/// What kind of table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum TableKind {
    /// `r`
    Ordinary,
    /// `p`: rows live in its partitions.
    Partitioned {
        /// Columns that the partition key reads, also inside expressions.
        key_columns: Vec<String>,
    },
    /// `f`: rows live elsewhere.
    Foreign,
}

/// A column.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its definition, or the `ALTER TABLE … ADD COLUMN` that made it.
    #[serde(skip)]
    pub span: Span,
    /// Its declared type.
    pub data_type: DataType,
    /// NOT NULL, also by primary key or identity; a domain's own NOT NULL is with the domain.
    pub not_null: bool,
    /// DEFAULT, with the expression's references.
    pub default: Option<Box<Expression>>,
    /// GENERATED … AS IDENTITY.
    pub identity: Option<Identity>,
    /// GENERATED ALWAYS AS (…).
    pub generated: Option<Box<Generated>>,
    /// COLLATE, where it was written.
    pub collation: Option<QName>,
    /// `COMMENT ON COLUMN`
    pub comment: Option<String>,
}

/// A type as a column declares it. Built-in names are PostgreSQL's internal ones (`int4`, `varchar`, `bpchar`,
/// `timestamptz`), in schema `pg_catalog`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DataType {
    /// The element type for arrays.
    pub name: QName,
    /// As written: `varchar(20)` has `[20]`, `numeric(18,2)` has `[18, 2]`; interval fields are left out.
    pub modifiers: Vec<i32>,
    /// Number of `[]`; PostgreSQL enforces none of them but "array or not".
    pub dimensions: u8,
}

/// GENERATED … AS IDENTITY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Identity {
    /// ALWAYS
    Always,
    /// BY DEFAULT
    ByDefault,
}

/// A generated column's expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Generated {
    /// What it computes.
    pub expression: Expression,
    /// STORED, else VIRTUAL (18+).
    pub stored: bool,
}

/// A SQL expression of the schema, kept as PostgreSQL's parser would print it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expression {
    /// Deparsed by PostgreSQL's own grammar.
    pub sql: String,
    /// Names of columns that it reads, sorted, each once. A whole-row reference lists every column.
    pub columns: Vec<String>,
    /// Functions that it calls, as written, sorted, each once.
    pub functions: Vec<String>,
    /// Sequences named in `nextval('…')`.
    pub sequences: Vec<QName>,
}

/// PRIMARY KEY or UNIQUE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent facts, as in pg_catalog")]
pub struct Key {
    /// The constraint.
    pub name: String,
    /// Its columns in order.
    pub columns: Vec<String>,
    /// NULLS NOT DISTINCT (15+).
    pub nulls_not_distinct: bool,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub initially_deferred: bool,
    /// WITHOUT OVERLAPS (18+).
    pub without_overlaps: bool,
    /// INCLUDE columns.
    pub include: Vec<String>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// FOREIGN KEY.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent facts, as in pg_catalog")]
pub struct ForeignKey {
    /// The constraint.
    pub name: String,
    /// The referencing columns.
    pub columns: Vec<String>,
    /// The referenced table.
    pub references: QName,
    /// The referenced columns, resolved to the primary key where they were left out; pairs with `columns`.
    pub referenced_columns: Vec<String>,
    /// `NO ACTION`, `RESTRICT`, `CASCADE`, `SET NULL`, `SET DEFAULT`.
    pub on_delete: ReferentialAction,
    /// `ON DELETE SET NULL (…)` or `SET DEFAULT (…)`: only these columns (15+); empty for all.
    pub delete_columns: Vec<String>,
    /// The same on update.
    pub on_update: ReferentialAction,
    /// MATCH FULL.
    pub match_full: bool,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub initially_deferred: bool,
    /// False after NOT VALID.
    pub validated: bool,
    /// False after NOT ENFORCED (18+).
    pub enforced: bool,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// What happens to a referencing row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ReferentialAction {
    /// NO ACTION
    NoAction,
    /// RESTRICT
    Restrict,
    /// CASCADE
    Cascade,
    /// SET NULL
    SetNull,
    /// SET DEFAULT
    SetDefault,
}

/// CHECK, on a table or a domain (there the value is the column `value`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The constraint.
    pub name: String,
    /// What must not be false.
    pub expression: Expression,
    /// False after NOT VALID.
    pub validated: bool,
    /// False after NOT ENFORCED (18+).
    pub enforced: bool,
    /// NO INHERIT: not for partitions and children.
    pub no_inherit: bool,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// EXCLUDE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exclusion {
    /// The constraint.
    pub name: String,
    /// Columns that its elements and predicate read.
    pub columns: Vec<String>,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Index {
    /// The index, in its table's schema.
    pub name: String,
    /// UNIQUE.
    pub unique: bool,
    /// NULLS NOT DISTINCT (15+).
    pub nulls_not_distinct: bool,
    /// Each key part: a column or an expression.
    pub parts: Vec<IndexPart>,
    /// INCLUDE columns.
    pub include: Vec<String>,
    /// WHERE.
    pub predicate: Option<Expression>,
    /// `btree`, `gin` …
    pub method: String,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// One key part of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum IndexPart {
    /// A plain column.
    Column(String),
    /// An expression.
    Expression(Expression),
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent facts, as in pg_catalog")]
pub struct Trigger {
    /// The trigger.
    pub name: String,
    /// `ENABLE`, `DISABLE`, `ENABLE REPLICA`, `ENABLE ALWAYS`.
    pub mode: TriggerMode,
    /// The function.
    pub function: QName,
    /// Fires before the row is written.
    pub before: bool,
    /// INSTEAD OF (views).
    pub instead_of: bool,
    /// FOR EACH ROW.
    pub for_each_row: bool,
    /// `insert`, `update`, `delete`, `truncate`, sorted.
    pub events: Vec<String>,
    /// CONSTRAINT TRIGGER.
    pub constraint: bool,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// When a trigger fires; the letter is `pg_trigger.tgenabled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum TriggerMode {
    /// `O`: in origin and local sessions, the default.
    Origin,
    /// `D`: never.
    Disabled,
    /// `R`: in replica sessions.
    Replica,
    /// `A`: always.
    Always,
}

/// CREATE POLICY.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowPolicy {
    /// The policy.
    pub name: String,
    /// PERMISSIVE, else RESTRICTIVE.
    pub permissive: bool,
    /// `all`, `select`, `insert`, `update`, `delete`.
    pub command: String,
    /// `public` or roles.
    pub roles: Vec<String>,
    /// USING.
    pub using: Option<Expression>,
    /// WITH CHECK.
    pub check: Option<Expression>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A grant on a table, view, sequence, function or schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Grant {
    /// Lower case; `all` stands for ALL PRIVILEGES.
    pub privilege: String,
    /// Empty for the whole object.
    pub columns: Vec<String>,
    /// `public` or a role.
    pub grantee: String,
    /// WITH GRANT OPTION.
    pub grantable: bool,
}

/// A type of the schema's own.
#[derive(Clone, Debug, Serialize)]
pub struct Type {
    /// Its name.
    pub name: QName,
    /// What it is.
    pub kind: TypeKind,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
    /// `COMMENT ON TYPE` or `DOMAIN`
    pub comment: Option<String>,
}

/// What a type is.
#[derive(Clone, Debug, Serialize)]
pub enum TypeKind {
    /// A domain.
    Domain {
        /// The type under it, maybe a domain itself.
        base: DataType,
        /// NOT NULL.
        not_null: bool,
        /// DEFAULT.
        default: Option<Expression>,
        /// CHECK constraints; the value is the column `value`.
        checks: Vec<Check>,
        /// COLLATE.
        collation: Option<QName>,
    },
    /// An enum's labels in order.
    Enum(Vec<String>),
    /// A composite's fields in order.
    Composite(IndexMap<String, DataType>),
    /// A range over this subtype; its multirange is a type of its own, [`TypeKind::Multirange`].
    Range(DataType),
    /// The multirange of a range type.
    Multirange(QName),
    /// A base type of the schema's own (`CREATE TYPE … (INPUT = …)`) or a shell type: opaque.
    Base,
}

/// A view or materialized view.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// Its name.
    pub name: QName,
    /// Materialized.
    pub materialized: bool,
    /// WITH NO DATA.
    pub with_no_data: bool,
    /// Deparsed by PostgreSQL's own grammar, with the names of its own time: later renames change `reads` only.
    pub query: String,
    /// Tables and views it reads, also through sub-queries, sorted.
    pub reads: Vec<QName>,
    /// Columns of tables it reads itself, not through other views, sorted.
    pub columns: Vec<(QName, String)>,
    /// Functions it calls, as written, sorted.
    pub functions: Vec<String>,
    /// Options such as `security_invoker=true`.
    pub options: BTreeMap<String, String>,
    /// Indexes (materialized views).
    pub indexes: Vec<Index>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
    /// Its comment.
    pub comment: Option<String>,
    /// `OWNER TO`, where the dump says it.
    pub owner: Option<String>,
    /// Grants.
    pub grants: Vec<Grant>,
}

/// A sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sequence {
    /// Its name.
    pub name: QName,
    /// `OWNED BY`, or the identity column it stands behind.
    pub owned_by: Option<(QName, String)>,
    /// It stands behind an identity column.
    pub identity: bool,
    /// START WITH.
    pub start: i64,
    /// INCREMENT BY; negative for a descending one.
    pub increment: i64,
    /// MINVALUE.
    pub minimum: i64,
    /// MAXVALUE.
    pub maximum: i64,
    /// CYCLE.
    pub cycle: bool,
    /// `int2`, `int4` or `int8`.
    pub data_type: String,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
    /// Grants.
    pub grants: Vec<Grant>,
}

/// A function or procedure.
#[derive(Clone, Debug, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent facts, as in pg_catalog")]
pub struct Function {
    /// Its name.
    pub name: QName,
    /// Input argument types in order.
    pub arguments: Vec<DataType>,
    /// What it returns; `None` for procedures.
    pub returns: Option<DataType>,
    /// `sql`, `plpgsql`, `c` …
    pub language: String,
    /// `i`, `s` or `v`, as `pg_proc.provolatile`.
    pub volatility: char,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// STRICT.
    pub strict: bool,
    /// LEAKPROOF.
    pub leakproof: bool,
    /// A procedure.
    pub procedure: bool,
    /// `SET search_path`, the schemas in order.
    pub search_path: Option<Vec<String>>,
    /// `RETURN …` or `BEGIN ATOMIC`: names were looked up when it was made.
    pub bound: bool,
    /// Its body's text, empty for C functions.
    pub body: String,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
    /// Grants.
    pub grants: Vec<Grant>,
}

/// A type with its domains taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseType {
    /// The type under all domains; for arrays that of the array as declared.
    pub data_type: DataType,
    /// The domains that were taken off, outermost first.
    pub domains: Vec<QName>,
    /// What it is.
    pub category: Category,
}

/// What a mask asks of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// A base type of PostgreSQL or of an extension.
    Scalar,
    /// An enum of the schema.
    Enum,
    /// An array of anything.
    Array,
    /// A composite of the schema, or a table's row type.
    Composite,
    /// A range or multirange.
    Range,
}
