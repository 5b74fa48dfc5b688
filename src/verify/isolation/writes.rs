//! What is written: rows of others are not there to be changed, and no row becomes another's.

use super::super::session::Refusal;
use super::super::text::{Part, Sql};
use super::case::Case;
use super::oracle::{Eyes, every};
use super::probe::{Expect, Prober};
use super::states::State;
use crate::catalog::{QName, Trigger, TriggerMode};
use crate::model::access::{Command, ScopeKind};

/// A row of another tenant, as an INSERT writes it.
pub(super) struct WrittenRow {
    /// Its columns with their values.
    columns: Vec<(String, Sql)>,
}

impl WrittenRow {
    /// `a, b`
    pub(super) fn listed(&self) -> Sql {
        let names: Vec<Sql> = self.columns.iter().map(|(name, _)| Sql::of("$1", &[Part::Name(name)])).collect();
        Sql::joined(&names, ", ")
    }

    /// `1, 2`
    pub(super) fn values(&self) -> Sql {
        Sql::joined(&self.columns.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>(), ", ")
    }

    /// With another value of one column.
    fn with(mut self, column: &str, value: &str) -> Self {
        for (_, found) in self.columns.iter_mut().filter(|(name, _)| name == column) {
            *found = Sql::of("$1", &[Part::Text(value)]);
        }
        self
    }
}

impl Case<'_> {
    /// A row of the second tenant that no policy lets others write. A row that violates nothing else: it is there.
    pub(super) fn foreign_row(&self, table: &QName) -> Result<Option<WrittenRow>, Refusal> {
        let eyes = Eyes::of(std::slice::from_ref(&self.one));
        let theirs = every(&[
            self.foreign(table, "t", &self.one, &self.other),
            self.not_across(table, Command::Insert, "t", &eyes),
        ]);
        self.row_to_write(table, &theirs)
    }

    /// A row of no tenant, which every tenant reads and none writes.
    fn nobodys_row(&self, table: &QName) -> Result<Option<WrittenRow>, Refusal> {
        let Some(ScopeKind::Column { column, or_null: true }) = self.kind(table) else { return Ok(None) };
        self.row_to_write(table, &Sql::of("t.$1 IS NULL", &[Part::Name(column)]))
    }

    fn row_to_write(&self, table: &QName, condition: &Sql) -> Result<Option<WrittenRow>, Refusal> {
        let parts = [Part::Relation(table), Part::Sql(condition)];
        let Some(row) = self.value(&Sql::of("SELECT (t.*)::text FROM $1 t WHERE $2 ORDER BY 1 LIMIT 1", &parts))?
        else {
            return Ok(None);
        };
        let value =
            |column: &&str| Sql::of("($1::$2).$3", &[Part::Text(&row), Part::Relation(table), Part::Name(column)]);
        let columns = self.written(table);
        Ok(Some(WrittenRow { columns: columns.iter().map(|name| ((*name).to_owned(), value(name))).collect() }))
    }

    /// A trigger may change the row before the policy sees it.
    pub(super) fn refused_insert(&self, table: &QName) -> Expect {
        let changes = |trigger: &Trigger| {
            trigger.before
                && trigger.for_each_row
                && !matches!(trigger.mode, TriggerMode::Disabled | TriggerMode::Replica)
                && trigger.events.iter().any(|event| event == "insert")
        };
        let triggers = self.catalog.tables.get(table).map(|table| table.triggers.as_slice()).unwrap_or_default();
        if triggers.iter().any(changes) { Expect::Refused } else { Expect::Denied }
    }

    /// Columns that an INSERT may name, with the one that the table is given.
    fn written(&self, table: &QName) -> Vec<&str> {
        let columns = self.catalog.tables.get(table).into_iter().flat_map(|table| table.columns.values());
        let mut columns: Vec<&str> =
            columns.filter(|column| column.generated.is_none()).map(|column| column.name.as_str()).collect();
        let given = self.access.tenant_column(table).filter(|given| !columns.contains(given));
        columns.extend(given);
        columns
    }

    /// A column that an UPDATE may set, among those that are granted where any are.
    pub(super) fn updatable<'c>(&self, table: &QName, granted: &[&'c str]) -> Option<&'c str> {
        let columns = &self.catalog.tables.get(table)?.columns;
        let may = |name: &&&str| {
            columns.get(**name).is_some_and(|column| column.identity.is_none() && column.generated.is_none())
        };
        granted.iter().find(may).copied()
    }

    /// Rows of the second tenant, by what a statement of somebody else can name: the tenant column, or where they lie.
    pub(super) fn others(&self, table: &QName) -> Result<Sql, Refusal> {
        if let Some(column) = self.access.tenant_column(table) {
            return Ok(Sql::of("t.$1 = $2", &[Part::Name(column), Part::Text(&self.other)]));
        }
        let foreign = self.foreign(table, "t", &self.one, &self.other);
        let parts = [Part::Relation(table), Part::Sql(&foreign)];
        // Each partition begins to count its rows anew.
        let query = "SELECT concat(t.tableoid, t.ctid) FROM $1 t WHERE $2 ORDER BY t.tableoid, t.ctid LIMIT 5";
        let places = self.column(&Sql::of(query, &parts))?;
        let places: Vec<Sql> = places.iter().map(|place| Sql::of("$1", &[Part::Text(place)])).collect();
        Ok(Sql::of("concat(t.tableoid, t.ctid) = ANY (ARRAY[$1]::text[])", &[Part::Sql(&Sql::joined(&places, ", "))]))
    }

    /// A column whose change would make a row another tenant's, and such a value.
    fn moved(&self, table: &QName) -> Result<Option<(String, String)>, Refusal> {
        let Some(ScopeKind::Lookup(parent)) = self.kind(table) else {
            return Ok(self.access.tenant_column(table).map(|column| (column.to_owned(), self.other.clone())));
        };
        let [(own, theirs)] = parent.columns.as_slice() else { return Ok(None) };
        let foreign = self.foreign(&parent.table, "t", &self.one, &self.other);
        let parts = [Part::Name(theirs), Part::Relation(&parent.table), Part::Sql(&foreign)];
        let value = self.value(&Sql::of("SELECT t.$1::text FROM $2 t WHERE $3 ORDER BY 1 LIMIT 1", &parts))?;
        Ok(value.map(|value| (own.clone(), value)))
    }
}

