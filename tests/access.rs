//! What the access statements of the samples mean, with nothing left open.

use noren::model::access::{Access, AccessSql, Parent, RoleRights, ScopeKind, Tenants};
use noren::{compiler, project};
use std::fmt::Write;

use crate::support;

fn access(sample: &str) -> Access {
    let loaded = project::load(&support::root().join("policies").join(sample));
    let project = loaded.project.unwrap();
    compiler::compile(&loaded.sources, &project).model.unwrap().access
}

/// One fact a line.
fn text(access: &Access) -> String {
    let mut text = String::new();
    let mut say = |line: String| writeln!(text, "{line}").unwrap();
    for setting in access.settings.values() {
        say(format!(
            "setting {} {}{} {}",
            setting.name,
            setting.data_type.name,
            "[]".repeat(setting.data_type.dimensions.into()),
            setting.function
        ));
    }
    if let Some(tenancy) = &access.tenancy {
        say(format!(
            "tenancy {}.{} {} {} {} many={}",
            tenancy.root, tenancy.root_column, tenancy.data_type.name, tenancy.column, tenancy.setting, tenancy.many
        ));
    }
    for (table, scope) in &access.scopes {
        let because = scope.because.as_ref().map(|because| format!(" because {because}")).unwrap_or_default();
        say(format!("place {table} {}{because}", kind(&scope.kind)));
    }
    for role in access.roles.values() {
        let tenants = match &role.tenants {
            Tenants::Own => "own".to_owned(),
            Tenants::All { because } => format!("all because {because}"),
        };
        let owns: Vec<String> = role.owns.iter().map(ToString::to_string).collect();
        say(format!(
            "role {} login={:?} existing={} in={:?} owns={} tenants {tenants}",
            role.name,
            role.login,
            role.existing,
            role.member_of,
            owns.join(",")
        ));
    }
    for (table, roles) in &access.rights {
        for (role, rights) in roles {
            say(format!("right {table} {role} {}", commands(rights)));
        }
    }
    for (export, rights) in &access.copies {
        for (table, roles) in rights {
            for (role, rights) in roles {
                say(format!("copy {export} {table} {role} {}", commands(rights)));
            }
        }
    }
    for function in &access.functions {
        let roles: Vec<&str> = function.roles.keys().map(String::as_str).collect();
        say(format!("function {}({}) {}", function.function, function.arguments.len(), roles.join(",")));
    }
    for (schema, roles) in &access.schemas {
        let roles: Vec<&str> = roles.keys().map(String::as_str).collect();
        say(format!("schema {schema} {}", roles.join(",")));
    }
    for policy in &access.policies {
        let commands: Vec<&str> = policy.commands.iter().map(|command| command.word()).collect();
        let roles: Vec<&str> = policy.roles.iter().map(String::as_str).collect();
        let (using, check) = (policy.using.as_ref().map(condition), policy.check.as_ref().map(condition));
        say(format!(
            "policy {} on {} restrictive={} for {} to {} across={} using {using:?} check {check:?}",
            policy.name,
            policy.table,
            policy.restrictive,
            commands.join(","),
            roles.join(","),
            policy.across_tenants
        ));
    }
    for workload in access.workloads.values() {
        say(format!("workload {} {}", workload.name, workload.role));
    }
    text
}

fn kind(kind: &ScopeKind) -> String {
    match kind {
        ScopeKind::Column { column, or_null } => format!("column {column} or_null={or_null}"),
        ScopeKind::Added(above) => format!("added {}", parent(above)),
        ScopeKind::Lookup(above) => format!("lookup {}", parent(above)),
        ScopeKind::Through { table, columns } => format!("through {table} {columns:?}"),
        ScopeKind::When(sql) => format!("when {}", condition(sql)),
        ScopeKind::Shared => "shared".to_owned(),
        ScopeKind::Internal => "internal".to_owned(),
    }
}

fn parent(parent: &Parent) -> String {
    format!("{} by {} {:?} nullable={}", parent.table, parent.constraint, parent.columns, parent.nullable)
}

fn condition(sql: &AccessSql) -> String {
    sql.substituted(|name| format!("<{name:?}>"))
}

fn commands(rights: &RoleRights) -> String {
    let one = rights.iter().map(|(command, right)| {
        let columns = right.columns.as_ref().map(|columns| format!(" {columns:?}")).unwrap_or_default();
        let conditions: Vec<String> = right.conditions.iter().map(condition).collect();
        let conditions =
            if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" or ")) };
        format!("{}{columns}{conditions}", command.word())
    });
    one.collect::<Vec<_>>().join("; ")
}

#[test]
fn the_samples_mean_this() {
    for sample in ["clinic", "expense"] {
        insta::with_settings!({ snapshot_path => support::root().join("snapshots/access"), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(sample, text(&access(sample)));
        });
    }
}
