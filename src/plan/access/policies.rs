//! The policies of one table.
//!
//! Grants become permissive policies, which PostgreSQL joins with OR; so none of them is wider than one grant. Two
//! restrictive policies, joined with AND, keep every later policy within bounds: the floor keeps a role that acts for
//! one tenant within that tenant, and the guard keeps everybody out whom the policy does not name. Where nobody may pass
//! the floor, it is for everybody and there is no guard: it says what the permissive policies say, PostgreSQL joins
//! what is equal, and a statement pays for one test. Who may not execute the setting's function gets an error.

use super::PolicyPlan;
use super::names::policy_name;
use crate::catalog::QName;
use crate::model::access::{Access, AccessSql, Command, Policy, Right, ScopeKind, Tenants};
use crate::plan::tenant::{Row, TenantTest, access_sql};
use crate::plan::words::{name_words, one_line};
use crate::project::Bypass;
use crate::source::Span;
use crate::sql::{Expr, Select};
use std::collections::{BTreeMap, BTreeSet};

/// A policy and the settings that it reads.
pub(super) struct Built {
    pub plan: PolicyPlan,
    pub settings: BTreeSet<String>,
}

/// What the policies of every table are made from.
pub(super) struct Policies<'a> {
    access: &'a Access,
    test: Option<TenantTest<'a>>,
    bypass: Bypass,
    /// Roles that act for the session's tenant only, sorted.
    own: Vec<&'a str>,
}

/// One table's policies in the making.
struct Table<'p, 'a> {
    all: &'p Policies<'a>,
    name: &'p QName,
    row: Row,
    /// The tenant test of reading and of writing; none where rows belong to no tenant.
    read: Option<Expr>,
    write: Option<Expr>,
    /// What the tenant tests read.
    settings: BTreeSet<String>,
    built: Vec<Built>,
}

impl<'a> Policies<'a> {
    pub(super) fn new(access: &'a Access, bypass: Bypass) -> Self {
        let own = access.roles.values().filter(|role| matches!(role.tenants, Tenants::Own));
        let own = own.map(|role| role.name.as_str()).collect();
        Self { access, test: TenantTest::in_policies(access), bypass, own }
    }

    /// Whether a table needs row security at all.
    pub(super) fn guards(&self, table: &QName) -> bool {
        let scoped = self.access.scopes.get(table).is_some_and(|scope| scope.kind.is_scoped());
        let named = self.access.policies.iter().any(|policy| policy.table == *table);
        let rights = self.access.rights.get(table).into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values);
        scoped || named || rights.into_iter().any(|right| !right.conditions.is_empty())
    }

    /// The policies of a table that needs them, sorted by name.
    pub(super) fn of(&self, table: &QName) -> Vec<Built> {
        let row = Row::Table(table.clone());
        let (read, write) = match &self.test {
            Some(test) => (test.read(table, &row), test.write(table, &row)),
            None => (None, None),
        };
        let settings = self.settings_of_test(table, 0);
        let mut making = Table { all: self, name: table, row, read, write, settings, built: Vec::new() };
        making.grants();
        making.bypass();
        making.users();
        making.floor();
        making.guard();
        let mut built = making.built;
        built.sort_by(|one, other| one.plan.name.cmp(&other.plan.name));
        built
    }

    /// Settings that the tenant test of a table reads.
    fn settings_of_test(&self, table: &QName, depth: usize) -> BTreeSet<String> {
        let Some(scope) = self.access.scopes.get(table).filter(|_| depth <= self.access.scopes.len()) else {
            return BTreeSet::new();
        };
        match &scope.kind {
            ScopeKind::Column { .. } | ScopeKind::Added(_) => {
                self.access.tenancy.iter().map(|tenancy| tenancy.setting.clone()).collect()
            }
            ScopeKind::Lookup(parent) => self.settings_of_test(&parent.table, depth + 1),
            ScopeKind::Through { table, .. } => self.settings_of_test(table, depth + 1),
            ScopeKind::When(condition) => condition.settings.clone(),
            ScopeKind::Shared | ScopeKind::Internal => BTreeSet::new(),
        }
    }

    /// A role that policies do not bind: it has BYPASSRLS, or a policy in its place.
    fn sees_all(&self, role: &str) -> bool {
        self.access.roles.get(role).is_some_and(|role| matches!(role.tenants, Tenants::All { .. }))
    }

    /// Whether what holds for `group` holds for `role`: it is the role itself, or one that the role is a member of.
    fn reaches(&self, role: &str, group: &str) -> bool {
        self.access.groups(role).contains(group)
    }
}

