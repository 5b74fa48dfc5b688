//! `00_roles.sql` and its way back: roles belong to the cluster and not to a database.

use super::Access;
use super::head::{Lock, begin, head};
use crate::emit::psql::{insert, temporary};
use crate::plan::access::RolePlan;
use crate::sql::access::AccessStatement;
use crate::sql::{Ident, Script, Statement};

const ROLE: [&str; 4] = ["name", "existing", "login", "bypassrls"];

impl Access<'_> {
    /// Roles, their attributes, their memberships.
    pub(super) fn roles(&self) -> Script {
        let mut script = head(&[
            "Makes the roles of the policy with all their attributes, and grants the memberships among them. Apart from the",
            "other files because roles belong to the whole cluster, and making them takes CREATEROLE; making one with BYPASSRLS",
            "takes a superuser up to PostgreSQL 15. Existing roles are only asserted. No passwords: give them by hand.",
            "Run as: psql -X -f 00_roles.sql. Safe to run again.",
        ]);
        script.blank();
        begin(&mut script, None, Lock::Run);
        for role in &self.plan.roles {
            script.comment(&self.place(&[role.span], &words(role)));
        }
        script.run(temporary("noren_role", &ROLE, true));
        let flag = |value: bool| if value { "true" } else { "false" }.to_owned();
        let row = |role: &RolePlan| {
            let login = role.login.map(flag).unwrap_or_default();
            vec![role.name.clone(), flag(role.existing), login, flag(role.bypass_rls)]
        };
        insert(&mut script, "noren_role", &ROLE, self.plan.roles.iter().map(row));
        script.run(Statement::Do(include_str!("roles.sql")));
        self.memberships(&mut script);
        script.run(Statement::Commit);
        script
    }

    fn memberships(&self, script: &mut Script) {
        // Whoever is a member gets the group's rights at once; a way to become the group by SET ROLE nobody needs.
        let options = (self.plan.version >= 16).then_some((true, false));
        let (asserted, granted): (Vec<_>, Vec<_>) =
            self.plan.memberships.iter().partition(|membership| membership.existing);
        for membership in granted {
            let (of, member) = (Ident::from(membership.of.as_str()), Ident::from(membership.member.as_str()));
            script.blank();
            let words = format!("role {} in {}", membership.member, membership.of);
            script.comment(&self.place(&[membership.span], &words));
            script.run(Statement::Access(AccessStatement::GrantRole { of, member, options }));
        }
        if asserted.is_empty() {
            return;
        }
        script.blank();
        for membership in &asserted {
            let words = format!("existing role {} in {}", membership.member, membership.of);
            script.comment(&self.place(&[membership.span], &words));
        }
        let columns = ["of", "member"];
        script.run(temporary("noren_member", &columns, true));
        let row =
            |membership: &&crate::plan::access::MembershipPlan| vec![membership.of.clone(), membership.member.clone()];
        insert(script, "noren_member", &columns, asserted.iter().map(row));
        script.run(Statement::Do(include_str!("members.sql")));
    }

    /// Drops what `00_roles.sql` made.
    pub(super) fn rollback_roles(&self) -> Script {
        let mut script = head(&[
            "Drops the roles that 00_roles.sql made, after rollback.sql was run in every database of the cluster that has them.",
            "A role that was there before stays, with the attributes and memberships that it has now.",
            "Run as the role that ran 00_roles.sql: psql -X -f rollback_roles.sql. Safe to run again.",
        ]);
        script.blank();
        begin(&mut script, None, Lock::Run);
        script.run(temporary("noren_role", &["name"], true));
        let made = self.plan.roles.iter().filter(|role| !role.existing);
        insert(&mut script, "noren_role", &["name"], made.map(|role| vec![role.name.clone()]));
        script.run(Statement::Do(include_str!("drop_roles.sql")));
        script.run(Statement::Commit);
        script
    }
}

fn words(role: &RolePlan) -> String {
    let login = match (role.existing, role.login) {
        (true, None) => "existing",
        (true, Some(true)) => "existing, login",
        (true, Some(false)) => "existing, nologin",
        (false, Some(true)) => "login",
        (false, _) => "nologin",
    };
    let tenants = match (role.tenants_own, role.bypass_rls) {
        (true, _) => "acts for one tenant",
        (false, true) => "acts for all tenants, by BYPASSRLS",
        (false, false) => "acts for all tenants, by policies",
    };
    format!("role {}: {login}, {tenants}", role.name)
}
