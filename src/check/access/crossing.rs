//! Foreign keys by which a row of one tenant can come to hang on a row of another.
//!
//! The server looks the referenced row up past row security. What keeps a key within a tenant is either the tenant in
//! it, on both sides, or that the child's own tenant is that of the row it points at. A second key beside it, of the
//! same columns and the tenant, does as well: both have to find their row.

use crate::catalog::{Catalog, ForeignKey, QName, Table};
use crate::model::access::{Access, AccessSql, ScopeKind};
use crate::model::formula::Formula;
use std::collections::BTreeSet;

/// Such a key.
#[derive(Clone, Copy, Debug)]
pub struct Crossing<'a> {
    /// The table whose rows point.
    pub table: &'a Table,
    /// The key.
    pub key: &'a ForeignKey,
    /// The pointing table's tenant column, where it has one or is given one.
    pub own: Option<&'a str>,
    /// The same of the table that is pointed at.
    pub theirs: Option<&'a str>,
}

/// Every key between scoped tables that may cross, in the order of the tables.
pub fn crossing_keys<'a>(catalog: &'a Catalog, access: &'a Access) -> Vec<Crossing<'a>> {
    let keys = catalog.tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    keys.filter_map(|(table, key)| crossing(catalog, access, table, key)).collect()
}

fn crossing<'a>(
    catalog: &'a Catalog,
    access: &'a Access,
    table: &'a Table,
    key: &'a ForeignKey,
) -> Option<Crossing<'a>> {
    let place = |name| access.scopes.get(catalog.partition_root(name)).map(|scope| &scope.kind);
    let kind = place(&table.name).filter(|kind| kind.is_scoped())?;
    let other = place(&key.references).filter(|kind| kind.is_scoped())?;
    let own = access.tenant_column(catalog.partition_root(&table.name));
    let theirs = access.tenant_column(catalog.partition_root(&key.references));
    let mut pairs = key.columns.iter().zip(&key.referenced_columns);
    // Where the key to the parent has its tenant in it, the column that holds it there is the child's too.
    let copied = match kind {
        ScopeKind::Added(parent) | ScopeKind::Lookup(parent) => {
            let tenant = access.tenant_column(&parent.table);
            parent.columns.iter().find(|(_, there)| Some(there.as_str()) == tenant).map(|(here, _)| here.as_str())
        }
        _ => None,
    };
    let is_tenant = |here: &str| Some(here) == own || Some(here) == copied;
    let has_tenant = pairs.any(|(here, there)| is_tenant(here) && Some(there.as_str()) == theirs);
    let is_parent = match kind {
        ScopeKind::Added(parent) | ScopeKind::Lookup(parent) => parent.constraint == key.name,
        ScopeKind::When(condition) => looks_up(condition, key),
        _ => false,
    };
    let is_kept_beside = own.zip(theirs).is_some_and(|tenant| is_kept_beside(table, key, tenant));
    let kept = has_tenant || is_parent || is_kept_beside || is_through(other, &table.name, key);
    (!kept).then_some(Crossing { table, key, own, theirs })
}

/// Another key of the table finds the same row by the tenant too. Without a tenant in the row it would look for nothing.
fn is_kept_beside(table: &Table, key: &ForeignKey, (own, theirs): (&str, &str)) -> bool {
    let pairs = |key: &ForeignKey| -> BTreeSet<(String, String)> {
        key.columns.iter().cloned().zip(key.referenced_columns.iter().cloned()).collect()
    };
    let mut wanted = pairs(key);
    wanted.insert((own.to_owned(), theirs.to_owned()));
    let has_tenant = table.columns.get(own).is_some_and(|column| column.not_null);
    let same = |other: &&ForeignKey| other.references == key.references && other.validated && other.enforced;
    has_tenant && table.foreign_keys.iter().filter(same).any(|other| pairs(other) == wanted)
}

/// The condition is true only where it finds a row of the parent by the key's columns, and so of every row written.
fn looks_up(condition: &AccessSql, key: &ForeignKey) -> bool {
    let is_exists = |formula: &Formula| matches!(formula, Formula::Exists(_));
    let must = match &condition.formula {
        Formula::And(parts) => parts.iter().any(is_exists),
        formula => is_exists(formula),
    };
    let theirs = condition.read_columns.get(&key.references);
    must && key.columns.iter().all(|column| condition.columns.contains(column))
        && theirs.is_some_and(|theirs| key.referenced_columns.iter().all(|column| theirs.contains(column)))
}

/// The key that makes a row of `other` a tenant's: pointing at another's is what it is for, and who may is told (N0742).
fn is_through(other: &ScopeKind, table: &QName, key: &ForeignKey) -> bool {
    let ScopeKind::Through { table: pointing, columns } = other else { return false };
    let is_pair = |here: &String, there: &String| columns.iter().any(|(a, b)| a == here && b == there);
    pointing == table && key.columns.iter().zip(&key.referenced_columns).all(|(here, there)| is_pair(here, there))
}
