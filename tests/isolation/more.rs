//! Ways to write that are no plain INSERT, UPDATE or DELETE, and sessions that become somebody else.

use noren::catalog::QName;
use noren::model::access::{Command, ScopeKind, Tenants};

use super::{Expect, Session, State, World, quoted, relation, report};

impl World {
    /// UPDATE … RETURNING of everything changes and shows the rows that may be both read and changed.
    pub(super) fn returning(&self, session: &mut Session<'_>, table: &QName) {
        let hats = session.hats.clone();
        let name = relation(table);
        let own = self.catalog.tables[table].columns.keys();
        let columns: Vec<&String> = own.filter(|column| self.updatable(table, column)).collect();
        let Some(column) = columns.first().map(|column| quoted(column)) else { return };
        let both = self.may(table, &hats, Command::Update) && self.reads_whole(table, &hats);
        for state in self.states() {
            let tenants = if let State::Tenant(tenants) = &state { tenants.clone() } else { Vec::new() };
            let update = format!("UPDATE {name} t SET {column} = t.{column} RETURNING *;");
            let expect = if both {
                let rows = format!(
                    "SELECT count(*) FROM {name} t WHERE {} AND {}",
                    self.oracle(&hats, table, Command::Update, &tenants, "t"),
                    self.oracle(&hats, table, Command::Select, &tenants, "t")
                );
                // Rows that are seen and belong to no tenant may not be written back.
                let or_null = matches!(self.access.scopes[table].kind, ScopeKind::Column { or_null: true, .. });
                let rows = self.ask_one(&rows).parse().unwrap();
                if or_null { Expect::AtMost(rows) } else { Expect::Rows(rows) }
            } else {
                Expect::Error("42501")
            };
            session.probe(&format!("update and return {name}"), &state, &update, expect);
        }
    }

    /// MERGE finds no row of others, and makes none.
    pub(super) fn merges(&self, session: &mut Session<'_>, table: &QName) {
        let hats = session.hats.clone();
        let name = relation(table);
        let (a, b) = (vec![self.tenants[0].clone()], vec![self.tenants[1].clone()]);
        let as_a = State::Tenant(a);
        let own = self.catalog.tables[table].columns.keys();
        let Some(column) = own.map(String::as_str).find(|column| self.updatable(table, column)) else { return };
        let column = quoted(column);
        let merge = |on: &str, then: &str| format!("MERGE INTO {name} t USING (SELECT 1) one ON {on} WHEN {then};");
        let reads = self.reads_whole(table, &hats);
        let others = self.foreign(table, &b);
        for (command, then) in [
            (Command::Update, format!("MATCHED THEN UPDATE SET {column} = t.{column}")),
            (Command::Delete, "MATCHED THEN DELETE".to_owned()),
        ] {
            let nothing = match reads && self.may(table, &hats, command) {
                // Rows that everybody sees and nobody may change are refused loudly.
                true if !self.not_across(table).is_empty() => Expect::NothingOr("42501"),
                true => Expect::Rows(0),
                false => Expect::Error("42501"),
            };
            let label = format!("merge and {} {name}", command.word());
            session.probe(&label, &as_a, &merge(&others, &then), nothing.clone());
            for state in [State::Unset, State::Empty, State::Reset] {
                session.probe(
                    &label,
                    &state,
                    &merge(&format!("t.{column} IS NOT NULL OR true"), &then),
                    nothing.clone(),
                );
                // Where no column is read the server asks no SELECT policy, and refuses the first row loudly instead.
                session.probe(&format!("blindly {label}"), &state, &merge("true", &then), Expect::NothingOr("42501"));
            }
        }
        if let Some((listed, values)) = self.foreign_row(table, &b) {
            let insert = format!("NOT MATCHED THEN INSERT ({listed}) OVERRIDING SYSTEM VALUE VALUES ({values})");
            for state in [&as_a, &State::Unset, &State::Empty] {
                session.probe(
                    &format!("merge and insert {name}"),
                    state,
                    &merge("false", &insert),
                    Expect::Error("42501"),
                );
            }
        }
    }

    /// Every pair of roles that act for one tenant: with the rights of both, and as each of them.
    pub(super) fn pairs(&self) -> usize {
        let own = |role: &&noren::model::access::Role| role.tenants == Tenants::Own && !role.existing;
        let names: Vec<&str> = self.access.roles.values().filter(own).map(|role| role.name.as_str()).collect();
        let mut pairs = 0;
        for (index, one) in names.iter().enumerate() {
            for other in &names[index + 1..] {
                let member = format!("both_{pairs}");
                pairs += 1;
                self.database().sql(&format!("CREATE ROLE {member} LOGIN; GRANT {one}, {other} TO {member};"));
                let hats: [(&[&str], bool); 3] = [(&[one, other], false), (&[one], true), (&[other], true)];
                for (hats, becomes) in hats {
                    let mut session = Session::member(self, &member, hats, becomes);
                    if becomes {
                        self.scoped().for_each(|table| self.reads(&mut session, table));
                        self.through_views(&mut session);
                    } else {
                        self.all_probes(&mut session);
                    }
                    report(&session.run());
                }
            }
        }
        pairs
    }
}
