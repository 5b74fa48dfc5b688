//! Indexes that the server cannot use beside a policy. A condition may be looked at before the policy's own only where
//! its operator is known to tell nothing of the rows it refuses (`pg_proc.proleakproof`); any other waits, and an index
//! on it waits with it. Where the index begins with the tenant column, that at least is found by it.

use super::keys::{part, qualified};
use super::{Fix, Kind, Lint, SCOPES, place, report};
use crate::catalog::{Index, IndexPart, Table};
use crate::check::access::{Case, is_own};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::Tenancy;
use crate::sql::identifier as quoted;

const INDEXES: Kind = Kind {
    code: codes::N0530,
    expected: "indexes that can be used beside a policy",
    fault: ", which cannot",
    note: "the operators of these are not leakproof, so the server asks the policy of every row first",
    label: SCOPES,
};

/// Types whose btree, hash and brin operators are all leakproof in every version from 14 to 18; a test asks the servers.
pub const LEAKPROOF: &[&str] = &[
    "bit",
    "bool",
    "bpchar",
    "bytea",
    "char",
    "cidr",
    "date",
    "float4",
    "float8",
    "inet",
    "int2",
    "int4",
    "int8",
    "interval",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "oid",
    "oidvector",
    "pg_lsn",
    "text",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "uuid",
    "varbit",
    "varchar",
    "xid8",
];

pub(super) fn check(case: Case<'_>, tenancy: &Tenancy, diagnostics: &mut Vec<Diagnostic>) {
    let asked = |table: &&Table| {
        let roles = case.access.rights.get(&table.name).into_iter().flat_map(|roles| roles.keys());
        case.is_scoped(&table.name) && roles.filter_map(|role| case.access.roles.get(role)).any(is_own)
    };
    let mut found = Vec::new();
    for table in case.catalog.tables.values().filter(asked) {
        let column = case.access.tenant_column(&table.name);
        let idle = table.indexes.iter().filter(|index| is_idle(case, table, column, index));
        found.extend(idle.map(|index| Lint {
            place: place(case, tenancy, &table.name),
            what: format!("`{}` of `{}`", index.name, table.name),
            fix: fix(table, column, index),
            seen: index.span,
        }));
    }
    report(&INDEXES, found, diagnostics);
}

fn is_idle(case: Case<'_>, table: &Table, column: Option<&str>, index: &Index) -> bool {
    let Some(first) = index.parts.first() else { return false };
    match first {
        IndexPart::Column(name) if Some(name.as_str()) == column => false,
        IndexPart::Column(name) => {
            let known = table.columns.get(name).map(|column| case.catalog.base_type(&column.data_type).data_type);
            let ordered = matches!(index.method.as_str(), "btree" | "hash" | "brin");
            let leakproof = known.is_some_and(|known| {
                let plain = known.dimensions == 0 && known.name.schema == "pg_catalog";
                plain && LEAKPROOF.contains(&known.name.name.as_str())
            });
            !(ordered && leakproof)
        }
        // Functions are rarely leakproof, and none that indexes are made on.
        IndexPart::Expression(_) => true,
    }
}

fn fix(table: &Table, column: Option<&str>, index: &Index) -> Fix {
    let Some(column) = column else {
        return Fix::Words("give the table a tenant column of its own, and let the index begin with it".to_owned());
    };
    let parts = std::iter::once(quoted(column)).chain(index.parts.iter().map(part)).collect::<Vec<_>>().join(", ");
    let only = index.predicate.as_ref().map(|predicate| format!(" WHERE ({})", predicate.sql)).unwrap_or_default();
    let how = if table.is_partitioned() { "" } else { "CONCURRENTLY " };
    let sql = format!("CREATE INDEX {how}ON {} USING {} ({parts}){only}", qualified(table), index.method);
    match index.method.as_str() {
        "gin" | "gist" => Fix::Words(format!("with the extension btree_{}, run `{sql}`", index.method)),
        _ => Fix::Sql(sql),
    }
}
