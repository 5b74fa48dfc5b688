//! Who sees what: tenancy, roles, and every role's effective rights, memberships followed.

use super::{reason, table_words};
use crate::check::access::is_taken_on_trust;
use crate::model::Model;
use crate::model::access::{Access, AccessSql, Command, Policy, Right, Rights, Role, Scope, ScopeKind, Tenants};
use crate::model::effective::{Effective, Reach};
use crate::plan::words::{name_words, one_line, type_words};

/// Every fact of the policy's access.
pub(super) fn facts(model: &Model) -> Vec<String> {
    let access = &model.access;
    let mut facts = Vec::new();
    for setting in access.settings.values() {
        facts.push(format!("setting {}: {}", setting.name, type_words(&setting.data_type)));
    }
    if let Some(tenancy) = &access.tenancy {
        let root = format!("{} ({})", table_words(&tenancy.root), name_words(&tenancy.root_column));
        let column = name_words(&tenancy.column);
        facts.push(format!("tenancy: root {root}, column {column}, setting {}", tenancy.setting));
    }
    for (table, scope) in &access.scopes {
        if !matches!(scope.kind, ScopeKind::Internal) {
            let trust =
                if is_taken_on_trust(access, table) { ", which no proof decides (N0733 is allowed)" } else { "" };
            facts.push(format!("table {}: {}{trust}", table_words(table), scope_words(access, scope)));
        }
    }
    for role in access.roles.values() {
        role_facts(access, role, &mut facts);
    }
    facts.extend(access.policies.iter().map(policy_words));
    for (export, rights) in &access.copies {
        let copy = format!("copy of {}: ", name_words(export));
        for role in access.roles.values() {
            facts.extend(right_facts(access, rights, role, &copy, true));
        }
    }
    for workload in access.workloads.values() {
        let (name, role) = (name_words(&workload.name), name_words(&workload.role));
        facts.push(format!("workload {name}: runs as {role}{}", reason(workload.because.as_deref())));
    }
    facts
}

/// A table's place in tenancy, in the words of the language.
pub fn scope_words(access: &Access, scope: &Scope) -> String {
    let because = reason(scope.because.as_deref());
    let columns =
        |pairs: &[(String, String)]| pairs.iter().map(|(own, _)| name_words(own)).collect::<Vec<_>>().join(", ");
    match &scope.kind {
        ScopeKind::Column { column, or_null: false } => format!("scoped by {}{because}", name_words(column)),
        ScopeKind::Column { column, or_null: true } => format!("scoped by {} or null{because}", name_words(column)),
        ScopeKind::Added(parent) => {
            let added = access.tenancy.as_ref().map(|tenancy| name_words(&tenancy.column)).unwrap_or_default();
            let (own, parent) = (columns(&parent.columns), table_words(&parent.table));
            format!("scoped via {own} of {parent}, by the column {added} that it is given{because}")
        }
        ScopeKind::Lookup(parent) => {
            format!("scoped via {} of {}, by lookup{because}", columns(&parent.columns), table_words(&parent.table))
        }
        ScopeKind::Through { table, columns: pairs } => {
            format!("scoped through {} ({}){because}", table_words(table), columns(pairs))
        }
        ScopeKind::When(condition) => format!("scoped when ({}){because}", one_line(&condition.text)),
        ScopeKind::Shared => format!("shared{because}"),
        ScopeKind::Internal => format!("internal{because}"),
    }
}

