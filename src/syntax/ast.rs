//! The policy as it was written: names are still words, nothing is looked up. Every node knows its place.

use crate::source::{Span, Spanned};

/// An identifier, folded to lower case unless it was quoted, with the quotes taken off.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The name as PostgreSQL would see it.
    pub text: String,
    /// Written in double quotes.
    pub quoted: bool,
    /// Where.
    pub span: Span,
}

/// A name in which `*` stands for any run of characters; a plain name is the commonest pattern.
pub type Pattern = Name;

impl Name {
    /// Whether the name has a `*`, which makes it a glob. `*` cannot stand in a name otherwise.
    pub fn is_glob(&self) -> bool {
        self.text.contains('*')
    }
}

/// `table` or `schema.table`, either part maybe a glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePattern {
    /// The schema, when it was written.
    pub schema: Option<Pattern>,
    /// The table.
    pub table: Pattern,
    /// Both.
    pub span: Span,
}

/// A SQL expression between parentheses; read later by PostgreSQL's own grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlExpr {
    /// What stands inside the parentheses, untouched.
    pub text: String,
    /// The place of `text`, without the parentheses.
    pub span: Span,
}

/// The text after `because`, with doubled quotes undone.
pub type Reason = Spanned<String>;

/// A type by its one-word name or a category, with an optional modifier and array brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypePattern {
    /// `text`, `varchar`, `int4`, `timestamptz`, `uuid[]`; the name as written, folded.
    Named {
        /// The schema, when it was written.
        schema: Option<Name>,
        /// The type's name.
        name: Name,
        /// Dimensions written as `[]`.
        array: bool,
    },
    /// `enum`, `array`, `composite` or `range`.
    Category(Spanned<TypeCategory>),
    /// `domain NAME`: the domain itself, not what lies under it.
    Domain {
        /// The schema, when it was written.
        schema: Option<Name>,
        /// The domain's name.
        name: Name,
    },
}

/// A family of types that a type list may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeCategory {
    /// Any enum.
    Enum,
    /// Any array.
    Array,
    /// Any composite type.
    Composite,
    /// Any range or multirange.
    Range,
}

/// A policy file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// In the order they were written, which has no meaning.
    pub statements: Vec<Statement>,
    /// `-- noren: allow CODE because "…"`.
    pub allowances: Vec<Allowance>,
}

/// A comment that silences one warning on the next line that is not a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The code as written, for example `N0412`.
    pub code: Spanned<String>,
    /// Why.
    pub because: Reason,
    /// The line that it covers, counted from 1.
    pub line: u32,
    /// The comment.
    pub span: Span,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `class NAME TREATMENT;`
    Class(Class),
    /// `table SELECTOR { … }`
    Table(TableBlock),
    /// `setting a.b TYPE [secret];`
    Setting(Setting),
    /// `tenancy { … }`
    Tenancy(Tenancy),
    /// `role NAME { … }`
    Role(Role),
    /// `grant … on … to …;`
    Grant(Grant),
    /// `policy NAME on … as …;`
    Policy(Policy),
    /// `workload NAME as ROLE;`
    Workload(Workload),
    /// `export NAME { … }`
    Export(Export),
    /// `mask NAME(value TYPE) returns TYPE = (SQL);`
    Mask(MaskDefinition),
    /// `test "…" …;`
    Test(Test),
    /// `extension NAME { … }`
    Extension(Extension),
}

/// `class NAME TREATMENT;`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// The class.
    pub name: Name,
    /// What columns of the class get unless an export says otherwise.
    pub treatment: Treatment,
    /// The statement.
    pub span: Span,
}

/// How a column leaves the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Treatment {
    /// What is done.
    pub kind: TreatmentKind,
    /// Why, where it was said.
    pub because: Option<Reason>,
    /// `, orphans null|skip`.
    pub orphans: Option<Spanned<Orphans>>,
    /// The whole treatment.
    pub span: Span,
}

