//! A project whose roles go by other names.
//!
//! The problem: roles belong to a whole server, and on one that is not ours a policy's `app` may be somebody. The
//! mechanism: every name of a role is replaced in the texts of the policy and of the schema before anything is compiled,
//! at the places where the two parsers find it, so that what runs is what would be emitted for a policy that says these
//! names. A name within a string is nobody's to find: the server does not know it and says so. Statements of the schema
//! that reach beyond their database are refused.

use super::world::Failure;
use crate::catalog;
use crate::postgres::{tokens, with_tree};
use crate::project::Project;
use crate::source::{SourceId, Sources};
use crate::sql::identifier;
use crate::syntax::ast::{ExportClause, File, Name, RoleClause, Statement};
use crate::syntax::parse;
use pg_query::NodeEnum;
use pg_query::protobuf::{GrantStmt, Node, RoleSpec, RoleSpecType};
use std::collections::BTreeSet;

/// PostgreSQL cuts longer names (`NAMEDATALEN`).
const LONGEST: usize = 63;

/// The same texts with `prefix` before the name of every role that is not PostgreSQL's own.
pub fn renamed(sources: &Sources, project: &Project, prefix: &str) -> Result<Sources, Failure> {
    let schemas: BTreeSet<SourceId> = project.schemas.iter().copied().collect();
    let policies: BTreeSet<SourceId> = project.policies.iter().copied().collect();
    let mut copy = Sources::default();
    for (id, source) in sources.iter() {
        let text = if schemas.contains(&id) {
            schema(&source.text, prefix)?
        } else if policies.contains(&id) {
            policy(&parse(sources, id).file, &source.text, prefix)?
        } else {
            source.text.clone()
        };
        let _ = copy.add(source.path.clone(), text);
    }
    Ok(copy)
}

/// The name as it is written then; `None` where it stays.
fn written(name: &str, prefix: &str) -> Result<Option<String>, Failure> {
    if name == "public" || name.starts_with("pg_") {
        return Ok(None);
    }
    let longer = [prefix, name].concat();
    if longer.len() > LONGEST {
        let message = format!("expected roles of at most {} bytes, found `{name}`", LONGEST - prefix.len());
        return Err(Failure::new(message, "run it on a private server: there roles keep their names"));
    }
    Ok(Some(identifier(&longer)))
}

fn policy(file: &File, text: &str, prefix: &str) -> Result<String, Failure> {
    let mut edits = Vec::new();
    for name in file.statements.iter().flat_map(roles_of) {
        if let Some(written) = written(&name.text, prefix)? {
            edits.push((name.span.start as usize, name.span.end as usize, written));
        }
    }
    Ok(edited(text, edits))
}

fn roles_of(statement: &Statement) -> Vec<&Name> {
    match statement {
        Statement::Role(role) => {
            let groups = role.clauses.iter().filter_map(|clause| match &clause.value {
                RoleClause::In(names, _) => Some(names),
                _ => None,
            });
            std::iter::once(&role.name).chain(groups.flatten()).collect()
        }
        Statement::Grant(grant) => grant.roles.iter().collect(),
        Statement::Policy(policy) => policy.roles.iter().collect(),
        Statement::Workload(workload) => vec![&workload.role],
        Statement::Test(test) => test.role.iter().collect(),
        Statement::Export(export) => {
            let named = export.clauses.iter().filter_map(|clause| match clause {
                ExportClause::As(name) | ExportClause::ImportAs(name) => Some(name),
                _ => None,
            });
            named.collect()
        }
        _ => Vec::new(),
    }
}

/// From the last to the first, so that places stay what they are.
fn edited(text: &str, mut edits: Vec<(usize, usize, String)>) -> String {
    let mut text = text.to_owned();
    edits.sort();
    for (start, end, written) in edits.into_iter().rev() {
        if text.get(start..end).is_some() {
            text.replace_range(start..end, &written);
        }
    }
    text
}

fn schema(text: &str, prefix: &str) -> Result<String, Failure> {
    let unread = |message| Failure::new(format!("cannot read the schema: {message}"), "run `noren check`");
    let mut copy = String::with_capacity(text.len());
    for statement in catalog::statements(text).map_err(unread)? {
        copy.push_str(&renamed_statement(&statement, prefix)?);
        copy.push_str(";\n");
    }
    Ok(copy)
}

fn renamed_statement(statement: &str, prefix: &str) -> Result<String, Failure> {
    let found = with_tree(statement, |tree| {
        let node = tree.ok().and_then(|tree| tree.stmts.first()?.stmt.as_ref()?.node.as_ref());
        node.map_or(Ok(Vec::new()), |node| if reaches_out(node) { Err(()) } else { Ok(specs(node)) })
    });
    let Ok(found) = found else {
        let begin: String = statement.trim().chars().take(60).collect();
        let message = format!("expected a schema that stays within its database, found `{begin}`");
        return Err(Failure::new(message, "run it on a private server: that one is the verification's own"));
    };
    let mut edits = Vec::new();
    for (name, at) in found {
        if let (Some(written), Some(end)) = (written(&name, prefix)?, token_end(statement, at)) {
            edits.push((at, end, written));
        }
    }
    Ok(edited(statement, edits))
}

fn token_end(statement: &str, at: usize) -> Option<usize> {
    let tokens = tokens(statement)?;
    let token = tokens.iter().find(|token| usize::try_from(token.start).ok() == Some(at))?;
    usize::try_from(token.end).ok()
}

