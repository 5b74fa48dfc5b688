//! A child row of one tenant that is given a parent of another, for every foreign key between scoped tables.
//!
//! The server checks keys past row security. Which keys cannot cross is worked out by [`crossing_keys`], from which
//! N0520 is told; here the server says whether that is so: what is not told must be refused.

use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::oracle::{Eyes, every};
use super::probe::{DENIED, Expect, Prober};
use crate::catalog::{ForeignKey, QName, Table};
use crate::check::access::crossing_keys;
use crate::model::access::{Command, ScopeKind};
use std::collections::BTreeSet;

/// What comes of a row that is hung on another's, where that is possible.
const HUNG: &[&str] = &["00000", "23505", "23514"];
const HUNG_OR_CHECKED: &[&str] = &["00000", "23505", "23514", DENIED];
/// A number that no row has, and that is a smallint.
const FREE: &str = "30000";

/// A key, and what is known of it.
struct Hanging<'a> {
    table: &'a Table,
    key: &'a ForeignKey,
    /// The table that it points at, or the one above that partition.
    root: &'a QName,
    /// Columns that are not the child's own tenant, with those that they point at.
    attached: Vec<(&'a str, &'a str)>,
}

impl Prober<'_, '_> {
    pub(super) fn parents(&mut self) {
        let tables = self.case.catalog.tables.values().filter(|table| table.partition_of.is_none());
        for (table, key) in tables.flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key))) {
            let root = self.case.catalog.partition_root(&key.references);
            let scoped = |name| self.case.kind(name).is_some_and(ScopeKind::is_scoped);
            let own = self.case.access.tenant_column(&table.name);
            let pairs = key.columns.iter().map(String::as_str).zip(key.referenced_columns.iter().map(String::as_str));
            let attached: Vec<(&str, &str)> = pairs.filter(|(here, _)| Some(*here) != own).collect();
            if scoped(&table.name) && scoped(root) && !attached.is_empty() && self.may_hang(&table.name) {
                let hanging = Hanging { table, key, root, attached };
                self.family(&table.name, "hang a row on another's", |prober| prober.hang(&hanging));
            }
        }
    }

    fn may_hang(&self, table: &QName) -> bool {
        let updates = self.case.rights(table, &self.actor.hats, Command::Update);
        updates.iter().any(|right| right.columns.is_none()) && self.reads_whole(table)
    }

    /// The parent's row of the second tenant in the place of one's own.
    fn hang(&mut self, hanging: &Hanging<'_>) -> Result<(), Refusal> {
        let as_one = self.case.as_one();
        let Some(values) = self.another_parent(hanging)? else { return Ok(()) };
        let Some(row) = self.own_child(&hanging.table.name)? else { return Ok(()) };
        let columns: Vec<Sql> = hanging.attached.iter().map(|(here, _)| Sql::of("$1", &[Part::Name(here)])).collect();
        let update = Sql::of(
            "UPDATE $1 t SET ($2) = ROW($3)$4 WHERE (t.*)::text = $5",
            &[
                Part::Relation(&hanging.table.name),
                Part::Sql(&Sql::joined(&columns, ", ")),
                Part::Sql(&Sql::whole(values.as_str())),
                Part::Sql(&beside(hanging)),
                Part::Text(&row),
            ],
        );
        let update = Sql::of("SET CONSTRAINTS ALL IMMEDIATE; $1", &[Part::Sql(&update)]);
        let (table, what) = (&hanging.table.name, ["hang a row on another's by", &hanging.key.name].join(" "));
        let kind = self.case.kind(hanging.root);
        // A row of such a table is whose the pointing rows say; who may write those is told as N0742.
        let through = matches!(kind, Some(ScopeKind::Through { table: pointing, .. }) if pointing == table);
        let crosses = crossing_keys(self.case.catalog, self.case.access)
            .iter()
            .any(|one| one.table.name == *table && one.key.name == hanging.key.name);
        if !crosses && !through {
            self.probe(table, &what, &as_one, &update, &Expect::OneOf(&["42501", "23503"]));
            return Ok(());
        }
        // Told as N0520. All that comes of it is that the row is there: nothing of the other's row is shown.
        // A policy of the user's own may refuse what it is hung on.
        let checked =
            self.case.policies(table, &self.actor.hats, Command::Update).iter().any(|one| one.check.is_some());
        let states = if checked { HUNG_OR_CHECKED } else { HUNG };
        self.probe(table, &what, &as_one, &update, &Expect::OneOf(states));
        if self.has(hanging.root, Command::Select) && !through {
            self.see(hanging, &update, &values);
        }
        Ok(())
    }

    /// The second tenant's parent is not seen by the row that hangs on it.
    fn see(&mut self, hanging: &Hanging<'_>, update: &Sql, values: &str) {
        let pairs = hanging.key.referenced_columns.iter().zip(&hanging.key.columns);
        let same = pairs.map(|(there, here)| Sql::of("p.$1 = t.$2", &[Part::Name(there), Part::Name(here)]));
        let theirs = hanging.attached.iter().map(|(_, there)| Sql::of("p.$1", &[Part::Name(there)]));
        let joined = Sql::of(
            "$1; SELECT count(*) FROM $2 t JOIN $3 p ON $4 WHERE ROW($5) = ROW($6)",
            &[
                Part::Sql(update),
                Part::Relation(&hanging.table.name),
                Part::Relation(&hanging.key.references),
                Part::Sql(&Sql::joined(&same.collect::<Vec<_>>(), " AND ")),
                Part::Sql(&Sql::joined(&theirs.collect::<Vec<_>>(), ", ")),
                Part::Sql(&Sql::whole(values)),
            ],
        );
        let what = ["see another's row by", &hanging.key.name].join(" ");
        let as_one = self.case.as_one();
        self.probe(&hanging.table.name, &what, &as_one, &joined, &Expect::NothingOrRefused);
    }

    /// Values of a row of the second tenant, quoted; one that nothing hangs on, so that no unique key of the child
    /// speaks first.
    fn another_parent(&self, hanging: &Hanging<'_>) -> Result<Option<String>, Refusal> {
        let pairs = hanging.key.columns.iter().zip(&hanging.key.referenced_columns);
        let same: Vec<Sql> =
            pairs.clone().map(|(here, there)| Sql::of("t.$1 = p.$2", &[Part::Name(here), Part::Name(there)])).collect();
        let mut theirs = vec![self.case.foreign(hanging.root, "p", &self.case.one, &self.case.other)];
        theirs.extend(pairs.map(|(_, there)| Sql::of("p.$1 IS NOT NULL", &[Part::Name(there)])));
        let values: Vec<Sql> =
            hanging.attached.iter().map(|(_, there)| Sql::of("quote_literal(p.$1)", &[Part::Name(there)])).collect();
        self.case.value(&Sql::of(
            "SELECT concat_ws(', ', $1) FROM $2 p WHERE $3 ORDER BY EXISTS (SELECT FROM $4 t WHERE $5), 1 LIMIT 1",
            &[
                Part::Sql(&Sql::joined(&values, ", ")),
                Part::Relation(&hanging.key.references),
                Part::Sql(&every(&theirs)),
                Part::Relation(&hanging.table.name),
                Part::Sql(&every(&same)),
            ],
        ))
    }

    /// A row of the first tenant that may be read and changed.
    fn own_child(&self, table: &QName) -> Result<Option<String>, Refusal> {
        let as_one = self.case.as_one();
        let eyes = Eyes::with(as_one.tenants(), &self.actor.hats);
        let may = |command| self.case.may(table, command, "t", &eyes);
        let own = every(&[may(Command::Update), may(Command::Select)]);
        let parts = [Part::Relation(table), Part::Sql(&own)];
        self.case.value(&Sql::of("SELECT (t.*)::text FROM $1 t WHERE $2 ORDER BY 1 LIMIT 1", &parts))
    }
}

/// Numbers that no row has, for what stands beside the columns in a unique key: it would speak first.
fn beside(hanging: &Hanging<'_>) -> Sql {
    let table = hanging.table;
    let attached = |column: &str| hanging.attached.iter().any(|(here, _)| *here == column);
    let keys = table.unique_keys();
    let beside = keys.iter().filter(|key| key.columns.iter().any(|column| attached(column)));
    let is_free = |column: &&str| {
        let number = table.columns.get(*column).is_some_and(|found| found.data_type.name.name.starts_with("int"));
        let points = table.foreign_keys.iter().any(|key| key.columns.iter().any(|other| other == column));
        number && !points && !attached(column)
    };
    let free: BTreeSet<&str> = beside.flat_map(|key| key.columns.iter().copied()).filter(is_free).collect();
    let set: Vec<Sql> =
        free.iter().map(|column| Sql::of(", $1 = $2", &[Part::Name(column), Part::Text(FREE)])).collect();
    Sql::joined(&set, "")
}
