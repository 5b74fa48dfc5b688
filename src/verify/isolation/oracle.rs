//! The oracle: whose rows are whose and who may read or change which, worked out once more from the model.
//!
//! It is asked of a superuser, whom no policy binds, so nothing that was compiled stands between it and the rows.

use super::super::text::{Part, Sql};
use super::case::Case;
use super::states::State;
use crate::catalog::{DataType, QName};
use crate::model::access::{AccessName, AccessSql, Command, Policy, Right, ScopeKind, Tenants};
use crate::postgres::tokens;
use crate::sql::Expr;
use pg_query::protobuf::{KeywordKind, Token};
use std::ops::Range;

/// Who looks: for which tenants, and with the rights of which roles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eyes<'e> {
    /// None where the setting says none.
    pub tenants: &'e [String],
    /// `None` asks whose a row is, whoever may read it.
    pub hats: Option<&'e [String]>,
}

impl<'e> Eyes<'e> {
    /// Whose a row is.
    pub(super) fn of(tenants: &'e [String]) -> Self {
        Self { tenants, hats: None }
    }

    /// What somebody with these rights sees of it.
    pub(super) fn with(tenants: &'e [String], hats: &'e [String]) -> Self {
        Self { tenants, hats: Some(hats) }
    }
}

/// Sub-selects deeper than these would be a circle, which the compiler refuses.
const DEEPEST: usize = 12;

fn truth(value: bool) -> Sql {
    Sql::whole(if value { "true" } else { "false" })
}

fn column(alias: &str, name: &str) -> Sql {
    Sql::of("$1.$2", &[Part::Name(alias), Part::Name(name)])
}

/// All of them.
pub(super) fn every(conditions: &[Sql]) -> Sql {
    if conditions.is_empty() { truth(true) } else { bracketed(conditions, " AND ") }
}

/// One of them.
fn any(conditions: &[Sql]) -> Sql {
    if conditions.is_empty() { truth(false) } else { bracketed(conditions, " OR ") }
}

fn bracketed(conditions: &[Sql], between: &'static str) -> Sql {
    Sql::of("($1)", &[Part::Sql(&Sql::joined(conditions, between))])
}

