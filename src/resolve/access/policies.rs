//! Policies of the user's own: PostgreSQL's words, held to what they can mean beside tenancy and grants.
//!
//! A policy that does nothing is an error, since somebody relies on it: one for a command that nobody is granted, for
//! a role that row security does not bind, or one that adds rows which the grants show anyway. What adds rows of other
//! tenants says so (`across tenants`) and why.

use super::roles::unknown;
use super::scopes::needs_tenancy;
use super::{Context, predicate};
use crate::catalog::{QName, Table};
use crate::diagnostic::{Diagnostic, codes, list};
use crate::model::access::{Command, Policy, Right, Rights, ScopeKind, Tenants, groups_of};
use crate::resolve::exports::demand_reason;
use crate::resolve::selector::Selected;
use crate::source::Span;
use crate::sql::NAME_BYTES;
use crate::syntax::ast;
use std::collections::{BTreeMap, BTreeSet};

/// Every policy, one a table, by table and name.
pub fn resolve(context: Context<'_>, rights: &Rights, diagnostics: &mut Vec<Diagnostic>) -> Vec<Policy> {
    let mut policies: Vec<Policy> = Vec::new();
    let mut places: BTreeMap<(QName, String), Span> = BTreeMap::new();
    for written in &context.declared.policies {
        let resolver = Resolver { context, rights, written };
        for policy in resolver.policies(diagnostics) {
            let key = (policy.table.clone(), policy.name.clone());
            if let Some(first) = places.get(&key) {
                diagnostics.push(twice(&policy, written.name.span, *first));
            } else {
                places.insert(key, written.name.span);
                policies.push(policy);
            }
        }
    }
    policies.sort_by(|one, other| (&one.table, &one.name).cmp(&(&other.table, &other.name)));
    policies
}

struct Resolver<'a> {
    context: Context<'a>,
    rights: &'a Rights,
    written: &'a ast::Policy,
}

