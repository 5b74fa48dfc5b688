//! The statements that Noren writes.

use super::create::Create;
use super::{AccessStatement, Expr, Ident, Migration, Select};
use crate::catalog::{DataType, QName, TriggerMode};

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `SELECT …`
    Select(Select),
    /// `COPY (SELECT …) TO STDOUT WITH (…)`
    CopyTo {
        /// What leaves.
        query: Select,
        /// How.
        options: CopyOptions,
    },
    /// `COPY table (…) FROM STDIN WITH (…)`
    CopyFrom {
        /// Where to.
        table: QName,
        /// Its columns, in the file's order.
        columns: Vec<Ident>,
        /// How.
        options: CopyOptions,
    },
    /// `LOCK TABLE [ONLY] … IN … MODE`
    Lock {
        /// Each with `ONLY` or not.
        tables: Vec<(QName, bool)>,
        /// How strongly.
        mode: LockMode,
    },
    /// `BEGIN …`
    Begin {
        /// `ISOLATION LEVEL`, else the session's default.
        isolation: Option<Isolation>,
        /// `READ ONLY`
        read_only: bool,
    },
    /// `COMMIT`
    Commit,
    /// `ROLLBACK`
    Rollback,
    /// `SET [LOCAL] name = value, …`
    Set {
        /// Until the end of the transaction.
        local: bool,
        /// One- or two-part name.
        name: String,
        /// At least one.
        values: Vec<SettingValue>,
    },
    /// `SET ROLE role`
    SetRole(Ident),
    /// `SET ROLE NONE`: who is connected, whatever role the session began with.
    SetRoleNone,
    /// `SET CONSTRAINTS ALL DEFERRED`, or `IMMEDIATE`.
    SetConstraints {
        /// Deferred, else immediate.
        deferred: bool,
    },
    /// `CREATE TEMPORARY TABLE …`
    CreateTemporary(TemporaryTable),
    /// `CREATE …`: what a private server needs before it can run a compiled SELECT.
    Create(Create),
    /// `INSERT INTO table (…) VALUES …`
    InsertValues {
        /// Where to.
        table: QName,
        /// Its columns.
        columns: Vec<Ident>,
        /// At least one.
        rows: Vec<Vec<Expr>>,
    },
    /// `INSERT INTO table (…) SELECT …`
    InsertSelect {
        /// Where to.
        table: QName,
        /// Its columns.
        columns: Vec<Ident>,
        /// What.
        query: Select,
    },
    /// `INSERT INTO table (…) OVERRIDING SYSTEM VALUE SELECT …`: into identity columns too, as COPY does.
    Load {
        /// Where to.
        table: QName,
        /// Its columns.
        columns: Vec<Ident>,
        /// What.
        query: Select,
    },
    /// `TRUNCATE TABLE [ONLY] … [RESTART IDENTITY]`; never CASCADE.
    Truncate {
        /// Each with `ONLY` or not.
        tables: Vec<(QName, bool)>,
        /// Owned sequences start again.
        restart_identity: bool,
    },
    /// `ALTER TABLE …`
    AlterTable {
        /// The table.
        table: QName,
        /// Without its inheritance children.
        only: bool,
        /// What changes.
        action: AlterTable,
    },
    /// `ALTER SEQUENCE … RESTART [WITH …]`
    RestartSequence {
        /// The sequence.
        sequence: QName,
        /// Else its own start.
        with: Option<i64>,
    },
    /// `ANALYZE table, …`
    Analyze(Vec<QName>),
    /// `REFRESH MATERIALIZED VIEW …`
    RefreshMaterializedView(QName),
    /// `DROP TABLE pg_temp.name`
    DropTemporary(Ident),
    /// `DO LANGUAGE plpgsql $…$ … $…$`. The body is ours and fixed: what it needs to know comes from temporary
    /// tables or settings, so that no name or value is ever pasted into code.
    Do(&'static str),
    /// A SELECT over the catalogs, ours and fixed; comments and layout are its own. What it needs to know comes from
    /// settings, as for [`Statement::Do`].
    Query(&'static str),
    /// `CREATE OR REPLACE FUNCTION …`, ours and fixed; its body takes what it needs to know as arguments or from tables.
    Routine(&'static str),
    /// Who may do what.
    Access(AccessStatement),
    /// What gives a table its tenant column.
    Migration(Migration),
}

/// How COPY writes and reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyOptions {
    /// `FORMAT`
    pub format: CopyFormat,
    /// `HEADER true`, and `HEADER MATCH` on the way in. PostgreSQL 15+ for the text format, and for `MATCH` at all.
    pub header: bool,
}

/// COPY's formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    /// `text`
    Text,
    /// `csv`
    Csv,
}

