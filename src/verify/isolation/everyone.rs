//! Roles that act for all tenants, and the owners of the tables.

use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::probe::{Expect, Prober};
use super::reads::{digest, row_of};
use super::states::State;
use crate::catalog::QName;
use crate::model::access::Command;
use crate::project::Stage;

impl Prober<'_, '_> {
    /// All that they were granted, and nothing else.
    pub(super) fn of_all_tenants(&mut self) {
        for table in self.case.scoped() {
            self.family(table, "read", |prober| prober.all_of(table));
            self.only_what_is_granted(table);
        }
    }

    fn all_of(&mut self, table: &QName) -> Result<(), Refusal> {
        let columns = self.readable(table);
        if columns.is_empty() {
            let count = Sql::of("SELECT count(*) FROM $1", &[Part::Relation(table)]);
            let denied = self.actor.denied();
            self.probe(table, "read what is not granted", &State::Unset, &count, &denied);
            return Ok(());
        }
        let from = Sql::of("$1 t", &[Part::Relation(table)]);
        let read = digest(&row_of(&columns), &from, &Sql::whole("true"));
        let expected = Expect::Value(self.case.value(&read)?.unwrap_or_default());
        for state in [State::Unset, self.case.as_one()] {
            self.probe(table, "read every tenant's rows", &state, &read, &expected);
        }
        Ok(())
    }

    fn only_what_is_granted(&mut self, table: &QName) {
        let Some(column) = self.column_to_set(table) else { return };
        let parts = [Part::Relation(table), Part::Name(column)];
        for (command, text) in [
            (Command::Insert, "INSERT INTO $1 DEFAULT VALUES"),
            (Command::Update, "UPDATE $1 SET $2 = NULL WHERE false"),
            (Command::Delete, "DELETE FROM $1 WHERE false"),
        ] {
            if !self.has(table, command) {
                let what = [command.word(), "what is not granted"].join(" ");
                let denied = self.actor.denied();
                self.probe(table, &what, &State::Unset, &Sql::of(text, &parts), &denied);
            }
        }
    }

    /// The owner under FORCE, who has no tenant, sees and changes nothing, and is told where he asks to be.
    pub(super) fn owner(&mut self, tables: &[&QName]) {
        for table in tables.iter().copied() {
            if self.case.stage(table) != Stage::Forced {
                self.skip(table, "sees nothing without a tenant", "row security is not forced for it by `[rls]`");
                continue;
            }
            let parts = [Part::Relation(table)];
            for (what, text) in [("read", "SELECT FROM $1"), ("delete", "DELETE FROM $1")] {
                self.probe(table, what, &State::Unset, &Sql::of(text, &parts), &Expect::Rows(0));
            }
            let loud = Sql::of("SET LOCAL row_security = off; SELECT FROM $1", &parts);
            self.probe(table, "read with row_security off", &State::Unset, &loud, &Expect::Denied);
        }
    }
}
