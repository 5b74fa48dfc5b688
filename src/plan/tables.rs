//! One export: its tables in the order of the load, and what the import does around it.

use super::access::AccessFacts;
use super::order::{Graph, components};
use super::references::check_orphans;
use super::select::{Masked, leaves};
use super::sequences::plan_sequences;
use super::words::{one_line, orphan_words, treatment_words};
use super::{Bystander, ColumnPlan, Elsewhere, ExportPlan, ImportPlan, Planner, TablePlan, TriggerPlan, names};
use crate::catalog::{ForeignKey, QName, Table, TableKind, Trigger, TriggerMode};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{N0851, N0854};
use crate::model::{ExportColumn, ExportTable, Fill, Treatment};
use crate::sql::Select;
use crate::syntax::ast::ImportStrategy;
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Planner<'a> {
    pub(super) fn plan(self) -> Result<ExportPlan<'a>, Vec<Diagnostic>> {
        let mut findings = check_orphans(self.catalog, self.export);
        findings.extend(self.check_columns_leave());
        if self.export.import {
            findings.extend(self.check_foreign_partitions());
            findings.extend(self.check_strategy());
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let groups = components(&self.graph());
        let tables: Vec<_> = groups.iter().flatten().filter_map(|name| self.table(name)).collect();
        let key = self.key(&tables);
        let mut findings = self.check_pipelines(key.is_some());
        findings.extend(self.check_managed(&tables));
        if !findings.is_empty() {
            return Err(findings);
        }
        Ok(ExportPlan {
            name: self.export.name.clone(),
            span: self.export.span,
            environments: self.environments(),
            place: self.place.clone(),
            header: self.facts.version >= 15,
            key,
            linkage: self.export.linkage.clone(),
            search: self.facts.search.clone(),
            tables,
            shape: self.shape(),
            import: self.export.import.then(|| self.import(&groups)),
            refresh: self.refresh(),
            role: self.export.role.clone(),
            import_role: self.export.import_role.clone(),
            tenant: self.tenant(),
            row_security: self.row_security(self.facts.access.bypass),
            source_rights: self.source_rights(),
            target_rights: self.target_rights(),
            planner: self,
        })
    }

    fn environments(&self) -> BTreeMap<String, Elsewhere> {
        let row_security = self.row_security(self.facts.access.bypass);
        let of = |(name, facts): (&String, &AccessFacts)| {
            let own = self.facts.elsewhere.get(name).and_then(|places| places.get(&self.export.name));
            let there =
                Elsewhere { row_security: self.row_security(facts.bypass), place: own.unwrap_or(self.place).clone() };
            (name.clone(), there)
        };
        let differs = |there: &Elsewhere| there.row_security != row_security || there.place != *self.place;
        self.facts.environments.iter().map(of).filter(|(_, there)| differs(there)).collect()
    }

    /// Rows of a plain table never include those of its inheritance children; a partitioned one has no others.
    pub(super) fn only(&self, table: &QName) -> bool {
        !self.catalog.tables.get(table).is_some_and(is_partitioned)
    }

    /// The exported tables and all their partitions, by name.
    pub(super) fn loaded_tables(&self) -> Vec<&'a Table> {
        let all = self.catalog.tables.values();
        all.filter(|table| self.export.tables.contains_key(self.root(table))).collect()
    }

    fn root(&self, table: &'a Table) -> &'a QName {
        let mut root = table;
        // A partition is deeper than its parent, so there are at most as many steps as tables.
        for _ in 0..self.catalog.tables.len() {
            match root.partition_of.as_ref().and_then(|parent| self.catalog.tables.get(parent)) {
                Some(parent) => root = parent,
                None => break,
            }
        }
        &root.name
    }

    fn table(&self, name: &QName) -> Option<TablePlan<'a>> {
        let table = self.catalog.tables.get(name)?;
        let export = self.export.tables.get(name)?;
        let plan_of = |(column, own): (&String, &ExportColumn)| ColumnPlan {
            name: column.clone(),
            rule: (!matches!(own.treatment, Treatment::Generated)).then_some(own.decision.rule.span),
            written: one_line(&own.decision.rule.text),
            treatment: treatment_words(&own.treatment) + orphan_words(own.orphans),
            leaves: leaves(&own.treatment),
        };
        Some(TablePlan {
            table,
            export,
            name: name.clone(),
            stem: names::file_stem(name),
            partitioned: is_partitioned(table),
            in_pieces: self.in_pieces(table, export),
            columns: export.columns.iter().map(plan_of).collect(),
            conditions: export.rows.iter().map(|rows| (rows.span, one_line(&rows.sql.text))).collect(),
        })
    }

    /// The masked rows of a table.
    pub(super) fn select(&self, table: &Table, export: &ExportTable) -> Select {
        Masked::new(self, table, export).select()
    }

    /// The masked rows of a table beside the raw ones.
    pub(super) fn trace(&self, table: &Table, export: &ExportTable) -> Select {
        Masked::new(self, table, export).trace()
    }

    /// Foreign keys between exported tables. A reference of a partition binds its root's load.
    fn graph(&self) -> Graph {
        let mut graph: Graph = self.export.tables.keys().map(|name| (name.clone(), BTreeSet::new())).collect();
        for table in self.loaded_tables() {
            for key in table.foreign_keys.iter().filter(|key| key.enforced) {
                let target = self.catalog.tables.get(&key.references).map(|target| self.root(target).clone());
                if let (Some(references), Some(target)) = (graph.get_mut(self.root(table)), target) {
                    references.insert(target);
                }
            }
        }
        graph
    }

    fn import(&self, groups: &[Vec<QName>]) -> ImportPlan<'a> {
        let ordered = self.export.strategy == ImportStrategy::Order;
        let inside = self.keys_inside(groups);
        let deferred: Vec<(QName, String)> = inside
            .iter()
            .filter(|(_, key)| ordered && !key.deferrable)
            .map(|(table, key)| ((*table).clone(), key.name.clone()))
            .collect();
        let names: BTreeSet<&QName> = self.export.tables.keys().collect();
        let tables = self.export.tables.keys().filter_map(|name| self.catalog.tables.get(name));
        let forced = tables.filter(|table| table.force_row_security);
        let bystanders = self.bystanders();
        ImportPlan {
            strategy: self.export.strategy,
            shape: self.import_shape(&deferred, &bystanders),
            bystanders,
            triggers: self.triggers(),
            forced: forced.map(|table| table.name.clone()).collect(),
            deferred,
            cyclic: ordered && !inside.is_empty(),
            sequences: plan_sequences(self.catalog, &names),
            unchecked: if ordered { Vec::new() } else { self.unchecked() },
        }
    }

    /// Foreign keys between two tables of one cycle; a table's key to itself is checked at the end of its COPY, so it is
    /// one of them only where the table comes in pieces.
    fn keys_inside(&self, groups: &[Vec<QName>]) -> Vec<(&'a QName, &'a ForeignKey)> {
        let home: BTreeMap<&QName, usize> =
            groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |name| (name, at))).collect();
        let mut inside = Vec::new();
        for table in self.loaded_tables() {
            let own = table.foreign_keys.iter().filter(|key| key.enforced && !self.is_copied_key(table, key));
            for key in own {
                let target = self.catalog.tables.get(&key.references).map(|target| self.root(target));
                let (from, to) = (self.root(table), target.unwrap_or(&key.references));
                if (from != to || self.comes_in_pieces(from))
                    && home.get(from) == home.get(to)
                    && home.contains_key(from)
                {
                    inside.push((&table.name, key));
                }
            }
        }
        inside
    }

    fn comes_in_pieces(&self, name: &QName) -> bool {
        let own = self.catalog.tables.get(name).zip(self.export.tables.get(name));
        own.is_some_and(|(table, export)| self.in_pieces(table, export))
    }

    fn triggers(&self) -> Vec<TriggerPlan> {
        let mut triggers = Vec::new();
        for table in self.loaded_tables() {
            for trigger in table.triggers.iter().filter(|trigger| !self.fills(table, trigger)) {
                let stays = match self.original(table, trigger) {
                    Some(original) => original.mode == trigger.mode,
                    None => trigger.mode == TriggerMode::Disabled,
                };
                if !stays {
                    triggers.push(TriggerPlan {
                        depth: self.depth(table),
                        table: table.name.clone(),
                        name: trigger.name.clone(),
                        partitioned: is_partitioned(table),
                        mode: trigger.mode,
                    });
                }
            }
        }
        triggers.sort_by(|one, two| (one.depth, &one.table, &one.name).cmp(&(two.depth, &two.table, &two.name)));
        triggers
    }

    /// The trigger of the partitioned table above that this one is the partition's copy of.
    pub(super) fn original(&self, table: &Table, trigger: &Trigger) -> Option<&'a Trigger> {
        let parent = self.catalog.tables.get(table.partition_of.as_ref()?)?;
        parent.triggers.iter().find(|original| original.for_each_row && original.name == trigger.name)
    }

    /// Whether a partition has the key from the partitioned table above, where it is altered.
    pub(super) fn is_copied_key(&self, table: &Table, key: &ForeignKey) -> bool {
        let parent = table.partition_of.as_ref().and_then(|parent| self.catalog.tables.get(parent));
        let same = |other: &ForeignKey| {
            other.columns == key.columns
                && other.references == key.references
                && other.referenced_columns == key.referenced_columns
        };
        parent.is_some_and(|parent| parent.foreign_keys.iter().any(same))
    }

    fn depth(&self, table: &Table) -> usize {
        let parent = table.partition_of.as_ref().and_then(|parent| self.catalog.tables.get(parent));
        parent.map_or(0, |parent| 1 + self.depth(parent))
    }

    /// A trigger that fills a dropped column stays on.
    fn fills(&self, table: &Table, trigger: &Trigger) -> bool {
        let export = self.export.tables.get(&table.name);
        export.is_some_and(|export| {
            let fills = |own: &ExportColumn| matches!(&own.treatment, Treatment::Drop(Fill::Trigger(name)) if *name == trigger.name);
            export.columns.values().any(fills)
        })
    }

    /// Materialized views that read an exported table, after those that they read themselves.
    pub(super) fn refresh(&self) -> Vec<QName> {
        let views = &self.catalog.views;
        let graph: Graph =
            views.values().map(|view| (view.name.clone(), view.reads.iter().cloned().collect())).collect();
        let loaded: BTreeSet<&QName> = self.loaded_tables().iter().map(|table| &table.name).collect();
        let mut stale: BTreeSet<QName> = BTreeSet::new();
        let mut refresh = Vec::new();
        for name in components(&graph).into_iter().flatten() {
            let Some(view) = views.get(&name) else { continue };
            if view.reads.iter().any(|read| loaded.contains(read) || stale.contains(read)) {
                if view.materialized {
                    refresh.push(name.clone());
                }
                stale.insert(name);
            }
        }
        refresh
    }

    /// Tables outside the export that reference a table inside, directly or through each other. TRUNCATE refuses a
    /// table that another references, even an empty one, unless both are named; CASCADE would empty what nobody named.
    fn bystanders(&self) -> Vec<Bystander> {
        let tables = self.referencing().into_iter().filter_map(|name| self.catalog.tables.get(name));
        let bystander = |table: &Table| Bystander {
            name: table.name.clone(),
            only: self.only(&table.name),
            forced: table.force_row_security,
        };
        tables.map(bystander).collect()
    }

    pub(super) fn referencing(&self) -> BTreeSet<&'a QName> {
        let mut found: BTreeSet<&'a QName> = BTreeSet::new();
        loop {
            let before = found.len();
            for table in self.catalog.tables.values() {
                let root = self.root(table);
                if self.export.tables.contains_key(root) || found.contains(root) {
                    continue;
                }
                let is_emptied = |key: &ForeignKey| {
                    let target = self.catalog.tables.get(&key.references).map(|target| self.root(target));
                    target.is_some_and(|target| self.export.tables.contains_key(target) || found.contains(target))
                };
                if table.foreign_keys.iter().any(is_emptied) {
                    found.insert(root);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// COPY has no form for rows without columns: none that reads them back.
    fn check_columns_leave(&self) -> Vec<Diagnostic> {
        let empty = |own: &&ExportTable| !own.columns.values().any(|column| leaves(&column.treatment));
        let tables = self.export.tables.values().filter(empty);
        tables
            .filter_map(|own| self.catalog.tables.get(&own.table))
            .map(|table| {
                Diagnostic::new(N0854, format!("expected a column of `{}` that leaves, found none", table.name))
                    .at(table.span, "is exported without any of its columns")
                    .label(self.export.span, "this export names it")
                    .note("rows without columns cannot be read back")
                    .help(format!("write `skip {} because \"…\";` in the export, or mask a column", table.name))
            })
            .collect()
    }

    fn check_foreign_partitions(&self) -> Vec<Diagnostic> {
        let loaded = self.loaded_tables();
        let foreign = loaded.into_iter().filter(|table| table.kind == TableKind::Foreign);
        foreign
            .map(|table| {
                Diagnostic::new(
                    N0851,
                    format!(
                        "expected the import to empty tables of one database, `{}` is a foreign partition",
                        table.name
                    ),
                )
                .at(table.span, "its rows live on another server")
                .label(self.export.span, "this export loads them")
                .note("TRUNCATE would reach through the partition and empty the table on the other server")
                .help("say `no import;` in the export, or leave the partitioned table out")
            })
            .collect()
    }
}

fn is_partitioned(table: &Table) -> bool {
    matches!(table.kind, TableKind::Partitioned { .. })
}
