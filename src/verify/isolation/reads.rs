//! What is read of a table: plainly, sampled, by COPY, by a cursor, and by a plan that was made for another tenant.

use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::case::Case;
use super::oracle::Eyes;
use super::probe::{Expect, Prober};
use super::states::State;
use crate::catalog::QName;
use crate::model::access::Command;

/// `ROW(t.a, t.b)::text`
pub(super) fn row_of(columns: &[&str]) -> Sql {
    let listed: Vec<Sql> = columns.iter().map(|name| Sql::of("t.$1", &[Part::Name(name)])).collect();
    Sql::of("ROW($1)::text", &[Part::Sql(&Sql::joined(&listed, ", "))])
}

/// Count and digest of some rows of a relation.
pub(super) fn digest(row: &Sql, from: &Sql, condition: &Sql) -> Sql {
    Sql::of(
        "SELECT count(*) || ' ' || coalesce(md5(string_agg($1, '|' ORDER BY $1 COLLATE \"C\")), '') FROM $2 WHERE $3",
        &[Part::Sql(row), Part::Sql(from), Part::Sql(condition)],
    )
}

fn every_row() -> Sql {
    Sql::whole("true")
}

impl Case<'_> {
    /// The digest that somebody with these rights should see, and how many rows that is.
    pub(super) fn expected(
        &self,
        table: &QName,
        columns: &[&str],
        hats: &[String],
        tenants: &[String],
    ) -> Result<(String, u64), Refusal> {
        let seen = self.may(table, Command::Select, "t", &Eyes::with(tenants, hats));
        let from = Sql::of("$1 t", &[Part::Relation(table)]);
        let value = self.value(&digest(&row_of(columns), &from, &seen))?.unwrap_or_default();
        let count = value.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
        Ok((value, count))
    }
}

impl Prober<'_, '_> {
    /// All tables in one state, then in the next: the first is that of a session in which nothing was ever set.
    pub(super) fn read_everything(&mut self) {
        for state in self.case.states() {
            for table in self.case.scoped() {
                self.family(table, "read", |prober| prober.reads(table, &state));
            }
        }
        for table in self.case.scoped() {
            let count = Sql::of("SELECT count(*) FROM $1", &[Part::Relation(table)]);
            if self.has(table, Command::Select) {
                self.probe(table, "read", &State::Junk, &count, &Expect::NothingOrJunk);
            }
        }
    }

    fn reads(&mut self, table: &QName, state: &State) -> Result<(), Refusal> {
        let columns = self.readable(table);
        if columns.is_empty() {
            let count = Sql::of("SELECT count(*) FROM $1", &[Part::Relation(table)]);
            let denied = self.actor.denied();
            self.probe(table, "read what is not granted", state, &count, &denied);
            return Ok(());
        }
        let hats = self.actor.hats.clone();
        let (expected, count) = self.case.expected(table, &columns, &hats, state.tenants())?;
        let expected = Expect::Value(expected);
        let row = row_of(&columns);
        let read = digest(&row, &Sql::of("$1 t", &[Part::Relation(table)]), &every_row());
        self.probe(table, "read", state, &read, &expected);
        if self.case.is_local(table) {
            let sampled = Sql::of("$1 t TABLESAMPLE BERNOULLI (100)", &[Part::Relation(table)]);
            self.probe(table, "read by TABLESAMPLE", state, &digest(&row, &sampled, &every_row()), &expected);
        }
        let cursor = Sql::of(
            "DECLARE noren_cursor CURSOR FOR SELECT $1 FROM $2 t; MOVE ALL noren_cursor",
            &[Part::Sql(&row), Part::Relation(table)],
        );
        self.probe(table, "read by a cursor", state, &cursor, &Expect::Rows(count));
        self.read_prepared(table, state, &read, &expected);
        self.read_by_copy(table, &columns, state)
    }

    /// The plan is made for one tenant and used for another.
    fn read_prepared(&mut self, table: &QName, state: &State, read: &Sql, expected: &Expect) {
        // Once it was set, it can only be emptied.
        if *state == State::Unset {
            return;
        }
        let first = if *state == self.case.as_other() { self.case.as_one() } else { self.case.as_other() };
        let (before, after) = (self.case.enter(&first), self.case.enter(state));
        let parts = [&before, read, &after].map(Part::Sql);
        let prepared = Sql::of(
            "DEALLOCATE ALL; SET LOCAL plan_cache_mode = force_generic_plan; $1; PREPARE noren_plan AS $2; EXECUTE noren_plan; $3; EXECUTE noren_plan",
            &parts,
        );
        self.probe(table, "read by a statement prepared for another tenant", state, &prepared, expected);
    }

    fn read_by_copy(&mut self, table: &QName, columns: &[&str], state: &State) -> Result<(), Refusal> {
        let listed: Vec<Sql> = columns.iter().map(|name| Sql::of("t.$1", &[Part::Name(name)])).collect();
        let listed = Sql::joined(&listed, ", ");
        let parts = [Part::Sql(&listed), Part::Relation(table)];
        let copy = Sql::of("COPY (SELECT $1 FROM $2 t) TO STDOUT", &parts);
        let hats = self.actor.hats.clone();
        let seen = self.case.may(table, Command::Select, "t", &Eyes::with(state.tenants(), &hats));
        let parts = [Part::Sql(&listed), Part::Relation(table), Part::Sql(&seen)];
        let expected = self.case.copy_out(&Sql::of("COPY (SELECT $1 FROM $2 t WHERE $3) TO STDOUT", &parts))?;
        self.copy(table, "read by COPY", state, &copy, &expected);
        Ok(())
    }
}
