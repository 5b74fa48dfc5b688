//! What a role may really do: its own rights and those of every role that it is a member of.
//!
//! `WITH INHERIT FALSE` is never written by us, so a membership always brings the group's rights.

use super::access::{Access, Command, Policy, Right, Rights, Role, ScopeKind, Tenants};
use crate::catalog::QName;
use std::collections::BTreeSet;

/// One way in which a role has a command on a relation.
#[derive(Clone, Copy, Debug)]
pub struct Effective<'a> {
    /// The table or view.
    pub relation: &'a QName,
    /// The command.
    pub command: Command,
    /// The right.
    pub right: &'a Right,
    /// The role that was granted it: the role itself or one that it is a member of.
    pub through: &'a str,
}

/// Which rows a right reaches before its own conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The table has no tenant.
    Every,
    /// Those of the session's tenant.
    OwnTenant,
    /// Those of all tenants.
    AllTenants,
}

impl Access {
    /// The role and every role of the policy or of PostgreSQL that it is a member of, directly or not.
    pub fn groups<'a>(&'a self, role: &'a str) -> BTreeSet<&'a str> {
        let mut groups = BTreeSet::from([role]);
        let mut open = vec![role];
        while let Some(role) = open.pop() {
            let direct = self.roles.get(role).into_iter().flat_map(|role| role.member_of.keys());
            open.extend(direct.map(String::as_str).filter(|group| groups.insert(group)));
        }
        groups
    }

    /// Everything that a role may do under these rights, by relation and command.
    pub fn effective<'a>(&'a self, rights: &'a Rights, role: &'a str) -> Vec<Effective<'a>> {
        let groups = self.groups(role);
        let mut found = Vec::new();
        for (relation, by_role) in rights {
            for (through, rights) in by_role.iter().filter(|(through, _)| groups.contains(through.as_str())) {
                found.extend(rights.iter().map(|(command, right)| Effective {
                    relation,
                    command: *command,
                    right,
                    through: through.as_str(),
                }));
            }
        }
        found.sort_by_key(|effective| (effective.relation, effective.command, effective.through));
        found
    }

    /// Which rows of a table a role reaches.
    pub fn reach(&self, table: &QName, role: &Role) -> Reach {
        match self.scopes.get(table).map(|scope| &scope.kind) {
            Some(kind) if !kind.is_scoped() => Reach::Every,
            Some(_) if matches!(role.tenants, Tenants::All { .. }) => Reach::AllTenants,
            Some(_) => Reach::OwnTenant,
            None => Reach::Every,
        }
    }

    /// Policies of the user's own that bind a role on a table for a command, itself or as a member.
    pub fn policies_of<'a>(&'a self, table: &QName, command: Command, role: &'a str) -> Vec<&'a Policy> {
        let groups = self.groups(role);
        let binds = |policy: &&Policy| {
            policy.table == *table
                && policy.commands.contains(&command)
                && policy.roles.iter().any(|role| groups.contains(role.as_str()))
        };
        self.policies.iter().filter(binds).collect()
    }

    /// The column that holds a table's tenant, also where it is still to be added.
    pub fn tenant_column(&self, table: &QName) -> Option<&str> {
        match &self.scopes.get(table)?.kind {
            ScopeKind::Column { column, .. } => Some(column),
            ScopeKind::Added(_) => self.tenancy.as_ref().map(|tenancy| tenancy.column.as_str()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Sources, Span};
    use std::collections::BTreeMap;

    fn role(name: &str, groups: &[&str]) -> (String, Role) {
        let source = Sources::default().add("policy.noren", "").expect("room");
        let role = Role {
            name: name.to_owned(),
            login: Some(true),
            tenants: Tenants::Own,
            member_of: groups.iter().map(|group| ((*group).to_owned(), None)).collect(),
            existing: false,
            owns: BTreeSet::new(),
            span: Span::new(source, 0, 0),
        };
        (name.to_owned(), role)
    }

    #[test]
    fn rights_come_down_every_membership_and_a_circle_ends() {
        let right = Right { columns: None, conditions: Vec::new(), spans: Vec::new() };
        let table = QName::new("public", "users");
        let access = Access {
            roles: [role("a", &["b"]), role("b", &["c"]), role("c", &["a"]), role("d", &[])].into(),
            rights: BTreeMap::from([(
                table.clone(),
                BTreeMap::from([("c".to_owned(), BTreeMap::from([(Command::Select, right)]))]),
            )]),
            ..Access::default()
        };
        let of = |name: &str| {
            access.effective(&access.rights, name).iter().map(|found| found.through.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of("a"), ["c"]);
        assert_eq!(of("d"), Vec::<String>::new());
    }
}
