//! Keys and indexes beside the tenant column: what they tell of other tenants, and what they cost without it.

use super::{Fix, Kind, Lint, SCOPES, place, report, with_column};
use crate::catalog::{Column, ForeignKey, IndexPart, QName, Table, UniqueKey};
use crate::check::access::{Case, Crossing, crossing_keys};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::access::{Scope, ScopeKind, Tenancy};
use crate::source::Span;
use crate::sql::identifier as quoted;
use std::collections::BTreeSet;

const FOREIGN_KEYS: Kind = Kind {
    code: codes::N0520,
    expected: "the tenant column in every foreign key between scoped tables",
    fault: " without it",
    note: "the server checks foreign keys past row security: a row may point at another tenant's, and whether that is there is told",
    label: SCOPES,
};

const UNIQUE_KEYS: Kind = Kind {
    code: codes::N0521,
    expected: "the tenant column in every unique key of a scoped table",
    fault: " without it",
    note: "a duplicate is refused whoever has the other row: so one tenant learns what another has",
    label: SCOPES,
};

const INDEXES: Kind = Kind {
    code: codes::N0522,
    expected: "an index that begins with the tenant column on every scoped table",
    fault: " without one",
    note: "every query of every tenant is filtered by that column",
    label: SCOPES,
};

const NULLABLE: Kind = Kind {
    code: codes::N0523,
    expected: "tenant columns that are NOT NULL",
    fault: " that may be NULL",
    note: "rows without a tenant are seen by nobody, and stay unseen when they are wrong",
    label: SCOPES,
};

pub(super) fn check(case: Case<'_>, tenancy: &Tenancy, diagnostics: &mut Vec<Diagnostic>) {
    let (mut unique, mut indexes, mut nullable) = (Vec::new(), Vec::new(), Vec::new());
    let foreign = crossing_keys(case.catalog, case.access).iter().map(|key| foreign_key(case, tenancy, key)).collect();
    for (table, scope, column) in with_column(case, tenancy) {
        let one = Scoped { table, scope, column };
        unique.extend(table.unique_keys().iter().filter_map(|key| one.unique_key(key)));
        indexes.extend(one.index());
        nullable.extend(one.nullable());
    }
    report(&FOREIGN_KEYS, foreign, diagnostics);
    report(&UNIQUE_KEYS, unique, diagnostics);
    report(&INDEXES, indexes, diagnostics);
    report(&NULLABLE, nullable, diagnostics);
}

struct Scoped<'a> {
    table: &'a Table,
    scope: &'a Scope,
    column: &'a str,
}

impl Scoped<'_> {
    fn lint(&self, what: String, fix: String, seen: Span) -> Lint {
        Lint { place: self.scope.span, what, fix: Fix::Sql(fix), seen }
    }

    fn unique_key(&self, key: &UniqueKey<'_>) -> Option<Lint> {
        let is_made = |name: &&str| self.table.columns.get(*name).is_some_and(is_made);
        let is_number = |name: &&str| {
            let column = self.table.columns.get(*name);
            column.is_some_and(|column| matches!(column.data_type.name.name.as_str(), "int2" | "int4" | "int8"))
        };
        // A lone number as primary key is a surrogate, also where the dump does not say who counts.
        let is_surrogate = key.primary && key.columns.len() == 1 && key.columns.iter().all(is_number);
        if key.columns.contains(&self.column) || key.columns.iter().any(is_made) || is_surrogate {
            return None;
        }
        let index = self.table.indexes.iter().find(|index| index.name == key.name);
        let parts: Vec<String> = match index {
            Some(index) => index.parts.iter().map(part).collect(),
            None => key.columns.iter().map(|name| quoted(name)).collect(),
        };
        let predicate = index.and_then(|index| index.predicate.as_ref());
        let only = predicate.map(|predicate| format!(" WHERE ({})", predicate.sql)).unwrap_or_default();
        let parts = [vec![quoted(self.column)], parts].concat().join(", ");
        let fix = format!("CREATE UNIQUE INDEX ON {} ({parts}){only}", qualified(self.table));
        Some(self.lint(format!("`{}` of `{}`", key.name, self.table.name), fix, self.table.span))
    }

    fn index(&self) -> Option<Lint> {
        let of_keys = self.table.primary_key.iter().chain(&self.table.unique);
        let mut leading = of_keys.filter_map(|key| key.columns.first());
        let of_indexes = self.table.indexes.iter().filter(|index| index.predicate.is_none());
        let mut leading_of_indexes = of_indexes.filter_map(|index| match index.parts.first()? {
            IndexPart::Column(column) => Some(column),
            IndexPart::Expression(_) => None,
        });
        if leading.any(|name| name == self.column) || leading_of_indexes.any(|name| name == self.column) {
            return None;
        }
        let how = if self.table.is_partitioned() { "" } else { "CONCURRENTLY " };
        let fix = format!("CREATE INDEX {how}ON {} ({})", qualified(self.table), quoted(self.column));
        Some(self.lint(format!("`{}`", self.table.name), fix, self.table.span))
    }

    fn nullable(&self) -> Option<Lint> {
        let column = self.table.columns.get(self.column)?;
        if column.not_null || matches!(self.scope.kind, ScopeKind::Column { or_null: true, .. }) {
            return None;
        }
        let fix = format!("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL", qualified(self.table), quoted(self.column));
        Some(self.lint(format!("`{}.{}`", self.table.name, self.column), fix, column.span))
    }
}

