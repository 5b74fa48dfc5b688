//! What the exporting and the importing role need, and who may read the copy.

use super::one_tenant::row_security;
use super::{Planner, ProjectFacts, RowSecurity};
use crate::catalog::{Catalog, QName, TableKind};
use crate::model::access::{Command, Right};
use crate::model::{Export, Model};
use crate::source::Span;
use crate::sql::fit_name;
use std::collections::{BTreeMap, BTreeSet};

/// What a role needs to export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRights {
    /// USAGE, sorted.
    pub schemas: Vec<String>,
    /// SELECT, sorted. LOCK TABLE asks for the whole table, so columns would not do.
    pub tables: Vec<QName>,
    /// Tables under row security of the schema's own, where some environment has reading by policy and no policy file
    /// of ours gives one.
    pub policies: Vec<QName>,
}

/// Who owns the tables of the copy, and who may read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetRights {
    /// Tables, sequences and views that the importing role must own, in the order in which they change hands. TRUNCATE
    /// with RESTART IDENTITY, ALTER TABLE and REFRESH are an owner's.
    pub owned: Vec<(OwnedKind, QName)>,
    /// Schemas of what it owns: an owner must be allowed to create in them.
    pub owner_schemas: Vec<String>,
    /// Rights that hold in the copy only, sorted.
    pub readers: Vec<CopyRight>,
    /// Schemas that the readers need, each with the roles, sorted.
    pub reader_schemas: BTreeMap<String, BTreeSet<String>>,
}

/// What changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnedKind {
    /// A table or partition.
    Table,
    /// A sequence that belongs to no column; others go with their table.
    Sequence,
    /// A materialized view.
    MaterializedView,
}

/// A grant in the copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyRight {
    /// The table or view.
    pub relation: QName,
    /// To whom.
    pub role: String,
    /// What, each with its columns; `None` for the whole table.
    pub privileges: Vec<(Command, Option<Vec<String>>)>,
    /// The schema enables row security on it, which would show this role nothing.
    pub row_security: bool,
    /// The grants.
    pub span: Span,
}

impl Planner<'_> {
    pub(super) fn source_rights(&self) -> Option<SourceRights> {
        self.export.role.as_ref()?;
        Some(SourceRights {
            schemas: schemas(self.export.tables.keys()),
            tables: self.export.tables.keys().cloned().collect(),
            policies: read_policies(self.catalog, self.model, self.export, self.facts),
        })
    }

    pub(super) fn target_rights(&self) -> Option<TargetRights> {
        let copied = self.model.access.copies.get(&self.export.name);
        let imports = self.export.import && self.export.import_role.is_some();
        if !imports && copied.is_none_or(BTreeMap::is_empty) {
            return None;
        }
        let mut rights = TargetRights::default();
        if imports {
            rights.owned = self.owned();
            rights.owner_schemas = schemas(rights.owned.iter().map(|(_, name)| name));
        }
        for (relation, by_role) in copied.into_iter().flatten() {
            for (role, own) in by_role {
                let Some(span) = own.values().flat_map(|right| &right.spans).min().copied() else { continue };
                rights.readers.push(CopyRight {
                    relation: relation.clone(),
                    role: role.clone(),
                    privileges: own.iter().map(|(command, right)| (*command, columns(right))).collect(),
                    row_security: self.catalog.tables.get(relation).is_some_and(|table| table.row_security),
                    span,
                });
                rights.reader_schemas.entry(relation.schema.to_string()).or_default().insert(role.clone());
            }
        }
        Some(rights)
    }

    /// The exported tables with their partitions, the tables that are emptied beside them, the sequences that are
    /// restarted and the views that are refreshed.
    fn owned(&self) -> Vec<(OwnedKind, QName)> {
        let beside = self.referencing();
        let mut owned: BTreeSet<(OwnedKind, QName)> =
            self.loaded_tables().iter().map(|table| (OwnedKind::Table, table.name.clone())).collect();
        for table in self.catalog.tables.values().filter(|table| table.kind != TableKind::Foreign) {
            if beside.contains(self.catalog.partition_root(&table.name)) {
                owned.insert((OwnedKind::Table, table.name.clone()));
            }
        }
        let names: BTreeSet<&QName> = self.export.tables.keys().collect();
        for sequence in super::sequences::plan_sequences(self.catalog, &names) {
            let own = self.catalog.sequences.get(&sequence.name);
            if own.is_none_or(|own| own.owned_by.is_none()) {
                owned.insert((OwnedKind::Sequence, sequence.name));
            }
        }
        owned.extend(self.refresh().into_iter().map(|view| (OwnedKind::MaterializedView, view)));
        owned.into_iter().collect()
    }
}

/// Tables of an export whose own row security would keep rows from the exporting role, where it may not bypass it.
pub(super) fn read_policies(catalog: &Catalog, model: &Model, export: &Export, facts: &ProjectFacts) -> Vec<QName> {
    let mut of_all = std::iter::once(&facts.access).chain(facts.environments.values());
    let by_policy = of_all.any(|facts| row_security(model, export, facts.bypass) == RowSecurity::ByPolicy);
    if !by_policy || model.access.tenancy.is_some() {
        return Vec::new();
    }
    let tables = export.tables.keys().filter_map(|name| catalog.tables.get(name));
    tables.filter(|table| table.row_security).map(|table| table.name.clone()).collect()
}

/// The policy that shows them to it.
pub fn read_policy(role: &str) -> String {
    fit_name(&format!("noren_export_select_to_{role}"))
}

fn columns(right: &Right) -> Option<Vec<String>> {
    right.columns.as_ref().map(|columns| columns.iter().cloned().collect())
}

fn schemas<'a>(names: impl Iterator<Item = &'a QName>) -> Vec<String> {
    let schemas: BTreeSet<&str> = names.map(|name| name.schema.as_str()).collect();
    schemas.into_iter().map(str::to_owned).collect()
}