impl<'a> Table<'_, 'a> {
    fn add(&mut self, plan: PolicyPlan, settings: BTreeSet<String>) {
        self.built.push(Built { plan, settings });
    }

    fn sql(&self, sql: &AccessSql) -> Expr {
        access_sql(self.all.access, sql, &self.row)
    }

    /// The tenant test of rows that a command reads or changes; a row without a tenant is only ever read.
    fn tenant(&self, reads: bool) -> Option<Expr> {
        if reads { self.read.clone() } else { self.write.clone() }
    }

    /// USING and WITH CHECK of a command for rows of the tenant under a condition.
    fn tests(&self, command: Command, condition: Option<&Expr>) -> (Option<Expr>, Option<Expr>) {
        let test = |reads: bool| Some(both(self.tenant(reads), condition.cloned()));
        match command {
            Command::Select => (test(true), None),
            Command::Insert => (None, test(false)),
            Command::Update => (test(false), test(false)),
            Command::Delete => (test(false), None),
        }
    }

    /// One policy a command and group of roles with the same condition.
    fn grants(&mut self) {
        let Some(rights) = self.all.access.rights.get(self.name) else { return };
        for command in Command::ALL {
            let mut groups: Vec<(&Right, Vec<&str>, Vec<Span>)> = Vec::new();
            for (role, rights) in rights {
                let Some(right) = rights.get(&command).filter(|_| !self.is_bypassing(role)) else { continue };
                let same = |(other, ..): &&mut (&Right, Vec<&str>, Vec<Span>)| same_rows(other, right);
                match groups.iter_mut().find(same) {
                    Some((_, roles, spans)) => {
                        roles.push(role);
                        spans.extend(&right.spans);
                    }
                    None => groups.push((right, vec![role], right.spans.clone())),
                }
            }
            for (right, roles, spans) in groups {
                self.grant(command, right, &roles, spans);
            }
        }
    }

    /// Roles of all tenants need no policy where the attribute lets them by, and have their own where a policy does.
    /// On a table without tenants they are roles like any other, unless the attribute lets them by.
    fn is_bypassing(&self, role: &str) -> bool {
        self.all.sees_all(role) && (self.all.bypass == Bypass::Attribute || self.read.is_some())
    }

    fn grant(&mut self, command: Command, right: &Right, roles: &[&str], mut spans: Vec<Span>) {
        let conditions: Vec<Expr> = right.conditions.iter().map(|condition| self.sql(condition)).collect();
        let condition = (!conditions.is_empty()).then_some(Expr::Or(conditions));
        let (using, check) = self.tests(command, condition.as_ref());
        let mut settings = self.settings.clone();
        settings.extend(right.conditions.iter().flat_map(|condition| condition.settings.clone()));
        let rows = if self.read.is_some() { "rows of the session's tenant" } else { "all rows" };
        let words: Vec<String> =
            right.conditions.iter().map(|condition| format!("({})", one_line(&condition.text))).collect();
        let narrowed = if words.is_empty() { String::new() } else { format!(" where {}", words.join(" or ")) };
        spans.sort();
        spans.dedup();
        let plan = PolicyPlan {
            name: policy_name(&["noren", command.word(), "to", &roles.join("_")]),
            permissive: true,
            command: Some(command),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            using,
            check,
            comment: format!("{} of {rows}{narrowed}", command.word()),
            spans,
        };
        self.add(plan, settings);
    }

    /// Where BYPASSRLS cannot be had, a policy for each role of all tenants and each of its commands.
    fn bypass(&mut self) {
        if self.all.bypass == Bypass::Attribute || self.read.is_none() {
            return;
        }
        let rights = self.all.access.rights.get(self.name).into_iter().flatten();
        for (role, rights) in rights.filter(|(role, _)| self.all.sees_all(role)) {
            let Some(Tenants::All { because }) = self.all.access.roles.get(role).map(|role| &role.tenants) else {
                continue;
            };
            for (command, right) in rights {
                let (using, check) = match command {
                    Command::Select | Command::Delete => (Some(Expr::Boolean(true)), None),
                    Command::Insert => (None, Some(Expr::Boolean(true))),
                    Command::Update => (Some(Expr::Boolean(true)), Some(Expr::Boolean(true))),
                };
                let plan = PolicyPlan {
                    name: policy_name(&["noren", "all", role, command.word()]),
                    permissive: true,
                    command: Some(*command),
                    roles: vec![role.clone()],
                    using,
                    check,
                    comment: format!("{} of rows of all tenants because {}", command.word(), one_line(because)),
                    spans: right.spans.clone(),
                };
                self.built.push(Built { plan, settings: BTreeSet::new() });
            }
        }
    }

    /// Policies of the user's own, one a command.
    fn users(&mut self) {
        for policy in self.all.access.policies.iter().filter(|policy| policy.table == *self.name) {
            // A role of all tenants is let by, whichever way it is.
            let bound = policy.roles.iter().filter(|role| !self.is_bypassing(role));
            let roles: Vec<String> = bound.cloned().collect();
            if roles.is_empty() {
                continue;
            }
            for command in &policy.commands {
                self.user(policy, *command, roles.clone());
            }
        }
    }

    fn user(&mut self, policy: &Policy, command: Command, roles: Vec<String>) {
        // What adds rows adds them within the tenant, unless it says that it does not.
        let within = !policy.restrictive && !policy.across_tenants;
        let test = |own: Option<&AccessSql>, reads: bool| {
            let tenant = if within { self.tenant(reads) } else { None };
            own.map(|own| both(tenant, Some(self.sql(own))))
        };
        let using = policy.using.as_ref().filter(|_| command != Command::Insert);
        let check = policy.check.as_ref().filter(|_| matches!(command, Command::Insert | Command::Update));
        let mut settings: BTreeSet<String> = using.iter().chain(&check).flat_map(|sql| sql.settings.clone()).collect();
        if within {
            settings.extend(self.settings.clone());
        }
        let because = policy.because.as_ref().map(|because| format!(" because {}", one_line(because)));
        let across = if policy.across_tenants { " across tenants" } else { "" };
        let plan = PolicyPlan {
            name: policy_name(&[&policy.name, command.word()]),
            permissive: !policy.restrictive,
            command: Some(command),
            roles,
            using: test(using, command == Command::Select),
            check: test(check, false),
            comment: format!("policy {}{across}{}", name_words(&policy.name), because.unwrap_or_default()),
            spans: vec![policy.span],
        };
        self.add(plan, settings);
    }

    /// Nobody who acts for one tenant leaves it, whatever other policies say.
    fn floor(&mut self) {
        let (Some(read), Some(write)) = (self.read.clone(), self.write.clone()) else { return };
        let loosening = self.loosening();
        if loosening.is_empty() && read == write {
            let plan = PolicyPlan {
                name: policy_name(&["noren", "floor"]),
                permissive: false,
                command: None,
                roles: self.floored(&self.all.own),
                using: Some(read),
                check: Some(write),
                comment: floor_words(&[]),
                spans: Vec::new(),
            };
            self.add_floor(plan, BTreeSet::new());
            return;
        }
        for command in Command::ALL {
            self.floors(command, &loosening);
        }
    }

    /// One floor for each group of roles that the same policies loosen. A floor of a group binds the group's members
    /// too, so it lets those of them by whom another policy loosens.
    fn floors(&mut self, command: Command, loosening: &[&'a Policy]) {
        let of_command: Vec<&Policy> =
            loosening.iter().copied().filter(|policy| policy.commands.contains(&command)).collect();
        let all = self.all;
        let loosens = |policy: &Policy, role: &str| policy.roles.iter().any(|group| all.reaches(role, group));
        let mut groups: BTreeMap<Vec<usize>, Vec<&'a str>> = BTreeMap::new();
        if self.is_for_everybody() {
            groups.insert(Vec::new(), Vec::new());
        }
        for role in &all.own {
            let by = of_command.iter().enumerate().filter(|(_, policy)| loosens(policy, role));
            groups.entry(by.map(|(index, _)| index).collect()).or_default().push(role);
        }
        let alone = groups.keys().filter(|by| !by.is_empty()).count() == 1;
        for (indexes, roles) in &groups {
            let is_member = |member: &&str| roles.iter().any(|role| all.reaches(member, role));
            let members: Vec<&str> = all.own.iter().copied().filter(is_member).collect();
            let (by, rest): (Vec<_>, Vec<_>) =
                of_command.iter().enumerate().partition(|(index, _)| indexes.contains(index));
            let by: Vec<&Policy> = by.into_iter().map(|(_, policy)| *policy).collect();
            let rest = rest.into_iter().map(|(_, policy)| *policy);
            let others: Vec<&Policy> =
                rest.filter(|policy| members.iter().any(|member| loosens(policy, member))).collect();
            self.floor_for(command, &by, roles, &others, alone);
        }
    }

    /// Whether the floor may be everybody's: no policy lets anybody beyond a tenant. BYPASSRLS knows no floor.
    fn is_for_everybody(&self) -> bool {
        let nobody_sees_all = || !self.all.access.roles.keys().any(|role| self.all.sees_all(role));
        self.read.is_some()
            && self.loosening().is_empty()
            && (self.all.bypass == Bypass::Attribute || nobody_sees_all())
    }

    /// Whom the floor names; nobody for everybody.
    fn floored(&self, roles: &[&str]) -> Vec<String> {
        if self.is_for_everybody() { Vec::new() } else { roles.iter().map(|role| (*role).to_owned()).collect() }
    }

    /// The user's policies that let roles of one tenant beyond it.
    fn loosening(&self) -> Vec<&'a Policy> {
        let policies = self.all.access.policies.iter();
        policies.filter(|policy| policy.table == *self.name && !policy.restrictive && policy.across_tenants).collect()
    }

    /// The floor of one command for roles that the same policies loosen; for most that is none.
    fn floor_for(&mut self, command: Command, by: &[&'a Policy], roles: &[&str], others: &[&'a Policy], alone: bool) {
        let reads = command == Command::Select;
        let tests = |of: fn(&Policy) -> Option<&AccessSql>, reads: bool| {
            let own = by.iter().filter_map(|policy| of(policy)).map(|sql| self.sql(sql));
            let of_members = others.iter().filter_map(|policy| {
                let members = Expr::scalar(select(any_role(policy.roles.iter())));
                Some(Expr::And(vec![members, self.sql(of(policy)?)]))
            });
            either(self.tenant(reads).into_iter().chain(own).chain(of_members).collect())
        };
        let using = tests(|policy| policy.using.as_ref(), reads);
        let check = tests(|policy| policy.check.as_ref(), false);
        let listed = roles.join("_");
        let mut words = vec!["noren", "floor", command.word()];
        if !by.is_empty() {
            words.push("across");
        }
        if !by.is_empty() && !alone {
            words.push(&listed);
        }
        let settings = by.iter().chain(others).flat_map(|policy| policy.using.iter().chain(&policy.check));
        let settings = settings.flat_map(|sql| sql.settings.clone()).collect();
        let plan = PolicyPlan {
            name: policy_name(&words),
            permissive: false,
            command: Some(command),
            roles: self.floored(roles),
            using: (command != Command::Insert).then_some(using),
            check: matches!(command, Command::Insert | Command::Update).then_some(check),
            comment: floor_words(by),
            spans: by.iter().map(|policy| policy.span).collect(),
        };
        self.add_floor(plan, settings);
    }

    fn add_floor(&mut self, mut plan: PolicyPlan, mut settings: BTreeSet<String>) {
        // Without a role it would be for PUBLIC.
        if plan.roles.is_empty() && !self.is_for_everybody() {
            return;
        }
        plan.spans.extend(self.all.access.scopes.get(self.name).map(|scope| scope.span));
        plan.spans.sort();
        settings.extend(self.settings.clone());
        self.add(plan, settings);
    }

    /// A policy that somebody adds later, for a role that this policy does not know, opens nothing.
    fn guard(&mut self) {
        if self.is_for_everybody() {
            return;
        }
        // The planner takes a bare boolean for a filter that half of the rows pass, and IS NOT NULL for one that all do.
        let known = any_role(self.all.access.roles.keys());
        let test = Expr::scalar(Select { condition: Some(known), ..select(Expr::Boolean(true)) }).is_not_null();
        let access = self.all.access;
        let scope = access.scopes.get(self.name).map(|scope| scope.span);
        let policy = access.policies.iter().find(|policy| policy.table == *self.name).map(|policy| policy.span);
        let plan = PolicyPlan {
            name: policy_name(&["noren", "guard"]),
            permissive: false,
            command: None,
            roles: Vec::new(),
            using: Some(test.clone()),
            check: Some(test),
            comment: "guard: only roles of the policy".to_owned(),
            spans: scope.or(policy).into_iter().collect(),
        };
        self.add(plan, BTreeSet::new());
    }
}

