//! More rows from those that are there.
//!
//! Every row is copied with its foreign keys, so that children stay with their parents, and with new values in the
//! columns of its unique keys. What the constraints do not take is left out; tables whose keys hold nothing but foreign
//! keys stay as they are. The table of tenants stays too: there are as many tenants as rows were made for.

use crate::catalog::{Catalog, Category, Column, QName, Table};
use crate::verify::session::{Refusal, Session};
use crate::verify::text::{Part, Sql};
use std::collections::BTreeSet;

/// Brings each table near to `rows` rows; tells which have fewer than half of it.
pub(super) fn tables(
    session: &mut dyn Session,
    catalog: &Catalog,
    root: &QName,
    rows: u64,
) -> Result<Vec<String>, Refusal> {
    session.run(&Sql::whole("SET session_replication_role = replica; SET client_min_messages = error"))?;
    let mut notes = Vec::new();
    for table in catalog.reference_order().into_iter().flatten().filter_map(|name| catalog.tables.get(name)) {
        if table.is_partition() || table.name == *root {
            continue;
        }
        let why = multiply(session, catalog, table, rows).err();
        let count = count(session, &table.name)?;
        if count < rows / 2 {
            let why = why.map(|refusal| format!(": {}", refusal.message)).unwrap_or_default();
            notes.push(format!("{} has {count} of {rows}{why}", table.name));
        }
    }
    session.run(&Sql::whole("RESET ALL"))?;
    Ok(notes)
}

fn count(session: &mut dyn Session, table: &QName) -> Result<u64, Refusal> {
    let answer = session.run(&Sql::of("SELECT count(*) FROM $1", &[Part::Relation(table)]))?;
    Ok(answer.value().and_then(|count| count.parse().ok()).unwrap_or_default())
}

fn multiply(session: &mut dyn Session, catalog: &Catalog, table: &Table, rows: u64) -> Result<(), Refusal> {
    let there = count(session, &table.name)?;
    let copies = rows.checked_div(there).unwrap_or_default().saturating_sub(1);
    let references: BTreeSet<&String> = table.foreign_keys.iter().flat_map(|key| &key.columns).collect();
    let keys: BTreeSet<&str> = table.unique_keys().into_iter().flat_map(|key| key.columns).collect();
    if copies == 0 {
        return Ok(());
    }
    let columns: Vec<&Column> = table.columns.values().filter(|column| column.generated.is_none()).collect();
    let names: Vec<Sql> = columns.iter().map(|column| Sql::of("$1", &[Part::Name(&column.name)])).collect();
    let value = |column: &&Column| {
        let is_new = keys.contains(column.name.as_str()) && !references.contains(&column.name);
        if is_new { fresh(catalog, column, there) } else { Sql::of("r.$1", &[Part::Name(&column.name)]) }
    };
    let values: Vec<Sql> = columns.iter().map(value).collect();
    let (names, values) = (Sql::joined(&names, ", "), Sql::joined(&values, ", "));
    let (there, copies) = (Sql::whole(there.to_string()), Sql::whole(copies.to_string()));
    let parts =
        [Part::Relation(&table.name), Part::Sql(&names), Part::Sql(&values), Part::Sql(&there), Part::Sql(&copies)];
    session
        .run(&Sql::of(
            "INSERT INTO $1 ($2) OVERRIDING SYSTEM VALUE
         SELECT $3 FROM (SELECT *, row_number() OVER () AS noren_row FROM $1 LIMIT $4) AS r,
           generate_series(1, $5) AS g (n) ON CONFLICT DO NOTHING",
            &parts,
        ))
        .map(drop)
}

/// A value that no other row has, by type; of other types, the row's own.
fn fresh(catalog: &Catalog, column: &Column, there: u64) -> Sql {
    let base = catalog.base_type(&column.data_type);
    let name = [Part::Name(&column.name)];
    if base.category != Category::Scalar {
        return Sql::of("r.$1", &name);
    }
    match base.data_type.name.name.as_str() {
        "int2" => numbered(1_000, there),
        "int4" | "int8" | "numeric" => numbered(1_000_000, there),
        "text" | "varchar" | "bpchar" | "citext" => {
            // The end stays, and with it what a domain or a check asks of an address.
            let text = Sql::of("g.n::text || r.$1::text", &name);
            let length = base.data_type.modifiers.first().map(|length| Sql::whole(length.to_string()));
            length.map_or(text.clone(), |length| Sql::of("left($1, $2)", &[Part::Sql(&text), Part::Sql(&length)]))
        }
        "uuid" => Sql::of("md5(r.$1::text || g.n)::uuid", &name),
        "bytea" => Sql::of("sha256(r.$1 || g.n::text::bytea)", &name),
        "date" => Sql::of("r.$1 + g.n::integer", &name),
        "timestamp" | "timestamptz" => Sql::of("r.$1 + g.n * interval '1 second'", &name),
        _ => Sql::of("r.$1", &name),
    }
}

fn numbered(from: u64, there: u64) -> Sql {
    let (from, there) = (Sql::whole(from.to_string()), Sql::whole(there.to_string()));
    Sql::of("$1 + (g.n - 1) * $2 + r.noren_row", &[Part::Sql(&from), Part::Sql(&there)])
}
