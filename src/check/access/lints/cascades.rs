//! Foreign keys that change rows by themselves: no policy is asked for what a cascade does.

use super::{Fix, Kind, Lint, report};
use crate::catalog::{ForeignKey, ReferentialAction, Table};
use crate::check::access::Case;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Command, Policy};

const CASCADES: Kind = Kind {
    code: codes::N0532,
    expected: "no cascade into rows that a policy protects",
    fault: "",
    note: "what a foreign key does to rows is done past row security: who may delete or change the row they point at goes past this policy",
    label: "is not asked",
};

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let policies = case.access.policies.iter().filter(|policy| policy.restrictive);
    let found = policies.flat_map(|policy| {
        let table = case.catalog.tables.get(&policy.table);
        let keys = table.into_iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
        keys.filter_map(move |(table, key)| cascade(case, policy, table, key))
    });
    report(&CASCADES, found.collect(), diagnostics);
}

fn cascade(case: Case<'_>, policy: &Policy, table: &Table, key: &ForeignKey) -> Option<Lint> {
    let parent = case.catalog.partition_root(&key.references);
    // Somebody whom the policy binds must be able to set it off.
    let may = |command: Command| {
        let roles = case
            .access
            .roles
            .values()
            .filter(|role| case.names_of(role).iter().any(|name| policy.roles.contains(*name)));
        roles.into_iter().any(|role| !case.rights(parent, role, command).is_empty())
    };
    let changes = |action: ReferentialAction| match action {
        ReferentialAction::Cascade => None,
        ReferentialAction::SetNull | ReferentialAction::SetDefault => Some(Command::Update),
        ReferentialAction::NoAction | ReferentialAction::Restrict => Some(Command::Select),
    };
    let on_delete = changes(key.on_delete).unwrap_or(Command::Delete);
    let on_update = changes(key.on_update).unwrap_or(Command::Update);
    let protects = |command: Command| command != Command::Select && policy.commands.contains(&command);
    let how = if protects(on_delete) && may(Command::Delete) {
        "delete"
    } else if protects(on_update) && may(Command::Update) {
        "update"
    } else {
        return None;
    };
    Some(Lint {
        place: policy.span,
        what: format!("`{}` of `{}` on {how}", key.name, table.name),
        fix: Fix::Words(format!(
            "let the key say `ON {} RESTRICT`, protect `{parent}` by a policy too",
            how.to_uppercase()
        )),
        seen: key.span,
    })
}
