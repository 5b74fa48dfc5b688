//! `30_tables/` and `40_force.sql`: a transaction a table.

use super::head::{Lock, begin, head, set};
use super::rights::{capitals, grant, grants, revoke, sequence};
use super::{Access, seal};
use crate::plan::access::{PolicyPlan, RelationKind, RelationPlan};
use crate::project::Stage;
use crate::sql::access::{AccessStatement, Commented, CreatePolicy, Grantee, Object};
use crate::sql::{AlterTable, Ident, Mismatch, Script, SettingValue, Statement};
use std::collections::BTreeSet;

/// Options of a view that reads as its caller, whose rows no cheap function of the caller's sees too early.
pub(super) const AS_CALLER: [&str; 2] = ["security_barrier", "security_invoker"];

impl Access<'_> {
    /// One relation's policies, row security and grants, all at once.
    pub(super) fn relation(&self, relation: &RelationPlan) -> Result<Script, Mismatch> {
        let what = format!("{}: {}", relation.name, kind(&relation.kind));
        let place = relation.place.as_ref().map(|(span, words)| self.place(&[*span], words));
        let run = "Policies, row security and grants in one transaction. Run as the owner; safe to run again.";
        let purpose: Vec<&str> = [what.as_str()].into_iter().chain(place.as_deref()).chain([run]).collect();
        let mut script = head(&purpose);
        script.blank();
        let is_table = !matches!(relation.kind, RelationKind::View | RelationKind::MaterializedView);
        let lock = match relation.row_security {
            Some(_) => Lock::Table,
            None if relation.runs_as_caller => Lock::View,
            None => Lock::Run,
        };
        begin(&mut script, Some(&relation.name), lock);
        if relation.row_security.is_some() {
            self.policies(&mut script, relation)?;
        } else if is_table {
            clear(&mut script, relation);
        }
        if relation.runs_as_caller {
            script.run(as_caller(relation));
        }
        self.rights(&mut script, relation);
        enable(&mut script, relation);
        script.run(Statement::Commit);
        Ok(script)
    }

    fn policies(&self, script: &mut Script, relation: &RelationPlan) -> Result<(), Mismatch> {
        script.run(set(true, "lock_timeout", SettingValue::Text("2s".to_owned())));
        drop_policies(script, relation);
        for policy in &relation.policies {
            script.blank();
            script.comment(&self.place(&policy.spans, &policy.comment));
            script.run(create_policy(relation, policy));
            let on = Commented::Policy(Ident::from(policy.name.as_str()), relation.name.clone());
            let comment = Some(seal::comment(&relation.name, policy)?);
            script.run(Statement::Access(AccessStatement::Comment(on, comment)));
        }
        if !relation.policies.is_empty() {
            script.blank().comment("what the catalog holds now, for 90_assert.sql");
            script.run(Statement::Do(seal::SEAL));
        }
        script.blank();
        Ok(())
    }

    fn rights(&self, script: &mut Script, relation: &RelationPlan) {
        script.comment("what is not granted here is taken away");
        if let Some(statement) = revoke(Object::Table(relation.name.clone()), &relation.revoked, true) {
            script.run(statement);
        }
        for (spans, words, statement) in grants(relation) {
            script.comment(&self.place(&spans, &words));
            script.run(statement);
        }
        for (name, users) in &relation.sequences {
            script.comment(&format!("{name} follows from INSERT"));
            let taken = revoke(sequence(name), &relation.revoked, true).into_iter();
            for statement in taken.chain(grant("USAGE", sequence(name), users)) {
                script.run(statement);
            }
        }
        script.blank();
    }

    /// Row security for the owner too, once every table has its policies and its keys are valid.
    pub(super) fn force(&self) -> Option<Script> {
        let mut script = head(&[
            "Row security for the owner of the tables too. Last of all: an owner under FORCE changes no row that its policies",
            "hide, and validates a foreign key over the others alone. Run as the owner: psql -X -f 40_force.sql",
        ]);
        let forced: Vec<_> =
            self.plan.relations.iter().filter(|relation| relation.row_security == Some(Stage::Forced)).collect();
        for relation in &forced {
            script.blank();
            begin(&mut script, Some(&relation.name), Lock::Table);
            script.run(alter(relation, AlterTable::ForceRowSecurity(true)));
            script.run(Statement::Commit);
        }
        (!forced.is_empty()).then_some(script)
    }
}

fn kind(of: &RelationKind) -> String {
    match of {
        RelationKind::Table => "a table".to_owned(),
        RelationKind::Partitioned => "a partitioned table".to_owned(),
        RelationKind::Partition(root) => format!("a partition, to be reached through {root} only"),
        RelationKind::View => "a view".to_owned(),
        RelationKind::MaterializedView => "a materialized view".to_owned(),
    }
}

pub(super) fn alter(relation: &RelationPlan, action: AlterTable) -> Statement {
    Statement::AlterTable { table: relation.name.clone(), only: false, action }
}

/// The policies of earlier files, ours of these, and those of the schema files that are none of ours.
pub(super) fn drop_policies(script: &mut Script, relation: &RelationPlan) {
    script.run(Statement::Do(include_str!("drop_policies.sql")));
    let ours = relation.policies.iter().map(|policy| policy.name.as_str());
    let theirs = relation.before.policies.iter().map(|policy| policy.name.as_str());
    for name in ours.chain(theirs).collect::<BTreeSet<_>>() {
        let (name, table) = (Ident::from(name), relation.name.clone());
        script.run(Statement::Access(AccessStatement::DropPolicy { name, table }));
    }
}

fn create_policy(relation: &RelationPlan, policy: &PolicyPlan) -> Statement {
    let to: Vec<Grantee> = match policy.roles.as_slice() {
        [] => vec![Grantee::Public],
        roles => roles.iter().map(|role| Grantee::named(role)).collect(),
    };
    Statement::Access(AccessStatement::CreatePolicy(Box::new(CreatePolicy {
        name: Ident::from(policy.name.as_str()),
        table: relation.name.clone(),
        permissive: policy.permissive,
        command: policy.command.map_or("ALL", capitals),
        to,
        using: policy.using.clone(),
        check: policy.check.clone(),
    })))
}

/// A table that needs no row security by this policy.
fn clear(script: &mut Script, relation: &RelationPlan) {
    let flag = |on: bool| if on { SettingValue::On } else { SettingValue::Off };
    script.run(set(true, "noren.enabled", flag(relation.before.enabled)));
    script.run(set(true, "noren.forced", flag(relation.before.forced)));
    script.run(Statement::Do(include_str!("clear.sql")));
}

fn as_caller(relation: &RelationPlan) -> Statement {
    let options = AS_CALLER.map(|option| (option.to_owned(), "true".to_owned())).to_vec();
    Statement::Access(AccessStatement::SetViewOptions { view: relation.name.clone(), options })
}

/// ENABLE, and FORCE as far as it is not for `40_force.sql`.
fn enable(script: &mut Script, relation: &RelationPlan) {
    let Some(stage) = relation.row_security else { return };
    let before = &relation.before;
    let enabled = stage != Stage::Off || before.enabled;
    script.run(alter(relation, AlterTable::RowSecurity(enabled)));
    if stage != Stage::Forced {
        script.run(alter(relation, AlterTable::ForceRowSecurity(before.forced)));
    }
}
