//! MERGE, partitions by their own names, views that are not granted, tables of no tenant, and what statistics tell.

use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::case::Case;
use super::probe::{Expect, Prober};
use super::states::State;
use crate::catalog::QName;
use crate::model::access::{Command, ScopeKind};

/// The version that brought MERGE.
const MERGE: u32 = 15;

impl Prober<'_, '_> {
    pub(super) fn merge_everything(&mut self) {
        if self.case.world.engine.major() < MERGE {
            self.skip(&self.case.tenancy.root.clone(), "MERGE into every table", "MERGE came with PostgreSQL 15");
            return;
        }
        for table in self.case.scoped() {
            self.family(table, "merge", |prober| prober.merges(table));
        }
    }

    /// MERGE finds no row of others, and makes none.
    fn merges(&mut self, table: &QName) -> Result<(), Refusal> {
        let as_one = self.case.as_one();
        let Some(column) = self.column_to_set(table).map(str::to_owned) else { return Ok(()) };
        let others = self.case.others(table)?;
        for (command, text) in [
            (Command::Update, "MERGE INTO $1 t USING (SELECT 1) one ON $2 WHEN MATCHED THEN UPDATE SET $3 = t.$3"),
            (Command::Delete, "MERGE INTO $1 t USING (SELECT 1) one ON $2 WHEN MATCHED THEN DELETE"),
        ] {
            let merge = |on: &Sql| Sql::of(text, &[Part::Relation(table), Part::Sql(on), Part::Name(&column)]);
            let may = self.has(table, command) && self.has(table, Command::Select);
            // A row that is there and may not be changed is an error here, and is passed over by UPDATE and DELETE.
            let expect = if may { Expect::NothingOrDenied } else { self.actor.denied() };
            let what = ["merge and", command.word(), "another's rows"].join(" ");
            self.probe(table, &what, &as_one, &merge(&others), &expect);
            for state in Case::nobody() {
                let what = ["merge and", command.word(), "every row"].join(" ");
                self.probe(table, &what, &state, &merge(&Sql::whole("true")), &expect);
            }
        }
        let Some(row) = self.case.foreign_row(table)? else { return Ok(()) };
        let parts = [Part::Relation(table), Part::Sql(&row.listed()), Part::Sql(&row.values())];
        let insert = Sql::of(
            "MERGE INTO $1 t USING (SELECT 1) one ON false WHEN NOT MATCHED THEN INSERT ($2) OVERRIDING SYSTEM VALUE VALUES ($3)",
            &parts,
        );
        let refused = self.case.refused_insert(table);
        for state in [as_one, State::Unset, State::Empty] {
            self.probe(table, "merge and insert another's row", &state, &insert, &refused);
        }
        Ok(())
    }

    /// Partitions are no way in.
    pub(super) fn partitions(&mut self) {
        let tables = self.case.catalog.tables.values().filter(|table| table.partition_of.is_some());
        for table in tables {
            let root = self.case.catalog.partition_root(&table.name);
            let scoped = self.case.kind(root).is_some_and(ScopeKind::is_scoped);
            let Some(column) = self.column_to_set(root).filter(|_| scoped) else { continue };
            let parts = [Part::Relation(&table.name), Part::Name(column)];
            let as_one = self.case.as_one();
            let denied = self.actor.denied();
            for (way, text) in [
                ("read", "SELECT * FROM $1"),
                ("insert into", "INSERT INTO $1 DEFAULT VALUES"),
                ("update", "UPDATE $1 SET $2 = $2"),
                ("delete from", "DELETE FROM $1"),
                ("truncate", "TRUNCATE $1"),
            ] {
                let what = [way, "the partition by its own name"].join(" ");
                self.probe(&table.name, &what, &as_one, &Sql::of(text, &parts), &denied);
            }
            let copy = Sql::of("COPY $1 TO STDOUT", &parts);
            self.copied(&table.name, "copy the partition by its own name", &as_one, &copy, &denied);
        }
    }

    /// What is not granted is not there: views, and tables of no tenant.
    pub(super) fn what_is_not_granted(&mut self) {
        let as_one = self.case.as_one();
        let denied = self.actor.denied();
        for view in self.case.catalog.views.values() {
            if !self.has(&view.name, Command::Select) {
                let read = Sql::of("SELECT count(*) FROM $1", &[Part::Relation(&view.name)]);
                self.probe(&view.name, "read what is not granted", &as_one, &read, &denied);
            }
        }
        for table in self.case.unscoped() {
            let Some(column) = self.column_to_set(table).map(str::to_owned) else { continue };
            let parts = [Part::Relation(table), Part::Name(&column)];
            for (command, text) in [
                (Command::Select, "SELECT count(*) FROM $1"),
                (Command::Insert, "INSERT INTO $1 DEFAULT VALUES"),
                (Command::Update, "UPDATE $1 SET $2 = NULL WHERE false"),
                (Command::Delete, "DELETE FROM $1 WHERE false"),
            ] {
                let what = [command.word(), "what is not granted"].join(" ");
                if !self.has(table, command) {
                    self.probe(table, &what, &as_one, &Sql::of(text, &parts), &denied);
                }
            }
        }
    }

    /// The server's own samples of a table's values are of every tenant.
    pub(super) fn statistics(&mut self) {
        let as_one = self.case.as_one();
        for table in self.case.scoped() {
            let parts = [Part::Text(&table.schema), Part::Text(&table.name)];
            let stats = Sql::of("SELECT FROM pg_stats WHERE schemaname = $1 AND tablename = $2", &parts);
            self.probe(table, "read its values from pg_stats", &as_one, &stats, &Expect::Rows(0));
        }
        let root = self.case.tenancy.root.clone();
        for text in ["SELECT FROM pg_statistic", "SELECT FROM pg_statistic_ext_data"] {
            self.probe(&root, "read the statistics themselves", &as_one, &Sql::whole(text), &Expect::Denied);
        }
    }
}