/// What is done to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreatmentKind {
    /// `keep`
    Keep,
    /// `drop [, fill …]`
    Drop {
        /// What stands in the copy instead.
        fill: Option<Fill>,
    },
    /// `mask null`
    Null,
    /// `mask NAME(…)`
    Call(MaskCall),
    /// `mask (SQL)`
    Expression(SqlExpr),
    /// `mask json { … }`
    Json(JsonMask),
    /// `mask fields { … }`
    Fields(JsonMask),
    /// A class's name.
    Class(Name),
    /// `TREATMENT when (P) else TREATMENT`
    When {
        /// For the rows where the condition is true.
        then: Box<Treatment>,
        /// Over the raw row.
        condition: SqlExpr,
        /// For all others, also where the condition is NULL.
        otherwise: Box<Treatment>,
    },
}

/// What fills a dropped column on import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fill {
    /// `fill (SQL)`
    Expression(SqlExpr),
    /// `filled by trigger NAME`
    Trigger(Name),
}

/// What happens to a reference whose row is not exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphans {
    /// The reference becomes NULL.
    Null,
    /// The row does not leave.
    Skip,
}

/// `NAME(ARGUMENT, …)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskCall {
    /// The mask.
    pub name: Name,
    /// In the order written; positional ones come first.
    pub arguments: Vec<Argument>,
    /// The call.
    pub span: Span,
}

/// `VALUE` or `NAME => VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The parameter, when it was named.
    pub name: Option<Name>,
    /// Its value.
    pub value: Spanned<ArgumentValue>,
}

/// What an argument may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentValue {
    /// `'…'` with doubled quotes undone.
    Text(String),
    /// As written: `4`, `-0.1`, `1e3`.
    Number(String),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`
    Null,
    /// A column of the same row, for example `by => user_id`.
    Column(Name),
    /// `date '2025-01-01'` and the like: a type's name and its text.
    Typed(Name, String),
}

/// `json { PATH TREATMENT; … else TREATMENT; }`, or `fields { … }` for a composite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonMask {
    /// In the order written.
    pub rules: Vec<JsonRule>,
    /// What all other paths get.
    pub otherwise: Box<Treatment>,
    /// The block.
    pub span: Span,
}

/// `contact.email email;`: a path of object keys; `[*]` after a key stands for each element of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonRule {
    /// From the root to the value.
    pub path: Vec<JsonStep>,
    /// What the value at that path gets.
    pub treatment: Treatment,
    /// The rule.
    pub span: Span,
}

/// A step of a JSON path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonStep {
    /// A key, exact.
    Key(Name),
    /// `[*]`: every element of an array.
    Each(Span),
}

/// Which tables a statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// Joined by commas; a table is selected when any of them selects it.
    pub items: Vec<SelectorItem>,
    /// `except a, b_*`.
    pub except: Vec<TablePattern>,
    /// The whole selector.
    pub span: Span,
}

/// One part of a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectorItem {
    /// A name or a glob.
    Pattern(TablePattern),
    /// `scoped tables`
    Scoped(Span),
    /// `shared tables`
    Shared(Span),
    /// `all tables`, never internal ones
    All(Span),
}

/// `table SELECTOR { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableBlock {
    /// Which tables.
    pub selector: Selector,
    /// In the order written, which has no meaning.
    pub clauses: Vec<TableClause>,
    /// The statement.
    pub span: Span,
}

/// One line of a table block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableClause {
    /// `scoped …;`
    Scoped(Scope),
    /// `shared because "…";`
    Shared {
        /// Why.
        because: Option<Reason>,
        /// The clause.
        span: Span,
    },
    /// `internal because "…";`
    Internal {
        /// Why.
        because: Option<Reason>,
        /// The clause.
        span: Span,
    },
    /// `skip because "…";`
    Skip {
        /// Why.
        because: Option<Reason>,
        /// The clause.
        span: Span,
    },
    /// `rows (P);`
    Rows {
        /// Only rows for which this is true leave.
        predicate: SqlExpr,
        /// The clause.
        span: Span,
    },
    /// `COLUMN, … [: (TYPE, …)] TREATMENT;`
    Columns(ColumnRule),
}

/// How a table gets its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Which of the four ways.
    pub kind: ScopeKind,
    /// Why, where it was said.
    pub because: Option<Reason>,
    /// The clause.
    pub span: Span,
}

