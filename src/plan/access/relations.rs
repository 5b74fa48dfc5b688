//! Tables, partitions and views: what each must hold, and what the schema files say of it today.

use super::policies::{Built, Policies};
use super::roles::Readers;
use super::{Before, GrantPlan, OURS, Planner, RelationKind, RelationPlan};
use crate::catalog::{DataType, Grant, QName, Sequence, Table, TableKind, View};
use crate::model::access::{Command, RoleRights, ScopeKind, Tenants};
use crate::plan::names::file_stem;
use crate::plan::words::{name_words, one_line};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Sequences by the table that they are handled with, each with the roles that draw from it.
type Sequences = BTreeMap<QName, Vec<(QName, Vec<String>)>>;

impl Planner<'_> {
    pub(super) fn relations(&self) -> (Vec<RelationPlan>, Readers) {
        let policies = Policies::new(self.access, self.facts.bypass);
        let mut readers = Readers::new();
        let mut sequences = self.sequences();
        let tables = self.catalog.tables.values().filter(|table| self.speaks_of(&table.name));
        let mut relations: Vec<RelationPlan> =
            tables.map(|table| self.table(table, &policies, &mut sequences, &mut readers)).collect();
        let views = self.catalog.views.values().filter(|view| self.speaks_of(&view.name));
        relations.extend(views.map(|view| self.view(view, &policies)));
        relations.sort_by(|one, other| one.name.cmp(&other.name));
        (relations, readers)
    }

    /// With a tenancy the policy is about every relation; without one about those that it names.
    fn speaks_of(&self, relation: &QName) -> bool {
        let root = self.catalog.partition_root(relation);
        let ours = root.schema == OURS;
        !ours
            && (self.access.tenancy.is_some()
                || self.access.scopes.contains_key(root)
                || self.access.rights.contains_key(root)
                || self.access.policies.iter().any(|policy| policy.table == *root))
    }

    fn table(
        &self,
        table: &Table,
        policies: &Policies<'_>,
        sequences: &mut Sequences,
        readers: &mut Readers,
    ) -> RelationPlan {
        let name = &table.name;
        let root = self.catalog.partition_root(name);
        let kind = match &table.kind {
            _ if root != name => RelationKind::Partition(root.clone()),
            TableKind::Partitioned { .. } => RelationKind::Partitioned,
            TableKind::Ordinary | TableKind::Foreign => RelationKind::Table,
        };
        let guarded = table.kind != TableKind::Foreign && policies.guards(root);
        let built = if guarded && root == name { policies.of(name) } else { Vec::new() };
        let own = self.access.roles.values().filter(|role| matches!(role.tenants, Tenants::Own));
        let own: Vec<&String> = own.map(|role| &role.name).collect();
        for policy in &built {
            let roles: Vec<&String> = match policy.plan.roles.as_slice() {
                // Those whom neither an attribute nor a policy lets by; who else comes is refused the function.
                [] => own.clone(),
                roles => roles.iter().collect(),
            };
            for setting in &policy.settings {
                readers.entry(setting.clone()).or_default().extend(roles.iter().copied().cloned());
            }
        }
        let sequences = sequences.remove(name).unwrap_or_default();
        let before = self.before(table, root, guarded, &built, &sequences);
        RelationPlan {
            name: name.clone(),
            stem: file_stem(name),
            kind,
            row_security: guarded.then(|| self.facts.tables.get(root).copied().unwrap_or(self.facts.stage)),
            policies: built.into_iter().map(|policy| policy.plan).collect(),
            grants: if root == name { self.grants(name) } else { Vec::new() },
            sequences,
            revoked: self.revoked(name),
            runs_as_caller: false,
            columns: if guarded && root == name { columns(table) } else { BTreeMap::new() },
            before,
            place: self.place(root),
        }
    }

    /// A dump that was made after these files were applied has what they made, which is not what was there before: such
    /// a table had no row security that is known any more, and nobody any right.
    fn before(
        &self,
        table: &Table,
        root: &QName,
        guarded: bool,
        built: &[Built],
        sequences: &[(QName, Vec<String>)],
    ) -> Before {
        let applied = self.catalog.tables.get(root).is_some_and(is_applied);
        let of_sequence = |(sequence, _): &(QName, Vec<String>)| {
            let grants = self.catalog.sequences.get(sequence).map_or(&[][..], |sequence| &sequence.grants);
            (sequence.clone(), self.before_grants(grants))
        };
        let is_ours = |name: &str| name.starts_with("noren_") || built.iter().any(|policy| policy.plan.name == name);
        let theirs = table.policies.iter().filter(|policy| guarded && !is_ours(&policy.name));
        Before {
            enabled: table.row_security && !applied,
            forced: table.force_row_security && !applied,
            grants: self.before_grants(&table.grants),
            options: BTreeMap::new(),
            sequences: sequences.iter().map(of_sequence).collect(),
            policies: theirs.cloned().collect(),
        }
    }

    /// Grants that the rollback gives back.
    fn before_grants(&self, grants: &[Grant]) -> Vec<Grant> {
        if self.catalog.tables.values().any(is_applied) { Vec::new() } else { self.taken(grants, true) }
    }

    fn view(&self, view: &View, policies: &Policies<'_>) -> RelationPlan {
        let grants = self.grants(&view.name);
        let over_scoped = self.reads_guarded(&view.name, policies);
        RelationPlan {
            name: view.name.clone(),
            stem: file_stem(&view.name),
            kind: if view.materialized { RelationKind::MaterializedView } else { RelationKind::View },
            row_security: None,
            policies: Vec::new(),
            sequences: Vec::new(),
            revoked: self.revoked(&view.name),
            runs_as_caller: over_scoped
                && !view.materialized
                && !grants.is_empty()
                && self.version >= 15
                && !self.is_safe_owner(&view.name),
            columns: BTreeMap::new(),
            before: Before {
                grants: self.before_grants(&view.grants),
                options: view.options.clone(),
                ..Before::default()
            },
            place: None,
            grants,
        }
    }

    fn reads_guarded(&self, view: &QName, policies: &Policies<'_>) -> bool {
        self.catalog.tables_under(view).into_iter().any(|table| policies.guards(self.catalog.partition_root(table)))
    }

    fn grants(&self, relation: &QName) -> Vec<GrantPlan> {
        let rights = self.access.rights.get(relation).into_iter().flatten();
        let owner = |role: &str| self.owns(role, relation);
        let of_role = |(role, rights): (&String, &RoleRights)| {
            let grant = |(command, right): (&Command, &crate::model::access::Right)| GrantPlan {
                role: role.clone(),
                command: *command,
                columns: right.columns.as_ref().map(|columns| columns.iter().cloned().collect()),
                spans: right.spans.clone(),
            };
            rights.iter().map(grant).collect::<Vec<_>>()
        };
        rights.filter(|(role, _)| !owner(role)).flat_map(of_role).collect()
    }

    fn owns(&self, role: &str, relation: &QName) -> bool {
        self.access.roles.get(role).is_some_and(|role| role.owns.contains(relation))
    }

    fn revoked(&self, relation: &QName) -> Vec<String> {
        self.access.roles.keys().filter(|role| !self.owns(role, relation)).cloned().collect()
    }

    /// Each sequence with one table: that of the column that owns it, else the first that draws from it. An identity
    /// column draws with its table's INSERT alone, so there a grant is only ever taken away.
    fn sequences(&self) -> Sequences {
        let mut homes: BTreeMap<&QName, (&QName, BTreeSet<&str>)> = BTreeMap::new();
        for table in self.catalog.tables.keys().filter(|table| self.speaks_of(table)) {
            let inserts = |rights: &RoleRights| rights.contains_key(&Command::Insert);
            let rights = self.access.rights.get(self.catalog.partition_root(table)).into_iter().flatten();
            let roles: Vec<&str> =
                rights.filter(|(_, rights)| inserts(rights)).map(|(role, _)| role.as_str()).collect();
            for sequence in self.catalog.sequences_of(table) {
                if sequence.identity && self.taken(&sequence.grants, true).is_empty() {
                    continue;
                }
                let (home, users) = homes.entry(&sequence.name).or_insert((table, BTreeSet::new()));
                if owner_of(sequence) == Some(table) {
                    *home = table;
                }
                if !sequence.identity {
                    users.extend(roles.iter().copied().filter(|role| !self.owns(role, table)));
                }
            }
        }
        let mut sequences = Sequences::new();
        for (sequence, (home, users)) in homes {
            let users = users.into_iter().map(str::to_owned).collect();
            sequences.entry(home.clone()).or_default().push((sequence.clone(), users));
        }
        sequences
    }

    /// For a reader.
    fn place(&self, table: &QName) -> Option<(Span, String)> {
        let scope = self.access.scopes.get(table)?;
        let because = scope.because.as_ref().map(|because| format!(" because {}", one_line(because)));
        let column = |column: &str| format!("scoped by {}", name_words(column));
        let words = match &scope.kind {
            ScopeKind::Column { column: name, or_null: false } => column(name),
            ScopeKind::Column { column: name, or_null: true } => column(name) + " or null",
            ScopeKind::Added(parent) => format!("scoped via {}, by a column that it is given", parent.table),
            ScopeKind::Lookup(parent) => format!("scoped via {}, by lookup", parent.table),
            ScopeKind::Through { table, .. } => format!("scoped through {table}"),
            ScopeKind::When(condition) => format!("scoped when ({})", one_line(&condition.text)),
            ScopeKind::Shared => "shared".to_owned(),
            ScopeKind::Internal => "internal".to_owned(),
        };
        Some((scope.span, words + &because.unwrap_or_default()))
    }

    /// A view that runs as such a role sees the session's tenant only.
    fn is_safe_owner(&self, view: &QName) -> bool {
        self.access.roles.values().any(|role| {
            let other = role.owns.iter().any(|owned| self.catalog.tables.contains_key(owned));
            role.owns.contains(view) && role.login == Some(false) && matches!(role.tenants, Tenants::Own) && !other
        })
    }
}

fn columns(table: &Table) -> BTreeMap<String, DataType> {
    table.columns.values().map(|column| (column.name.clone(), column.data_type.clone())).collect()
}

/// The dump has the floor or the guard, so these files were applied before it was made.
fn is_applied(table: &Table) -> bool {
    table.policies.iter().any(|policy| policy.name == "noren_guard" || policy.name.starts_with("noren_floor"))
}

fn owner_of(sequence: &Sequence) -> Option<&QName> {
    sequence.owned_by.as_ref().map(|(table, _)| table)
}
