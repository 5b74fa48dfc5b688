//! Nobody reads or changes another tenant's rows: every table, role, command and path, in every state of a session.
//!
//! The problem: policies that read well may still leave a way in, by a view, a partition, a plan that was made for
//! somebody else. The mechanism: real logins try each way, and what should come of it is worked out once more from the
//! model (`oracle`) and asked of a superuser, whom no policy binds. A hidden row is an empty result, a missing right
//! is 42501, a tenant that is no tenant's id is 22P02.

mod alone;
mod case;
mod everyone;
mod functions;
mod members;
mod night;
mod oracle;
mod others;
mod parents;
mod probe;
mod reads;
mod sessions;
mod states;
mod views;
mod writes;

use super::engine;
use super::report::{Kind, Report};
use super::session::Refusal;
use super::text::Sql;
use super::world::{Failure, World};
use crate::catalog::QName;
use crate::model::access::Role;
use crate::project::Stage;
use case::Case;
use probe::{Actor, Prober};
use std::collections::BTreeMap;

/// A copy in which somebody has been at work.
const NIGHT: &str = "night";

/// Tries everything in a database that was brought to the policy and to which nobody is connected; its rows stay as
/// they are.
pub fn check(world: &World<'_>, report: &mut Report, database: &str) -> Result<(), Failure> {
    let Some(case) = Case::new(world, report, database)? else { return Ok(()) };
    switched_off(&case, report);
    // Statistics that are not there tell nothing.
    case.ask(&Sql::whole("ANALYZE"))?;
    by_day(&case, report);
    case.tell_unproven(report);
    case.dismiss()?;
    drop(case);
    let copy = world.copy(database, NIGHT)?;
    if let Some(case) = Case::new(world, report, &copy)? {
        night::check(&case, report)?;
    }
    engine::drop_database(world.engine, &copy)?;
    members::dismiss(world)?;
    Ok(())
}

fn by_day(case: &Case<'_>, report: &mut Report) {
    for role in case.own_roles() {
        if let Some(actor) = arrived(case, report, case.arrive(role), &role.name) {
            everything(Prober::new(case, actor, report), role);
        }
    }
    for role in case.all_roles() {
        if let Some(actor) = arrived(case, report, case.arrive(role), &role.name) {
            let mut prober = Prober::new(case, actor, report);
            prober.of_all_tenants();
            prober.what_is_not_granted();
        }
    }
    owners(case, report);
    for (one, other) in case.pairs() {
        if let Err(refusal) = members::pair(case, report, one, other) {
            let why = format!("the verification's own question was refused: {refusal}");
            report.tried(Kind::Isolation, &one.name, format!("a member of it and of {}", other.name), Err(why));
        }
    }
}

/// Each owner of scoped tables.
fn owners(case: &Case<'_>, report: &mut Report) {
    let mut owned: BTreeMap<&str, Vec<&QName>> = BTreeMap::new();
    for table in case.scoped() {
        owned.entry(case.owner(table)).or_default().push(table);
    }
    for (owner, tables) in owned {
        let Some(actor) = arrived(case, report, Actor::login(case, owner), owner) else { continue };
        let mut prober = Prober::new(case, actor, report);
        prober.owner(&tables);
    }
}

/// Tables whose row security the project leaves off.
fn switched_off(case: &Case<'_>, report: &mut Report) {
    let scoped = case.access.scopes.iter().filter(|(_, scope)| scope.kind.is_scoped());
    for (table, _) in scoped.filter(|(table, _)| case.stage(table) == Stage::Off) {
        let why = "row security is off for it by `[rls]`: every role reads what it is granted of all tenants";
        report.skipped(Kind::Isolation, &table.to_string(), "who sees and changes what", why);
    }
}

/// A login that is refused is a failure of its own.
fn arrived(case: &Case<'_>, report: &mut Report, actor: Result<Actor, Refusal>, role: &str) -> Option<Actor> {
    actor
        .map_err(|refusal| {
            let why = format!("expected to log in to `{}`, found {refusal}", case.database);
            report.tried(Kind::Isolation, role, "logs in", Err(why));
        })
        .ok()
}

/// What is tried by somebody who acts for one tenant.
fn everything(mut prober: Prober<'_, '_>, role: &Role) {
    prober.read_everything();
    prober.write_everything();
    prober.merge_everything();
    prober.partitions();
    prober.what_is_not_granted();
    prober.parents();
    prober.through_views();
    prober.stored_views();
    prober.through_functions();
    prober.functions_not_granted();
    prober.statistics();
    if prober.actor.becomes.is_none() {
        let root = prober.case.tenancy.root.clone();
        prober.family(&root, "read in two sessions", |prober| prober.sessions(&role.name));
    }
}