fn foreign_key(case: Case<'_>, tenancy: &Tenancy, Crossing { table, key, own, theirs }: &Crossing<'_>) -> Lint {
    let fix = match (own, theirs) {
        (Some(own), Some(theirs)) if !key.referenced_columns.iter().any(|column| column == theirs) => {
            Fix::Sql(second_key(case, table, key, own, theirs))
        }
        // One side has no tenant column: only a policy can ask for a row that its own tenant sees.
        _ => Fix::Policy(own_row(table, key)),
    };
    Lint {
        place: place(case, tenancy, &table.name),
        what: format!("`{}` of `{}`", key.name, table.name),
        fix,
        seen: key.span,
    }
}

/// The key that holds the tenant too, and the unique key that it needs. The first one may stay beside it: what it does
/// when the row it points at goes is done before the second one looks.
fn second_key(case: Case<'_>, table: &Table, key: &ForeignKey, own: &str, theirs: &str) -> String {
    let with = |first: &str, rest: &[String]| -> Vec<String> {
        std::iter::once(first).chain(rest.iter().map(String::as_str)).map(str::to_owned).collect()
    };
    let list = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let (here, there) = (with(own, &key.columns), with(theirs, &key.referenced_columns));
    let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<String>>();
    let is_unique = case.catalog.tables.get(&key.references).is_some_and(|other| {
        other.primary_key.iter().chain(&other.unique).any(|key| sorted(&key.columns) == sorted(&there))
    });
    let target = name_of(&key.references);
    let unique = format!("ALTER TABLE {target} ADD UNIQUE ({}); ", list(&there));
    let deferred = match (key.deferrable, key.initially_deferred) {
        (false, _) => "",
        (true, false) => " DEFERRABLE",
        (true, true) => " DEFERRABLE INITIALLY DEFERRED",
    };
    format!(
        "{}ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {target} ({}){deferred}",
        if is_unique { "" } else { unique.as_str() },
        qualified(table),
        list(&here),
        list(&there)
    )
}

/// A condition that is true where the row pointed at is one that the writer sees.
fn own_row(table: &Table, key: &ForeignKey) -> String {
    let pairs = key.columns.iter().zip(&key.referenced_columns);
    let same =
        pairs.map(|(here, there)| format!("p.{} = {}.{}", quoted(there), quoted(&table.name.name), quoted(here)));
    let same = same.collect::<Vec<_>>().join(" and ");
    let empty = key.columns.iter().filter(|name| table.columns.get(*name).is_none_or(|column| !column.not_null));
    let empty: Vec<String> = empty.map(|name| format!("{} is null or ", quoted(name))).collect();
    let empty = empty.concat();
    format!("with check ({empty}exists (select from {} p where {same}))", name_of(&key.references))
}

/// The database makes its values up, or they are too many to be guessed: a duplicate tells nothing.
fn is_made(column: &Column) -> bool {
    column.identity.is_some()
        || column.data_type.name.name == "uuid"
        || column.default.as_ref().is_some_and(|default| !default.sequences.is_empty())
}

pub(super) fn part(part: &IndexPart) -> String {
    match part {
        IndexPart::Column(column) => quoted(column),
        IndexPart::Expression(expression) => format!("({})", expression.sql),
    }
}

pub(super) fn qualified(table: &Table) -> String {
    name_of(&table.name)
}

/// A name as SQL writes it.
pub(super) fn name_of(name: &QName) -> String {
    format!("{}.{}", quoted(&name.schema), quoted(&name.name))
}
