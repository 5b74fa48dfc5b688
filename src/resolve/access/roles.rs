//! Roles, what they are members of, and what they own.

use super::scopes::needs_tenancy;
use crate::catalog::{Catalog, QName};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::access::{Role, Tenants};
use crate::resolve::declare::Declarations;
use crate::resolve::exports::demand_reason;
use crate::resolve::selector::Selectors;
use crate::source::Span;
use crate::syntax::ast::{self, Name, RoleClause};
use std::collections::{BTreeMap, BTreeSet};

/// Predefined roles that a role may be put into with a reason, each with the version that brought it (manual,
/// chapter "Predefined Roles").
pub const PREDEFINED: &[(&str, u8)] = &[
    ("pg_checkpoint", 15),
    ("pg_create_subscription", 16),
    ("pg_maintain", 17),
    ("pg_monitor", 14),
    ("pg_read_all_data", 14),
    ("pg_read_all_settings", 14),
    ("pg_read_all_stats", 14),
    ("pg_signal_autovacuum_worker", 18),
    ("pg_signal_backend", 14),
    ("pg_stat_scan_tables", 14),
    ("pg_use_reserved_connections", 16),
    ("pg_write_all_data", 14),
];

/// Predefined roles beside which no row security holds, or that take no members, and why.
const REFUSED: &[(&str, &str)] = &[
    ("pg_database_owner", "takes no members: it is always the owner of the database"),
    ("pg_execute_server_program", "runs programs as the server does, which can read every row"),
    ("pg_read_server_files", "reads the server's files, where every row lies"),
    ("pg_write_server_files", "writes the server's files, and so can become a superuser"),
];

/// The policy's roles by name.
pub fn resolve(
    declared: &Declarations<'_>,
    catalog: &Catalog,
    selectors: &Selectors<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Role> {
    let mut roles = BTreeMap::new();
    for (name, written) in &declared.roles {
        check_name(&written.name, diagnostics);
        let resolver = Resolver { declared, catalog, selectors, written };
        roles.insert((*name).to_owned(), resolver.role(diagnostics));
    }
    check_owners(&roles, declared, diagnostics);
    super::memberships::check(&roles, diagnostics);
    roles
}

fn check_name(name: &Name, diagnostics: &mut Vec<Diagnostic>) {
    const RESERVED: &[&str] = &["public", "none", "current_role", "current_user", "session_user", "user"];
    if !name.text.starts_with("pg_") && !RESERVED.contains(&name.text.as_str()) {
        return;
    }
    diagnostics.push(
        Diagnostic::new(codes::N0602, format!("expected a name for a role of your own, found `{}`", name.text))
            .at(name.span, "means something else to PostgreSQL")
            .note("names that begin with `pg_` are predefined roles; `public`, `none`, `user` and the like are words of SQL")
            .help("give the role another name; to be in a predefined role, write `in pg_read_all_data because \"…\";`"),
    );
}

struct Resolver<'a> {
    declared: &'a Declarations<'a>,
    catalog: &'a Catalog,
    selectors: &'a Selectors<'a>,
    written: &'a ast::Role,
}

