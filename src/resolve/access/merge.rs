//! Single rights laid together: a table, a role, a command.

use super::Context;
use super::grants::nothing;
use crate::catalog::QName;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{AccessSql, Command, Right, Rights, ScopeKind, Tenants, groups_of};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// One right that one grant gives.
pub struct Single {
    /// The table or view.
    pub table: QName,
    /// The role.
    pub role: String,
    /// The command.
    pub command: Command,
    /// `None` for the whole table.
    pub columns: Option<BTreeSet<String>>,
    /// Which rows.
    pub condition: Option<AccessSql>,
    /// The grant.
    pub span: Span,
    /// The privilege's word.
    pub place: Span,
}

/// Everything that the singles give, and what of it contradicts itself.
pub fn merge(context: Context<'_>, singles: &[Single], diagnostics: &mut Vec<Diagnostic>) -> Rights {
    let mut together: BTreeMap<(&QName, &str, Command), Vec<&Single>> = BTreeMap::new();
    for single in singles {
        together.entry((&single.table, &single.role, single.command)).or_default().push(single);
    }
    let mut rights = Rights::new();
    for ((table, role, command), given) in &together {
        check(context, given, diagnostics);
        let whole = given.iter().any(|single| single.columns.is_none());
        let columns = given.iter().filter_map(|single| single.columns.as_ref()).flatten().cloned().collect();
        let narrowed = given.iter().all(|single| single.condition.is_some());
        let mut conditions: Vec<AccessSql> = Vec::new();
        for condition in given.iter().filter_map(|single| single.condition.as_ref()).filter(|_| narrowed) {
            if !conditions.iter().any(|known| known.text == condition.text) {
                conditions.push(condition.clone());
            }
        }
        conditions.sort_by_key(|condition| condition.span);
        let mut spans: Vec<Span> = given.iter().map(|single| single.span).collect();
        spans.sort_unstable();
        spans.dedup();
        let right = Right { columns: (!whole).then_some(columns), conditions, spans };
        let roles = rights.entry((*table).clone()).or_default();
        roles.entry((*role).to_owned()).or_default().insert(*command, right);
    }
    for ((table, role, command), given) in &together {
        check_groups(context, &rights, (table, role, *command), given, diagnostics);
    }
    rights
}

fn check(context: Context<'_>, given: &[&Single], diagnostics: &mut Vec<Diagnostic>) {
    for single in given {
        if let Some(condition) = &single.condition {
            diagnostics.extend(does_nothing(context, single, condition));
        }
    }
    let narrow = given.iter().find_map(|single| single.condition.as_ref().map(|condition| (single, condition)));
    let wide = given.iter().find(|single| single.condition.is_none());
    if let (Some((single, condition)), Some(wide)) = (narrow, wide) {
        diagnostics.push(
            nothing(condition.span, &wider(single, &single.role), "remove one of the two grants")
                .label(wide.place, "gives all rows"),
        );
    }
    let whole = given.iter().find(|single| single.columns.is_none());
    let some = given.iter().find(|single| single.columns.is_some());
    if let (Some(whole), Some(some)) = (whole, some) {
        diagnostics.push(whole_and_some(some, Some(whole.place)));
    }
    let text = |single: &Single| single.condition.as_ref().map(|condition| condition.text.clone());
    let other_rows = given.iter().any(|single| given.first().is_some_and(|first| text(first) != text(single)));
    let other_columns = given.iter().find(|single| given.first().is_some_and(|first| first.columns != single.columns));
    let only_narrow = whole.is_none() && wide.is_none();
    if let (Some(first), Some(second), true) = (given.first(), other_columns, only_narrow && other_rows) {
        diagnostics.push(
            Diagnostic::new(
                codes::N0619,
                format!("expected the same columns for each condition of `{}` on `{}`, found different ones", first.command.word(), first.table),
            )
            .at(second.place, "these columns of these rows")
            .label(first.place, "other columns of other rows")
            .note("PostgreSQL grants columns and filters rows apart: each row that one of them shows would show the columns of both")
            .help("name the same columns in both grants, or give them to two roles"),
        );
    }
}

fn whole_and_some(some: &Single, whole: Option<Span>) -> Diagnostic {
    let title = format!(
        "expected one kind of `{}` on `{}` for `{}`, found the whole table and some columns",
        some.command.word(),
        some.table,
        some.role
    );
    let diagnostic = Diagnostic::new(codes::N0611, title)
        .at(some.place, "gives some columns")
        .note("the columns would not limit anything: a right to the table is one to all of its columns")
        .help(format!("take `{}` out of the wider grant with `except`, or remove the columns", some.table.name));
    match whole {
        Some(span) => diagnostic.label(span, "gives the whole table"),
        None => diagnostic,
    }
}

fn wider(single: &Single, whose: &str) -> String {
    format!("`{whose}` has `{}` on all rows of `{}` by another grant", single.command.word(), single.table)
}

fn does_nothing(context: Context<'_>, single: &Single, condition: &AccessSql) -> Option<Diagnostic> {
    let role = context.roles.get(&single.role)?;
    if let Tenants::All { .. } = role.tenants {
        let why = format!("`{}` sees all tenants, and row security does not bind it", role.name);
        return Some(nothing(condition.span, &why, "remove it, or grant this to a `tenants own` role"));
    }
    let scope = context.scopes.get(&single.table)?;
    (scope.kind == ScopeKind::Shared).then(|| {
        let why = format!("`{}` is shared, and shared tables have no row security of their own", single.table);
        nothing(condition.span, &why, "write a restrictive `policy` for it")
    })
}

/// A member has what its groups have.
fn check_groups(
    context: Context<'_>,
    rights: &Rights,
    (table, role, command): (&QName, &str, Command),
    given: &[&Single],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for group in groups_of(context.roles, role) {
        let right = rights.get(table).and_then(|roles| roles.get(group)).and_then(|right| right.get(&command));
        let Some(right) = right else { continue };
        for single in given {
            if single.columns.is_some() && right.columns.is_none() {
                diagnostics.push(whole_and_some(single, right.spans.first().copied()));
            }
            let Some(condition) = single.condition.as_ref().filter(|_| right.conditions.is_empty()) else { continue };
            let found =
                nothing(condition.span, &wider(single, group), "take the grant from the group, or the membership away");
            diagnostics.push(match right.spans.first() {
                Some(span) => found.label(*span, "gives all rows to the group"),
                None => found,
            });
        }
    }
}
