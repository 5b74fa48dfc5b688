//! Proofs over who may see what, and what the pair of schema and policy gives away all the same.
//!
//! Errors are what would not work or would leak on a server: a lookup that its role may not make, a view that runs
//! as its owner. Warnings (`lints`) are doors that row security leaves open by itself, each with the statement that
//! closes it.

mod crossing;
mod effects;
mod lints;
mod lookups;
mod memberships;
mod predicates;
mod reads;
mod recursion;
pub mod truth;
mod views;
mod writes;

pub use crossing::{Crossing, crossing_keys};
pub use lints::LEAKPROOF;
pub use predicates::is_taken_on_trust;

use crate::catalog::{Catalog, QName};
use crate::diagnostic::Diagnostic;
use crate::model::Model;
use crate::model::access::{Access, AccessSql, Command, Policy, Right, Role, Tenants};
use std::collections::BTreeSet;

/// Runs every proof; `version` is the server's major version.
pub fn check(catalog: &Catalog, model: &Model, version: u8) -> Vec<Diagnostic> {
    let case = Case { catalog, access: &model.access, version };
    let mut diagnostics = Vec::new();
    memberships::check(case, &mut diagnostics);
    lookups::check(case, &mut diagnostics);
    views::check(case, &mut diagnostics);
    predicates::check(case, &mut diagnostics);
    recursion::check(case, &mut diagnostics);
    reads::check(case, &mut diagnostics);
    writes::check(case, &mut diagnostics);
    effects::check(case, &mut diagnostics);
    lints::check(case, &mut diagnostics);
    diagnostics
}

#[derive(Clone, Copy)]
struct Case<'a> {
    catalog: &'a Catalog,
    access: &'a Access,
    version: u8,
}

impl Case<'_> {
    fn is_scoped(&self, table: &QName) -> bool {
        let root = self.catalog.partition_root(table);
        self.access.scopes.get(root).is_some_and(|scope| scope.kind.is_scoped())
    }

    /// What a role reads of a relation, its groups' rights among them; `None` when nothing.
    fn readable(&self, relation: &QName, role: &Role) -> Option<Readable> {
        let mut columns = BTreeSet::new();
        let mut whole = role.owns.contains(relation);
        let mut any = whole || role.member_of.contains_key("pg_read_all_data");
        whole |= any;
        let roles = self.access.rights.get(relation);
        for name in self.access.groups_of(&role.name).into_iter().chain([role.name.as_str()]) {
            let Some(right) = roles.and_then(|roles| roles.get(name)).and_then(|right| right.get(&Command::Select))
            else {
                continue;
            };
            any = true;
            match &right.columns {
                None => whole = true,
                Some(some) => columns.extend(some.iter().cloned()),
            }
        }
        any.then_some(if whole { Readable::Whole } else { Readable::Columns(columns) })
    }
}

impl<'a> Case<'a> {
    /// The role and its groups.
    fn names_of(self, role: &'a Role) -> BTreeSet<&'a str> {
        self.access.groups_of(&role.name).into_iter().chain([role.name.as_str()]).collect()
    }

    /// The rights to a command that a role has by itself and by its groups.
    fn rights(self, table: &QName, role: &'a Role, command: Command) -> Vec<&'a Right> {
        let Some(roles) = self.access.rights.get(table) else { return Vec::new() };
        self.names_of(role).into_iter().filter_map(|name| roles.get(name)?.get(&command)).collect()
    }

    /// Whether a policy decides over something that the role does.
    fn binds(self, policy: &Policy, role: &'a Role) -> bool {
        self.names_of(role).iter().any(|name| policy.roles.contains(*name))
            && policy.commands.iter().any(|command| !self.rights(&policy.table, role, *command).is_empty())
    }
}

/// What a policy says in SQL.
fn predicates_of(policy: &Policy) -> impl Iterator<Item = &AccessSql> {
    policy.using.iter().chain(&policy.check)
}

/// How much of a relation.
enum Readable {
    Whole,
    Columns(BTreeSet<String>),
}

fn is_own(role: &Role) -> bool {
    matches!(role.tenants, Tenants::Own)
}
