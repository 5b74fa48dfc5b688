//! What somebody adds by hand afterwards: a policy for everybody, a stranger with rights, a partition.
//!
//! Permissive policies are joined by OR, so one of them opens everything that nothing else keeps shut: the floor keeps
//! the roles of one tenant within it, and it or the guard keeps everybody else out.

use super::super::report::Report;
use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::case::Case;
use super::members::can_login;
use super::probe::{Actor, Expect, Prober};
use super::states::State;
use super::{arrived, owners};
use crate::catalog::{QName, TableKind};
use crate::model::access::Command;

/// Bounds of partitions, of which one may fit beside those that are there.
const BOUNDS: [&str; 5] = [
    "CREATE TABLE $1 PARTITION OF $2 DEFAULT",
    "CREATE TABLE $1 PARTITION OF $2 FOR VALUES FROM ('2031-01-01') TO ('2031-02-01')",
    "CREATE TABLE $1 PARTITION OF $2 FOR VALUES FROM ('9999-01-01') TO ('9999-02-01')",
    "CREATE TABLE $1 PARTITION OF $2 FOR VALUES FROM (2147483000) TO (2147483001)",
    "CREATE TABLE $1 PARTITION OF $2 FOR VALUES IN ('9998-01-01')",
];

/// In a copy that is thrown away.
pub(super) fn check(case: &Case<'_>, report: &mut Report) -> Result<(), Refusal> {
    let stranger = case.member(&[], None)?;
    for table in case.scoped() {
        let member = case.member_name();
        let parts = [Part::Relation(table), Part::Name(&member), Part::Name(&table.schema)];
        case.ask(&Sql::of(
            "GRANT USAGE ON SCHEMA $3 TO $2; GRANT SELECT, INSERT, UPDATE, DELETE ON $1 TO $2;
             CREATE POLICY noren_late ON $1 FOR ALL TO PUBLIC USING (true) WITH CHECK (true)",
            &parts,
        ))?;
    }
    let words = "a stranger with rights and a policy for PUBLIC".to_owned();
    Prober::new(case, Actor { words, ..stranger }, report).strange();
    let partitions = add_partitions(case);
    // Our own login is the stranger: who cannot log in was tried by day.
    for role in case.own_roles().filter(|role| can_login(role)) {
        let Some(mut actor) = arrived(case, report, Actor::login(case, &role.name), &role.name) else { continue };
        actor.words = [role.name.as_str(), "beside a policy for PUBLIC"].join(" ");
        let mut prober = Prober::new(case, actor, report);
        prober.beside_a_wide_policy();
        prober.new_partitions(&partitions);
    }
    owners(case, report);
    Ok(())
}

/// A new partition of each partitioned table, by its owner; the root of each, and why there is none.
fn add_partitions<'a>(case: &Case<'a>) -> Vec<(&'a QName, Result<QName, String>)> {
    let partitioned = |table: &&QName| {
        case.catalog.tables.get(*table).is_some_and(|table| matches!(table.kind, TableKind::Partitioned { .. }))
    };
    case.scoped()
        .filter(partitioned)
        .enumerate()
        .map(|(index, root)| (root, add_partition(case, root, index)))
        .collect()
}

fn add_partition(case: &Case<'_>, root: &QName, index: usize) -> Result<QName, String> {
    let name = QName::new(root.schema.as_str(), ["noren_night_", &index.to_string()].concat());
    let mut owner =
        case.world.engine.connect(case.database, case.owner(root)).map_err(|refusal| refusal.to_string())?;
    let mut last = String::new();
    for text in BOUNDS {
        match owner.run(&Sql::of(text, &[Part::Relation(&name), Part::Relation(root)])) {
            Ok(_) => return Ok(name),
            Err(refusal) => last = refusal.to_string(),
        }
    }
    Err(format!("no partition could be added: {last}"))
}

impl Prober<'_, '_> {
    /// Somebody whom the policy does not name: sees nothing, or is refused the function that the floor asks.
    fn strange(&mut self) {
        for state in self.case.states() {
            for table in self.case.scoped() {
                for (what, text) in [("read", "SELECT FROM $1"), ("delete", "DELETE FROM $1")] {
                    self.probe(table, what, &state, &Sql::of(text, &[Part::Relation(table)]), &Expect::NothingOrDenied);
                }
            }
        }
        for table in self.case.scoped() {
            self.family(table, "insert", |prober| prober.insert_strange(table));
        }
    }

    fn insert_strange(&mut self, table: &QName) -> Result<(), Refusal> {
        let Some(row) = self.case.foreign_row(table)? else { return Ok(()) };
        let (listed, values) = (row.listed(), row.values());
        let parts = [Part::Relation(table), Part::Sql(&listed), Part::Sql(&values)];
        let insert = Sql::of("INSERT INTO $1 ($2) OVERRIDING SYSTEM VALUE SELECT $3", &parts);
        let other = self.case.as_other();
        self.probe(table, "insert", &other, &insert, &self.case.refused_insert(table));
        Ok(())
    }

    /// A role of the policy, beside a policy that shows everybody everything.
    fn beside_a_wide_policy(&mut self) {
        for table in self.case.scoped() {
            self.family(table, "read", |prober| prober.within(table));
            self.family(table, "write", |prober| prober.written_within(table));
        }
    }

    fn written_within(&mut self, table: &QName) -> Result<(), Refusal> {
        let Some(column) = self.column_to_set(table) else { return Ok(()) };
        for (command, text) in [(Command::Update, "UPDATE $1 SET $2 = $2"), (Command::Delete, "DELETE FROM $1")] {
            for state in Case::nobody().into_iter().chain([self.case.as_one()]) {
                let within = self.case.at_most(table, command, &state);
                // What nothing is left of is not refused by a key either.
                let expect = match self.case.count(table, "t", &within)? {
                    0 => Expect::NothingOrDenied,
                    rows => Expect::AtMost(rows),
                };
                let statement = Sql::of(text, &[Part::Relation(table), Part::Name(column)]);
                let what = [command.word(), "nothing beyond the tenant"].join(" ");
                self.probe(table, &what, &state, &statement, &expect);
            }
        }
        self.insert_beside(table)
    }

    fn insert_beside(&mut self, table: &QName) -> Result<(), Refusal> {
        let Some(row) = self.case.foreign_row(table)? else { return Ok(()) };
        let (listed, values) = (row.listed(), row.values());
        let parts = [Part::Relation(table), Part::Sql(&listed), Part::Sql(&values)];
        let insert = Sql::of("INSERT INTO $1 ($2) OVERRIDING SYSTEM VALUE SELECT $3", &parts);
        let refused = self.case.refused_insert(table);
        for state in [self.case.as_one(), State::Unset] {
            self.probe(table, "insert another's row", &state, &insert, &refused);
        }
        Ok(())
    }

    fn new_partitions(&mut self, partitions: &[(&QName, Result<QName, String>)]) {
        let as_one = self.case.as_one();
        let denied = self.actor.denied();
        for (root, partition) in partitions {
            match partition {
                Ok(name) => {
                    let count = Sql::of("SELECT count(*) FROM $1", &[Part::Relation(name)]);
                    self.probe(root, "read a partition that was added", &as_one, &count, &denied);
                }
                Err(why) => self.skip(root, "read a partition that was added", why),
            }
        }
    }
}
