//! What a role can become: PostgreSQL lets a member act as the group, and a member of an owner as the owner.

use crate::diagnostic::{Diagnostic, codes, list};
use crate::model::access::{Role, Tenants, groups_of};
use std::collections::{BTreeMap, BTreeSet};

/// No circle, no path to an owner, and no path between roles of one tenant and roles of all.
pub fn check(roles: &BTreeMap<String, Role>, diagnostics: &mut Vec<Diagnostic>) {
    check_circles(roles, diagnostics);
    for role in roles.values() {
        let Some(path) = shortest(roles, role, |group| !group.owns.is_empty() || differs(role, group)) else {
            continue;
        };
        let Some(group) = path.last() else { continue };
        let title = if group.owns.is_empty() {
            format!("expected roles of one kind on a path, found that `{}` is in `{}`", role.name, group.name)
        } else {
            format!("expected no path to an owner of tables, found that `{}` is in `{}`", role.name, group.name)
        };
        let note = if group.owns.is_empty() {
            "a member can become its group: one of them acts for the session's tenant, the other for all of them"
        } else {
            "a member of an owner is treated as the owner, which row security lets pass unless it is forced, and which can switch it off"
        };
        let names: Vec<&str> = path.iter().map(|group| group.name.as_str()).collect();
        diagnostics.push(
            Diagnostic::new(codes::N0605, title)
                .at(role.span, format!("leads there by {}", list(&names)))
                .label(group.span, kind(group))
                .note(note)
                .help("remove the membership, and grant what the role needs by itself"),
        );
    }
}

fn kind(role: &Role) -> &'static str {
    match role.tenants {
        _ if !role.owns.is_empty() => "owns tables",
        Tenants::Own => "`tenants own`",
        Tenants::All { .. } => "`tenants all`",
    }
}

fn differs(one: &Role, other: &Role) -> bool {
    matches!(one.tenants, Tenants::Own) != matches!(other.tenants, Tenants::Own)
}

/// The nearest group for which `wanted` holds, with those on the way to it.
fn shortest<'r>(
    roles: &'r BTreeMap<String, Role>,
    start: &Role,
    wanted: impl Fn(&Role) -> bool,
) -> Option<Vec<&'r Role>> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut paths: Vec<Vec<&'r Role>> = vec![Vec::new()];
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let last: &Role = path.last().copied().unwrap_or(start);
            for group in last.member_of.keys().filter_map(|group| roles.get(group)) {
                if group.name == start.name || !seen.insert(&group.name) {
                    continue;
                }
                let path: Vec<&Role> = path.iter().copied().chain([group]).collect();
                if wanted(group) {
                    return Some(path);
                }
                longer.push(path);
            }
        }
        paths = longer;
    }
    None
}

fn check_circles(roles: &BTreeMap<String, Role>, diagnostics: &mut Vec<Diagnostic>) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for role in roles.values() {
        let reached = groups_of(roles, &role.name);
        let back = |name: &&&str| {
            roles.get(**name).is_some_and(|group| {
                group.member_of.contains_key(&role.name) || groups_of(roles, name).contains(role.name.as_str())
            })
        };
        let is_own = role.member_of.contains_key(&role.name);
        let circle: Vec<&str> = reached.iter().filter(back).copied().collect();
        if told.contains(role.name.as_str()) || (circle.is_empty() && !is_own) {
            continue;
        }
        told.extend(circle.iter().copied());
        let mut names: Vec<&str> = circle;
        names.push(&role.name);
        names.sort_unstable();
        names.dedup();
        diagnostics.push(
            Diagnostic::new(
                codes::N0604,
                format!("expected groups above their members, found {} in a circle", list(&names)),
            )
            .at(role.span, "is in the circle")
            .note("PostgreSQL refuses a membership that leads back")
            .help("remove one `in`"),
        );
    }
}
