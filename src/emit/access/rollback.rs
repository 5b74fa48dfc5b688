//! `rollback.sql`: a database as the schema files say it was.
//!
//! A table's rights go before its row security does, in one transaction, so that nobody sees more on the way than before
//! or after. No row and no column is touched.

use super::Access;
use super::head::{Lock, begin, head, set};
use super::rights::{give_back, revoke, sequence};
use super::tables::{AS_CALLER, alter, drop_policies};
use crate::catalog::{Expression, RowPolicy};
use crate::emit::psql::{insert, temporary};
use crate::plan::access::{RelationKind, RelationPlan};
use crate::sql::access::{AccessStatement, CreatePolicy, Grantee, Object};
use crate::sql::{AlterTable, Expr, Ident, Script, SettingValue, SourceSql, Statement};

impl Access<'_> {
    pub(super) fn rollback(&self) -> Script {
        let mut script = head(&[
            "The way back: row security, policies, views and grants as the schema files say they were, a transaction a table.",
            "Never touches a row or a column; the columns of 20_tenancy go back in their own folders. Roles stay:",
            "rollback_roles.sql drops them. Run as the owner: psql -X -f rollback.sql. Safe to run again and to stop anywhere.",
        ]);
        for relation in self.plan.relations.iter().rev() {
            script.blank().comment(&relation.name.to_string());
            let lock = match relation.row_security {
                Some(_) => Lock::Table,
                None if relation.runs_as_caller => Lock::View,
                None => Lock::Run,
            };
            begin(&mut script, Some(&relation.name), lock);
            back(&mut script, relation);
            script.run(Statement::Commit);
        }
        self.rest(&mut script);
        script
    }

    /// Schemas, functions, default privileges and what reads the settings.
    fn rest(&self, script: &mut Script) {
        script.blank().comment("schemas, functions, default privileges, and the functions that read settings");
        begin(script, None, Lock::Run);
        let strangers = self.strangers().into_iter().map(|role| vec![role]);
        script.run(temporary("noren_grantee", &["name"], true));
        insert(script, "noren_grantee", &["name"], strangers);
        script.run(Statement::Do(include_str!("give_back.sql")));
        script.run(Statement::Do(include_str!("drop_functions.sql")));
        script.run(Statement::Commit);
    }
}

fn back(script: &mut Script, relation: &RelationPlan) {
    let object = Object::Table(relation.name.clone());
    run(script, revoke(object.clone(), &relation.revoked, true));
    for (name, _) in &relation.sequences {
        run(script, revoke(sequence(name), &relation.revoked, true));
    }
    if relation.row_security.is_some() {
        script.run(set(true, "lock_timeout", SettingValue::Text("2s".to_owned())));
        drop_policies(script, relation);
        for policy in &relation.before.policies {
            script.run(their_policy(relation, policy));
        }
        script.run(alter(relation, AlterTable::ForceRowSecurity(relation.before.forced)));
        script.run(alter(relation, AlterTable::RowSecurity(relation.before.enabled)));
    }
    if relation.runs_as_caller && relation.kind == RelationKind::View {
        options_back(script, relation);
    }
    run(script, give_back(&object, &relation.before.grants));
    for (name, grants) in &relation.before.sequences {
        run(script, give_back(&sequence(name), grants));
    }
}

fn run(script: &mut Script, statements: impl IntoIterator<Item = Statement>) {
    for statement in statements {
        script.run(statement);
    }
}

fn options_back(script: &mut Script, relation: &RelationPlan) {
    let view = &relation.name;
    let (had, new): (Vec<&str>, Vec<&str>) =
        AS_CALLER.iter().copied().partition(|option| relation.before.options.contains_key(*option));
    if !new.is_empty() {
        let options = new.into_iter().map(str::to_owned).collect();
        script.run(Statement::Access(AccessStatement::ResetViewOptions { view: view.clone(), options }));
    }
    let value = |option: &str| relation.before.options.get(option).cloned().unwrap_or_default();
    let options: Vec<(String, String)> = had.into_iter().map(|option| (option.to_owned(), value(option))).collect();
    if !options.is_empty() {
        script.run(Statement::Access(AccessStatement::SetViewOptions { view: view.clone(), options }));
    }
}

/// A policy of the schema files, in the words of their own parse.
fn their_policy(relation: &RelationPlan, policy: &RowPolicy) -> Statement {
    let test = |of: &Option<Expression>| of.as_ref().map(|of| Expr::Source(SourceSql { text: of.sql.clone() }));
    let command = match policy.command.as_str() {
        "select" => "SELECT",
        "insert" => "INSERT",
        "update" => "UPDATE",
        "delete" => "DELETE",
        _ => "ALL",
    };
    Statement::Access(AccessStatement::CreatePolicy(Box::new(CreatePolicy {
        name: Ident::from(policy.name.as_str()),
        table: relation.name.clone(),
        permissive: policy.permissive,
        command,
        to: policy.roles.iter().map(|role| Grantee::named(role)).collect(),
        using: test(&policy.using),
        check: test(&policy.check),
    })))
}