fn floor_words(by: &[&Policy]) -> String {
    let names: Vec<String> = by.iter().map(|policy| name_words(&policy.name)).collect();
    let across = if names.is_empty() { String::new() } else { format!(", or by {}", names.join(", ")) };
    format!("floor: only rows of the session's tenant{across}")
}

/// Whether the current user has the rights of one of the roles.
fn any_role<'r>(roles: impl Iterator<Item = &'r String>) -> Expr {
    let usage = |role: &String| Expr::call("pg_has_role", [Expr::text(role).cast("name"), Expr::text("USAGE")]);
    Expr::Or(roles.map(usage).collect())
}

/// `(SELECT …)`, computed once a statement.
fn select(value: Expr) -> Select {
    Select { columns: vec![(value, None)], ..Select::default() }
}

fn both(tenant: Option<Expr>, condition: Option<Expr>) -> Expr {
    match (tenant, condition) {
        (Some(tenant), Some(condition)) => Expr::And(vec![tenant, condition]),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => Expr::Boolean(true),
    }
}

fn either(mut tests: Vec<Expr>) -> Expr {
    match tests.len() {
        1 => tests.pop().unwrap_or(Expr::Boolean(false)),
        _ => Expr::Or(tests),
    }
}

/// The same rows: columns are a matter of the grant.
fn same_rows(one: &Right, other: &Right) -> bool {
    let same = |(one, other): (&AccessSql, &AccessSql)| one.text == other.text && one.names == other.names;
    one.conditions.len() == other.conditions.len() && one.conditions.iter().zip(&other.conditions).all(same)
}