/// Whether a statement is about roles, databases or the server itself; a block may do anything.
fn reaches_out(node: &NodeEnum) -> bool {
    matches!(
        node,
        NodeEnum::DoStmt(_)
            | NodeEnum::CallStmt(_)
            | NodeEnum::LoadStmt(_)
            | NodeEnum::CreateRoleStmt(_)
            | NodeEnum::AlterRoleStmt(_)
            | NodeEnum::AlterRoleSetStmt(_)
            | NodeEnum::DropRoleStmt(_)
            | NodeEnum::GrantRoleStmt(_)
            | NodeEnum::DropOwnedStmt(_)
            | NodeEnum::ReassignOwnedStmt(_)
            | NodeEnum::CreatedbStmt(_)
            | NodeEnum::DropdbStmt(_)
            | NodeEnum::AlterDatabaseStmt(_)
            | NodeEnum::AlterDatabaseSetStmt(_)
            | NodeEnum::CreateTableSpaceStmt(_)
            | NodeEnum::DropTableSpaceStmt(_)
            | NodeEnum::AlterSystemStmt(_)
            | NodeEnum::CreateSubscriptionStmt(_)
    ) || matches!(node, NodeEnum::VariableSetStmt(set) if ["role", "session_authorization"].contains(&set.name.as_str()))
}

/// Every role that a statement names, with its place. Statements about owners are never run.
fn specs(node: &NodeEnum) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    match node {
        NodeEnum::GrantStmt(grant) => of_grant(grant, &mut found),
        NodeEnum::CreatePolicyStmt(policy) => of_nodes(&policy.roles, &mut found),
        NodeEnum::AlterPolicyStmt(policy) => of_nodes(&policy.roles, &mut found),
        NodeEnum::CreateSchemaStmt(schema) => found.extend(schema.authrole.as_ref().and_then(of_spec)),
        NodeEnum::CreateUserMappingStmt(mapping) => found.extend(mapping.user.as_ref().and_then(of_spec)),
        NodeEnum::AlterDefaultPrivilegesStmt(default) => {
            for option in &default.options {
                if let Some(NodeEnum::DefElem(option)) = &option.node
                    && let Some(NodeEnum::List(list)) = option.arg.as_ref().and_then(|arg| arg.node.as_ref())
                {
                    of_nodes(&list.items, &mut found);
                }
            }
            if let Some(grant) = &default.action {
                of_grant(grant, &mut found);
            }
        }
        _ => {}
    }
    found
}

fn of_grant(grant: &GrantStmt, found: &mut Vec<(String, usize)>) {
    of_nodes(&grant.grantees, found);
    found.extend(grant.grantor.as_ref().and_then(of_spec));
}

fn of_nodes(nodes: &[Node], found: &mut Vec<(String, usize)>) {
    let specs = nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::RoleSpec(spec)) => of_spec(spec),
        _ => None,
    });
    found.extend(specs);
}

fn of_spec(spec: &RoleSpec) -> Option<(String, usize)> {
    let named = spec.roletype() == RoleSpecType::RolespecCstring;
    named.then_some(spec.rolename.clone()).zip(usize::try_from(spec.location).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_a_schema_are_renamed_where_they_stand() {
        for (text, expected) in [
            (
                r#"GRANT SELECT ON app.app TO app, "App ""x""", PUBLIC, pg_monitor"#,
                r#"GRANT SELECT ON app.app TO n_app, "n_App ""x""", PUBLIC, pg_monitor"#,
            ),
            (
                "CREATE POLICY app ON t TO app USING (app = 'app')",
                "CREATE POLICY app ON t TO n_app USING (app = 'app')",
            ),
            (
                "ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA s GRANT SELECT ON TABLES TO b",
                "ALTER DEFAULT PRIVILEGES FOR ROLE n_a IN SCHEMA s GRANT SELECT ON TABLES TO n_b",
            ),
            ("CREATE TABLE app (app int)", "CREATE TABLE app (app int)"),
        ] {
            assert_eq!(renamed_statement(text, "n_").unwrap(), expected);
        }
    }

    #[test]
    fn what_reaches_beyond_the_database_is_refused() {
        for text in [
            "CREATE ROLE app",
            "GRANT a TO b",
            "DO $$ BEGIN END $$",
            "SET ROLE app",
            "ALTER SYSTEM SET work_mem = '1MB'",
        ] {
            assert!(renamed_statement(text, "n_").unwrap_err().message.contains("stays within"), "{text}");
        }
        let long = "r".repeat(62);
        assert!(
            renamed_statement(&format!("GRANT SELECT ON t TO {long}"), "n_").unwrap_err().message.contains("61 bytes")
        );
    }

    #[test]
    fn roles_of_a_policy_are_renamed_where_they_stand() {
        let text = "role app { login; tenants own; in \"Staff\"; }\ngrant select on app to app;\n\
                    policy app on app as permissive for select to app using (app = 'app');\nworkload app as app;\n";
        let mut sources = Sources::default();
        let id = sources.add("p.noren", text).unwrap();
        let file = parse(&sources, id).file;
        let expected = "role n_app { login; tenants own; in \"n_Staff\"; }\ngrant select on app to n_app;\n\
                        policy app on app as permissive for select to n_app using (app = 'app');\nworkload app as n_app;\n";
        assert_eq!(policy(&file, text, "n_").unwrap(), expected);
    }
}
