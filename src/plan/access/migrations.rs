//! Tables that lack their tenant column: what gives it to them, step by step, parents before children.
//!
//! A policy can only compare what a row holds. A child that has its tenant through a foreign key alone is therefore
//! given a copy of its parent's, and a foreign key that holds the two together: from then on no row can belong to
//! another tenant than its parent. What is decided here is everything but the text of the files: names that are free and
//! fit, the shape of indexes over partitions, which key of the parent the new foreign key needs, and what cannot be done
//! at all.

use crate::catalog::{
    Catalog, DataType, ForeignKey, Name, QName, ReferentialAction, Table, TableKind, TriggerMode, UniqueKey,
};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::N0871;
use crate::model::Model;
use crate::model::access::{Parent, Scope, ScopeKind, Tenancy};
use crate::plan::order::{Graph, components};
use crate::plan::{names, references};
use crate::source::Span;
use crate::sql::{CHILD, Expr, Ident, NewForeignKey, PARENT, fit_name};
use std::collections::{BTreeMap, BTreeSet};

/// How one table gets its tenant column.
#[derive(Clone, Debug)]
pub struct MigrationPlan {
    /// `001_public.expense_items`: the order along chains of parents.
    pub folder: String,
    /// The table.
    pub table: QName,
    /// The clause that says it.
    pub span: Span,
    /// Why, where it was said.
    pub because: Option<String>,
    /// The tables that hold its rows: itself, or its partitions, sorted.
    pub parts: Vec<QName>,
    /// The new column.
    pub column: String,
    /// Its type: that of the parent's tenant, without domains.
    pub data_type: DataType,
    /// The collation of the parent's tenant, where one was written.
    pub collation: Option<QName>,
    /// The function that gives new rows the session's tenant; `None` where a session may have several.
    pub default: Option<QName>,
    /// What the column says of itself.
    pub comment: String,
    /// Whose tenant is copied.
    pub parent: ParentPlan,
    /// Some rows have no parent and belong to nobody: the column stays empty there, and only there.
    pub nullable: bool,
    /// The CHECK by which rows are found to have a tenant; it stays where rows without a parent may lack one.
    pub check: String,
    /// The index that leads with the tenant.
    pub index: IndexPlan,
    /// The key of the parent that the foreign key needs, where it lacks one and no folder before this one adds it.
    pub unique: Option<IndexPlan>,
    /// The foreign key with the tenant in it: of each partition first, then of the table.
    pub keys: Vec<NewForeignKey>,
    /// Triggers of the schema that are off while rows are filled, with their tables, sorted.
    pub triggers: Vec<(QName, String)>,
    /// Publications that the rows leave by.
    pub publications: Vec<String>,
}

/// Whose tenant is copied.
#[derive(Clone, Debug)]
pub struct ParentPlan {
    /// The table.
    pub table: QName,
    /// It has no partitions: its own rows alone are meant.
    pub only: bool,
    /// Its tenant.
    pub tenant: String,
    /// The foreign key that leads there today.
    pub constraint: String,
    /// Its own columns.
    pub columns: Vec<String>,
    /// Which parent is a row's, over [`CHILD`] and [`PARENT`].
    pub is_parent: Vec<Expr>,
}

/// An index over a table and, where it is partitioned, over its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPlan {
    /// Its key.
    pub columns: Vec<String>,
    /// UNIQUE
    pub unique: bool,
    /// The table, then its partitions, each after what it is a partition of.
    pub nodes: Vec<IndexNode>,
}

/// The index of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexNode {
    /// The table.
    pub table: QName,
    /// The index, in the table's schema; of a unique key also the constraint.
    pub name: String,
    /// The table has partitions.
    pub partitioned: bool,
    /// The index that it is attached to.
    pub above: Option<QName>,
}

impl IndexNode {
    /// The index by its full name.
    pub fn index(&self) -> QName {
        QName::new(self.table.schema.as_str(), self.name.as_str())
    }
}

