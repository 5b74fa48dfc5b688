//! Whose rows they are: two tenants get rows everywhere, others some.
//!
//! The problem: rows of one tenant prove no isolation, and a foreign key chosen at random gives sixteen tenants one row
//! each. The mechanism: two tenants of the root are chosen, most rows of a table are wanted for one or the other, and a
//! row's foreign keys prefer parents of the tenant that it is wanted for. Every eighth row takes whatever parent comes,
//! since real data has rows that reach across tenants too.

use crate::catalog::{DataType, QName};
use crate::model::access::{Access, AccessName, AccessSql, Parent, ScopeKind, Tenancy};
use crate::verify::session::{Refusal, Session};
use crate::verify::text::{Part, Sql};

/// A table that gets its tenant through more tables than this is taken for a ring.
const DEEPEST: usize = 24;
const UNDEFINED_COLUMN: &str = "42703";

/// The two tenants that have rows wherever a table can have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenants {
    /// The first, as text.
    pub first: String,
    /// The second, as text.
    pub second: String,
}

/// Where tables get their tenant, and whom rows are for.
pub(super) struct Placement<'a> {
    /// Of a policy that has a tenancy.
    access: Option<(&'a Access, &'a Tenancy)>,
    pub(super) tenants: Option<Tenants>,
}

impl<'a> Placement<'a> {
    pub(super) fn new(access: Option<&'a Access>) -> Self {
        Self { access: access.and_then(|access| Some((access, access.tenancy.as_ref()?))), tenants: None }
    }

