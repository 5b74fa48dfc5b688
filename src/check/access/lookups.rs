//! What policies look up: the role that they bind must be allowed to read it, and better not to write it.
//!
//! A policy's sub-select runs as whoever runs the statement: without SELECT on what it reads every statement fails.
//! And where a table says who sees what, who may write that table decides it.

use super::predicates_of;
use crate::catalog::QName;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Access, AccessSql, Command, Parent, Policy, Right, Role, ScopeKind, Tenants};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Columns by relation, each with the place that reads them.
type Reads = BTreeMap<QName, (BTreeSet<String>, Span)>;

pub(super) fn check(access: &Access, diagnostics: &mut Vec<Diagnostic>) {
    let own = access.roles.values().filter(|role| role.tenants == Tenants::Own);
    for role in own {
        let whose = Whose { access, role, groups: groups_of(access, role) };
        let mut told = BTreeSet::new();
        for table in access.rights.keys().chain(access.policies.iter().map(|policy| &policy.table)) {
            if whose.has_any(table) && told.insert((table.clone(), table.clone())) {
                whose.check_reads(table, &mut told, diagnostics);
                whose.check_writes(table, diagnostics);
            }
        }
    }
}

/// The role and every group of it: it has their rights.
struct Whose<'a> {
    access: &'a Access,
    role: &'a Role,
    groups: BTreeSet<&'a str>,
}

impl<'a> Whose<'a> {
    /// The rights to a command that it has by itself and by its groups.
    fn rights(&self, table: &QName, command: Command) -> Vec<&'a Right> {
        let Some(roles) = self.access.rights.get(table) else { return Vec::new() };
        self.groups.iter().filter_map(|name| roles.get(*name)?.get(&command)).collect()
    }

    fn has_any(&self, table: &QName) -> bool {
        Command::ALL.into_iter().any(|command| !self.rights(table, command).is_empty())
    }

    fn binds(&self, policy: &Policy) -> bool {
        self.groups.iter().any(|name| policy.roles.contains(*name))
            && policy.commands.iter().any(|command| !self.rights(&policy.table, *command).is_empty())
    }

    fn check_reads(&self, table: &QName, told: &mut BTreeSet<(QName, QName)>, diagnostics: &mut Vec<Diagnostic>) {
        let mut reads = Reads::new();
        scope_reads(self.access, table, &mut reads, &mut BTreeSet::new());
        for command in Command::ALL {
            for condition in self.rights(table, command).into_iter().flat_map(|right| &right.conditions) {
                sql_reads(condition, &mut reads);
            }
        }
        for policy in self.access.policies.iter().filter(|policy| policy.table == *table && self.binds(policy)) {
            for predicate in predicates_of(policy) {
                sql_reads(predicate, &mut reads);
            }
        }
        for (relation, (columns, span)) in reads {
            if relation != *table
                && !self.may_read(&relation, &columns)
                && told.insert((relation.clone(), relation.clone()))
            {
                diagnostics.push(self.unreadable(table, &relation, &columns, span));
            }
        }
    }

    fn may_read(&self, relation: &QName, columns: &BTreeSet<String>) -> bool {
        let of_group = |name: &&str| self.access.roles.get(*name).is_some_and(|role| reads_anyway(role, relation));
        if self.groups.iter().any(of_group) {
            return true;
        }
        let rights = self.rights(relation, Command::Select);
        if rights.iter().any(|right| right.columns.is_none()) {
            return true;
        }
        let granted: BTreeSet<&String> = rights.iter().filter_map(|right| right.columns.as_ref()).flatten().collect();
        !granted.is_empty() && columns.iter().all(|column| granted.contains(column))
    }

    fn unreadable(&self, table: &QName, relation: &QName, columns: &BTreeSet<String>, span: Span) -> Diagnostic {
        let name = &self.role.name;
        let only_some = !self.rights(relation, Command::Select).is_empty();
        let list = columns.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let grant = if only_some || !columns.is_empty() {
            format!("`grant select ({list}) on {relation} to {name};`")
        } else {
            format!("`grant select on {relation} to {name};`")
        };
        let title = format!("expected `{name}` to be granted `select` on `{relation}`, found it is not");
        let diagnostic = Diagnostic::new(codes::N0741, title)
            .at(span, format!("is looked up there whenever `{name}` touches `{table}`"))
            .note("a policy reads as whoever runs the statement: each one on this table would fail with 42501")
            .help(format!("add {grant}"));
        match self.granted_at(table) {
            Some(span) => diagnostic.label(span, format!("`{name}` is granted `{table}` here")),
            None => diagnostic,
        }
    }

    fn granted_at(&self, table: &QName) -> Option<Span> {
        let rights = Command::ALL.into_iter().flat_map(|command| self.rights(table, command));
        rights.flat_map(|right| right.spans.iter().copied()).next()
    }

    /// Tables that say who sees rows of other tenants, or of which tenant a row is.
    fn check_writes(&self, table: &QName, diagnostics: &mut Vec<Diagnostic>) {
        let mut decisive = Reads::new();
        if let Some(scope) = self.access.scopes.get(table) {
            match &scope.kind {
                ScopeKind::Through { table: pointing, columns } => {
                    let columns = columns.iter().map(|(column, _)| column.clone()).collect();
                    decisive.insert(pointing.clone(), (columns, scope.span));
                }
                ScopeKind::When(sql) => sql_reads(sql, &mut decisive),
                _ => {}
            }
        }
        let across = |policy: &&Policy| policy.across_tenants && policy.table == *table && self.binds(policy);
        for predicate in self.access.policies.iter().filter(across).flat_map(predicates_of) {
            sql_reads(predicate, &mut decisive);
        }
        for (relation, (columns, span)) in decisive {
            diagnostics.extend(self.writable(table, &relation, &columns, span));
        }
    }

    fn writable(&self, table: &QName, relation: &QName, columns: &BTreeSet<String>, span: Span) -> Option<Diagnostic> {
        let writes = |right: &&Right| {
            let touches = right.columns.as_ref().is_none_or(|own| own.iter().any(|column| columns.contains(column)));
            right.conditions.is_empty() && touches
        };
        let commands = [Command::Insert, Command::Update].into_iter();
        let right = commands.flat_map(|command| self.rights(relation, command)).find(writes)?;
        let name = &self.role.name;
        let title = format!("expected `{relation}` to be out of reach of `{name}`, found that it may write it");
        let diagnostic = Diagnostic::new(codes::N0742, title);
        let diagnostic = match right.spans.first() {
            Some(grant) => diagnostic
                .at(*grant, format!("lets `{name}` write `{relation}`"))
                .label(span, format!("`{relation}` says here whose rows of `{table}` are")),
            None => diagnostic.at(span, format!("`{relation}` says here whose rows of `{table}` are")),
        };
        Some(
            diagnostic
                .note("by a row there a session gives itself rows that were another tenant's")
                .help("take the right away, narrow it with `where`, or allow it with the reason"),
        )
    }
}