/// The ways to scope a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// `scoped by COLUMN [or null]`
    By {
        /// The tenant column.
        column: Name,
        /// Rows without a tenant are readable by all.
        or_null: bool,
    },
    /// `scoped via FK_COLUMN, … [references TABLE] [by lookup]`
    Via {
        /// The foreign key's columns.
        columns: Vec<Name>,
        /// The parent, where the columns alone do not tell.
        references: Option<TablePattern>,
        /// By a policy that looks the parent up instead of by an added column.
        by_lookup: bool,
    },
    /// `scoped through TABLE (COLUMN)`
    Through {
        /// A scoped table that points here.
        table: TablePattern,
        /// Its pointing column.
        column: Name,
    },
    /// `scoped when (P)`
    When(SqlExpr),
}

/// `COLUMN, … [: (TYPE, …)] TREATMENT;`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRule {
    /// Names or globs.
    pub columns: Vec<Pattern>,
    /// Only columns of these types, when written.
    pub types: Option<Vec<TypePattern>>,
    /// What they get.
    pub treatment: Treatment,
    /// The rule.
    pub span: Span,
}

/// A two-part setting name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingName {
    /// Before the dot.
    pub prefix: Name,
    /// After the dot.
    pub name: Name,
}

/// `setting a.b TYPE [secret];`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its two parts.
    pub name: SettingName,
    /// Its type.
    pub kind: TypePattern,
    /// Usable in masks only.
    pub secret: bool,
    /// The statement.
    pub span: Span,
}

/// `tenancy { root T (COLUMN); column C; setting S; }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenancy {
    /// `root TABLE (COLUMN);`
    pub root: Option<(TablePattern, Name)>,
    /// `column NAME;`
    pub column: Option<Name>,
    /// `setting NAME;`
    pub setting: Option<SettingName>,
    /// The statement.
    pub span: Span,
}

/// `role NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The role.
    pub name: Name,
    /// In the order written, which has no meaning.
    pub clauses: Vec<Spanned<RoleClause>>,
    /// The statement.
    pub span: Span,
}

/// One line of a role block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleClause {
    /// `login;` or `nologin;`
    Login(bool),
    /// `tenants own;`
    TenantsOwn,
    /// `tenants all because "…";`
    TenantsAll(Option<Reason>),
    /// `in ROLE, … [because "…"];`
    In(Vec<Name>, Option<Reason>),
    /// `existing;`
    Existing,
    /// `owns SELECTOR;`
    Owns(Selector),
}

/// `grant PRIVILEGES on OBJECTS to ROLE, … [where (P)] [in copy of EXPORT];`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// `select`, `insert (a, b)` …
    pub privileges: Vec<Privilege>,
    /// On what.
    pub objects: GrantObjects,
    /// To whom.
    pub roles: Vec<Name>,
    /// Which rows.
    pub condition: Option<SqlExpr>,
    /// Only in the copy that this export fills.
    pub in_copy_of: Option<Name>,
    /// The statement.
    pub span: Span,
}

/// A privilege's word, with columns where it has some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// `select`, `insert`, `update`, `delete`, `execute`, `usage` …
    pub word: Name,
    /// Empty for the whole object.
    pub columns: Vec<Name>,
}

/// What a grant is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantObjects {
    /// A table selector.
    Tables(Selector),
    /// `function f(args)`
    Function {
        /// The schema, when it was written.
        schema: Option<Name>,
        /// The function.
        name: Name,
        /// Its argument types.
        arguments: Vec<TypePattern>,
    },
    /// `schema S`
    Schema(Name),
}

/// `policy NAME on SELECTOR as … for … [to …] [across tenants] [using (P)] [with check (P)] [because "…"];`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The policy.
    pub name: Name,
    /// On which tables.
    pub tables: Selector,
    /// `restrictive`, else permissive.
    pub restrictive: bool,
    /// `select`, `insert`, `update`, `delete`.
    pub commands: Vec<Name>,
    /// Empty: every role of the policy.
    pub roles: Vec<Name>,
    /// Loosens the floor.
    pub across_tenants: bool,
    /// `using (P)`
    pub using: Option<SqlExpr>,
    /// `with check (P)`
    pub check: Option<SqlExpr>,
    /// Why.
    pub because: Option<Reason>,
    /// The statement.
    pub span: Span,
}

