//! What is read through granted views, against the same view over nothing but the rows that its reader may see.
//!
//! The oracle takes all other rows away, as a superuser in a transaction that never ends, and reads the view then: so it
//! holds for any view, over joins, aggregates and other views, without understanding its text.

use std::collections::BTreeMap;
use std::fmt::Write;

use noren::catalog::View;
use noren::model::access::Command;

use super::{Expect, Session, State, World, quoted, relation};

impl World {
    /// Views that somebody with these rights may read, and that are not stored.
    fn views_of(&self, hats: &[String]) -> Vec<&View> {
        let views = self.catalog.views.values();
        views.filter(|view| !view.materialized && self.may(&view.name, hats, Command::Select)).collect()
    }

    fn of_view(view: &View) -> String {
        Self::digest("v::text", &format!("{} v", relation(&view.name)), "true")
    }

    /// Count and digest of every view for these tenants' rows.
    fn seen_through(&self, hats: &[String], tenants: &[String]) -> BTreeMap<String, String> {
        let mut script = "BEGIN; SET LOCAL session_replication_role = replica;\n".to_owned();
        let tables: Vec<_> = self.scoped().collect();
        for (index, table) in tables.iter().enumerate() {
            let seen = self.oracle(hats, table, Command::Select, tenants, "t");
            writeln!(script, "CREATE TEMPORARY TABLE keep_{index} ON COMMIT DROP AS SELECT t.tableoid AS o, t.ctid AS c FROM {} t WHERE {seen};", relation(table)).unwrap();
        }
        for (index, table) in tables.iter().enumerate() {
            writeln!(script, "DELETE FROM {} t WHERE NOT EXISTS (SELECT FROM keep_{index} k WHERE k.o = t.tableoid AND k.c = t.ctid);", relation(table)).unwrap();
        }
        let views = self.views_of(hats);
        for (index, view) in views.iter().enumerate() {
            writeln!(script, "SELECT 'view {index} ' || v FROM ({}) w;", Self::of_view(view)).unwrap();
        }
        let printed = self.database().sql(&(script + "ROLLBACK;"));
        let lines: Vec<&str> = printed.lines().filter(|line| line.trim().starts_with("view ")).collect();
        assert_eq!(lines.len(), views.len(), "{printed}");
        let value = |line: &str| line.trim().splitn(3, ' ').nth(2).unwrap().to_owned();
        views.iter().zip(lines).map(|(view, line)| (view.name.to_string(), value(line))).collect()
    }

    /// Reads and, where they are granted, writes through views. Gives how many views showed rows of a tenant.
    pub(super) fn through_views(&self, session: &mut Session<'_>) -> usize {
        let hats = session.hats.clone();
        let views = self.views_of(&hats);
        if views.is_empty() {
            return 0;
        }
        let mut shown = 0;
        for state in self.states() {
            let tenants = if let State::Tenant(tenants) = &state { tenants.clone() } else { Vec::new() };
            let expected = self.seen_through(&hats, &tenants);
            for view in &views {
                let name = relation(&view.name);
                let expected = &expected[&view.name.to_string()];
                let count: u64 = expected.split(' ').next().unwrap().parse().unwrap();
                shown += usize::from(count > 0 && !tenants.is_empty());
                let read = format!("{} \\gset", Self::of_view(view));
                session.probe(&format!("read the view {name}"), &state, &read, Expect::Value(expected.clone()));
                let copy = format!("COPY (SELECT * FROM {name}) TO STDOUT \\g /dev/null");
                session.probe(&format!("copy the view {name}"), &state, &copy, Expect::Rows(count));
                let cursor = format!("DECLARE c CURSOR FOR SELECT * FROM {name};\nMOVE ALL c;");
                session.probe(&format!("cursor over the view {name}"), &state, &cursor, Expect::Rows(count));
            }
        }
        for view in &views {
            self.write_through(session, view);
        }
        shown
    }

    /// Views over one table, with its tenant column among theirs, can be written.
    fn write_through(&self, session: &mut Session<'_>, view: &View) {
        let [table] = view.reads.as_slice() else { return };
        if !self.may(&view.name, &session.hats, Command::Update) {
            return;
        }
        let (Some(column), name) = (self.access.tenant_column(table), relation(&view.name)) else { return };
        let (column, [a, b]) = (quoted(column), [&self.tenants[0], &self.tenants[1]]);
        let as_a = State::Tenant(vec![a.clone()]);
        let update = format!("UPDATE {name} v SET {column} = v.{column} WHERE v.{column} = '{b}' RETURNING 1;");
        session.probe(&format!("update through the view {name}"), &as_a, &update, Expect::Rows(0));
        let moved = format!("UPDATE {name} SET {column} = '{b}';");
        session.probe(&format!("move through the view {name}"), &as_a, &moved, Expect::Error("42501"));
        for state in [State::Unset, State::Empty, State::Reset] {
            let delete = format!("DELETE FROM {name};");
            session.probe(&format!("delete through the view {name}"), &state, &delete, Expect::Rows(0));
        }
        let values = self.ask(&format!("SELECT v::text FROM {name} v WHERE v.{column} = '{b}' LIMIT 1"));
        for row in values {
            let insert = format!(
                "INSERT INTO {name} OVERRIDING SYSTEM VALUE SELECT (r.r).* FROM (SELECT '{}'::{name} AS r) r;",
                row.replace('\'', "''")
            );
            session.probe(
                &format!("insert another's row through the view {name}"),
                &as_a,
                &insert,
                Expect::Error("42501"),
            );
        }
    }
}