fn groups_of<'a>(access: &'a Access, role: &'a Role) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![role];
    while let Some(role) = waiting.pop() {
        if found.insert(role.name.as_str()) {
            waiting.extend(role.member_of.keys().filter_map(|name| access.roles.get(name)));
        }
    }
    found
}

fn reads_anyway(role: &Role, relation: &QName) -> bool {
    role.owns.contains(relation) || role.member_of.contains_key("pg_read_all_data")
}

fn sql_reads(sql: &AccessSql, reads: &mut Reads) {
    for relation in &sql.reads {
        let columns = sql.read_columns.get(relation).cloned().unwrap_or_default();
        add(reads, relation, columns, sql.span);
    }
}

fn add(reads: &mut Reads, relation: &QName, columns: BTreeSet<String>, span: Span) {
    reads.entry(relation.clone()).or_insert_with(|| (BTreeSet::new(), span)).0.extend(columns);
}

/// What the tenant test of a table reads elsewhere: its parent and, inside the same test, the parent's own test.
fn scope_reads(access: &Access, table: &QName, reads: &mut Reads, seen: &mut BTreeSet<QName>) {
    let Some(scope) = access.scopes.get(table).filter(|_| seen.insert(table.clone())) else { return };
    match &scope.kind {
        ScopeKind::Lookup(Parent { table: parent, columns, .. }) => {
            add(reads, parent, columns.iter().map(|(_, column)| column.clone()).collect(), scope.span);
            test_reads(access, parent, reads, scope.span);
            scope_reads(access, parent, reads, seen);
        }
        ScopeKind::Through { table: pointing, columns } => {
            add(reads, pointing, columns.iter().map(|(column, _)| column.clone()).collect(), scope.span);
            test_reads(access, pointing, reads, scope.span);
            scope_reads(access, pointing, reads, seen);
        }
        ScopeKind::When(sql) => sql_reads(sql, reads),
        ScopeKind::Column { .. } | ScopeKind::Added(_) | ScopeKind::Shared | ScopeKind::Internal => {}
    }
}

/// The columns of `table` itself that its tenant test reads.
fn test_reads(access: &Access, table: &QName, reads: &mut Reads, span: Span) {
    let columns: BTreeSet<String> = match access.scopes.get(table).map(|scope| &scope.kind) {
        Some(ScopeKind::Column { column, .. }) => BTreeSet::from([column.clone()]),
        Some(ScopeKind::Added(_)) => access.tenancy.iter().map(|tenancy| tenancy.column.clone()).collect(),
        Some(ScopeKind::Lookup(parent)) => parent.columns.iter().map(|(column, _)| column.clone()).collect(),
        Some(ScopeKind::Through { columns, .. }) => columns.iter().map(|(_, column)| column.clone()).collect(),
        Some(ScopeKind::When(sql)) => sql.columns.clone(),
        _ => BTreeSet::new(),
    };
    add(reads, table, columns, span);
}