impl Case<'_> {
    /// What must be true of the row `alias` of `table` for it to be of one of these tenants, as a read sees it.
    pub(super) fn mine(&self, table: &QName, alias: &str, eyes: &Eyes<'_>) -> Sql {
        self.belongs(table, alias, eyes, true, 0)
    }

    /// A row of `theirs` that is none of `mine`.
    pub(super) fn foreign(&self, table: &QName, alias: &str, mine: &str, theirs: &str) -> Sql {
        let of = |tenant: &str| self.belongs(table, alias, &Eyes::of(&[tenant.to_owned()]), false, 0);
        let (theirs, mine) = (of(theirs), of(mine));
        Sql::of("(coalesce($1, false) AND NOT coalesce($2, false))", &[Part::Sql(&theirs), Part::Sql(&mine)])
    }

    fn belongs(&self, table: &QName, alias: &str, eyes: &Eyes<'_>, reads: bool, depth: usize) -> Sql {
        let Some(kind) = self.kind(table).filter(|_| depth < DEEPEST) else { return truth(depth < DEEPEST) };
        match kind {
            ScopeKind::Column { column: name, or_null } => by(alias, name, eyes.tenants, *or_null && reads),
            // The parent says whose it is, whatever the copied column holds.
            ScopeKind::Added(parent) => {
                let pairs = parent.columns.iter().map(|(own, theirs)| (theirs.as_str(), own.as_str()));
                self.exists(&parent.table, alias, pairs, &Eyes::of(eyes.tenants), reads, depth)
            }
            ScopeKind::Lookup(parent) => {
                let pairs = parent.columns.iter().map(|(own, theirs)| (theirs.as_str(), own.as_str()));
                self.exists(&parent.table, alias, pairs, eyes, reads, depth)
            }
            ScopeKind::Through { table, columns } => {
                let pairs = columns.iter().map(|(theirs, own)| (theirs.as_str(), own.as_str()));
                self.exists(table, alias, pairs, eyes, reads, depth)
            }
            ScopeKind::When(condition) => self.condition(condition, alias, eyes, depth),
            ScopeKind::Shared | ScopeKind::Internal => truth(true),
        }
    }

    /// A policy's sub-select runs with the rights of whoever asks, so it finds what they may read.
    fn exists<'c>(
        &self,
        other: &QName,
        alias: &str,
        pairs: impl Iterator<Item = (&'c str, &'c str)>,
        eyes: &Eyes<'_>,
        reads: bool,
        depth: usize,
    ) -> Sql {
        let inner = [alias, "_"].concat();
        let same =
            |(there, here)| Sql::of("$1 = $2", &[Part::Sql(&column(&inner, there)), Part::Sql(&column(alias, here))]);
        let mut conditions: Vec<Sql> = pairs.map(same).collect();
        conditions.push(self.belongs(other, &inner, eyes, reads, depth + 1));
        if eyes.hats.is_some() {
            conditions.push(self.may_at(other, Command::Select, &inner, eyes, depth + 1));
        }
        let parts = [Part::Relation(other), Part::Name(&inner), Part::Sql(&every(&conditions))];
        Sql::of("EXISTS (SELECT FROM $1 $2 WHERE $3)", &parts)
    }

    /// The rows that somebody may read or change by a command.
    pub(super) fn may(&self, table: &QName, command: Command, alias: &str, eyes: &Eyes<'_>) -> Sql {
        self.may_at(table, command, alias, eyes, 0)
    }

    fn may_at(&self, table: &QName, command: Command, alias: &str, eyes: &Eyes<'_>, depth: usize) -> Sql {
        let hats = eyes.hats.unwrap_or_default();
        if depth >= DEEPEST {
            return truth(false);
        }
        let mine = self.belongs(table, alias, eyes, command == Command::Select, depth);
        let both = |other: &Sql| Sql::of("($1 AND $2)", &[Part::Sql(&mine), Part::Sql(other)]);
        let mut ways: Vec<Sql> = self
            .rights(table, hats, command)
            .iter()
            .map(|right| both(&self.granted(right, alias, eyes, depth)))
            .collect();
        let mut narrowed = Vec::new();
        for policy in self.policies(table, hats, command) {
            let own = if command == Command::Insert { &policy.check } else { &policy.using };
            let own = own.as_ref().map_or(truth(true), |sql| self.condition(sql, alias, eyes, depth));
            match (policy.restrictive, policy.across_tenants) {
                (true, _) => narrowed.push(own),
                (false, true) => ways.push(own),
                (false, false) => ways.push(both(&own)),
            }
        }
        narrowed.push(any(&ways));
        narrowed.extend(hats.iter().filter_map(|hat| self.floor(table, command, alias, eyes, hat, depth)));
        every(&narrowed)
    }

    /// What the floor of one role leaves where a policy loosens it for some: a member of two roles is bound by both.
    fn floor(
        &self,
        table: &QName,
        command: Command,
        alias: &str,
        eyes: &Eyes<'_>,
        hat: &str,
        depth: usize,
    ) -> Option<Sql> {
        let own = |name: &str| self.access.roles.get(name).is_some_and(|role| role.tenants == Tenants::Own);
        let reaches = |role: &str, policy: &Policy| {
            self.access.groups(role).into_iter().any(|group| policy.roles.contains(group))
        };
        let members: Vec<&str> = self
            .access
            .roles
            .keys()
            .map(String::as_str)
            .filter(|name| own(name) && self.access.groups(name).contains(hat))
            .collect();
        let across = |policy: &&Policy| {
            policy.table == *table && !policy.restrictive && policy.across_tenants && policy.commands.contains(&command)
        };
        let mut loosening = self.access.policies.iter().filter(across).peekable();
        if !own(hat) || loosening.peek().is_none() {
            return None;
        }
        let mut ways = vec![self.belongs(table, alias, eyes, command == Command::Select, depth)];
        for policy in loosening {
            let of_members = members.iter().any(|member| reaches(member, policy));
            let has = eyes.hats.unwrap_or_default().iter().any(|hat| policy.roles.contains(hat));
            if reaches(hat, policy) || (of_members && has) {
                let own = if command == Command::Insert { &policy.check } else { &policy.using };
                ways.push(own.as_ref().map_or(truth(true), |sql| self.condition(sql, alias, eyes, depth)));
            }
        }
        Some(any(&ways))
    }

    fn granted(&self, right: &Right, alias: &str, eyes: &Eyes<'_>, depth: usize) -> Sql {
        let conditions: Vec<Sql> =
            right.conditions.iter().map(|condition| self.condition(condition, alias, eyes, depth)).collect();
        if conditions.is_empty() { truth(true) } else { any(&conditions) }
    }

    /// Policies of the user's own that bind somebody with the rights of these roles.
    pub(super) fn policies(&self, table: &QName, hats: &[String], command: Command) -> Vec<&Policy> {
        let binds = |policy: &&Policy| {
            policy.table == *table
                && policy.commands.contains(&command)
                && hats.iter().any(|hat| policy.roles.contains(hat))
        };
        self.access.policies.iter().filter(binds).collect()
    }

    /// The rights of these roles to a command.
    pub(super) fn rights(&self, table: &QName, hats: &[String], command: Command) -> Vec<&Right> {
        let Some(roles) = self.access.rights.get(table) else { return Vec::new() };
        hats.iter().filter_map(|hat| roles.get(hat)?.get(&command)).collect()
    }

    /// Not a row that a policy gives to every tenant.
    pub(super) fn not_across(&self, table: &QName, command: Command, alias: &str, eyes: &Eyes<'_>) -> Sql {
        let across = self.access.policies.iter().filter(|policy| policy.table == *table && policy.across_tenants);
        let of = |policy: &Policy| {
            let own = if command == Command::Insert { &policy.check } else { &policy.using };
            let own = own.as_ref().map_or(truth(true), |sql| self.condition(sql, alias, eyes, 0));
            Sql::of("NOT coalesce($1, false)", &[Part::Sql(&own)])
        };
        every(&across.filter(|policy| policy.commands.contains(&command)).map(of).collect::<Vec<_>>())
    }

    /// The rows that the floor leaves to a role of one tenant, whatever it is granted.
    pub(super) fn at_most(&self, table: &QName, command: Command, state: &State) -> Sql {
        let eyes = Eyes::of(state.tenants());
        let mine = self.belongs(table, "t", &eyes, command == Command::Select, 0);
        let across = self.not_across(table, command, "t", &eyes);
        Sql::of("($1 OR NOT $2)", &[Part::Sql(&mine), Part::Sql(&across)])
    }

    /// A condition of the user's own with every name replaced.
    fn condition(&self, sql: &AccessSql, alias: &str, eyes: &Eyes<'_>, depth: usize) -> Sql {
        let mut pieces = Vec::new();
        let mut end = 0;
        for (range, name) in &sql.names {
            pieces.push(Sql::whole(sql.text.get(end..range.start).unwrap_or_default()));
            pieces.push(match name {
                AccessName::Column(name) => column(alias, name),
                AccessName::Setting(setting) => self.setting(setting, eyes),
                AccessName::Relation(name) => self.relation(name, has_alias(&sql.text, range), eyes, depth + 1),
            });
            end = range.end;
        }
        pieces.push(Sql::whole(sql.text.get(end..).unwrap_or_default()));
        Sql::of("($1)", &[Part::Sql(&Sql::joined(&pieces, ""))])
    }

    /// A relation that a sub-select reads: under row security, what its reader sees of it.
    fn relation(&self, name: &QName, aliased: bool, eyes: &Eyes<'_>, depth: usize) -> Sql {
        let scoped = self.kind(name).is_some_and(ScopeKind::is_scoped);
        if !scoped || eyes.hats.is_none() {
            return Sql::of("$1", &[Part::Relation(name)]);
        }
        let seen = self.may_at(name, Command::Select, "seen", eyes, depth);
        let rows = Sql::of("(SELECT * FROM $1 seen WHERE $2)", &[Part::Relation(name), Part::Sql(&seen)]);
        if aliased { rows } else { Sql::of("$1 AS $2", &[Part::Sql(&rows), Part::Name(&name.name)]) }
    }

    /// A setting's value as the session has it.
    fn setting(&self, name: &str, eyes: &Eyes<'_>) -> Sql {
        let value = if name == self.tenancy.setting {
            (!eyes.tenants.is_empty()).then(|| self.tenant_value(eyes.tenants))
        } else {
            self.settings.get(name).cloned()
        };
        let Some(data_type) = self.access.settings.get(name).map(|setting| &setting.data_type) else {
            return Sql::whole("NULL");
        };
        let value = value.map_or(Expr::Null, Expr::text);
        Sql::of("($1)", &[Part::Sql(&typed(value, data_type))])
    }

    /// The tenant setting's text.
    pub(super) fn tenant_value(&self, tenants: &[String]) -> String {
        if !self.tenancy.many {
            return tenants.first().cloned().unwrap_or_default();
        }
        let quoted = |tenant: &String| format!("\"{}\"", tenant.replace('\\', "\\\\").replace('"', "\\\""));
        format!("{{{}}}", tenants.iter().map(quoted).collect::<Vec<_>>().join(","))
    }
}

