//! Views, materialized views and foreign tables that are granted: whose rows do they show?
//!
//! A view reads as its owner unless it is told to read as its caller (15+), a materialized view shows what whoever
//! refreshed it saw, and a foreign table has no row security at all.

use super::lookups::table_words;
use super::{Case, is_own};
use crate::catalog::{QName, View};
use crate::diagnostic::{Diagnostic, codes, list};
use crate::model::access::{Command, Right, Role, RoleRights};
use crate::resolve::access::word;
use crate::source::Span;

/// The version that brought `security_invoker`.
const SECURITY_INVOKER: u8 = 15;

pub(super) fn check(case: Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (name, roles) in &case.access.rights {
        for (role, rights) in roles {
            let Some(role) = case.access.roles.get(role) else { continue };
            let granted = Granted { case, name, role, rights };
            if let Some(view) = case.catalog.views.get(name) {
                granted.view(view, diagnostics);
            } else if case
                .catalog
                .tables
                .get(name)
                .is_some_and(|table| table.kind == crate::catalog::TableKind::Foreign)
            {
                granted.foreign(diagnostics);
            }
        }
    }
}

struct Granted<'a> {
    case: Case<'a>,
    name: &'a QName,
    role: &'a Role,
    rights: &'a RoleRights,
}

impl Granted<'_> {
    fn place(&self) -> Option<Span> {
        self.rights.values().filter_map(|right: &Right| right.spans.first()).min().copied()
    }

    fn finding(&self, title: String, label: &str) -> Diagnostic {
        let diagnostic = Diagnostic::new(codes::N0614, title);
        match self.place() {
            Some(span) => diagnostic.at(span, label.to_owned()),
            None => diagnostic,
        }
    }

    fn foreign(&self, diagnostics: &mut Vec<Diagnostic>) {
        if self.case.access.tenancy.is_none() || !is_own(self.role) {
            return;
        }
        let title = format!(
            "expected no foreign table for `{}`, which acts for one tenant, found `{}`",
            self.role.name, self.name
        );
        diagnostics.push(
            self.finding(title, "grants a foreign table")
                .note("foreign tables cannot have row security: it would see the rows of all tenants")
                .help("remove it, or give the role a view that filters by the tenant"),
        );
    }

    fn view(&self, view: &View, diagnostics: &mut Vec<Diagnostic>) {
        if view.materialized && self.rights.keys().any(|command| *command != Command::Select) {
            let title = format!("expected only `select` on the materialized view `{}`, found more", self.name);
            diagnostics.push(self.finding(title, "cannot be written").help("write `grant select`"));
        }
        let scoped: Vec<String> = self
            .case
            .catalog
            .tables_under(self.name)
            .into_iter()
            .filter(|table| self.case.is_scoped(table))
            .map(ToString::to_string)
            .collect();
        // What a materialized view holds is what was seen when it was refreshed, whoever owns it.
        if scoped.is_empty() || (!view.materialized && self.is_owned_by_a_tenants_role()) {
            return;
        }
        if view.materialized {
            self.materialized(&scoped, diagnostics);
        } else if is_own(self.role) && self.case.version < SECURITY_INVOKER {
            let title = format!(
                "expected a view that reads as its caller, found `{}` for PostgreSQL {}",
                self.name, self.case.version
            );
            diagnostics.push(
                self.finding(title, &format!("reads {} as its owner", list(&scoped)))
                    .note("before 15 a view always reads as its owner, whom row security may not bind")
                    .help("let a `nologin`, `tenants own` role of this policy own the view: `role NAME { nologin; owns VIEW; }`"),
            );
        } else {
            self.caller(view, diagnostics);
        }
    }

    fn materialized(&self, scoped: &[String], diagnostics: &mut Vec<Diagnostic>) {
        if !is_own(self.role) {
            return;
        }
        let title = format!(
            "expected no materialized view over scoped tables for `{}`, which acts for one tenant, found `{}`",
            self.role.name, self.name
        );
        diagnostics.push(
            self.finding(title, &format!("holds rows of {}", list(scoped)))
                .note("a materialized view cannot have row security: it shows what whoever refreshed it saw")
                .help("grant it to a `tenants all` role, or put a table with the tenant column in its place"),
        );
    }

    /// A view that reads as its caller needs the caller's rights to what it reads.
    fn caller(&self, view: &View, diagnostics: &mut Vec<Diagnostic>) {
        let known =
            |name: &&QName| self.case.catalog.tables.contains_key(*name) || self.case.catalog.views.contains_key(*name);
        let lacking = view.reads.iter().filter(known).filter(|name| self.case.readable(name, self.role).is_none());
        let lacking: Vec<&QName> = lacking.collect();
        if lacking.is_empty() {
            return;
        }
        let names: Vec<String> = lacking.iter().map(ToString::to_string).collect();
        let words: Vec<String> = lacking.iter().map(|name| table_words(name)).collect();
        let title = format!("expected that `{}` may read {}, found no such grant", self.role.name, list(&names));
        let diagnostic = Diagnostic::new(codes::N0613, title)
            .note("a view over scoped tables reads as its caller, so that row security holds; without these rights every query fails")
            .help(format!(
                "add `grant select (COLUMN, …) on {} to {};` with the columns that the view reads",
                words.join(", "),
                word(&self.role.name)
            ));
        diagnostics.push(match self.place() {
            Some(span) => diagnostic.at(span, format!("grants `{}`, which reads there", self.name)),
            None => diagnostic,
        });
    }

    /// Such a view reads as a role that row security binds and nobody is: it may select the columns that it shows.
    fn is_owned_by_a_tenants_role(&self) -> bool {
        let mut owners = self.case.access.roles.values().filter(|role| role.owns.contains(self.name));
        owners.any(|role| {
            let owns_tables = role.owns.iter().any(|name| self.case.catalog.tables.contains_key(name));
            role.login == Some(false) && is_own(role) && !owns_tables
        })
    }
}
