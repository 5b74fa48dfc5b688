//! Keys that had nothing to point to when their rows were made: of a table to itself, and of cycles.

use super::rows::{Filler, Target, Values};
use super::schema::{Foreign, Table};
use crate::verify::session::{Refusal, Row};
use crate::verify::text::{Part, Sql};
use std::collections::BTreeSet;

pub(super) fn close(filler: &mut Filler<'_>) -> Result<(), Refusal> {
    filler.forget();
    let mut earlier = BTreeSet::new();
    for table in filler.tables().iter() {
        filler.turn_to(table, "cycles");
        for key in table.foreign.iter().filter(|key| !earlier.contains(&key.target)) {
            close_key(filler, table, key)?;
        }
        earlier.insert(table.oid);
    }
    Ok(())
}

/// Columns that other keys hold already are left as they are.
fn close_key(filler: &mut Filler<'_>, table: &Table, key: &Foreign) -> Result<(), Refusal> {
    let others: Vec<&String> =
        table.foreign.iter().filter(|other| other.name != key.name).flat_map(|other| &other.columns).collect();
    let (shared, free): (Vec<&String>, Vec<&String>) = key.columns.iter().partition(|name| others.contains(name));
    if free.is_empty() {
        return Ok(());
    }
    let nullable = free.iter().all(|name| !table.is_required(name));
    for row in rows(filler, table, &shared)? {
        let [place, ctid, tenant, fixed @ ..] = row.as_slice() else { continue };
        let fixed: Values = shared.iter().zip(fixed).map(|(name, value)| ((*name).clone(), value.clone())).collect();
        if nullable && filler.random.one_in(4) {
            continue;
        }
        // A row that the server will not have so stays as it is, after a few others were offered.
        for _ in 0..OFFERED {
            let Some(parent) = filler.parent(key, &fixed, tenant.as_deref())? else { break };
            if filler.session.run(&pointing(table, key, &free, &parent, [place, ctid])).is_ok() {
                break;
            }
        }
    }
    filler.drop_duplicates(table)
}

/// How many parents are tried: a smaller whole number cannot refer to each.
const OFFERED: usize = 8;

fn pointing(table: &Table, key: &Foreign, free: &[&String], parent: &Target, row: [&Option<String>; 2]) -> Sql {
    let pairs = key.columns.iter().zip(&key.target_columns).filter(|(own, _)| free.contains(own));
    let sets: Vec<Sql> = pairs
        .map(|(own, target)| {
            let value = parent.values.get(target).cloned().flatten().unwrap_or_default();
            Sql::of("$1 = $2", &[Part::Name(own), Part::Text(&value)])
        })
        .collect();
    let (name, sets) = (table.qname(), Sql::joined(&sets, ", "));
    let [place, ctid] = row.map(|part| part.as_deref().unwrap_or_default());
    let parts = [Part::Relation(&name), Part::Sql(&sets), Part::Text(place), Part::Text(ctid)];
    Sql::of("UPDATE $1 SET $2 WHERE tableoid = $3 AND ctid = $4", &parts)
}

/// Where each row is, its tenant, and columns as text; in an order that the heap does not decide.
fn rows(filler: &mut Filler<'_>, table: &Table, columns: &[&String]) -> Result<Vec<Row>, Refusal> {
    let name = table.qname();
    let tenant = filler.placement.expression(&name, "t").unwrap_or_else(|| Sql::whole("NULL"));
    let columns: Vec<Sql> = columns.iter().map(|name| Sql::of(", t.$1::text", &[Part::Name(name)])).collect();
    let (columns, only) = (Sql::joined(&columns, ""), table.only());
    let parts = [Part::Sql(&tenant), Part::Sql(&columns), Part::Sql(&only), Part::Relation(&name)];
    let query =
        "SELECT t.tableoid, t.ctid, $1$2 FROM $3$4 t ORDER BY t.tableoid::regclass::text, ROW(t.*)::text COLLATE \"C\"";
    Ok(filler.session.run(&Sql::of(query, &parts))?.rows)
}