fn role_facts(access: &Access, role: &Role, facts: &mut Vec<String>) {
    let name = name_words(&role.name);
    let login = match (role.existing, role.login) {
        (true, None) => "existing",
        (true, Some(true)) => "existing, login",
        (true, Some(false)) => "existing, nologin",
        (false, Some(true)) => "login",
        (false, _) => "nologin",
    };
    let tenants = match &role.tenants {
        Tenants::Own => "tenants own".to_owned(),
        Tenants::All { because } => format!("tenants all{}", reason(Some(because))),
    };
    facts.push(format!("role {name}: {login}, {tenants}"));
    for (group, because) in &role.member_of {
        facts.push(format!("role {name}: member of {}{}", name_words(group), reason(because.as_deref())));
    }
    for table in &role.owns {
        facts.push(format!("table {}: owned by {name}", table_words(table)));
    }
    facts.extend(right_facts(access, &access.rights, role, "", false));
    for function in &access.functions {
        let groups = access.groups(&role.name);
        for through in function.roles.keys().filter(|through| groups.contains(through.as_str())) {
            let arguments = function.arguments.iter().map(type_words).collect::<Vec<_>>().join(", ");
            let by = membership(role, through);
            facts.push(format!("role {name}: execute on {}({arguments}){by}", table_words(&function.function)));
        }
    }
    for (schema, users) in &access.schemas {
        if users.contains_key(&role.name) {
            facts.push(format!("role {name}: usage on schema {}", name_words(schema)));
        }
    }
}

fn right_facts(access: &Access, rights: &Rights, role: &Role, before: &str, is_copy: bool) -> Vec<String> {
    let words = |effective: &Effective<'_>| {
        let on = table_words(effective.relation);
        let columns = columns_words(effective.right);
        let by = membership(role, effective.through);
        let rows = if is_copy { "all rows of the copy".to_owned() } else { rows_words(access, role, effective) };
        let command = effective.command.word();
        format!("{before}role {}: {command}{columns} on {on}: {rows}{by}", name_words(&role.name))
    };
    access.effective(rights, &role.name).iter().map(words).collect()
}

fn columns_words(right: &Right) -> String {
    let Some(columns) = &right.columns else { return String::new() };
    format!(" ({})", columns.iter().map(|column| name_words(column)).collect::<Vec<_>>().join(", "))
}

fn membership(role: &Role, through: &str) -> String {
    if role.name == through { String::new() } else { format!("; as a member of {}", name_words(through)) }
}

/// Which rows, in the words of the policy.
pub fn rows_words(access: &Access, role: &Role, effective: &Effective<'_>) -> String {
    let reach = access.reach(effective.relation, role);
    let mut words = match reach {
        Reach::Every => "all rows",
        Reach::OwnTenant => "rows of the session's tenant",
        Reach::AllTenants => "rows of all tenants",
    }
    .to_owned();
    let conditions: Vec<String> = effective.right.conditions.iter().map(condition_words).collect();
    if !conditions.is_empty() {
        words.push_str(" where ");
        words.push_str(&conditions.join(" or "));
    }
    if reach == Reach::AllTenants {
        // BYPASSRLS and its policy reach around policies too.
        return words;
    }
    for policy in access.policies_of(effective.relation, effective.command, &role.name) {
        let how = match (policy.restrictive, policy.across_tenants) {
            (true, _) => "narrowed by",
            (false, true) => "and rows of other tenants by",
            (false, false) => "and more by",
        };
        words.extend([", ", how, " ", &name_words(&policy.name)]);
    }
    words
}

fn condition_words(condition: &AccessSql) -> String {
    format!("({})", one_line(&condition.text))
}

fn policy_words(policy: &Policy) -> String {
    let kind = if policy.restrictive { "restrictive" } else { "permissive" };
    let commands = policy.commands.iter().map(|command| Command::word(*command)).collect::<Vec<_>>().join(", ");
    let roles = policy.roles.iter().map(|role| name_words(role)).collect::<Vec<_>>().join(", ");
    let across = if policy.across_tenants { " across tenants" } else { "" };
    let using = policy.using.as_ref().map(|sql| format!(" using {}", condition_words(sql))).unwrap_or_default();
    let check = policy.check.as_ref().map(|sql| format!(" with check {}", condition_words(sql))).unwrap_or_default();
    let (name, table) = (name_words(&policy.name), table_words(&policy.table));
    let because = reason(policy.because.as_deref());
    format!("policy {name} on {table}: {kind} for {commands} to {roles}{across}{using}{check}{because}")
}
