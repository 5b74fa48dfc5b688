//! What beside keys and functions lets rows out past row security: publications, rules, and policies and rights that the
//! schema has and the policy does not.

use super::keys::name_of;
use super::{Fix, Kind, Lint, SCOPES, place, report};
use crate::catalog::{QName, RewriteRule, RowPolicy, Table, View};
use crate::check::access::Case;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Command, Tenancy};
use crate::sql::identifier as quoted;
use std::collections::BTreeSet;

const PUBLICATIONS: Kind = Kind {
    code: codes::N0525,
    expected: "no scoped table in a publication",
    fault: "",
    note: "changes are streamed past row security: a subscriber gets the rows of all tenants",
    label: SCOPES,
};

const POLICIES: Kind = Kind {
    code: codes::N0526,
    expected: "only row policies that this policy makes",
    fault: " that it does not have",
    note: "permissive policies add rows beside ours as far as the tenant test lets them, restrictive ones hide rows that the policy shows",
    label: SCOPES,
};

const VIEWS: Kind = Kind {
    code: codes::N0527,
    expected: "no right to a view over scoped tables that this policy does not grant",
    fault: "",
    note: "a view reads as its owner unless it is told otherwise: it may show the rows of all tenants",
    label: SCOPES,
};

const RULES: Kind = Kind {
    code: codes::N0533,
    expected: "no rule on a scoped table",
    fault: "",
    note: "what a rule does, it does with the rights of the table's owner: it may write rows of any tenant, or none",
    label: SCOPES,
};

pub(super) fn check(case: Case<'_>, tenancy: &Tenancy, diagnostics: &mut Vec<Diagnostic>) {
    let scoped = case.catalog.tables.values().filter(|table| case.is_scoped(&table.name));
    let mut published = Vec::new();
    let mut foreign = Vec::new();
    for table in scoped {
        published
            .extend(table.publications.iter().map(|publication| in_publication(case, tenancy, table, publication)));
        let unknown = table.policies.iter().filter(|policy| !is_ours(case, table, policy));
        foreign.extend(unknown.map(|policy| row_policy(case, tenancy, table, policy)));
    }
    let ruled = case.catalog.rules.iter().filter(|(table, _)| case.is_scoped(table));
    let ruled = ruled.flat_map(|(table, rules)| rules.iter().map(move |rule| (table, rule)));
    report(&PUBLICATIONS, published, diagnostics);
    report(&RULES, ruled.map(|(table, rule)| of_rule(case, tenancy, table, rule)).collect(), diagnostics);
    report(&POLICIES, foreign, diagnostics);
    report(
        &VIEWS,
        case.catalog.views.values().flat_map(|view| granted_by_hand(case, tenancy, view)).collect(),
        diagnostics,
    );
}

/// What the schema grants on a view over scoped tables to everybody or to a role of the policy, and the policy does not.
fn granted_by_hand(case: Case<'_>, tenancy: &Tenancy, view: &View) -> Vec<Lint> {
    let as_caller =
        view.options.get("security_invoker").is_some_and(|value| matches!(value.as_str(), "true" | "on" | "1" | "yes"));
    let over = !as_caller && case.catalog.tables_under(&view.name).into_iter().any(|table| case.is_scoped(table));
    let rights = case.access.rights.get(&view.name);
    let is_granted = |role: &str| rights.is_some_and(|roles| roles.contains_key(role));
    let is_open = |role: &str| role == "public" || (case.access.roles.contains_key(role) && !is_granted(role));
    let roles: BTreeSet<&str> =
        view.grants.iter().map(|grant| grant.grantee.as_str()).filter(|role| is_open(role)).collect();
    let owns = |role: &str| case.access.roles.get(role).is_some_and(|role| role.owns.contains(&view.name));
    let lint = |role: &str| Lint {
        place: tenancy.span,
        what: format!("`{}` for `{role}`", view.name),
        fix: Fix::Sql(format!(
            "REVOKE ALL ON {} FROM {}",
            name_of(&view.name),
            if role == "public" { "PUBLIC".to_owned() } else { quoted(role) }
        )),
        seen: view.span,
    };
    roles.into_iter().filter(|role| over && !owns(role)).map(lint).collect()
}

fn in_publication(case: Case<'_>, tenancy: &Tenancy, table: &Table, publication: &str) -> Lint {
    Lint {
        place: place(case, tenancy, &table.name),
        what: format!("`{}` in `{publication}`", table.name),
        fix: Fix::Sql(format!("ALTER PUBLICATION {} DROP TABLE {}", quoted(publication), name_of(&table.name))),
        seen: table.span,
    }
}

fn of_rule(case: Case<'_>, tenancy: &Tenancy, table: &QName, rule: &RewriteRule) -> Lint {
    Lint {
        place: place(case, tenancy, table),
        what: format!("`{}` on `{table}`", rule.name),
        fix: Fix::Sql(format!("DROP RULE {} ON {}", quoted(&rule.name), name_of(table))),
        seen: rule.span,
    }
}

fn row_policy(case: Case<'_>, tenancy: &Tenancy, table: &Table, policy: &RowPolicy) -> Lint {
    Lint {
        place: place(case, tenancy, &table.name),
        what: format!("`{}` of `{}`", policy.name, table.name),
        fix: Fix::Sql(format!("DROP POLICY {} ON {}", quoted(&policy.name), name_of(&table.name))),
        seen: policy.span,
    }
}

/// A dump that was taken after the generated files were applied has their policies: `noren_…`, and `NAME_command`
/// of the user's.
fn is_ours(case: Case<'_>, table: &Table, policy: &RowPolicy) -> bool {
    let is_users = |own: &crate::model::access::Policy| {
        own.table == table.name
            && Command::ALL
                .iter()
                .any(|command| crate::sql::fit_name(&format!("{}_{}", own.name, command.word())) == policy.name)
    };
    policy.name.starts_with("noren_") || case.access.policies.iter().any(is_users)
}
