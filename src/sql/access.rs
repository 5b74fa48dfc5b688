//! The statements of roles, row security and grants.

use super::{Expr, Ident};
use crate::catalog::{DataType, QName};

/// A statement that says who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessStatement {
    /// `CREATE SCHEMA IF NOT EXISTS name`
    CreateSchema(Ident),
    /// `CREATE OR REPLACE FUNCTION name() RETURNS type LANGUAGE sql STABLE PARALLEL SAFE RETURN body`. The body is
    /// parsed when the function is made, so that no search path of a caller can change what it calls.
    CreateHelper {
        /// The function; it takes no arguments.
        function: QName,
        /// What it returns.
        returns: DataType,
        /// What it computes.
        body: Expr,
    },
    /// `CREATE POLICY …`
    CreatePolicy(Box<CreatePolicy>),
    /// `DROP POLICY IF EXISTS name ON table`
    DropPolicy {
        /// The policy.
        name: Ident,
        /// Its table.
        table: QName,
    },
    /// `COMMENT ON … IS …`; `None` takes the comment away.
    Comment(Commented, Option<String>),
    /// `GRANT … ON … TO …`
    Grant {
        /// At least one.
        privileges: Vec<Privilege>,
        /// On what.
        object: Object,
        /// At least one.
        to: Vec<Grantee>,
        /// `WITH GRANT OPTION`
        grantable: bool,
    },
    /// `REVOKE … ON … FROM …`; never CASCADE.
    Revoke {
        /// Empty for ALL.
        privileges: Vec<Privilege>,
        /// On what.
        object: Object,
        /// At least one.
        from: Vec<Grantee>,
    },
    /// `GRANT group TO member [WITH INHERIT …, SET …]`
    GrantRole {
        /// The group.
        of: Ident,
        /// Its member.
        member: Ident,
        /// `INHERIT` and `SET` (16+).
        options: Option<(bool, bool)>,
    },
    /// `ALTER DEFAULT PRIVILEGES FOR ROLE owner [IN SCHEMA schema] REVOKE ALL ON … FROM …`
    RevokeDefault {
        /// Who will create the objects.
        owner: Ident,
        /// In this schema, else wherever.
        schema: Option<Ident>,
        /// Objects of this kind.
        kind: DefaultKind,
        /// At least one.
        from: Vec<Grantee>,
    },
    /// `ALTER VIEW name SET (option = value, …)`
    SetViewOptions {
        /// The view.
        view: QName,
        /// At least one, each with its value.
        options: Vec<(String, String)>,
    },
    /// `ALTER VIEW name RESET (option, …)`
    ResetViewOptions {
        /// The view.
        view: QName,
        /// At least one.
        options: Vec<String>,
    },
    /// `ALTER … name OWNER TO owner`
    SetOwner {
        /// What it is.
        object: OwnedObject,
        /// Its name.
        name: QName,
        /// The new owner.
        owner: Ident,
    },
    /// `DROP FUNCTION IF EXISTS name()`; never CASCADE.
    DropFunction(QName),
    /// `DROP SCHEMA IF EXISTS name`; never CASCADE.
    DropSchema(Ident),
    /// `DROP ROLE IF EXISTS name`
    DropRole(Ident),
}

/// `CREATE POLICY …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePolicy {
    /// Its name.
    pub name: Ident,
    /// Its table.
    pub table: QName,
    /// PERMISSIVE, else RESTRICTIVE.
    pub permissive: bool,
    /// The command in capitals; `ALL` for all of them.
    pub command: &'static str,
    /// At least one.
    pub to: Vec<Grantee>,
    /// USING.
    pub using: Option<Expr>,
    /// WITH CHECK.
    pub check: Option<Expr>,
}

/// Whom a right is given to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grantee {
    /// PUBLIC: every role there is and ever will be.
    Public,
    /// A role.
    Role(Ident),
}

impl Grantee {
    /// A role of this name; `public` is PUBLIC, as PostgreSQL has it however it is quoted.
    pub fn named(name: &str) -> Self {
        if name == "public" { Self::Public } else { Self::Role(Ident::from(name)) }
    }
}

/// A privilege, maybe on some columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Privilege {
    /// In capitals.
    pub name: &'static str,
    /// Empty for the whole object.
    pub columns: Vec<Ident>,
}

impl Privilege {
    /// The privileges that there are, in PostgreSQL's order.
    const KNOWN: [&'static str; 11] = [
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
        "MAINTAIN",
        "USAGE",
        "CREATE",
        "EXECUTE",
    ];

    /// A privilege on the whole object by its name in any case; `None` where PostgreSQL has none of this name.
    pub fn named(name: &str) -> Option<Self> {
        let known = Self::KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name))?;
        Some(Self { name: known, columns: Vec::new() })
    }
}

/// What a right is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A table, view, materialized view or foreign table.
    Table(QName),
    /// A sequence.
    Sequence(QName),
    /// A schema.
    Schema(Ident),
    /// A function or procedure by its input types.
    Routine {
        /// Its name.
        name: QName,
        /// Its input types.
        arguments: Vec<DataType>,
        /// A procedure, else a function.
        procedure: bool,
    },
}

/// What changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnedObject {
    /// A table; sequences that its columns own go with it.
    Table,
    /// A sequence.
    Sequence,
    /// A materialized view.
    MaterializedView,
}

/// What default privileges are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefaultKind {
    /// Tables and views.
    Tables,
    /// Sequences.
    Sequences,
    /// Functions and procedures.
    Functions,
}

/// What a comment is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commented {
    /// A policy of a table.
    Policy(Ident, QName),
    /// A function without arguments.
    Function(QName),
    /// A column of a table.
    Column(QName, Ident),
}

impl AccessStatement {
    /// The statement's kind in PostgreSQL's own parse tree.
    pub(super) fn node(&self) -> &'static str {
        match self {
            Self::CreateSchema(_) => "CreateSchemaStmt",
            Self::CreateHelper { .. } => "CreateFunctionStmt",
            Self::CreatePolicy(_) => "CreatePolicyStmt",
            Self::DropPolicy { .. } | Self::DropFunction(_) | Self::DropSchema(_) => "DropStmt",
            Self::Comment(..) => "CommentStmt",
            Self::Grant { .. } | Self::Revoke { .. } => "GrantStmt",
            Self::GrantRole { .. } => "GrantRoleStmt",
            Self::RevokeDefault { .. } => "AlterDefaultPrivilegesStmt",
            Self::SetViewOptions { .. } | Self::ResetViewOptions { .. } | Self::SetOwner { .. } => "AlterTableStmt",
            Self::DropRole(_) => "DropRoleStmt",
        }
    }
}