/// Table locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// ACCESS SHARE
    AccessShare,
    /// SHARE ROW EXCLUSIVE
    ShareRowExclusive,
    /// ACCESS EXCLUSIVE
    AccessExclusive,
}

/// Transaction isolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// READ COMMITTED
    ReadCommitted,
    /// REPEATABLE READ
    RepeatableRead,
    /// SERIALIZABLE
    Serializable,
}

/// A setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// `'…'`
    Text(String),
    /// A number.
    Integer(i64),
    /// `on`
    On,
    /// `off`
    Off,
    /// A bare name, as in `search_path = pg_catalog, pg_temp`.
    Name(Ident),
    /// `DEFAULT`
    Default,
}

/// A temporary table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryTable {
    /// Its name, in `pg_temp`.
    pub name: Ident,
    /// Each with its type and whether it is NOT NULL.
    pub columns: Vec<(Ident, DataType, bool)>,
    /// `ON COMMIT DROP`
    pub on_commit_drop: bool,
}

/// What ALTER TABLE changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterTable {
    /// `DISABLE TRIGGER name`, `ENABLE [REPLICA|ALWAYS] TRIGGER name`: brings the trigger into this mode.
    Trigger(Ident, TriggerMode),
    /// `ALTER CONSTRAINT name [NOT] DEFERRABLE INITIALLY DEFERRED|IMMEDIATE`
    Constraint {
        /// The foreign key.
        name: Ident,
        /// DEFERRABLE
        deferrable: bool,
        /// INITIALLY DEFERRED
        initially_deferred: bool,
    },
    /// `ENABLE ROW LEVEL SECURITY`, `DISABLE ROW LEVEL SECURITY`
    RowSecurity(bool),
    /// `[NO] FORCE ROW LEVEL SECURITY`
    ForceRowSecurity(bool),
}

impl Statement {
    /// The statement's kind in PostgreSQL's own parse tree.
    pub(crate) fn node(&self) -> &'static str {
        match self {
            Self::Select(_) | Self::Query(_) => "SelectStmt",
            Self::CopyTo { .. } | Self::CopyFrom { .. } => "CopyStmt",
            Self::Lock { .. } => "LockStmt",
            Self::Begin { .. } | Self::Commit | Self::Rollback => "TransactionStmt",
            Self::Set { .. } | Self::SetRole(_) | Self::SetRoleNone => "VariableSetStmt",
            Self::SetConstraints { .. } => "ConstraintsSetStmt",
            Self::CreateTemporary(_) => "CreateStmt",
            Self::Create(create) => create.kind(),
            Self::InsertValues { .. } | Self::InsertSelect { .. } | Self::Load { .. } => "InsertStmt",
            Self::Truncate { .. } => "TruncateStmt",
            Self::AlterTable { .. } => "AlterTableStmt",
            Self::RestartSequence { .. } => "AlterSeqStmt",
            Self::Analyze(_) => "VacuumStmt",
            Self::RefreshMaterializedView(_) => "RefreshMatViewStmt",
            Self::DropTemporary(_) => "DropStmt",
            Self::Do(_) => "DoStmt",
            Self::Routine(_) => "CreateFunctionStmt",
            Self::Access(statement) => statement.node(),
            Self::Migration(of) => of.node(),
        }
    }
}
