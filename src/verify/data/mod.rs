//! Rows made from a live catalog, for any schema.
//!
//! The problem: a schema that we have not seen has checks, domains, partitions, cycles and types of its own, and rows
//! that are too tame find no fault. The mechanism: every type has *families* of values (`types`, `values`),
//! adversarial ones first. A family is asked for samples, and the server says whether a column's domain and
//! single-column checks accept them; only accepted families are drawn from. What involves several columns is met by
//! trying: each row is its own statement, and rows that the server refuses are made again (`rows`). Foreign keys take
//! rows that are there, of one tenant where there are tenants (`tenants`); self-references and cycles are set
//! afterwards (`cycles`). Triggers rest meanwhile (they are not under test), so foreign keys are verified at the end,
//! here and not by the server (`proof`).
//!
//! The same seed makes the same rows: nothing is drawn from the server's clock, its object ids or the order of its heap.

mod cycles;
mod literals;
mod pattern;
mod proof;
mod random;
mod rows;
mod schema;
mod tenants;
mod types;
mod values;

pub use proof::broken_foreign_keys;
pub use tenants::Tenants;

use super::report::{Kind, Report};
use super::session::{Refusal, Session};
use super::text::{Part, Sql};
use crate::catalog::QName;
use crate::model::access::Access;
use rows::Filler;
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};

/// How rows are made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The same seed makes the same rows.
    pub seed: u64,
    /// Whose rows they are to be; without it nobody's.
    pub access: Option<&'a Access>,
}

/// What was filled.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    /// Rows by table: base tables and partition roots.
    pub rows: BTreeMap<QName, usize>,
    /// Tables that have no row, each with the last thing that the server said about it.
    pub unfilled: BTreeMap<QName, String>,
    /// Columns of filled tables that hold nothing but NULL, as `schema.table.column`.
    pub hollow: Vec<String>,
    /// Foreign keys that do not hold, as `table constraint`.
    pub broken: Vec<String>,
    /// The two tenants that have rows wherever that can be; `None` without a tenancy.
    pub tenants: Option<Tenants>,
    /// Scoped tables in which one of the two has no row, with those that have.
    pub lopsided: BTreeMap<QName, Vec<String>>,
    /// Tables whose rows belong to tenants.
    pub scoped: BTreeSet<QName>,
}

/// Fills every table of a database, beside the rows that are there. The session is a superuser's.
pub fn fill(session: &mut dyn Session, options: Options<'_>) -> Result<Filled, Refusal> {
    // Values are written and read back as text: a server's own settings must not change what they say.
    session.run(&Sql::whole(SETTINGS))?;
    let loud = session.run(&Sql::whole(LOUD_TRIGGERS))?.rows;
    for statement in loud.iter().filter_map(|row| row.first()?.as_deref()) {
        session.run(&Sql::whole(statement))?;
    }
    let filled = fill_quiet(session, options);
    for statement in loud.iter().filter_map(|row| row.get(1)?.as_deref()) {
        session.run(&Sql::whole(statement))?;
    }
    session.run(&Sql::whole("RESET ALL"))?;
    filled
}

fn fill_quiet(session: &mut dyn Session, options: Options<'_>) -> Result<Filled, Refusal> {
    let mut filler = Filler::new(session, options)?;
    let mut outcome = Filled::default();
    filler.start_sequences()?;
    for table in filler.tables().iter() {
        let (count, refused) = filler.fill_table(table)?;
        let name = table.qname();
        if count == 0 {
            outcome.unfilled.insert(name.clone(), refused);
        }
        outcome.rows.insert(name, count);
    }
    cycles::close(&mut filler)?;
    proof::refresh(filler.session)?;
    filler.session.run(&Sql::whole("ANALYZE"))?;
    let tables = filler.tables();
    outcome.hollow = proof::hollow(filler.session, &tables)?;
    outcome.broken = proof::broken_foreign_keys(filler.session)?;
    outcome.scoped = outcome.rows.keys().filter(|table| filler.placement.is_scoped(table)).cloned().collect();
    outcome.lopsided = lopsided(&mut filler, &outcome)?;
    outcome.tenants = filler.placement.tenants;
    Ok(outcome)
}

fn lopsided(filler: &mut Filler<'_>, outcome: &Filled) -> Result<BTreeMap<QName, Vec<String>>, Refusal> {
    let mut lopsided = BTreeMap::new();
    for table in outcome.scoped.iter().filter(|table| !outcome.unfilled.contains_key(*table)) {
        let present = filler.placement.present(filler.session, table)?;
        if present.len() < 2 {
            lopsided.insert(table.clone(), present);
        }
    }
    Ok(lopsided)
}

/// Tells of each table whether it has rows to show anything by.
pub fn check(filled: &Filled, report: &mut Report) {
    for (table, count) in &filled.rows {
        let subject = table.to_string();
        let result =
            filled.unfilled.get(table).map_or(Ok(()), |why| Err([GIVE, "the server said last: ", why].concat()));
        report.tried(Kind::Data, &subject, "has rows", result);
        if let Some(present) = filled.lopsided.get(table).filter(|_| *count > 0) {
            let found = if present.is_empty() { "none".to_owned() } else { present.join(", ") };
            let why = ["expected rows of two tenants, found those of ", &found, "; ", GIVE].concat();
            report.tried(Kind::Data, &subject, "has rows of two tenants", Err(why));
        } else if filled.scoped.contains(table) && *count > 0 {
            report.tried(Kind::Data, &subject, "has rows of two tenants", Ok(()));
        }
    }
    for key in &filled.broken {
        report.tried(Kind::Data, key, "foreign key holds", Err(["some row points nowhere; ", GIVE].concat()));
    }
}

const GIVE: &str = "give rows for this table in `fixtures/*.sql` of the project's folder\n";

/// A query's one value, which is JSON.
fn json<T: for<'d> Deserialize<'d>>(session: &mut dyn Session, query: &Sql) -> Result<T, Refusal> {
    let answer = session.run(query)?;
    serde_json::from_str(answer.value().unwrap_or("null")).map_err(|error| Refusal {
        sqlstate: String::new(),
        message: ["an unexpected answer: ", &error.to_string()].concat(),
    })
}

/// A piece of SQL that the server printed.
fn printed<'d, D: Deserializer<'d>>(from: D) -> Result<Sql, D::Error> {
    String::deserialize(from).map(Sql::whole)
}

/// `($1)::$2`
fn cast(value: &Sql, data_type: &Sql) -> Sql {
    Sql::of("($1)::$2", &[Part::Sql(value), Part::Sql(data_type)])
}

const SETTINGS: &str = "SET session_replication_role = replica; SET client_min_messages = error; SET DateStyle = 'ISO, YMD'; \
    SET IntervalStyle = postgres; SET TimeZone = 'UTC'; SET bytea_output = hex; SET lc_monetary = 'C'";

/// What silences a trigger that fires in a replica, and what puts it back.
const LOUD_TRIGGERS: &str = r"
SELECT format('ALTER TABLE ONLY %I.%I DISABLE TRIGGER %I', n.nspname, c.relname, t.tgname),
  format('ALTER TABLE ONLY %I.%I ENABLE %s TRIGGER %I', n.nspname, c.relname, CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END, t.tgname)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled IN ('A', 'R') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1";