impl<'a> Resolver<'a> {
    fn policies(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<Policy> {
        let before = diagnostics.len();
        let selected = self.context.selectors.select(&self.written.tables, diagnostics);
        let commands = self.commands(diagnostics);
        self.check_name(&commands, diagnostics);
        self.check_clauses(&commands, diagnostics);
        let roles = self.roles(diagnostics);
        self.check_across(diagnostics);
        let is_sound = diagnostics.len() == before;
        let mut policies = Vec::new();
        for (name, how) in &selected {
            let Some(table) = self.context.names.catalog.tables.get(name) else { continue };
            if !self.may_have_policies(table, how, diagnostics) {
                continue;
            }
            let using = self.predicate(self.written.using.as_ref(), table, diagnostics);
            let check = self.predicate(self.written.check.as_ref(), table, diagnostics);
            policies.push(Policy {
                name: self.written.name.text.clone(),
                table: name.clone(),
                restrictive: self.written.restrictive,
                commands: commands.clone(),
                roles: roles.clone(),
                across_tenants: self.written.across_tenants,
                using,
                check,
                because: self.written.because.as_ref().map(|reason| reason.value.clone()),
                span: self.written.span,
            });
        }
        if is_sound {
            self.check_use(&policies, &selected, diagnostics);
        }
        policies
    }

    fn predicate(
        &self,
        written: Option<&ast::SqlExpr>,
        table: &Table,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<crate::model::access::AccessSql> {
        predicate::parse(&self.context.names, table, written?, diagnostics)
    }

    fn commands(&self, diagnostics: &mut Vec<Diagnostic>) -> BTreeSet<Command> {
        let mut commands = BTreeSet::new();
        for name in &self.written.commands {
            let Some(command) = Command::ALL.into_iter().find(|command| command.word() == name.text) else {
                diagnostics.push(
                    Diagnostic::new(
                        codes::N0721,
                        format!("expected `select`, `insert`, `update` or `delete`, found `{}`", name.text),
                    )
                    .at(name.span, "no command of a policy")
                    .note("each command has its own policy, so that none is wider than its words")
                    .help("name the commands"),
                );
                continue;
            };
            if !commands.insert(command) {
                diagnostics.push(
                    Diagnostic::new(codes::N0721, format!("expected each command once, found `{}` twice", name.text))
                        .at(name.span, "is named again")
                        .help("remove it"),
                );
            }
        }
        commands
    }

    fn check_name(&self, commands: &BTreeSet<Command>, diagnostics: &mut Vec<Diagnostic>) {
        let name = &self.written.name;
        if name.text.starts_with("noren_") {
            diagnostics.push(
                Diagnostic::new(codes::N0720, format!("expected a name of your own, found `{}`", name.text))
                    .at(name.span, "begins like the names of generated policies")
                    .help("take another name"),
            );
        }
        let longest = commands.iter().map(|command| name.text.len() + 1 + command.word().len()).max();
        if let Some(bytes) = longest.filter(|bytes| *bytes > NAME_BYTES) {
            diagnostics.push(
                Diagnostic::new(
                    codes::N0720,
                    format!("expected a name of at most {NAME_BYTES} bytes with its command, found {bytes}"),
                )
                .at(name.span, "would be cut by PostgreSQL")
                .note("each command's policy is named `NAME_command`")
                .help("take a shorter name"),
            );
        }
    }

    /// INSERT has no rows that are there, SELECT and DELETE none that are written; UPDATE says both.
    fn check_clauses(&self, commands: &BTreeSet<Command>, diagnostics: &mut Vec<Diagnostic>) {
        let clauses = [
            ("using", self.written.using.as_ref(), [Command::Select, Command::Update, Command::Delete].as_slice()),
            ("with check", self.written.check.as_ref(), [Command::Insert, Command::Update].as_slice()),
        ];
        for (word, written, needed_by) in clauses {
            let needing: Vec<&str> =
                needed_by.iter().filter(|command| commands.contains(command)).map(|command| command.word()).collect();
            match (written, needing.first()) {
                (None, Some(command)) => diagnostics.push(self.missing(word, command)),
                (Some(sql), None) if !commands.is_empty() => diagnostics.push(
                    Diagnostic::new(codes::N0721, format!("expected no `{word}` for these commands, found one"))
                        .at(sql.span, "would never be looked at")
                        .note("`using` is of rows that are there, `with check` of rows that are written")
                        .help("remove it, or name the command that it is for"),
                ),
                _ => {}
            }
        }
        if !self.written.restrictive && self.written.roles.is_empty() {
            diagnostics.push(
                Diagnostic::new(codes::N0721, "expected `to ROLE` in a permissive policy, found none")
                    .at(self.written.span, "adds rows for everybody")
                    .help("name the roles that see more: `to ROLE`"),
            );
        }
    }

    fn missing(&self, word: &str, command: &str) -> Diagnostic {
        let diagnostic = Diagnostic::new(codes::N0721, format!("expected `{word} (…)` for `{command}`, found none"))
            .at(self.written.span, format!("says nothing of the rows that `{command}` {}", verb(word)));
        if word == "with check" && command == "update" {
            return diagnostic
                .note("PostgreSQL would take `using` for it, and so forbid the change into the state that is protected")
                .help("add `with check (true)`, or what must hold of the changed row");
        }
        diagnostic.help(format!("add `{word} (…)`"))
    }

    fn roles(&self, diagnostics: &mut Vec<Diagnostic>) -> BTreeSet<String> {
        let roles = self.context.roles;
        if self.written.roles.is_empty() {
            return roles.keys().cloned().collect();
        }
        let mut found = BTreeSet::new();
        for name in &self.written.roles {
            let Some(role) = roles.get(&name.text) else {
                diagnostics.push(unknown(name, &roles.keys().map(String::as_str).collect::<Vec<_>>()));
                continue;
            };
            if let Tenants::All { .. } = role.tenants {
                diagnostics.push(
                    Diagnostic::new(codes::N0723, format!("expected a `tenants own` role, found `{}`", name.text))
                        .at(name.span, "sees all tenants, past every policy")
                        .label(role.span, "`tenants all`")
                        .note("with `bypass = \"attribute\"` row security does not look at this role at all")
                        .help("remove it here, and narrow its grants instead"),
                );
            }
            found.insert(role.name.clone());
        }
        found
    }

    fn check_across(&self, diagnostics: &mut Vec<Diagnostic>) {
        let written = self.written;
        if !written.across_tenants {
            return;
        }
        if written.restrictive {
            diagnostics.push(
                Diagnostic::new(
                    codes::N0725,
                    "expected `across tenants` in a permissive policy, found a restrictive one",
                )
                .at(written.span, "takes rows away, and so shows none of other tenants")
                .help("remove `across tenants`, or write `as permissive`"),
            );
        }
        demand_reason(written.because.as_ref(), "across tenants", written.span, diagnostics);
        if self.context.declared.tenancies.is_empty() {
            diagnostics.push(needs_tenancy("`across tenants`", written.span));
        }
    }

    fn may_have_policies(&self, table: &Table, how: &Selected, diagnostics: &mut Vec<Diagnostic>) -> bool {
        let Some(scope) = self.context.scopes.get(&table.name) else { return true };
        match scope.kind {
            ScopeKind::Internal if !how.exact => false,
            ScopeKind::Internal => {
                diagnostics.push(
                    Diagnostic::new(
                        codes::N0722,
                        format!("expected a scoped or shared table, found the internal table `{}`", table.name),
                    )
                    .at(self.written.tables.span, "is granted to nobody")
                    .label(scope.span, "internal")
                    .help("remove it here, or say `shared because \"…\"` of the table"),
                );
                false
            }
            ScopeKind::Shared if self.written.across_tenants => {
                if how.exact {
                    diagnostics.push(
                        Diagnostic::new(
                            codes::N0725,
                            format!("expected a scoped table for `across tenants`, found the shared `{}`", table.name),
                        )
                        .at(self.written.tables.span, "has no tenants to look across")
                        .label(scope.span, "shared")
                        .help("remove the policy: every row is readable as granted"),
                    );
                }
                false
            }
            _ => true,
        }
    }

    /// Each command must be granted to somebody whom the policy binds, on a table that was named or on one of many.
    fn check_use(&self, policies: &[Policy], selected: &BTreeMap<QName, Selected>, diagnostics: &mut Vec<Diagnostic>) {
        for policy in policies.first().into_iter().flat_map(|policy| &policy.commands) {
            let command = *policy;
            let unused: Vec<&QName> = policies
                .iter()
                .filter(|policy| !self.is_granted(policy, command))
                .map(|policy| &policy.table)
                .filter(|table| selected.get(*table).is_some_and(|how| how.exact))
                .collect();
            let all = policies.iter().all(|policy| !self.is_granted(policy, command));
            if all || !unused.is_empty() {
                diagnostics.push(self.not_granted(policies, &unused, command));
                continue;
            }
            if !self.written.restrictive && !self.written.across_tenants {
                self.check_adds(policies, selected, command, diagnostics);
            }
        }
    }

    fn not_granted(&self, policies: &[Policy], unused: &[&QName], command: Command) -> Diagnostic {
        let tables: Vec<String> = if unused.is_empty() {
            policies.iter().map(|policy| policy.table.to_string()).collect()
        } else {
            unused.iter().map(ToString::to_string).collect()
        };
        let word = command.word();
        let span =
            self.written.commands.iter().find(|name| name.text == word).map_or(self.written.span, |name| name.span);
        let whom = if self.written.roles.is_empty() { "a role".to_owned() } else { self.role_list() };
        Diagnostic::new(codes::N0724, format!("expected `{word}` to be granted on {}, found it is not", list(&tables)))
            .at(span, format!("{whom} may not {word} here, so the policy does nothing"))
            .help(format!("remove `{word}` here, or grant it"))
    }

    fn role_list(&self) -> String {
        list(&self.written.roles.iter().map(|name| name.text.as_str()).collect::<Vec<_>>())
    }

    /// A permissive policy adds rows to those of the grants; beside a grant of all rows there are none to add.
    fn check_adds(
        &self,
        policies: &[Policy],
        selected: &BTreeMap<QName, Selected>,
        command: Command,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let wide = |policy: &&Policy| {
            let rights = self.rights_of(policy, command);
            !rights.is_empty() && rights.iter().all(|right| right.conditions.is_empty())
        };
        let named = |policy: &&Policy| selected.get(&policy.table).is_some_and(|how| how.exact);
        let all = policies.iter().all(|policy| wide(&policy));
        let Some(useless) = policies.iter().filter(wide).find(|policy| all || named(policy)) else { return };
        let rights = self.rights_of(useless, command);
        let grant = rights.first().and_then(|right| right.spans.first().copied());
        let title = format!(
            "expected `{}` on `{}` to be granted with `where`, found it is granted on all rows",
            command.word(),
            useless.table
        );
        let mut diagnostic = Diagnostic::new(codes::N0724, title)
            .at(self.written.span, "has no rows to add")
            .note("a permissive policy adds rows of the session's tenant; rows of others only with `across tenants`")
            .help("remove it, or say `across tenants … because \"…\"`");
        if let Some(span) = grant {
            diagnostic = diagnostic.label(span, "gives all rows of the tenant");
        }
        diagnostics.push(diagnostic);
    }

    fn is_granted(&self, policy: &Policy, command: Command) -> bool {
        !self.rights_of(policy, command).is_empty()
    }

    /// The rights to a command that the policy's roles and their members have, through groups too.
    fn rights_of(&self, policy: &Policy, command: Command) -> Vec<&'a Right> {
        let Some(rights) = self.rights.get(&policy.table) else { return Vec::new() };
        let roles = self.context.roles;
        let right_of = |name: &str| rights.get(name).and_then(|right| right.get(&command));
        let mut found = Vec::new();
        for role in roles.keys() {
            let groups = groups_of(roles, role);
            let is_bound = policy.roles.contains(role) || groups.iter().any(|group| policy.roles.contains(*group));
            if is_bound {
                found.extend(right_of(role));
                found.extend(groups.iter().filter_map(|group| right_of(group)));
            }
        }
        found
    }
}

fn verb(word: &str) -> &'static str {
    if word == "using" { "finds" } else { "writes" }
}

fn twice(policy: &Policy, span: Span, first: Span) -> Diagnostic {
    let title = format!("expected a new name on `{}`, found policy `{}` a second time", policy.table, policy.name);
    Diagnostic::new(codes::N0720, title)
        .at(span, "named again")
        .label(first, "first named here")
        .help("give one of them another name")
}
