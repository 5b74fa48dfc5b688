//! `contract.md` and `contract.json`: what an application must do so that the database can tell whose rows it is.
//!
//! The policies read a setting; a program that forgets to set it, sets it by pasting text together, or leaves it set
//! for the next user of the connection is no longer protected by them. So what a program must send is compiled from
//! the same model as the policies, and is there twice: for people and, with the same values, for programs.

mod markdown;
mod self_test;

use crate::catalog::QName;
use crate::emit::coverage::access::scope_words;
use crate::model::access::{Access, AccessSetting, ScopeKind, Tenants, Workload};
use crate::plan::access::{AccessPlan, RelationKind, RelationPlan};
use crate::plan::words::type_words;
use crate::project::{Bypass, Stage};
use crate::sql::{Expr, Mismatch, Select, Statement};
use serde::Serialize;

/// What takes everything from a session that the next user of the connection must not find.
const CLEAN: &str = "DISCARD ALL";
/// The same without forgetting prepared statements, for drivers that keep them by name and would call one that is gone.
const CLEAN_KEEPING_STATEMENTS: [&str; 7] = [
    "CLOSE ALL",
    "SET SESSION AUTHORIZATION DEFAULT",
    "RESET ALL",
    "UNLISTEN *",
    "SELECT pg_catalog.pg_advisory_unlock_all()",
    "DISCARD TEMP",
    "DISCARD SEQUENCES",
];

/// What an application must do, in one environment.
#[derive(Clone, Debug, Serialize)]
pub struct Contract {
    format: u32,
    tenancy: Option<TenancyEntry>,
    settings: Vec<SettingEntry>,
    checkout: Option<Checkout>,
    checkin: Checkin,
    roles: Vec<RoleEntry>,
    workloads: Vec<WorkloadEntry>,
    tables: Vec<TableEntry>,
}

