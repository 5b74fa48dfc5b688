//! What each database of the policy must hold so that everybody sees their own rows: roles, helper functions,
//! policies, grants.
//!
//! The plan is a description, not a script: `apply`, `force`, `rollback` and the assertions are all read off the same
//! values, so that what is applied is what is asserted.

mod migrations;
mod names;
mod policies;
mod relations;
mod roles;

pub use migrations::{IndexNode, IndexPlan, MigrationPlan, ParentPlan, plan_migrations};

use crate::catalog::{Catalog, DataType, Grant, QName, RowPolicy};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::Model;
use crate::model::access::{Access, Command};
use crate::project::{Bypass, Stage};
use crate::source::Span;
use crate::sql::Expr;
use std::collections::BTreeMap;

/// The schema of what these files make; a dump that is made after them has it.
const OURS: &str = "noren";

/// What one environment must hold.
#[derive(Clone, Debug)]
pub struct AccessPlan {
    /// How `tenants all` is had.
    pub bypass: Bypass,
    /// The server's major version.
    pub version: u32,
    /// The tenant column's name: a table that has it and is not among the relations was added since.
    pub tenant_column: Option<String>,
    /// Sorted by name.
    pub roles: Vec<RolePlan>,
    /// `GRANT of TO member`, sorted; those among roles of the policy and of predefined ones.
    pub memberships: Vec<MembershipPlan>,
    /// Sorted by setting.
    pub settings: Vec<SettingPlan>,
    /// Sorted by schema.
    pub schemas: Vec<SchemaPlan>,
    /// Sorted by function.
    pub functions: Vec<FunctionPlan>,
    /// Tables, partitions and views that the policy speaks of, sorted by name.
    pub relations: Vec<RelationPlan>,
    /// Policies of exporting roles, which `rights_source.sql` makes and these files do not.
    pub exporters: Vec<ExporterPlan>,
}

/// A policy that shows an exporting role every row of a table, where row security is the schema's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExporterPlan {
    /// The table.
    pub table: QName,
    /// The policy.
    pub policy: String,
    /// The role.
    pub role: String,
}

/// A role and its attributes; what is not listed here (SUPERUSER, CREATEDB, CREATEROLE, REPLICATION) it must not have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent facts, as in pg_authid")]
pub struct RolePlan {
    /// The role.
    pub name: String,
    /// Only asserted, never created.
    pub existing: bool,
    /// LOGIN or NOLOGIN; `None` where nothing is asserted of it.
    pub login: Option<bool>,
    /// BYPASSRLS or NOBYPASSRLS.
    pub bypass_rls: bool,
    /// It acts over the session's tenant only.
    pub tenants_own: bool,
    /// It owns tables of the policy.
    pub owner: bool,
    /// The statement.
    pub span: Span,
}

/// `GRANT of TO member`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MembershipPlan {
    /// The group.
    pub of: String,
    /// Its member.
    pub member: String,
    /// The member is an existing role: the membership is only asserted.
    pub existing: bool,
    /// The member's statement.
    pub span: Span,
}

/// A setting's helper function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingPlan {
    /// `prefix.name`
    pub setting: String,
    /// The function.
    pub function: QName,
    /// What it returns.
    pub data_type: DataType,
    /// Roles that may call it, sorted: each that a policy applies to.
    pub callers: Vec<String>,
    /// Where the setting is declared.
    pub span: Span,
}

/// USAGE on a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaPlan {
    /// The schema.
    pub name: String,
    /// Who has USAGE, sorted, each with the statement that it follows from.
    pub usage: BTreeMap<String, Span>,
}

/// EXECUTE on a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionPlan {
    /// The function.
    pub name: QName,
    /// Its input types.
    pub arguments: Vec<DataType>,
    /// A procedure, else a function.
    pub procedure: bool,
    /// Who may call it, sorted, each with the grant; nobody where it is a SECURITY DEFINER function that is not granted.
    pub execute: BTreeMap<String, Span>,
}

/// A table, partition or view.
#[derive(Clone, Debug)]
pub struct RelationPlan {
    /// Its name.
    pub name: QName,
    /// Its file's stem.
    pub stem: String,
    /// What it is.
    pub kind: RelationKind,
    /// What row security must be; `None` for views.
    pub row_security: Option<Stage>,
    /// Sorted by name. A partition under row security has none: only its root is the way in.
    pub policies: Vec<PolicyPlan>,
    /// Sorted by role and privilege.
    pub grants: Vec<GrantPlan>,
    /// Sequences that its columns own, each with the roles that may draw from it.
    pub sequences: Vec<(QName, Vec<String>)>,
    /// From whom everything is taken before the grants, sorted: every role of the policy that does not own it.
    /// PUBLIC always.
    pub revoked: Vec<String>,
    /// A view over scoped tables that must run as its caller: `security_invoker` and `security_barrier`.
    pub runs_as_caller: bool,
    /// Columns of a table under row security that the preflight finds again, with their types; not those that are
    /// still to be added.
    pub columns: BTreeMap<String, DataType>,
    /// What the schema files say of it, which the rollback goes back to.
    pub before: Before,
    /// For a reader: where its place in tenancy comes from, in words with its reason.
    pub place: Option<(Span, String)>,
}

/// What a relation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// An ordinary table.
    Table,
    /// A partitioned table.
    Partitioned,
    /// A partition, of this root.
    Partition(QName),
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
}

