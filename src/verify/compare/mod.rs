//! The same queries with and without the policy: what row security costs, before it is switched on.
//!
//! The problem: a policy adds a condition that the planner must serve, and what it serves badly shows only on tables of
//! some size. The mechanism: rows are multiplied (`multiply`), each query is explained in turn as the role that would
//! run it and as a superuser, whom no policy binds, and what differs is told: the ratio of the median times, the buffers
//! touched, another way into a table (`plans`), and the index that would help.

mod multiply;
mod plans;

use super::report::Report;
use super::session::{Refusal, Session};
use super::text::{Part, Sql};
use super::world::{Failure, World};
use crate::catalog;
use crate::model::access::{Tenancy, Tenants};
use plans::Plan;

/// Each query runs so often each way, in turn.
const RUNS: usize = 7;
/// What stands for the tenant in a query.
const TENANT: &str = ":'tenant'";

/// Queries of a user's own.
#[derive(Clone, Copy, Debug)]
pub struct Queries<'a> {
    /// Statements of SQL; `:'tenant'` stands for the tenant, as in psql, and a comment line `-- as ROLE` before a
    /// statement says who runs it and those that follow.
    pub text: &'a str,
    /// How many rows each table should have, where its keys allow it.
    pub rows: u64,
}

/// One statement, and who runs it.
struct Query {
    sql: String,
    role: String,
}

/// Runs the queries both ways and notes what differs.
pub fn check(world: &World<'_>, queries: &Queries<'_>, report: &mut Report) -> Result<(), Failure> {
    let Some(tenancy) = &world.model.access.tenancy else {
        let message = "expected a policy with a tenancy: without one there is no row security to compare";
        return Err(Failure::new(message, "declare `tenancy` in the policy"));
    };
    let large = world.copy(world.source(), "large")?;
    for note in multiply::tables(world.superuser(&large)?.as_mut(), world.catalog, &tenancy.root, queries.rows)? {
        report.notes.push(("rows".to_owned(), note));
    }
    world.apply(&large).map_err(|message| Failure::new(message, "run `noren verify` without --compare"))?;
    let mut free = world.superuser(&large)?;
    free.run(&Sql::whole("VACUUM (ANALYZE)"))?;
    let tenant = largest_tenant(free.as_mut(), world, tenancy)?;
    for (place, query) in read(queries.text, world)?.iter().enumerate() {
        let mut bound = world.engine.connect(&large, &query.role)?;
        let setting = [Part::Text(&tenancy.setting), Part::Text(&tenant.setting)];
        bound.run(&Sql::of("SELECT set_config($1, $2, false)", &setting))?;
        let sql = bind(&query.sql, &tenant.id);
        let subject = format!("query {} as {}", place + 1, query.role);
        match both_ways(free.as_mut(), bound.as_mut(), &sql) {
            Ok((without, with)) => {
                let notes = plans::differences(free.as_mut(), &without, &with, &world.model.access)?;
                report.notes.extend(notes.into_iter().map(|note| (subject.clone(), note)));
            }
            Err(refusal) => report.notes.push((subject, format!("cannot be compared: {refusal}"))),
        }
    }
    Ok(())
}

struct Tenant {
    /// Its key.
    id: String,
    /// What the setting is set to.
    setting: String,
}

/// The tenant with most rows in the tables that have a tenant column: what is slow, is slow there.
fn largest_tenant(session: &mut dyn Session, world: &World<'_>, tenancy: &Tenancy) -> Result<Tenant, Failure> {
    let counted = |(table, column): (&crate::catalog::QName, &str)| {
        Sql::of("SELECT $1::text AS tenant FROM $2", &[Part::Name(column), Part::Relation(table)])
    };
    let access = &world.model.access;
    let scoped = access.scopes.iter().filter(|(_, scope)| scope.kind.is_scoped());
    let tables: Vec<Sql> =
        scoped.filter_map(|(table, _)| Some((table, access.tenant_column(table)?))).map(counted).collect();
    let all = Sql::joined(&tables, " UNION ALL ");
    let most = Sql::of(
        "SELECT tenant FROM ($1) AS rows WHERE tenant IS NOT NULL GROUP BY tenant ORDER BY count(*) DESC, tenant LIMIT 1",
        &[Part::Sql(&all)],
    );
    let answer = session.run(&most)?;
    let no_rows = || Failure::new("expected rows of a tenant, found none", "give rows in `fixtures/*.sql`");
    let id = answer.value().ok_or_else(no_rows)?.to_owned();
    let one = if tenancy.many { "SELECT ARRAY[$1]::text" } else { "SELECT $1" };
    let setting = session.run(&Sql::of(one, &[Part::Text(&id)]))?.value().unwrap_or_default().to_owned();
    Ok(Tenant { id, setting })
}

fn read(text: &str, world: &World<'_>) -> Result<Vec<Query>, Failure> {
    let roles = &world.model.access.roles;
    let acts =
        |name: &&String| roles.get(*name).is_some_and(|role| role.login == Some(true) && role.tenants == Tenants::Own);
    let mut role = roles.keys().find(acts).cloned();
    let mut queries = Vec::new();
    // The parser knows no psql variable; a string of its own stands for it.
    let text = text.replace(TENANT, PLACE);
    let statements = catalog::statements(&text).map_err(|message| {
        Failure::new(format!("cannot read the queries: {message}"), "write statements of plain SQL")
    })?;
    let mut rest = text.as_str();
    for statement in statements {
        // Comments stand between the statements, or in them.
        let place = rest.find(&statement).unwrap_or_default();
        let (before, after) = rest.split_at(place + statement.len());
        rest = after;
        if let Some(named) = before.lines().filter_map(|line| line.trim().strip_prefix("-- as ")).next_back() {
            role = Some(named.trim().to_owned());
        }
        let Some(role) = role.clone().filter(|role| roles.contains_key(role)) else {
            let named = role.unwrap_or_default();
            let message = format!("expected a role of the policy to run the queries as, found `{named}`");
            return Err(Failure::new(message, "put `-- as ROLE` before the first statement"));
        };
        queries.push(Query { sql: statement.trim().to_owned(), role });
    }
    Ok(queries)
}

const PLACE: &str = "'\u{1}tenant\u{1}'";

fn bind(sql: &str, tenant: &str) -> Sql {
    let pieces: Vec<Sql> = sql.split(PLACE).map(Sql::whole).collect();
    let tenant = Sql::of("$1", &[Part::Text(tenant)]);
    let mut bound: Vec<Sql> = Vec::new();
    for piece in pieces {
        if !bound.is_empty() {
            bound.push(tenant.clone());
        }
        bound.push(piece);
    }
    Sql::joined(&bound, "")
}

/// Medians of plans without and with the policy.
fn both_ways(free: &mut dyn Session, bound: &mut dyn Session, sql: &Sql) -> Result<(Plan, Plan), Refusal> {
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        without.push(plans::explain(free, sql)?);
        with.push(plans::explain(bound, sql)?);
    }
    Ok((plans::median(without), plans::median(with)))
}
