//! What each predicate is where a setting is unset or is a stranger's.

use super::truth::{Outcome, can_fail, true_for_stranger, true_untied, true_when_unset, true_without, unset_sees_more};
use super::{Case, predicates_of};
use crate::catalog::QName;
use crate::diagnostic::{Diagnostic, codes, list};
use crate::model::access::{Access, AccessSql, Command, Policy, Scope, ScopeKind, Tenancy};
use crate::model::formula::Formula;

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let access = case.access;
    if let Some(tenancy) = &access.tenancy {
        for (table, scope) in &access.scopes {
            diagnostics.extend(check_scope(tenancy, table, scope));
        }
    }
    let rights = std::iter::once(&access.rights).chain(access.copies.values());
    let rights = rights.flat_map(|rights| rights.values()).flat_map(|roles| roles.values());
    for condition in rights.flat_map(|right| right.values()).flat_map(|right| &right.conditions) {
        check_unset(condition, diagnostics);
    }
    for policy in &access.policies {
        for predicate in predicates_of(policy) {
            check_unset(predicate, diagnostics);
        }
        if policy.across_tenants {
            check_across(policy, diagnostics);
        }
    }
}

/// Of a predicate and the tenancy's setting.
type Proof = fn(&Formula, &str) -> Outcome;

/// `scoped when (P)` is the only wall around its rows: P must be true of a row for nobody but its tenant.
fn check_scope(tenancy: &Tenancy, table: &QName, scope: &Scope) -> Option<Diagnostic> {
    let ScopeKind::When(sql) = &scope.kind else { return None };
    let setting = tenancy.setting.as_str();
    let proofs: [(Proof, String); 3] = [
        (true_when_unset, format!("while `{setting}` is unset")),
        (true_for_stranger, format!("for a tenant whose `{setting}` equals nothing in the row")),
        (true_untied, format!("although no equality leads from `{setting}` to the row")),
    ];
    let open = proofs.into_iter().map(|(prove, when)| (prove(&sql.formula, setting), when));
    let open: Vec<(Outcome, String)> = open.filter(|(outcome, _)| *outcome != Outcome::Never).collect();
    // A way that is certain says more than one that is not.
    let (outcome, when) = open.iter().find(|(outcome, _)| is_known(outcome)).or(open.first())?;
    let help = format!(
        "tie every branch of it to the row by `COLUMN = {setting}`, or by EXISTS whose rows have such a column and are the row's own"
    );
    Some(if is_known(outcome) {
        let title =
            format!("expected a condition that keeps tenants apart on `{table}`, found one that can be true {when}");
        Diagnostic::new(codes::N0730, title)
            .at(sql.span, world(outcome))
            .note("it is all that stands between a tenant and the others' rows; with the tenant unset nothing may be seen")
            .help(help)
    } else {
        let title = format!(
            "expected a condition that keeps tenants apart on `{table}`, found one that is not shown to be false {when}"
        );
        Diagnostic::new(codes::N0733, title)
            .at(sql.span, world(outcome))
            .note("what a function gives cannot be known, nor can more parts be tried than there is time for: somebody has to answer for it")
            .help(help + ", or say how you know by `-- noren: allow N0733 because \"…\"` on the line above; without a reason nothing is written")
    })
}

/// Whether the only wall around a table's rows stands by somebody's word and not by a proof.
pub fn is_taken_on_trust(access: &Access, table: &QName) -> bool {
    let scope = access.scopes.get(table);
    let found = access.tenancy.as_ref().zip(scope).and_then(|(tenancy, scope)| check_scope(tenancy, table, scope));
    found.is_some_and(|found| found.code == codes::N0733)
}

/// A session that has not said who it is must see no more than one that is somebody else.
fn check_unset(sql: &AccessSql, diagnostics: &mut Vec<Diagnostic>) {
    for setting in &sql.settings {
        let outcome = unset_sees_more(&sql.formula, setting);
        let title = match &outcome {
            Outcome::Never => continue,
            Outcome::TooMany => {
                format!(
                    "expected a condition that can be decided while `{setting}` is unset, found one with too many parts"
                )
            }
            Outcome::Possible { known: false, .. } => {
                format!("expected a condition that shows no more while `{setting}` is unset, found that cannot be told")
            }
            Outcome::Possible { .. } => {
                format!("expected a condition that shows no more while `{setting}` is unset, found one that does")
            }
        };
        diagnostics.push(
            Diagnostic::new(codes::N0731, title)
                .at(sql.span, world(&outcome))
                .note("a pooled connection or a program that forgets the setting would see these rows")
                .help(format!("write `COLUMN = {setting}` without a branch for NULL, or allow it with the reason")),
        );
    }
}

/// What looks across tenants must say which rows it is about, and what it writes must stay among them.
fn check_across(policy: &Policy, diagnostics: &mut Vec<Diagnostic>) {
    let before = diagnostics.len();
    for predicate in predicates_of(policy) {
        if !predicate.columns.is_empty() && can_fail(&predicate.formula) != Outcome::Never {
            continue;
        }
        let title = format!(
            "expected `across tenants` to be about some rows of `{}`, found a condition that is true of all",
            policy.table
        );
        diagnostics.push(
            Diagnostic::new(codes::N0725, title)
                .at(predicate.span, "tests no column of the table")
                .note("this condition is all that is left of the wall between tenants for these commands")
                .help("name the rows by a column, for example `audience = 'everyone'`"),
        );
    }
    let (Some(using), Some(check)) = (&policy.using, &policy.check) else { return };
    if !policy.commands.contains(&Command::Update) || diagnostics.len() > before {
        return;
    }
    let outcome = true_without(&check.formula, &using.formula);
    if outcome == Outcome::Never {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            codes::N0732,
            format!("expected `with check` to keep rows of `{}` within `using`, found it may not", policy.table),
        )
        .at(check.span, world(&outcome))
        .label(using.span, "the rows of other tenants that may be changed")
        .note("a row of another tenant could be changed into one that this policy never speaks of")
        .help("repeat the condition of `using` in `with check`, or allow it with the reason"),
    );
}

fn is_known(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Possible { known: true, .. })
}

fn world(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Never => String::new(),
        Outcome::TooMany => "has more parts than are tried against each other".to_owned(),
        Outcome::Possible { because, .. } if because.is_empty() => "is true of any row then".to_owned(),
        Outcome::Possible { because, .. } => format!("when {}", list(because)),
    }
}