impl Resolver<'_> {
    fn role(&self, diagnostics: &mut Vec<Diagnostic>) -> Role {
        let mut role = Role {
            name: self.written.name.text.clone(),
            login: None,
            tenants: Tenants::Own,
            member_of: BTreeMap::new(),
            existing: self.written.clauses.iter().any(|clause| matches!(clause.value, RoleClause::Existing)),
            owns: BTreeSet::new(),
            span: self.written.span,
        };
        for clause in &self.written.clauses {
            match &clause.value {
                RoleClause::Login(login) => role.login = Some(*login),
                RoleClause::TenantsOwn => self.tenants_need_tenancy(clause.span, diagnostics),
                RoleClause::TenantsAll(because) => {
                    self.tenants_need_tenancy(clause.span, diagnostics);
                    demand_reason(because.as_ref(), "tenants all", clause.span, diagnostics);
                    role.tenants = Tenants::All { because: text(because.as_ref()).unwrap_or_default() };
                }
                RoleClause::In(groups, because) => {
                    for group in groups {
                        self.member(group, because.as_ref(), clause.span, &mut role, diagnostics);
                    }
                }
                RoleClause::Owns(selector) => role.owns.extend(self.owned(selector, diagnostics)),
                RoleClause::Existing => {}
            }
        }
        if role.login.is_none() && !role.existing {
            role.login = Some(false);
        }
        role
    }

    fn tenants_need_tenancy(&self, span: Span, diagnostics: &mut Vec<Diagnostic>) {
        if self.declared.tenancies.is_empty() {
            diagnostics.push(needs_tenancy("`tenants`", span));
        }
    }

    fn member(
        &self,
        group: &Name,
        because: Option<&ast::Reason>,
        clause: Span,
        role: &mut Role,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let name = group.text.as_str();
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            diagnostics.push(refused(group, why));
            return;
        }
        let predefined = PREDEFINED.iter().any(|(known, _)| *known == name);
        if predefined {
            demand_reason(because, &format!("in {name}"), clause, diagnostics);
        } else if !self.declared.roles.contains_key(name) {
            let known = self.declared.roles.keys().copied();
            let known: Vec<&str> = known.chain(PREDEFINED.iter().map(|(known, _)| *known)).collect();
            diagnostics.push(unknown(group, &known));
            return;
        }
        role.member_of.insert(group.text.clone(), text(because));
    }

    /// Tables and views, and with a partitioned table everything below it.
    fn owned(&self, selector: &ast::Selector, diagnostics: &mut Vec<Diagnostic>) -> BTreeSet<QName> {
        let mut owned: BTreeSet<QName> = self.selectors.relations(selector, true, diagnostics).into_keys().collect();
        let partitions: Vec<QName> = self
            .catalog
            .tables
            .values()
            .filter(|table| table.is_partition() && owned.contains(self.catalog.partition_root(&table.name)))
            .map(|table| table.name.clone())
            .collect();
        owned.extend(partitions);
        owned
    }
}

fn text(because: Option<&ast::Reason>) -> Option<String> {
    because.map(|reason| reason.value.clone())
}

fn refused(group: &Name, why: &str) -> Diagnostic {
    Diagnostic::new(codes::N0603, format!("expected a role that row security binds, found `{}`", group.text))
        .at(group.span, why.to_owned())
        .note("with such a membership nothing that this policy says about rows would hold")
        .help("remove it, and give the work to an administrator's role outside of this policy")
}

/// The finding for a role that nothing declares.
pub fn unknown(name: &Name, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(codes::N0601, format!("expected a role of the policy, found `{}`", name.text))
        .at(name.span, "no `role` declares it");
    match did_you_mean(&name.text, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None => diagnostic.help(format!("add `role {} {{ … }}`, with `existing;` where others create it", name.text)),
    }
}

fn check_owners(roles: &BTreeMap<String, Role>, declared: &Declarations<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut owners: BTreeMap<&QName, &Role> = BTreeMap::new();
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for role in roles.values() {
        for table in &role.owns {
            let Some(first) = owners.insert(table, role) else { continue };
            if !told.insert((&first.name, &role.name)) {
                continue;
            }
            let place = |role: &Role| declared.roles.get(role.name.as_str()).map_or(role.span, |role| role.name.span);
            diagnostics.push(
                Diagnostic::new(
                    codes::N0606,
                    format!("expected one owner of `{table}`, found `{}` and `{}`", first.name, role.name),
                )
                .at(place(role), "owns it")
                .label(place(first), "owns it too")
                .note("a table has one owner, and row security treats that one apart")
                .help("take it out of one `owns`, for example with `except`"),
            );
        }
    }
}
