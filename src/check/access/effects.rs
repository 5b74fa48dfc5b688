//! What a grant does beside a policy and nobody expects: nothing is open, but a program meets an error or fewer rows
//! than it reads.

use super::{Case, is_own};
use crate::catalog::QName;
use crate::diagnostic::{Code, Diagnostic, codes, list};
use crate::model::access::{Command, Right, Role};
use crate::resolve::access::{PREDEFINED, word};

/// More names than this are not read.
const SHOWN: usize = 8;

/// Predefined roles whose rights are on everything.
const EVERYTHING: [&str; 3] = ["pg_read_all_data", "pg_write_all_data", "pg_maintain"];

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for role in case.access.roles.values().filter(|role| !role.existing) {
        if is_own(role) {
            diagnostics.extend(predefined(case, role));
            diagnostics.extend(unlocked(case, role));
        }
        diagnostics.extend(blind(case, role));
    }
}

fn names(tables: &[&QName]) -> String {
    let mut names: Vec<String> = tables.iter().take(SHOWN).map(ToString::to_string).collect();
    if tables.len() > SHOWN {
        names.push(format!("{} more", tables.len() - SHOWN));
    }
    list(&names)
}

/// These give their rights on everything: around row security where there is none to ask, and no row where there is, as
/// no policy is for them. `90_assert.sql` refuses them for the same roles.
fn predefined(case: Case<'_>, role: &Role) -> Option<Diagnostic> {
    case.access.tenancy.as_ref()?;
    let groups = case.names_of(role).into_iter().filter_map(|name| case.access.roles.get(name));
    let mut direct = groups.flat_map(|role| role.member_of.keys());
    let is_there = |group: &str| PREDEFINED.iter().any(|(name, since)| *name == group && case.version >= *since);
    let group = direct.find(|group| EVERYTHING.contains(&group.as_str()) && is_there(group))?;
    let title = format!(
        "expected `{}`, which acts for one tenant, to be in no role for everything, found `{group}`",
        role.name
    );
    Some(
        Diagnostic::new(codes::N0621, title)
            .at(role.span, format!("is in `{group}`"))
            .note("on scoped tables it finds no row, since no policy is for it; materialized views, foreign tables and all that has no row security it has whole")
            .help(format!(
                "take the membership away and grant `{}` what it needs, or let it act for `tenants all` with a reason",
                word(&role.name)
            )),
    )
}

fn told(code: Code, role: &Role, tables: &[(&QName, &Right)], title: String, label: &str) -> Diagnostic {
    let span = tables.iter().filter_map(|(_, right)| right.spans.first()).min().copied().unwrap_or(role.span);
    Diagnostic::new(code, title).at(span, label.to_owned())
}

/// RETURNING and ON CONFLICT read the row that they write.
fn blind(case: Case<'_>, role: &Role) -> Option<Diagnostic> {
    let unread = |table: &&QName| {
        let reads = case.rights(table, role, Command::Select);
        let writes = case.rights(table, role, Command::Insert);
        is_narrower(&reads, &writes)
    };
    let own = case
        .access
        .rights
        .iter()
        .filter(|(table, roles)| roles.contains_key(&role.name) && case.access.scopes.contains_key(table));
    let rights = own.filter_map(|(table, roles)| Some((table, roles.get(&role.name)?.get(&Command::Insert)?)));
    let found: Vec<(&QName, &Right)> = rights.filter(|(table, _)| unread(table)).collect();
    let tables: Vec<&QName> = found.iter().map(|(table, _)| *table).collect();
    if tables.is_empty() {
        return None;
    }
    let title =
        format!("expected `{}` to read what it inserts, found rows of {} that it may not", role.name, names(&tables));
    Some(
        told(codes::N0622, role, &found, title, "inserts them")
            .note("`RETURNING` of a column and `ON CONFLICT` ask for the rights and policies of SELECT, and fail with 42501 without; many libraries write `RETURNING` by themselves")
            .help("grant `select` on the same rows, or see that the program writes a plain INSERT"),
    )
}

/// `FOR UPDATE` and `FOR SHARE` ask the policies of UPDATE too, and leave out in silence what these do not show.
fn unlocked(case: Case<'_>, role: &Role) -> Option<Diagnostic> {
    let leaves_out = |table: &&QName| {
        let reads = case.rights(table, role, Command::Select);
        let writes = case.rights(table, role, Command::Update);
        let bound = |policy: &&crate::model::access::Policy| {
            let commands = &policy.commands;
            policy.restrictive
                && policy.table == **table
                && commands.contains(&Command::Update)
                && !commands.contains(&Command::Select)
                && case.binds(policy, role)
        };
        !reads.is_empty()
            && !writes.is_empty()
            && (is_narrower(&writes, &reads) || case.access.policies.iter().any(|policy| bound(&policy)))
    };
    let rights = case.access.rights.iter().filter_map(|(table, roles)| {
        Some((table, roles.get(&role.name)?.get(&Command::Update)?))
            .filter(|(table, _)| case.access.scopes.contains_key(*table))
    });
    let found: Vec<(&QName, &Right)> = rights.filter(|(table, _)| leaves_out(table)).collect();
    let tables: Vec<&QName> = found.iter().map(|(table, _)| *table).collect();
    if tables.is_empty() {
        return None;
    }
    let title = format!(
        "expected `{}` to lock what it reads, found rows of {} that it reads and may not update",
        role.name,
        names(&tables)
    );
    Some(
        told(codes::N0623, role, &found, title, "updates fewer rows than it reads")
            .note("`SELECT … FOR UPDATE` and `FOR SHARE` leave these rows out without a word")
            .help("see that no program takes an empty answer for a row that is not there"),
    )
}

/// Whether `one` reaches fewer rows than `other`, as far as their conditions say: none at all, or only some.
fn is_narrower(one: &[&Right], other: &[&Right]) -> bool {
    let texts = |rights: &[&Right]| -> Option<Vec<String>> {
        let whole = rights.iter().any(|right| right.conditions.is_empty());
        (!whole).then(|| rights.iter().flat_map(|right| &right.conditions).map(|sql| sql.text.clone()).collect())
    };
    match (texts(one), texts(other)) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(one), Some(other)) => other.iter().any(|text| !one.contains(text)),
    }
}
