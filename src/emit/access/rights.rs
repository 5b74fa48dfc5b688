//! GRANT and REVOKE, as several files write them.

use crate::catalog::{Grant, QName};
use crate::model::access::Command;
use crate::plan::access::{GrantPlan, RelationPlan};
use crate::source::Span;
use crate::sql::access::{AccessStatement, Grantee, Object, Privilege};
use crate::sql::{Ident, Statement};
use std::collections::BTreeMap;

/// Takes everything away.
pub(super) fn revoke(object: Object, roles: &[String], public: bool) -> Option<Statement> {
    let public = public.then_some(Grantee::Public);
    let from: Vec<Grantee> = public.into_iter().chain(roles.iter().map(|role| Grantee::named(role))).collect();
    (!from.is_empty()).then(|| Statement::Access(AccessStatement::Revoke { privileges: Vec::new(), object, from }))
}

/// Gives one privilege on a whole object.
pub(super) fn grant(privilege: &'static str, object: Object, roles: &[String]) -> Option<Statement> {
    let to: Vec<Grantee> = roles.iter().map(|role| Grantee::named(role)).collect();
    let privileges = vec![Privilege { name: privilege, columns: Vec::new() }];
    let grant = AccessStatement::Grant { privileges, object, to, grantable: false };
    (!roles.is_empty()).then_some(Statement::Access(grant))
}

/// The grants of a relation, a statement a role, each with where it comes from.
pub(super) fn grants(relation: &RelationPlan) -> Vec<(Vec<Span>, String, Statement)> {
    let mut roles: BTreeMap<&str, Vec<&GrantPlan>> = BTreeMap::new();
    for grant in &relation.grants {
        roles.entry(&grant.role).or_default().push(grant);
    }
    let of_role = |(role, grants): (&str, Vec<&GrantPlan>)| {
        let privilege = |grant: &&GrantPlan| Privilege {
            name: capitals(grant.command),
            columns: grant.columns.iter().flatten().map(|column| Ident::from(column.as_str())).collect(),
        };
        let statement = AccessStatement::Grant {
            privileges: grants.iter().map(privilege).collect(),
            object: Object::Table(relation.name.clone()),
            to: vec![Grantee::named(role)],
            grantable: false,
        };
        let spans = grants.iter().flat_map(|grant| grant.spans.iter().copied()).collect();
        let commands: Vec<&str> = grants.iter().map(|grant| grant.command.word()).collect();
        (spans, format!("{} to {role}", commands.join(", ")), Statement::Access(statement))
    };
    roles.into_iter().map(of_role).collect()
}

/// The command as GRANT and CREATE POLICY write it.
pub(super) fn capitals(command: Command) -> &'static str {
    match command {
        Command::Select => "SELECT",
        Command::Insert => "INSERT",
        Command::Update => "UPDATE",
        Command::Delete => "DELETE",
    }
}

/// Gives back what the schema files say.
pub(super) fn give_back(object: &Object, grants: &[Grant]) -> Vec<Statement> {
    let back = |grant: &Grant| {
        let columns: Vec<Ident> = grant.columns.iter().map(|column| Ident::from(column.as_str())).collect();
        let privileges: Vec<Privilege> = match (grant.privilege.as_str(), columns.is_empty()) {
            ("all", true) => Vec::new(),
            // ALL of columns is what there is of columns.
            ("all", false) => ["SELECT", "INSERT", "UPDATE", "REFERENCES"]
                .map(|name| Privilege { name, columns: columns.clone() })
                .to_vec(),
            (name, _) => vec![Privilege { columns, ..Privilege::named(name)? }],
        };
        let (object, to) = (object.clone(), vec![Grantee::named(&grant.grantee)]);
        Some(Statement::Access(AccessStatement::Grant { privileges, object, to, grantable: grant.grantable }))
    };
    grants.iter().filter_map(back).collect()
}

/// Sequences of a relation.
pub(super) fn sequence(name: &QName) -> Object {
    Object::Sequence(name.clone())
}