/// A value of a type; what cannot be printed is NULL, which no row equals.
pub(super) fn typed(value: Expr, data_type: &DataType) -> Sql {
    Sql::whole(value.cast_to(data_type.clone()).print().unwrap_or_else(|_| "NULL".to_owned()))
}

fn by(alias: &str, name: &str, tenants: &[String], or_null: bool) -> Sql {
    if tenants.is_empty() {
        return truth(false);
    }
    let own = column(alias, name);
    let listed: Vec<Sql> = tenants.iter().map(|tenant| Sql::of("$1", &[Part::Text(tenant)])).collect();
    let parts = [Part::Sql(&own), Part::Sql(&Sql::joined(&listed, ", "))];
    if or_null { Sql::of("($1 IN ($2) OR $1 IS NULL)", &parts) } else { Sql::of("$1 IN ($2)", &parts) }
}

/// Whether the relation at a place is followed by an alias: AS, or a word that can be one.
fn has_alias(text: &str, range: &Range<usize>) -> bool {
    let Some(rest) = text.get(range.end..) else { return false };
    let Some(next) = tokens(rest).and_then(|tokens| tokens.into_iter().next()) else { return false };
    let kind = next.keyword_kind();
    let word = matches!(next.token(), Token::Ident | Token::Uident | Token::As);
    word || matches!(kind, KeywordKind::UnreservedKeyword | KeywordKind::ColNameKeyword)
}