/// Plans a folder for each table that is given its tenant column.
///
/// # Errors
/// A finding for each table that cannot be given one.
pub fn plan_migrations(catalog: &Catalog, model: &Model, version: u32) -> Result<Vec<MigrationPlan>, Vec<Diagnostic>> {
    let Some(tenancy) = &model.access.tenancy else { return Ok(Vec::new()) };
    let mut planner = Planner { catalog, model, tenancy, version, names: Names::of(catalog), keys: BTreeMap::new() };
    let tables = planner.order();
    let width = tables.len().to_string().len().max(3);
    let mut plans = Vec::new();
    let mut findings = Vec::new();
    for (at, name) in tables.iter().enumerate() {
        match planner.plan(name, &format!("{:0width$}_{}", at + 1, names::file_stem(name))) {
            Ok(plan) => plans.push(plan),
            Err(found) => findings.push(*found),
        }
    }
    if findings.is_empty() { Ok(plans) } else { Err(findings) }
}

struct Planner<'a> {
    catalog: &'a Catalog,
    model: &'a Model,
    tenancy: &'a Tenancy,
    version: u32,
    names: Names,
    /// Keys of parents that folders before this one add.
    keys: BTreeMap<QName, Vec<BTreeSet<String>>>,
}

/// A tenant column, there or to come.
struct Tenant {
    column: String,
    data_type: DataType,
    collation: Option<QName>,
}