impl<'a> Prober<'_, 'a> {
    pub(super) fn write_everything(&mut self) {
        for table in self.case.scoped() {
            self.family(table, "insert", |prober| prober.inserts(table));
            self.family(table, "update and delete", |prober| prober.changes(table));
            self.family(table, "move rows", |prober| prober.moves(table));
            self.family(table, "update and return", |prober| prober.returning(table));
            let truncate = Sql::of("TRUNCATE $1", &[Part::Relation(table)]);
            let as_one = self.case.as_one();
            self.probe(table, "truncate", &as_one, &truncate, &Expect::Denied);
        }
    }

    fn inserts(&mut self, table: &QName) -> Result<(), Refusal> {
        let rows =
            [("another's row", self.case.foreign_row(table)?), ("a row of no tenant", self.case.nobodys_row(table)?)];
        let refused = self.case.refused_insert(table);
        for (whose, row) in rows {
            let Some(row) = row else { continue };
            let (listed, values) = (row.listed(), row.values());
            let parts = [Part::Relation(table), Part::Sql(&listed), Part::Sql(&values)];
            for state in [self.case.as_one(), State::Unset, State::Empty] {
                for (way, text) in [
                    ("insert", "INSERT INTO $1 ($2) OVERRIDING SYSTEM VALUE SELECT $3"),
                    ("insert and return", "INSERT INTO $1 ($2) OVERRIDING SYSTEM VALUE SELECT $3 RETURNING 1"),
                    ("upsert", "INSERT INTO $1 ($2) OVERRIDING SYSTEM VALUE SELECT $3 ON CONFLICT DO NOTHING"),
                ] {
                    let what = [way, whose].join(" ");
                    self.probe(table, &what, &state, &Sql::of(text, &parts), &refused);
                }
            }
        }
        self.takes_over(table)
    }

    /// An upsert whose key is that of another's row, under one's own tenant.
    fn takes_over(&mut self, table: &QName) -> Result<(), Refusal> {
        let Some(found) = self.case.catalog.tables.get(table) else { return Ok(()) };
        let Some(tenant) = self.case.access.tenant_column(table) else { return Ok(()) };
        let Some(key) = found.primary_key.as_ref().filter(|key| !key.columns.iter().any(|column| column == tenant))
        else {
            return Ok(());
        };
        let granted = self.columns_for(table, Command::Update);
        let Some(set) = self.case.updatable(table, &granted) else { return Ok(()) };
        let Some(row) = self.case.foreign_row(table)? else { return Ok(()) };
        let listed: Vec<Sql> = key.columns.iter().map(|name| Sql::of("$1", &[Part::Name(name)])).collect();
        let row = row.with(tenant, &self.case.one);
        let upsert = Sql::of(
            "INSERT INTO $1 AS t ($2) OVERRIDING SYSTEM VALUE SELECT $3 ON CONFLICT ($4) DO UPDATE SET $5 = EXCLUDED.$5",
            &[
                Part::Relation(table),
                Part::Sql(&row.listed()),
                Part::Sql(&row.values()),
                Part::Sql(&Sql::joined(&listed, ", ")),
                Part::Name(set),
            ],
        );
        let as_one = self.case.as_one();
        self.probe(table, "take another's row over by an upsert", &as_one, &upsert, &Expect::Refused);
        Ok(())
    }

    fn changes(&mut self, table: &QName) -> Result<(), Refusal> {
        let Some(column) = self.column_to_set(table) else { return Ok(()) };
        let others = self.case.others(table)?;
        let all = Sql::whole("true");
        for (command, text) in
            [(Command::Update, "UPDATE $1 t SET $2 = t.$2 WHERE $3"), (Command::Delete, "DELETE FROM $1 t WHERE $3")]
        {
            let statement = |which: &Sql| Sql::of(text, &[Part::Relation(table), Part::Name(column), Part::Sql(which)]);
            let as_one = self.case.as_one();
            let expect = self.changed(table, command, &as_one, &others)?;
            let what = [command.word(), "another's rows"].join(" ");
            self.probe(table, &what, &as_one, &statement(&others), &expect);
            for state in Case::nobody() {
                let expect = self.changed(table, command, &state, &all)?;
                let what = [command.word(), "every row"].join(" ");
                self.probe(table, &what, &state, &statement(&all), &expect);
            }
        }
        let lock = Sql::of("SELECT FROM $1 t WHERE $2 FOR UPDATE", &[Part::Relation(table), Part::Sql(&others)]);
        let as_one = self.case.as_one();
        self.probe(table, "lock another's rows", &as_one, &lock, &Expect::NothingOrDenied);
        Ok(())
    }

    /// A column that may be set; any where none may.
    pub(super) fn column_to_set(&self, table: &QName) -> Option<&'a str> {
        let mut granted = self.columns_for(table, Command::Update);
        if granted.is_empty() {
            granted = self.case.catalog.tables.get(table)?.columns.keys().map(String::as_str).collect();
        }
        self.case.updatable(table, &granted)
    }

    /// What comes of changing these rows: those that may be both read and changed.
    fn changed(&self, table: &QName, command: Command, state: &State, which: &Sql) -> Result<Expect, Refusal> {
        if !self.has(table, command) || !self.has(table, Command::Select) {
            return Ok(self.actor.denied());
        }
        let count = self.both(table, command, state, which)?;
        Ok(match (count, self.reads_whole(table)) {
            (0, true) => Expect::Rows(0),
            // A column that is compared may not be readable.
            (0, false) => Expect::NothingOrDenied,
            (rows, _) => Expect::AtMost(rows),
        })
    }

    /// How many of these rows may be both read and changed.
    fn both(&self, table: &QName, command: Command, state: &State, which: &Sql) -> Result<u64, Refusal> {
        let eyes = Eyes::with(state.tenants(), &self.actor.hats);
        let conditions = [
            which.clone(),
            self.case.may(table, command, "t", &eyes),
            self.case.may(table, Command::Select, "t", &eyes),
        ];
        self.case.count(table, "t", &every(&conditions))
    }

    /// Blind: an UPDATE that reads nothing needs no SELECT policy, and would move rows where no check stops it.
    fn moves(&mut self, table: &QName) -> Result<(), Refusal> {
        let Some((column, value)) = self.case.moved(table)? else { return Ok(()) };
        let as_one = self.case.as_one();
        let moved = Sql::of("UPDATE $1 SET $2 = $3", &[Part::Relation(table), Part::Name(&column), Part::Text(&value)]);
        let eyes = Eyes::with(as_one.tenants(), &self.actor.hats);
        let mine = self.case.may(table, Command::Update, "t", &eyes);
        let has = self.has(table, Command::Update) && self.case.count(table, "t", &mine)? == 0;
        let expect = if has { Expect::NothingOrDenied } else { Expect::Denied };
        self.probe(table, "move one's own rows to another", &as_one, &moved, &expect);
        Ok(())
    }

    /// UPDATE … RETURNING of everything changes and shows the rows that may be both read and changed.
    fn returning(&mut self, table: &QName) -> Result<(), Refusal> {
        let Some(column) = self.column_to_set(table) else { return Ok(()) };
        let update = Sql::of("UPDATE $1 t SET $2 = t.$2 RETURNING *", &[Part::Relation(table), Part::Name(column)]);
        let may = self.has(table, Command::Update) && self.reads_whole(table);
        for state in self.case.states() {
            let expect = if may { self.returned(table, &state)? } else { Expect::Denied };
            self.probe(table, "update everything and return it", &state, &update, &expect);
        }
        Ok(())
    }

    fn returned(&self, table: &QName, state: &State) -> Result<Expect, Refusal> {
        let rows = self.both(table, Command::Update, state, &Sql::whole("true"))?;
        let hats = &self.actor.hats;
        let checked = self.case.policies(table, hats, Command::Update).iter().any(|policy| policy.check.is_some());
        // Rows that are seen and belong to no tenant may not be written back.
        let or_null = matches!(self.case.kind(table), Some(ScopeKind::Column { or_null: true, .. }));
        let triggers = self.case.catalog.tables.get(table).is_some_and(|table| !table.triggers.is_empty());
        Ok(if checked || or_null || triggers { Expect::AtMost(rows) } else { Expect::Rows(rows) })
    }
}
