//! A child row of one tenant that is given a parent of another, for every foreign key between scoped tables.
//!
//! The server checks keys past row security. Which keys cannot cross is worked out by `check::access::crossing_keys`,
//! from which N0520 is told; here the server says whether that is so: what is not told must be refused.

use noren::catalog::{ForeignKey, Table};
use noren::check::access::crossing_keys;
use noren::model::access::{Command, ScopeKind};

use super::{Expect, Session, State, World, quoted, relation};

/// How many keys were refused and how many cross and are told.
#[derive(Debug, Default)]
pub(super) struct Tried {
    pub refused: usize,
    pub told: usize,
}

impl World {
    pub(super) fn parents(&self, session: &mut Session<'_>, tried: &mut Tried) {
        for table in self.catalog.tables.values().filter(|table| table.partition_of.is_none()) {
            for key in &table.foreign_keys {
                let is_scoped = |name| self.access.scopes.get(name).is_some_and(|scope| scope.kind.is_scoped());
                if is_scoped(&table.name) && is_scoped(self.catalog.partition_root(&key.references)) {
                    self.parent(session, table, key, tried);
                }
            }
        }
    }

    /// Columns of the key that are not the child's own tenant; the parent's row of the second tenant in their place.
    fn parent(&self, session: &mut Session<'_>, table: &Table, key: &ForeignKey, tried: &mut Tried) {
        let hats = session.hats.clone();
        if !self.may(&table.name, &hats, Command::Update) || !self.may(&table.name, &hats, Command::Select) {
            return;
        }
        let (a, b) = (vec![self.tenants[0].clone()], vec![self.tenants[1].clone()]);
        let own = self.access.tenant_column(&table.name);
        let pairs: Vec<(&String, &String)> = key.columns.iter().zip(&key.referenced_columns).collect();
        let attached: Vec<_> = pairs.iter().filter(|(here, _)| Some(here.as_str()) != own).collect();
        if attached.is_empty() {
            return;
        }
        let (child, parent) = (relation(&table.name), relation(&key.references));
        let root = self.catalog.partition_root(&key.references);
        let is_b = self.mine(root, "p", &b, false);
        let is_a = self.mine(root, "p", &a, false);
        let not_null =
            pairs.iter().map(|(_, there)| format!(" AND p.{} IS NOT NULL", quoted(there))).collect::<Vec<_>>().concat();
        let theirs =
            attached.iter().map(|(_, there)| format!("quote_literal(p.{})", quoted(there))).collect::<Vec<_>>();
        // One that nothing hangs on, so that no unique key of the child speaks first.
        let same = pairs.iter().map(|(here, there)| format!("t.{} = p.{}", quoted(here), quoted(there)));
        let same = same.collect::<Vec<_>>().join(" AND ");
        let literals = format!(
            "SELECT concat_ws(', ', {}) FROM {parent} p WHERE {is_b} AND NOT coalesce({is_a}, false){not_null} ORDER BY EXISTS (SELECT FROM {child} t WHERE {same}), 1 LIMIT 1",
            theirs.join(", ")
        );
        let Some(values) = self.ask(&literals).into_iter().next() else { return };
        let row = format!(
            "SELECT quote_literal(t::text) FROM {child} t WHERE {} AND {} LIMIT 1",
            self.oracle(&hats, &table.name, Command::Update, &a, "t"),
            self.oracle(&hats, &table.name, Command::Select, &a, "t")
        );
        let Some(row) = self.ask(&row).into_iter().next() else { return };
        let columns = attached.iter().map(|(here, _)| quoted(here)).collect::<Vec<_>>().join(", ");
        let fresh = fresh(table, &attached.iter().map(|(here, _)| here.as_str()).collect::<Vec<_>>());
        let update = format!(
            "SET CONSTRAINTS ALL IMMEDIATE;\nUPDATE {child} t SET ({columns}) = ROW({values}){fresh} WHERE t::text = {row};"
        );
        let as_a = State::Tenant(a);
        let label = format!("hang a row on another's by {} of {child}", key.name);
        let crosses = crossing_keys(&self.catalog, &self.access)
            .iter()
            .any(|one| one.table.name == table.name && one.key.name == key.name);
        // A row of such a table is whose the pointing rows say; who may write those is told as N0742.
        let through = matches!(&self.access.scopes[root].kind, ScopeKind::Through { table: pointing, .. } if *pointing == table.name);
        if !crosses && !through {
            tried.refused += 1;
            session.probe(&label, &as_a, &update, Expect::OneOf(&["42501", "23503"]));
            return;
        }
        tried.told += 1;
        // Told as N0520. All that comes of it is that the row is there: nothing of the other's row is shown.
        session.probe(&label, &as_a, &update, Expect::OneOf(&["00000", "23505", "23514"]));
        if self.may(root, &hats, Command::Select) && !through {
            let here = key.referenced_columns.iter().zip(&key.columns);
            let same = here
                .map(|(there, here)| format!("p.{} = t.{}", quoted(there), quoted(here)))
                .collect::<Vec<_>>()
                .join(" AND ");
            let joined = format!(
                "SAVEPOINT before;\n{update}\nSELECT count(*) || ' ' AS v FROM {child} t JOIN {parent} p ON {same} WHERE p.{} IN ({values}) \\gset",
                quoted(
                    &key.referenced_columns[key.columns.iter().position(|column| *column == *attached[0].0).unwrap()]
                )
            );
            session.probe(
                &format!("see another's row by {} of {child}", key.name),
                &as_a,
                &joined,
                Expect::NothingOr("25P02"),
            );
        }
    }
}

/// Numbers that no row has, for what stands beside these columns in a unique key: it would speak first.
fn fresh(table: &Table, columns: &[&str]) -> String {
    let keys = table.unique_keys();
    let beside = keys.iter().filter(|key| key.columns.iter().any(|column| columns.contains(column)));
    let is_free = |column: &&str| {
        let is_number = table.columns[*column].data_type.name.name.starts_with("int");
        let points = table.foreign_keys.iter().any(|key| key.columns.iter().any(|other| other == column));
        is_number && !points && !columns.contains(column)
    };
    let free: std::collections::BTreeSet<&str> =
        beside.flat_map(|key| key.columns.iter().copied()).filter(is_free).collect();
    free.iter().map(|column| format!(", {} = 30000", quoted(column))).collect::<Vec<_>>().concat()
}