impl Planner<'_> {
    /// Parents before children, then by name.
    fn order(&self) -> Vec<QName> {
        let scopes = &self.model.access.scopes;
        let mut graph = Graph::new();
        for (table, scope) in scopes {
            if let ScopeKind::Added(parent) = &scope.kind {
                let above = self.catalog.partition_root(&parent.table);
                let added = scopes.get(above).is_some_and(|scope| matches!(scope.kind, ScopeKind::Added(_)));
                graph.insert(table.clone(), added.then(|| above.clone()).into_iter().collect());
            }
        }
        components(&graph).into_iter().flatten().collect()
    }

    fn plan(&mut self, name: &QName, folder: &str) -> Result<MigrationPlan, Box<Diagnostic>> {
        let found = self.catalog.tables.get(name).zip(self.model.access.scopes.get(name));
        let Some((table, scope @ Scope { kind: ScopeKind::Added(parent), .. })) = found else {
            return Err(Box::new(refusal(self.tenancy.span, name, "no foreign key to a parent")));
        };
        let refuse = |found: &str| refusal(scope.span, name, found);
        let key = table.foreign_keys.iter().find(|key| key.name == parent.constraint);
        let key = key.ok_or_else(|| Box::new(refuse("no foreign key to a parent")))?;
        let above = self.catalog.tables.get(&parent.table).ok_or_else(|| Box::new(refuse("no parent")))?;
        self.check_kind(table).map_err(|found| Box::new(refuse(&found)))?;
        let tenant = self.tenant(&parent.table).ok_or_else(|| {
            let found = format!("the parent `{}`, which has no tenant column to copy", parent.table);
            Box::new(refuse(&found).help("say `by lookup`, or `scoped by` at the parent"))
        })?;
        if let Some((own, _)) = parent.columns.iter().find(|(_, there)| *there == tenant.column) {
            let found = refuse(&format!("`{own}`, which references the parent's tenant"));
            return Err(Box::new(found.help(format!("it is the tenant already: `scoped by {own}`"))));
        }
        let parts = self.parts(table);
        let nullable = parent.nullable;
        let check = free_constraint(table, &[&name.name, &self.tenancy.column, "is_set"]);
        let columns = || parent.columns.iter().map(|(own, _)| own.clone());
        let index = self.index(table, std::iter::once(self.tenancy.column.clone()).chain(columns()).collect(), false);
        let unique = self.parent_key(above, parent, &tenant.column);
        Ok(MigrationPlan {
            folder: folder.to_owned(),
            table: name.clone(),
            span: scope.span,
            because: scope.because.clone(),
            column: self.tenancy.column.clone(),
            default: self.default(),
            comment: comment(parent, scope),
            parent: self.parent(above, parent, key, &tenant.column),
            data_type: tenant.data_type.clone(),
            collation: tenant.collation.clone(),
            nullable,
            check,
            index,
            unique,
            keys: self.foreign_keys(table, key, parent, &tenant.column),
            triggers: self.triggers(table, &parts),
            publications: table.publications.clone(),
            parts,
        })
    }

    /// What of a table's kind is in the way.
    fn check_kind(&self, table: &Table) -> Result<(), String> {
        let tree = self.tree(table);
        if let Some(foreign) = tree.iter().find(|one| one.kind == TableKind::Foreign) {
            return Err(format!("the foreign table `{}`, which has its columns from another server", foreign.name));
        }
        let heirs = self.catalog.tables.values().find(|one| one.inherits.contains(&table.name));
        match table.inherits.first().or(heirs.map(|heir| &heir.name)) {
            Some(relative) => Err(format!("inheritance with `{relative}`, along which no foreign key holds")),
            None => Ok(()),
        }
    }

    /// A table and all partitions below it, each after what it is a partition of.
    fn tree<'t>(&'t self, table: &'t Table) -> Vec<&'t Table> {
        let mut tree = vec![table];
        let mut at = 0;
        while let Some(next) = tree.get(at).copied() {
            tree.extend(self.catalog.children(&next.name).filter(|one| one.is_partition()));
            at += 1;
        }
        tree
    }

    fn parts(&self, table: &Table) -> Vec<QName> {
        let mut parts: Vec<QName> =
            self.tree(table).iter().filter(|one| !one.is_partitioned()).map(|one| one.name.clone()).collect();
        parts.sort();
        parts
    }

    /// The tenant column of a table, there or to come. A chain is as long as the model's, which has no circles.
    fn tenant(&self, table: &QName) -> Option<Tenant> {
        let root = self.catalog.partition_root(table);
        let mut at = root;
        let mut seen = BTreeSet::new();
        loop {
            if !seen.insert(at) {
                return None;
            }
            match &self.model.access.scopes.get(at)?.kind {
                ScopeKind::Column { column, .. } => {
                    let declared = self.catalog.tables.get(at)?.columns.get(column)?;
                    let base = self.catalog.base_type(&declared.data_type);
                    let of_domain = || base.domains.iter().find_map(|name| self.domain_collation(name));
                    let collation = declared.collation.clone().or_else(of_domain);
                    let column = if at == root { column.clone() } else { self.tenancy.column.clone() };
                    return Some(Tenant { column, data_type: base.data_type, collation });
                }
                ScopeKind::Added(parent) => at = self.catalog.partition_root(&parent.table),
                _ => return None,
            }
        }
    }

    fn domain_collation(&self, name: &QName) -> Option<QName> {
        match self.catalog.types.get(name).map(|found| &found.kind) {
            Some(crate::catalog::TypeKind::Domain { collation, .. }) => collation.clone(),
            _ => None,
        }
    }

    /// One tenant a session gives new rows theirs; of several none can be chosen.
    fn default(&self) -> Option<QName> {
        let setting = self.model.access.settings.get(&self.tenancy.setting)?;
        (!self.tenancy.many).then(|| setting.function.clone())
    }

    fn parent(&self, above: &Table, parent: &Parent, key: &ForeignKey, tenant: &str) -> ParentPlan {
        let pair = |(own, there): &(String, String)| {
            references::equal(self.catalog, &parent.table, PARENT, there, Expr::of(CHILD, own))
        };
        ParentPlan {
            table: parent.table.clone(),
            only: !above.is_partitioned(),
            tenant: tenant.to_owned(),
            constraint: key.name.clone(),
            columns: parent.columns.iter().map(|(own, _)| own.clone()).collect(),
            is_parent: parent.columns.iter().map(pair).collect(),
        }
    }

    fn index(&mut self, table: &Table, columns: Vec<String>, unique: bool) -> IndexPlan {
        let tree: Vec<Table> = self.tree(table).into_iter().cloned().collect();
        let mut nodes: Vec<IndexNode> = Vec::new();
        for one in &tree {
            let mut words: Vec<&str> = vec![&one.name.name];
            words.extend(columns.iter().map(String::as_str));
            words.push(if unique { "key" } else { "idx" });
            let name = self.names.relation(&one.name.schema, &words);
            let above = one.partition_of.as_ref().and_then(|above| nodes.iter().find(|node| node.table == *above));
            let above = above.map(IndexNode::index);
            nodes.push(IndexNode { table: one.name.clone(), name, partitioned: one.is_partitioned(), above });
        }
        IndexPlan { columns, unique, nodes }
    }

    /// The unique key that a foreign key with the tenant in it needs; the columns may stand in any order.
    fn parent_key(&mut self, above: &Table, parent: &Parent, tenant: &str) -> Option<IndexPlan> {
        let columns: Vec<String> =
            std::iter::once(tenant.to_owned()).chain(parent.columns.iter().map(|(_, there)| there.clone())).collect();
        let wanted: BTreeSet<String> = columns.iter().cloned().collect();
        let fits = |key: &UniqueKey<'_>| {
            let own: BTreeSet<&str> = key.columns.iter().copied().collect();
            own == wanted.iter().map(String::as_str).collect() && !(key.expression || key.partial || key.deferrable)
        };
        let planned = self.keys.entry(parent.table.clone()).or_default();
        if planned.contains(&wanted) || above.unique_keys().iter().any(fits) {
            return None;
        }
        planned.push(wanted);
        Some(self.index(above, columns, true))
    }

    /// A partitioned table takes no NOT VALID key before 18: each partition gets its own, and the table's own takes
    /// them over without reading a row again.
    fn foreign_keys(&mut self, table: &Table, key: &ForeignKey, parent: &Parent, tenant: &str) -> Vec<NewForeignKey> {
        let tree: Vec<Table> = self.tree(table).into_iter().cloned().collect();
        let mut words = vec![table.name.name.as_str(), self.tenancy.column.as_str()];
        words.extend(parent.columns.iter().map(|(own, _)| own.as_str()));
        words.push("fkey");
        let mut keys: Vec<NewForeignKey> = Vec::new();
        for one in
            tree.iter().filter(|one| !one.is_partitioned()).chain(tree.first().filter(|one| one.is_partitioned()))
        {
            let name = free_constraint(one, &words);
            keys.push(self.foreign_key(one, name, key, parent, tenant));
        }
        keys
    }

    fn foreign_key(
        &self,
        table: &Table,
        name: String,
        key: &ForeignKey,
        parent: &Parent,
        tenant: &str,
    ) -> NewForeignKey {
        let (own, there): (Vec<&String>, Vec<&String>) = parent.columns.iter().map(|(own, there)| (own, there)).unzip();
        let with = |tenant: &str, others: Vec<&String>| -> Vec<Ident> {
            std::iter::once(tenant).chain(others.into_iter().map(String::as_str)).map(Ident::from).collect()
        };
        let clears = |action| matches!(action, ReferentialAction::SetNull | ReferentialAction::SetDefault);
        // The old key clears the reference; the new one may not clear the tenant. Where the columns cannot be named, it
        // looks only when the transaction ends, when the old key has done its work.
        let waits = clears(key.on_update) || (clears(key.on_delete) && self.version < 15);
        let named = clears(key.on_delete) && self.version >= 15;
        let cleared: Vec<&String> = match key.delete_columns.as_slice() {
            [] => own.clone(),
            some => some.iter().collect(),
        };
        let kept =
            |action, possible: bool| if clears(action) && !possible { ReferentialAction::NoAction } else { action };
        NewForeignKey {
            table: table.name.clone(),
            name,
            columns: with(&self.tenancy.column, own),
            references: parent.table.clone(),
            referenced: with(tenant, there),
            on_delete: kept(key.on_delete, named),
            delete_columns: if named {
                cleared.iter().map(|name| Ident::from(name.as_str())).collect()
            } else {
                vec![]
            },
            on_update: kept(key.on_update, false),
            deferrable: (key.deferrable || waits).then_some(key.initially_deferred || waits),
            not_valid: !table.is_partitioned(),
        }
    }

    /// Those of the dump that an UPDATE fires; which of them the new column really fires, the server is asked.
    fn triggers(&self, table: &Table, parts: &[QName]) -> Vec<(QName, String)> {
        let tables = parts.iter().filter_map(|name| self.catalog.tables.get(name)).chain([table]);
        let fires = |mode| matches!(mode, TriggerMode::Origin | TriggerMode::Always);
        let mut found: Vec<(QName, String)> = tables
            .flat_map(|one| one.triggers.iter().map(move |trigger| (one, trigger)))
            .filter(|(_, trigger)| fires(trigger.mode) && trigger.events.iter().any(|event| event == "update"))
            .map(|(one, trigger)| (one.name.clone(), trigger.name.clone()))
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

/// A constraint's name that its table does not have.
fn free_constraint(table: &Table, words: &[&str]) -> String {
    let keys = table.primary_key.iter().chain(&table.unique).map(|key| &key.name);
    let others = table.foreign_keys.iter().map(|key| &key.name);
    let checks = table.checks.iter().map(|check| &check.name);
    let exclusions = table.exclusions.iter().map(|exclusion| &exclusion.name);
    let taken: BTreeSet<&String> = keys.chain(others).chain(checks).chain(exclusions).collect();
    free(words, |name| taken.contains(&name.to_owned()))
}

fn comment(parent: &Parent, scope: &Scope) -> String {
    let columns: Vec<&str> = parent.columns.iter().map(|(own, _)| own.as_str()).collect();
    let of = format!("noren: a copy of the tenant of {}, by {}", parent.table, columns.join(", "));
    match &scope.because {
        Some(because) => format!("{of}; {because}"),
        None => of,
    }
}

fn refusal(span: Span, table: &QName, found: &str) -> Diagnostic {
    Diagnostic::new(N0871, format!("expected a table that can be given a tenant column, found {found}"))
        .at(span, format!("`{table}` gets its tenant by a column of its own"))
        .help("say `by lookup`: then its policies look the parent up, and the table stays as it is")
}

/// Names of relations, of which a schema has each once.
struct Names(BTreeSet<(Name, Name)>);

impl Names {
    fn of(catalog: &Catalog) -> Self {
        let named = |name: &QName| (name.schema.clone(), name.name.clone());
        let mut taken: BTreeSet<(Name, Name)> = BTreeSet::new();
        taken.extend(catalog.tables.keys().chain(catalog.views.keys()).chain(catalog.sequences.keys()).map(named));
        for table in catalog.tables.values() {
            let keys = table.primary_key.iter().chain(&table.unique).map(|key| &key.name);
            let exclusions = table.exclusions.iter().map(|exclusion| &exclusion.name);
            let indexes = table.indexes.iter().map(|index| &index.name);
            let all = keys.chain(exclusions).chain(indexes);
            taken.extend(all.map(|name| (table.name.schema.clone(), name.into())));
        }
        let views = catalog.views.values();
        let of_views =
            views.flat_map(|view| view.indexes.iter().map(|index| (view.name.schema.clone(), Name::from(&index.name))));
        taken.extend(of_views);
        Self(taken)
    }

    /// A name that is free, and is not from now on.
    fn relation(&mut self, schema: &str, words: &[&str]) -> String {
        let name = free(words, |name| self.0.contains(&(schema.into(), name.into())));
        self.0.insert((schema.into(), Name::from(&name)));
        name
    }
}

/// The words with `_` between them, or with the smallest number after them that makes the name free.
fn free(words: &[&str], taken: impl Fn(&str) -> bool) -> String {
    let name = words.join("_");
    let numbered = (1_u32..).map(|count| fit_name(&format!("{name}{count}")));
    let mut candidates = std::iter::once(fit_name(&name)).chain(numbered);
    candidates.find(|name| !taken(name)).unwrap_or(name)
}
