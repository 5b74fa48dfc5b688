//! What is read and written through granted views.

use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::case::Case;
use super::probe::{Expect, Prober};
use super::reads::digest;
use super::states::State;
use crate::catalog::{QName, View};
use crate::model::access::{Command, ScopeKind};
use std::collections::BTreeMap;

/// The version from which a view runs as its caller, where it is told to.
const AS_CALLER: u32 = 15;
/// `pg_relation_is_updatable`: bits of UPDATE, INSERT and DELETE.
const ALL_WRITES: u32 = 4 | 8 | 16;

impl<'a> Prober<'_, 'a> {
    /// Views that may be read, and that are not stored.
    fn views(&self) -> Vec<&'a View> {
        let views = self.case.catalog.views.values();
        views.filter(|view| !view.materialized && self.has(&view.name, Command::Select)).collect()
    }

    /// Each row of a view as one value.
    fn row_of_view(&self, view: &View) -> Sql {
        let rights = self.case.rights(&view.name, &self.actor.hats, Command::Select);
        let mut columns: Vec<&str> = Vec::new();
        for right in rights {
            let Some(listed) = &right.columns else { return Sql::whole("(t.*)::text") };
            columns.extend(listed.iter().map(String::as_str));
        }
        super::reads::row_of(&columns)
    }

    pub(super) fn through_views(&mut self) {
        let root = self.case.tenancy.root.clone();
        for state in self.case.states() {
            self.family(&root, "read through views", |prober| prober.read_views(&state));
        }
        for view in self.views() {
            self.family(&view.name, "write through the view", |prober| prober.write_view(view));
        }
    }

    fn read_views(&mut self, state: &State) -> Result<(), Refusal> {
        let views = self.views();
        let mut asked: BTreeMap<Vec<String>, Vec<&View>> = BTreeMap::new();
        for view in views {
            asked.entry(self.seen_by(view)).or_default().push(view);
        }
        for (hats, views) in asked {
            let question = |view: &&View| digest(&self.row_of_view(view), &from(view), &Sql::whole("true"));
            let reads: Vec<Sql> = views.iter().map(question).collect();
            self.rest()?;
            let answers = self.case.alone(&hats, state, &reads)?;
            for ((view, read), expected) in views.into_iter().zip(&reads).zip(answers) {
                self.read_view(view, state, read, expected?);
            }
        }
        Ok(())
    }

    fn read_view(&mut self, view: &View, state: &State, read: &Sql, expected: String) {
        let count = expected.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
        self.probe(&view.name, "read the view", state, read, &Expect::Value(expected));
        let parts = [Part::Sql(&self.row_of_view(view)), Part::Relation(&view.name)];
        let cursor = Sql::of("DECLARE noren_cursor CURSOR FOR SELECT $1 FROM $2 t; MOVE ALL noren_cursor", &parts);
        self.probe(&view.name, "read the view by a cursor", state, &cursor, &Expect::Rows(count));
        let copied = Sql::of("COPY (SELECT $1 FROM $2 t) TO STDOUT", &parts);
        self.copied(&view.name, "read the view by COPY", state, &copied, &Expect::Rows(count));
    }

    /// Before 15 a view reads as its owner.
    fn seen_by(&self, view: &View) -> Vec<String> {
        if self.case.version() >= AS_CALLER {
            return self.actor.hats.clone();
        }
        self.case.hats(&[self.case.owner(&view.name)])
    }

    /// Views over one table, with its tenant column among theirs, can be written.
    fn write_view(&mut self, view: &View) -> Result<(), Refusal> {
        let [table] = view.reads.as_slice() else { return Ok(()) };
        let Some(column) = self.case.access.tenant_column(table) else { return Ok(()) };
        let name = Sql::of("$1", &[Part::Relation(&view.name)]);
        let written = self.case.value(&Sql::of(
            "SELECT pg_relation_is_updatable($1::regclass, false) FROM pg_attribute
             WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname = $2",
            &[Part::Text(name.as_str()), Part::Text(column)],
        ))?;
        let may = |command| self.has(&view.name, command);
        let granted = may(Command::Update) && may(Command::Insert) && may(Command::Delete);
        let all =
            written.and_then(|written| written.parse::<u32>().ok()).is_some_and(|bits| bits & ALL_WRITES == ALL_WRITES);
        if granted && all {
            self.writes_through(&view.name, table, column)?;
        }
        Ok(())
    }

    fn writes_through(&mut self, view: &QName, table: &QName, column: &str) -> Result<(), Refusal> {
        let as_one = self.case.as_one();
        let other = self.case.other.clone();
        let parts = [Part::Relation(view), Part::Name(column), Part::Text(&other)];
        let update = Sql::of("UPDATE $1 v SET $2 = v.$2 WHERE v.$2 = $3 RETURNING 1", &parts);
        self.probe(view, "update another's rows through the view", &as_one, &update, &Expect::Rows(0));
        let moved = Sql::of("UPDATE $1 SET $2 = $3", &parts);
        self.probe(view, "move one's own rows through the view", &as_one, &moved, &Expect::Denied);
        let nothing = Sql::of("INSERT INTO $1 OVERRIDING SYSTEM VALUE SELECT * FROM $1 WHERE false", &parts);
        self.probe(view, "insert nothing through the view", &as_one, &nothing, &Expect::Rows(0));
        for state in Case::nobody() {
            let delete = Sql::of("DELETE FROM $1", &parts);
            self.probe(view, "delete every row through the view", &state, &delete, &Expect::Rows(0));
        }
        let row =
            self.case.value(&Sql::of("SELECT (t.*)::text FROM $1 t WHERE t.$2 = $3 ORDER BY 1 LIMIT 1", &parts))?;
        if let Some(row) = row {
            let parts = [Part::Relation(view), Part::Text(&row)];
            let insert =
                Sql::of("INSERT INTO $1 OVERRIDING SYSTEM VALUE SELECT (r.r).* FROM (SELECT $2::$1 AS r) r", &parts);
            let refused = self.case.refused_insert(table);
            self.probe(view, "insert another's row through the view", &as_one, &insert, &refused);
        }
        Ok(())
    }

    /// Stored views hold every tenant's rows: only who may see them all is granted them.
    pub(super) fn stored_views(&mut self) {
        let views = self.case.catalog.views.values().filter(|view| view.materialized);
        for view in views {
            if !self.has(&view.name, Command::Select) {
                continue;
            }
            let over = self.case.catalog.tables_under(&view.name);
            if over.into_iter().any(|table| self.case.kind(table).is_some_and(ScopeKind::is_scoped)) {
                let count = Sql::of("SELECT count(*) FROM $1", &[Part::Relation(&view.name)]);
                let as_one = self.case.as_one();
                self.probe(&view.name, "read a stored view over tenants' rows", &as_one, &count, &Expect::Denied);
            }
        }
    }
}

fn from(view: &View) -> Sql {
    Sql::of("$1 t", &[Part::Relation(&view.name)])
}
