//! Logins that have rights by membership: of roles that cannot log in, and of every two roles at once.

use super::super::report::Report;
use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::super::world::World;
use super::case::Case;
use super::probe::{Actor, Expect, Prober};
use super::reads::row_of;
use crate::catalog::QName;
use crate::model::access::{Command, Role, Tenants};
use std::collections::BTreeMap;

/// Ours, and gone at the end.
const MEMBER: &str = "probe";

/// Of an existing role of which nothing was said it is taken that it can.
pub(super) fn can_login(role: &Role) -> bool {
    role.login == Some(true) || (role.existing && role.login.is_none())
}

impl Case<'_> {
    /// What our login is called.
    pub(super) fn member_name(&self) -> String {
        self.world.own(MEMBER)
    }

    /// A new login that is a member of these roles, and becomes one of them in each transaction.
    pub(super) fn member(&self, roles: &[&str], becomes: Option<&str>) -> Result<Actor, Refusal> {
        self.dismiss()?;
        let member = self.member_name();
        self.ask(&Sql::of("CREATE ROLE $1 LOGIN", &[Part::Name(&member)]))?;
        for role in roles {
            self.ask(&Sql::of("GRANT $1 TO $2", &[Part::Name(role), Part::Name(&member)]))?;
        }
        let session = self.world.engine.connect(self.database, &member)?;
        let hats = self.hats(becomes.as_ref().map_or(roles, std::slice::from_ref));
        let words = match becomes {
            Some(one) if roles.len() == 1 => one.to_owned(),
            Some(one) => format!("a member of {} as {one}", roles.join(" and ")),
            None => format!("a member of {}", roles.join(" and ")),
        };
        Ok(Actor { session, hats, becomes: becomes.map(str::to_owned), words })
    }

    /// As a role: by its own login, or by a member that becomes it.
    pub(super) fn arrive(&self, role: &Role) -> Result<Actor, Refusal> {
        if can_login(role) { Actor::login(self, &role.name) } else { self.member(&[&role.name], Some(&role.name)) }
    }

    /// Takes our login away.
    pub(super) fn dismiss(&self) -> Result<(), Refusal> {
        self.ask(&without_member(self.world)).map(drop)
    }

    /// Every two roles of which one acts for one tenant.
    pub(super) fn pairs(&self) -> Vec<(&Role, &Role)> {
        let plain: Vec<&Role> = self.access.roles.values().filter(|role| role.owns.is_empty()).collect();
        let mut pairs = Vec::new();
        for (index, one) in plain.iter().enumerate() {
            for other in plain.iter().skip(index + 1) {
                // Who is a member of two that act over all tenants may do so too.
                if one.tenants == Tenants::Own || other.tenants == Tenants::Own {
                    pairs.push((*one, *other));
                }
            }
        }
        pairs
    }
}

/// Takes our login away, where the database in which it had rights is gone.
pub(super) fn dismiss(world: &World<'_>) -> Result<(), Refusal> {
    world.maintenance()?.run(&without_member(world)).map(drop)
}

fn without_member(world: &World<'_>) -> Sql {
    Sql::of("DROP ROLE IF EXISTS $1", &[Part::Name(&world.own(MEMBER))])
}

/// A member of two roles: with the rights of both, and as each of them.
pub(super) fn pair(case: &Case<'_>, report: &mut Report, one: &Role, other: &Role) -> Result<(), Refusal> {
    let names = [one.name.as_str(), other.name.as_str()];
    let own = [one, other].map(|role| role.tenants == Tenants::Own);
    if own == [true, true] {
        let mut prober = Prober::new(case, case.member(&names, None)?, report);
        prober.read_everything();
        prober.write_everything();
        prober.merge_everything();
        prober.parents();
        prober.through_views();
        prober.through_functions();
    } else {
        let mut prober = Prober::new(case, case.member(&names, None)?, report);
        for table in case.scoped() {
            prober.family(table, "read", |prober| prober.within(table));
        }
    }
    for role in [one, other].into_iter().filter(|role| role.tenants == Tenants::Own) {
        let mut prober = Prober::new(case, case.member(&names, Some(&role.name))?, report);
        prober.read_everything();
    }
    Ok(())
}

impl Prober<'_, '_> {
    /// Somebody of whom the floor asks for a tenant reads nothing beyond it, whatever else they are a member of.
    pub(super) fn within(&mut self, table: &QName) -> Result<(), Refusal> {
        let columns = self.readable(table);
        if columns.is_empty() {
            return Ok(());
        }
        for state in self.case.states() {
            let row = row_of(&columns);
            let theirs = self.case.at_most(table, Command::Select, &state);
            let parts = [Part::Sql(&row), Part::Relation(table), Part::Sql(&theirs)];
            let mut allowed: BTreeMap<String, usize> = BTreeMap::new();
            for row in self.case.column(&Sql::of("SELECT $1 FROM $2 t WHERE $3", &parts))? {
                *allowed.entry(row).or_default() += 1;
            }
            let read = Sql::of("SELECT $1 FROM $2 t", &parts);
            self.probe(table, "read nothing beyond the tenant", &state, &read, &Expect::Among(allowed));
        }
        Ok(())
    }
}