/// What the schema files say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// ENABLE ROW LEVEL SECURITY
    pub enabled: bool,
    /// FORCE ROW LEVEL SECURITY
    pub forced: bool,
    /// Grants to PUBLIC or to roles of the policy, which are taken away and come back.
    pub grants: Vec<Grant>,
    /// A view's options.
    pub options: BTreeMap<String, String>,
    /// Grants on [`RelationPlan::sequences`], by sequence.
    pub sequences: BTreeMap<QName, Vec<Grant>>,
    /// Policies that are none of ours: nothing but what the policy says decides who sees a row.
    pub policies: Vec<RowPolicy>,
}

/// A policy as PostgreSQL has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPlan {
    /// At most 63 bytes.
    pub name: String,
    /// PERMISSIVE, else RESTRICTIVE.
    pub permissive: bool,
    /// `None` for ALL.
    pub command: Option<Command>,
    /// Sorted; empty for PUBLIC.
    pub roles: Vec<String>,
    /// USING; there unless the command is INSERT.
    pub using: Option<Expr>,
    /// WITH CHECK; there for ALL, INSERT and UPDATE.
    pub check: Option<Expr>,
    /// What it is for, in words, with the user's reason.
    pub comment: String,
    /// The statements that it comes from.
    pub spans: Vec<Span>,
}

/// A grant on a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantPlan {
    /// To whom.
    pub role: String,
    /// What.
    pub command: Command,
    /// Sorted; `None` for the whole table.
    pub columns: Option<Vec<String>>,
    /// The statements that it comes from.
    pub spans: Vec<Span>,
}

/// What the project's own database must hold, and that of each environment.
#[derive(Clone, Debug)]
pub struct AccessPlans {
    /// Of the project itself.
    pub base: AccessPlan,
    /// By environment.
    pub environments: BTreeMap<String, AccessPlan>,
    /// Tables that are given their tenant column, parents first.
    pub migrations: Vec<MigrationPlan>,
}

/// What `[rls]` says of one environment.
#[derive(Clone, Debug)]
pub struct AccessFacts {
    /// How far row security is switched on.
    pub stage: Stage,
    /// By table, where one differs.
    pub tables: BTreeMap<QName, Stage>,
    /// How `tenants all` is had.
    pub bypass: Bypass,
}

/// Whether the policy says who acts, or whose rows there are.
fn is_needed(access: &Access) -> bool {
    access.tenancy.is_some() || !access.roles.is_empty()
}

/// Plans every environment of a policy with roles or a tenancy.
///
/// # Errors
/// Those of [`plan_access`], each once.
pub(super) fn plan_all(
    catalog: &Catalog,
    model: &Model,
    facts: &super::ProjectFacts,
) -> Result<Option<AccessPlans>, Vec<Diagnostic>> {
    let access = &model.access;
    if !is_needed(access) {
        return Ok(None);
    }
    let migrations = plan_migrations(catalog, model, facts.version)?;
    let exporters = exporters(catalog, model, facts);
    let planned = |facts_of| {
        let plan = plan_access(catalog, access, facts.version, facts_of)?;
        Ok::<_, Vec<Diagnostic>>(AccessPlan { exporters: exporters.clone(), ..plan })
    };
    let base = planned(&facts.access)?;
    let mut environments = BTreeMap::new();
    for (name, facts_of) in &facts.environments {
        environments.insert(name.clone(), planned(facts_of)?);
    }
    Ok(Some(AccessPlans { base, environments, migrations }))
}

fn exporters(catalog: &Catalog, model: &Model, facts: &super::ProjectFacts) -> Vec<ExporterPlan> {
    let mut found = Vec::new();
    for export in model.exports.values() {
        let Some(role) = &export.role else { continue };
        let of = |table: QName| ExporterPlan {
            policy: super::rights::read_policy(&role.value),
            role: role.value.clone(),
            table,
        };
        found.extend(super::rights::read_policies(catalog, model, export, facts).into_iter().map(of));
    }
    found
}

/// Plans what one environment must hold.
///
/// # Errors
/// What cannot be kept apart on this server.
pub fn plan_access(
    catalog: &Catalog,
    access: &Access,
    version: u32,
    facts: &AccessFacts,
) -> Result<AccessPlan, Vec<Diagnostic>> {
    let planner = Planner { catalog, access, version, facts };
    let (relations, readers) = planner.relations();
    let findings: Vec<Diagnostic> = relations.iter().flat_map(same_names).collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(AccessPlan {
        bypass: facts.bypass,
        version,
        tenant_column: access.tenancy.as_ref().map(|tenancy| tenancy.column.clone()),
        roles: planner.roles(),
        memberships: planner.memberships(),
        settings: planner.settings(&readers),
        schemas: planner.schemas(&relations),
        functions: planner.functions(),
        relations,
        exporters: Vec::new(),
    })
}

struct Planner<'a> {
    catalog: &'a Catalog,
    access: &'a Access,
    version: u32,
    facts: &'a AccessFacts,
}

/// Two policies of one table would have one name: the second would take the first one's place.
fn same_names(relation: &RelationPlan) -> Vec<Diagnostic> {
    let pairs = relation.policies.iter().zip(relation.policies.iter().skip(1));
    let same = pairs.filter(|(one, other)| one.name == other.name);
    let found = same.map(|(one, other)| {
        let title = format!("expected two policies of {} to have two names, both are `{}`", relation.name, one.name);
        let mut found = Diagnostic::new(codes::N0861, title);
        for (index, span) in one.spans.iter().take(1).chain(other.spans.iter().take(1)).enumerate() {
            found = if index == 0 { found.at(*span, "makes one") } else { found.label(*span, "makes the other") };
        }
        found
            .note("a policy is found by its name, and the one that is made last would be the only one")
            .help("rename one of the roles, or give both lists the same rows")
    });
    found.collect()
}