/// `workload NAME as ROLE [because "…"];`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The program.
    pub name: Name,
    /// The role it runs as.
    pub role: Name,
    /// Why.
    pub because: Option<Reason>,
    /// The statement.
    pub span: Span,
}

/// `export NAME { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The audience.
    pub name: Name,
    /// In the order written, which has no meaning.
    pub clauses: Vec<ExportClause>,
    /// The statement.
    pub span: Span,
}

/// One line of an export block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportClause {
    /// `tables SELECTOR;`
    Tables(Selector),
    /// `tenant one;`
    TenantOne(Span),
    /// `as ROLE;`
    As(Name),
    /// `import as ROLE;`
    ImportAs(Name),
    /// `rows T (P);`
    Rows {
        /// Of which table.
        table: TablePattern,
        /// Only rows for which this is true leave.
        predicate: SqlExpr,
        /// The clause.
        span: Span,
    },
    /// `skip T because "…";`
    Skip {
        /// Which table.
        table: TablePattern,
        /// Why.
        because: Option<Reason>,
        /// The clause.
        span: Span,
    },
    /// `class C => TREATMENT;`
    Class {
        /// Which class.
        class: Name,
        /// What this audience gets.
        treatment: Treatment,
        /// The clause.
        span: Span,
    },
    /// `TABLE.COLUMN => TREATMENT;`
    Column {
        /// Which table.
        table: TablePattern,
        /// Which column.
        column: Name,
        /// What this audience gets.
        treatment: Treatment,
        /// The clause.
        span: Span,
    },
    /// `linkable with EXPORT because "…";`
    Linkable {
        /// The other export.
        with: Name,
        /// Why.
        because: Option<Reason>,
        /// The clause.
        span: Span,
    },
    /// `import strategy WORD [because "…"];`
    ImportStrategy {
        /// Which.
        strategy: Spanned<ImportStrategy>,
        /// Why.
        because: Option<Reason>,
        /// The clause.
        span: Span,
    },
    /// `no import;`
    NoImport(Span),
}

/// How foreign keys are satisfied on import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportStrategy {
    /// Referenced tables first; cycles deferred.
    #[default]
    Order,
    /// `session_replication_role = replica` in the session, checked afterwards.
    ReplicaRole,
    /// The same by the cluster's parameter group.
    ParameterGroup,
}

/// `mask NAME(value TYPE[, …]) returns TYPE [unique yes|no] [total yes|no] = (SQL);`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskDefinition {
    /// The mask.
    pub name: Name,
    /// The first is the value.
    pub parameters: Vec<Parameter>,
    /// What it gives.
    pub returns: TypePattern,
    /// `unique yes|no`, when said.
    pub unique: Option<bool>,
    /// `total yes|no`, when said.
    pub total: Option<bool>,
    /// Over the parameters.
    pub body: SqlExpr,
    /// The statement.
    pub span: Span,
}

/// `NAME TYPE [= DEFAULT]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The parameter.
    pub name: Name,
    /// Its type.
    pub kind: TypePattern,
    /// Its default.
    pub default: Option<Spanned<ArgumentValue>>,
}

/// `test "…" [given …]… [as ROLE [with …]] expect (SQL);`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// What is claimed.
    pub title: Reason,
    /// Rows that exist in the test only.
    pub given: Vec<Given>,
    /// As which role.
    pub role: Option<Name>,
    /// With these settings.
    pub settings: Vec<(SettingName, SqlExpr)>,
    /// Must be true.
    pub expect: SqlExpr,
    /// The statement.
    pub span: Span,
}

/// `given TABLE (COLUMN, …) values (…), (…)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The table.
    pub table: TablePattern,
    /// Its columns.
    pub columns: Vec<Name>,
    /// Each row's values, untouched.
    pub rows: Vec<SqlExpr>,
}

/// `extension NAME { function F; type T; … }`: what an extension brings, which no dump lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The extension.
    pub name: Name,
    /// Its objects that the policy names.
    pub objects: Vec<ExtensionObject>,
    /// The statement.
    pub span: Span,
}

/// `function F` or `type T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionObject {
    /// A function, else a type.
    pub function: bool,
    /// The schema, when it was written.
    pub schema: Option<Name>,
    /// The object.
    pub name: Name,
}