    pub(super) fn root(&self) -> Option<&'a QName> {
        self.access.map(|(_, tenancy)| &tenancy.root)
    }

    fn kind(&self, table: &QName) -> Option<&'a ScopeKind> {
        Some(&self.access?.0.scopes.get(table)?.kind).filter(|kind| kind.is_scoped())
    }

    /// Whether rows of a table belong to tenants.
    pub(super) fn is_scoped(&self, table: &QName) -> bool {
        self.kind(table).is_some()
    }

    /// The table's own tenant column, where it has one and is not the root.
    pub(super) fn column(&self, table: &QName) -> Option<&'a str> {
        match self.kind(table)? {
            ScopeKind::Column { column, .. } if Some(table) != self.root() => Some(column),
            _ => None,
        }
    }

    /// Takes two tenants of the root, once that has rows.
    pub(super) fn choose(&mut self, session: &mut dyn Session) -> Result<(), Refusal> {
        let Some((_, tenancy)) = self.access else { return Ok(()) };
        let parts = [Part::Name(&tenancy.root_column), Part::Relation(&tenancy.root)];
        let text = "SELECT $1::text FROM $2 WHERE $1 IS NOT NULL ORDER BY $1::text COLLATE \"C\" LIMIT 2";
        let mut found = session.run(&Sql::of(text, &parts))?.column().into_iter();
        self.tenants = found.next().and_then(|first| Some(Tenants { first, second: found.next()? }));
        Ok(())
    }

    /// Whom the next row of a table is for; `None` for whoever comes.
    pub(super) fn wanted(&self, table: &QName, place: usize) -> Option<&str> {
        let tenants = self.tenants.as_ref().filter(|_| self.is_scoped(table) && Some(table) != self.root())?;
        match place % 8 {
            7 => None,
            0 | 1 | 4 | 5 => Some(&tenants.first),
            _ => Some(&tenants.second),
        }
    }

    /// The tenant of a row as text, as an expression over the row's alias; `None` for rows of nobody.
    pub(super) fn expression(&self, table: &QName, alias: &str) -> Option<Sql> {
        self.nested(table, alias, 0)
    }

    fn nested(&self, table: &QName, alias: &str, depth: usize) -> Option<Sql> {
        let inner = ["noren_", &depth.to_string()].concat();
        match self.kind(table)? {
            _ if depth > DEEPEST => None,
            ScopeKind::Column { column, .. } => Some(Sql::of("$1.$2::text", &[Part::Name(alias), Part::Name(column)])),
            ScopeKind::Added(Parent { table, columns, .. }) | ScopeKind::Lookup(Parent { table, columns, .. }) => {
                let tenant = self.nested(table, &inner, depth + 1)?;
                let joined = pairs(columns.iter().map(|(own, theirs)| (own, theirs)), alias, &inner);
                let parts = [Part::Sql(&tenant), Part::Relation(table), Part::Name(&inner), Part::Sql(&joined)];
                Some(Sql::of("(SELECT $1 FROM $2 $3 WHERE $4 LIMIT 1)", &parts))
            }
            ScopeKind::Through { table, columns } => {
                let tenant = self.nested(table, &inner, depth + 1)?;
                let joined = pairs(columns.iter().map(|(theirs, own)| (own, theirs)), alias, &inner);
                let parts = [Part::Sql(&tenant), Part::Relation(table), Part::Name(&inner), Part::Sql(&joined)];
                Some(Sql::of("(SELECT min($1) FROM $2 $3 WHERE $4)", &parts))
            }
            ScopeKind::When(_) | ScopeKind::Shared | ScopeKind::Internal => None,
        }
    }

    /// Of the two tenants, those that have a row of the table.
    pub(super) fn present(&self, session: &mut dyn Session, table: &QName) -> Result<Vec<String>, Refusal> {
        let Some(tenants) = &self.tenants else { return Ok(Vec::new()) };
        let mut present = Vec::new();
        for tenant in [&tenants.first, &tenants.second] {
            let Some(condition) = self.belongs(table, "t", 0, tenant) else { continue };
            self.set(session, tenant)?;
            let parts = [Part::Relation(table), Part::Sql(&condition)];
            match session.run(&Sql::of("SELECT EXISTS (SELECT FROM $1 t WHERE $2)", &parts)) {
                Ok(answer) if answer.value() != Some("t") => {}
                // A condition of the user's own may read a column that is yet to be given: isolation asks again then.
                Err(refusal) if refusal.sqlstate != UNDEFINED_COLUMN => return Err(refusal),
                _ => present.push(tenant.clone()),
            }
        }
        Ok(present)
    }

    /// What is true of a row with this alias that a tenant owns. One row may be pointed to by rows of both, and so may the
    /// parent that a row looks up.
    fn belongs(&self, table: &QName, alias: &str, depth: usize, tenant: &str) -> Option<Sql> {
        if depth > DEEPEST {
            return None;
        }
        let inner = ["noren_", &depth.to_string()].concat();
        let (other, joined) = match self.kind(table)? {
            ScopeKind::Column { column, .. } => {
                let parts = [Part::Name(alias), Part::Name(column), Part::Text(tenant)];
                return Some(Sql::of("$1.$2::text = $3", &parts));
            }
            ScopeKind::When(condition) => {
                return Some(Sql::of("($1)", &[Part::Sql(&written_out(condition, alias, self.access?.0))]));
            }
            ScopeKind::Added(parent) | ScopeKind::Lookup(parent) => {
                (&parent.table, pairs(parent.columns.iter().map(|(own, theirs)| (own, theirs)), alias, &inner))
            }
            ScopeKind::Through { table, columns } => {
                (table, pairs(columns.iter().map(|(theirs, own)| (own, theirs)), alias, &inner))
            }
            ScopeKind::Shared | ScopeKind::Internal => return None,
        };
        let theirs = self.belongs(other, &inner, depth + 1, tenant)?;
        let parts = [Part::Relation(other), Part::Name(&inner), Part::Sql(&joined), Part::Sql(&theirs)];
        Some(Sql::of("EXISTS (SELECT FROM $1 $2 WHERE $3 AND $4)", &parts))
    }

    /// Conditions of the user's own read the setting.
    fn set(&self, session: &mut dyn Session, tenant: &str) -> Result<(), Refusal> {
        let Some((_, tenancy)) = self.access else { return Ok(()) };
        let many = ["{\"", &tenant.replace('\\', "\\\\").replace('"', "\\\""), "\"}"].concat();
        let value = if tenancy.many { many.as_str() } else { tenant };
        let parts = [Part::Text(&tenancy.setting), Part::Text(value)];
        session.run(&Sql::of("SELECT set_config($1, $2, false)", &parts)).map(drop)
    }
}

fn pairs<'p>(columns: impl Iterator<Item = (&'p String, &'p String)>, alias: &str, inner: &str) -> Sql {
    let equal = |(own, theirs): (&String, &String)| {
        let parts = [Part::Name(alias), Part::Name(own), Part::Name(inner), Part::Name(theirs)];
        Sql::of("$1.$2 = $3.$4", &parts)
    };
    Sql::joined(&columns.map(equal).collect::<Vec<_>>(), " AND ")
}

/// A condition with every name in it as a session reads it to which nothing was applied.
fn written_out(condition: &AccessSql, alias: &str, access: &Access) -> Sql {
    let name = |name: &AccessName| match name {
        AccessName::Column(column) => Sql::of("$1.$2", &[Part::Name(alias), Part::Name(column)]),
        AccessName::Relation(table) => Sql::of("$1", &[Part::Relation(table)]),
        AccessName::Setting(setting) => {
            let value = Sql::of("nullif(current_setting($1, true), '')", &[Part::Text(setting)]);
            access.settings.get(setting).map_or(value.clone(), |found| cast(&value, &found.data_type))
        }
    };
    Sql::whole(condition.substituted(|found| name(found).as_str().to_owned()))
}

fn cast(value: &Sql, data_type: &DataType) -> Sql {
    let parts = [Part::Sql(value), Part::Relation(&data_type.name)];
    Sql::of(if data_type.dimensions == 0 { "$1::$2" } else { "$1::$2[]" }, &parts)
}