#[derive(Clone, Debug, Serialize)]
struct TenancyEntry {
    root: Name,
    root_column: String,
    column: String,
    setting: String,
    many: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Name {
    schema: String,
    name: String,
}

#[derive(Clone, Debug, Serialize)]
struct SettingEntry {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
    function: Name,
    tenant: bool,
    parameter: usize,
}

/// What is sent before anything else, one bind parameter a setting.
#[derive(Clone, Debug, Serialize)]
struct Checkout {
    session: String,
    transaction: String,
}

#[derive(Clone, Debug, Serialize)]
struct Checkin {
    clean: &'static str,
    clean_keeping_statements: [&'static str; 7],
}

#[derive(Clone, Debug, Serialize)]
struct RoleEntry {
    name: String,
    login: Option<bool>,
    existing: bool,
    tenants: &'static str,
    because: Option<String>,
    bypass: Option<&'static str>,
    member_of: Vec<String>,
    owns: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    self_test: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct WorkloadEntry {
    name: String,
    role: String,
    tenants: Option<&'static str>,
    because: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct TableEntry {
    schema: String,
    name: String,
    place: &'static str,
    how: String,
    row_security: Option<&'static str>,
}

impl Contract {
    /// The contract of one environment.
    ///
    /// # Errors
    /// A statement that PostgreSQL's grammar does not read as it was meant.
    pub fn new(access: &Access, plan: &AccessPlan) -> Result<Self, Mismatch> {
        let roles: Result<Vec<RoleEntry>, Mismatch> =
            access.roles.keys().map(|name| role_entry(access, plan, name)).collect();
        Ok(Self {
            format: 1,
            tenancy: tenancy(access),
            settings: settings(access),
            checkout: checkout(access)?,
            checkin: Checkin { clean: CLEAN, clean_keeping_statements: CLEAN_KEEPING_STATEMENTS },
            roles: roles?,
            workloads: workloads(access),
            tables: access.scopes.keys().map(|table| table_entry(access, plan, table)).collect(),
        })
    }

    /// `contract.json`
    pub fn json(&self) -> String {
        // Plain structures of strings: their serialisation cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// `contract.md`
    pub fn markdown(&self) -> String {
        markdown::emit(self)
    }
}

fn name(of: &QName) -> Name {
    Name { schema: of.schema.to_string(), name: of.name.to_string() }
}

fn tenancy(access: &Access) -> Option<TenancyEntry> {
    let tenancy = access.tenancy.as_ref()?;
    Some(TenancyEntry {
        root: name(&tenancy.root),
        root_column: tenancy.root_column.clone(),
        column: tenancy.column.clone(),
        setting: tenancy.setting.clone(),
        many: tenancy.many,
    })
}

/// Names of settings, the tenant's first: it is the first parameter everywhere.
fn setting_names(access: &Access) -> Vec<&str> {
    let tenant = access.tenancy.as_ref().map(|tenancy| tenancy.setting.as_str());
    let others = access.settings.keys().map(String::as_str).filter(|name| Some(*name) != tenant);
    tenant.into_iter().filter(|name| access.settings.contains_key(*name)).chain(others).collect()
}

fn settings(access: &Access) -> Vec<SettingEntry> {
    let tenant = access.tenancy.as_ref().map(|tenancy| tenancy.setting.as_str());
    let found = setting_names(access).into_iter().filter_map(|name| access.settings.get(name));
    let entry = |(index, setting): (usize, &AccessSetting)| SettingEntry {
        name: setting.name.clone(),
        data_type: type_words(&setting.data_type),
        function: name(&setting.function),
        tenant: tenant == Some(setting.name.as_str()),
        parameter: index + 1,
    };
    found.enumerate().map(entry).collect()
}

fn checkout(access: &Access) -> Result<Option<Checkout>, Mismatch> {
    let names = setting_names(access);
    if names.is_empty() {
        return Ok(None);
    }
    Ok(Some(Checkout { session: set_config(&names, false)?, transaction: set_config(&names, true)? }))
}

/// `SELECT set_config('app.tenant_id', $1, false)`: SET takes no parameter, and pasted text is an injection.
fn set_config(names: &[&str], local: bool) -> Result<String, Mismatch> {
    let call = |(parameter, name): (u16, &&str)| {
        (Expr::builtin("set_config", [Expr::text(*name), Expr::Parameter(parameter), Expr::Boolean(local)]), None)
    };
    let columns = (1..).zip(names).map(call).collect();
    Statement::Select(Select { columns, ..Select::default() }).print()
}

fn role_entry(access: &Access, plan: &AccessPlan, name: &str) -> Result<RoleEntry, Mismatch> {
    let Some(role) = access.roles.get(name) else {
        return Err(Mismatch::Unprintable(format!("a role that is not there: {name}")));
    };
    let (tenants, because) = match &role.tenants {
        Tenants::Own => ("own", None),
        Tenants::All { because } => ("all", Some(because.clone())),
    };
    // A role whose only rights are in a copy has nothing to do here.
    let logs_in = role.login == Some(true) && !access.effective(&access.rights, name).is_empty();
    let runs = logs_in || access.workloads.values().any(|workload| workload.role == name);
    Ok(RoleEntry {
        name: name.to_owned(),
        login: role.login,
        existing: role.existing,
        tenants,
        because,
        bypass: (tenants == "all").then(|| bypass_word(plan.bypass)),
        member_of: role.member_of.keys().cloned().collect(),
        owns: role.owns.len(),
        self_test: runs.then(|| self_test::print(access, plan, role)).transpose()?,
    })
}

fn bypass_word(bypass: Bypass) -> &'static str {
    match bypass {
        Bypass::Attribute => "attribute",
        Bypass::Policy => "policy",
    }
}

fn workloads(access: &Access) -> Vec<WorkloadEntry> {
    let entry = |workload: &Workload| WorkloadEntry {
        name: workload.name.clone(),
        role: workload.role.clone(),
        tenants: access.roles.get(&workload.role).map(|role| match role.tenants {
            Tenants::Own => "own",
            Tenants::All { .. } => "all",
        }),
        because: workload.because.clone(),
    };
    access.workloads.values().map(entry).collect()
}

fn table_entry(access: &Access, plan: &AccessPlan, table: &QName) -> TableEntry {
    let scope = access.scopes.get(table);
    let place = match scope.map(|scope| &scope.kind) {
        Some(ScopeKind::Shared) => "shared",
        Some(ScopeKind::Internal) | None => "internal",
        Some(_) => "scoped",
    };
    let relation = relation(plan, table);
    TableEntry {
        schema: table.schema.to_string(),
        name: table.name.to_string(),
        place,
        how: scope.map(|scope| scope_words(access, scope)).unwrap_or_default(),
        row_security: relation.and_then(|relation| relation.row_security).map(stage_word),
    }
}

fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Off => "off",
        Stage::Enabled => "enabled",
        Stage::Forced => "forced",
    }
}

fn relation<'a>(plan: &'a AccessPlan, name: &QName) -> Option<&'a RelationPlan> {
    let found = plan.relations.binary_search_by(|relation| relation.name.cmp(name)).ok()?;
    plan.relations.get(found)
}

/// Whether row security is on for a table or partition root, by the plan.
fn is_on(plan: &AccessPlan, table: &QName) -> bool {
    relation(plan, table).is_some_and(|relation| {
        matches!(relation.kind, RelationKind::Table | RelationKind::Partitioned)
            && matches!(relation.row_security, Some(Stage::Enabled | Stage::Forced))
    })
}
