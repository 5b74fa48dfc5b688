//! Which program runs as whom.

use super::Context;
use super::roles::unknown;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Rights, Role, Tenants, Workload, groups_of};
use crate::resolve::exports::demand_reason;
use crate::syntax::ast;
use std::collections::{BTreeMap, BTreeSet};

/// By name.
pub fn resolve(context: Context<'_>, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<String, Workload> {
    let mut workloads = BTreeMap::new();
    for (name, written) in &context.declared.workloads {
        let Some(role) = context.roles.get(&written.role.text) else {
            let known: Vec<&str> = context.roles.keys().map(String::as_str).collect();
            diagnostics.push(unknown(&written.role, &known));
            continue;
        };
        if role.login == Some(false) {
            diagnostics.push(
                Diagnostic::new(
                    codes::N0616,
                    format!("expected a role that can log in for `workload {name}`, found `{}`", role.name),
                )
                .at(written.role.span, "is `nologin`")
                .label(role.span, "declared here")
                .help(format!("write `login;` in `role {}`, or name the role that the program connects as", role.name)),
            );
        }
        if !role.owns.is_empty() {
            diagnostics.push(runs_as_owner(name, written, role));
        }
        if let Tenants::All { .. } = role.tenants {
            demand_reason(written.because.as_ref(), &format!("as {}", role.name), written.span, diagnostics);
        }
        let because = written.because.as_ref().map(|reason| reason.value.clone());
        let workload = Workload { name: (*name).to_owned(), role: role.name.clone(), because, span: written.span };
        workloads.insert((*name).to_owned(), workload);
    }
    workloads
}

fn runs_as_owner(name: &str, written: &ast::Workload, role: &Role) -> Diagnostic {
    Diagnostic::new(
        codes::N0620,
        format!("expected a role that owns no tables for `workload {name}`, found `{}`", role.name),
    )
    .at(written.role.span, "owns tables")
    .label(role.span, "declared here")
    .note("row security lets owners pass unless it is forced, and an owner can switch it off")
    .help("let the program run as another role, or allow it where the program is the one that migrates")
}

/// Rights in the source database that no program has a use for; a policy without workloads claims no inventory.
pub fn check_unused(
    context: Context<'_>,
    workloads: &BTreeMap<String, Workload>,
    rights: &Rights,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if workloads.is_empty() {
        return;
    }
    let mut used: BTreeSet<&str> = workloads.values().map(|workload| workload.role.as_str()).collect();
    for workload in workloads.values() {
        used.extend(groups_of(context.roles, &workload.role));
    }
    for role in context.roles.values().filter(|role| !used.contains(role.name.as_str())) {
        let tables = rights.values().filter(|roles| roles.contains_key(&role.name)).count();
        if tables == 0 {
            continue;
        }
        let what = if role.login == Some(true) { "login role" } else { "role with rights" };
        diagnostics.push(
            Diagnostic::new(codes::N0617, format!("expected a workload for the {what} `{}`, found none", role.name))
                .at(role.span, format!("has rights to {}", crate::diagnostic::plural(tables, "table")))
                .note("workloads are the inventory of programs; rights that none of them needs are only a risk")
                .help(format!("add `workload NAME as {};`, or remove the role and its grants", role.name)),
        );
    }
}
