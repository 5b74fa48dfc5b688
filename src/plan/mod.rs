//! Model to ordered work: what each file of an export does, in which order, and what it must find.
//!
//! Everything that takes a decision is here; `emit` only prints it. The facts that a plan expects of a live
//! database are written down as data ([`Shape`]), so that both sides of an export compare the same list.

pub mod access;
mod alone;
mod fields;
mod managed;
mod masks;
pub mod mysql;
pub mod names;
pub mod one_tenant;
pub mod order;
mod over;
mod pieces;
mod pipeline;
mod probes;
mod references;
pub mod rights;
mod select;
mod sequences;
mod shape;
mod strategy;
mod tables;
pub mod tenant;
pub mod test;
pub mod words;

use crate::catalog::{Catalog, QName, Table, TriggerMode};
use crate::diagnostic::Diagnostic;
use crate::model::{Export, ExportTable, Model};
use crate::project::TargetKind;
use crate::source::{Span, Spanned};
use crate::sql::{Expr, Select};
use crate::syntax::ast::ImportStrategy;
use access::{AccessFacts, AccessPlans};
pub use pieces::Piece;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// What the project file says of the exports.
#[derive(Clone, Debug)]
pub struct ProjectFacts {
    /// The server's major version.
    pub version: u32,
    /// `project.search`.
    pub search: Vec<String>,
    /// Where each export goes; one without a place is not planned.
    pub places: BTreeMap<String, TargetKind>,
    /// By environment: exports that go elsewhere there.
    pub elsewhere: BTreeMap<String, BTreeMap<String, TargetKind>>,
    /// What `[rls]` says.
    pub access: AccessFacts,
    /// The same with what differs in each environment, by name.
    pub environments: BTreeMap<String, AccessFacts>,
}

/// Everything that the files of all exports do.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// By name.
    pub exports: Vec<ExportPlan<'a>>,
    /// What databases must hold; `None` where the policy has neither roles nor a tenancy.
    pub access: Option<AccessPlans>,
}

/// One export and the import that matches it.
///
/// What reads the rows of each table is no field: ten thousand such trees at once take half a gigabyte. They are planned
/// when they are asked for, one at a time.
#[derive(Clone, Debug)]
pub struct ExportPlan<'a> {
    planner: Planner<'a>,
    /// The audience.
    pub name: String,
    /// The statement.
    pub span: Span,
    /// Where the rows go.
    pub place: TargetKind,
    /// Files begin with a line of column names, which the import compares (PostgreSQL 15 and newer).
    pub header: bool,
    /// The mask key, where a mask reads it.
    pub key: Option<KeyPlan>,
    /// Part of every HMAC input.
    pub linkage: String,
    /// Schemas that the copy's own functions may look names up in, after `pg_catalog`.
    pub search: Vec<String>,
    /// In the order of the load: referenced tables first.
    pub tables: Vec<TablePlan<'a>>,
    /// What both sides expect of the live catalog, sorted.
    pub shape: Vec<Shape<'a>>,
    /// `None` after `no import`.
    pub import: Option<ImportPlan<'a>>,
    /// Materialized views that read an exported table, in the order of their dependence.
    pub refresh: Vec<QName>,
    /// Who exports; without one, whoever runs the files.
    pub role: Option<Spanned<String>>,
    /// Who imports; without one, whoever runs the files.
    pub import_role: Option<Spanned<String>>,
    /// What the exporting role needs.
    pub source_rights: Option<rights::SourceRights>,
    /// What the importing role needs, and who may read the copy.
    pub target_rights: Option<rights::TargetRights>,
    /// Only the rows of one tenant leave, which the run names.
    pub tenant: Option<TenantPlan>,
    /// How the exporting role reads tables under row security.
    pub row_security: RowSecurity,
    /// Environments where the rows go elsewhere, or are read in another way.
    pub environments: BTreeMap<String, Elsewhere>,
}

/// What of an export differs by environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// How the exporting role reads tables under row security.
    pub row_security: RowSecurity,
    /// Where the rows go.
    pub place: TargetKind,
}

/// How a role reads tables under row security.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSecurity {
    /// It must bypass them; where it does not, reading is an error.
    Bypassed,
    /// It sees the session's tenant only, which is what it is to export.
    Bound,
    /// A policy shows it all rows, which is asserted first.
    ByPolicy,
}

/// The tenant of a run.
#[derive(Clone, Debug)]
pub struct TenantPlan {
    /// `tenant one`
    pub span: Span,
    /// The setting that the run puts the tenant into.
    pub setting: String,
    /// The psql variable `tenant` as text of the setting's type: an error where it is no tenant's id.
    pub value: Expr,
    /// Counts the tenants of that name, which must be one.
    pub count: Select,
}

/// The key of keyed masks.
#[derive(Clone, Debug)]
pub struct KeyPlan {
    /// The setting that masks read within the transaction.
    pub setting: String,
    /// One text, `noren_fingerprint`: says which key it was without telling it.
    pub fingerprint: Select,
}

/// One table of an export.
#[derive(Clone, Debug)]
pub struct TablePlan<'a> {
    table: &'a Table,
    export: &'a ExportTable,
    /// The table.
    pub name: QName,
    /// Its file's stem, and its name in the manifest.
    pub stem: String,
    /// Its rows live in partitions.
    pub partitioned: bool,
    /// Its rows leave in pieces of a size that the run is told.
    pub in_pieces: bool,
    /// Every column, in the table's order.
    pub columns: Vec<ColumnPlan>,
    /// Conditions on its rows, for comments.
    pub conditions: Vec<(Span, String)>,
}

/// A column and where its treatment comes from.
#[derive(Clone, Debug)]
pub struct ColumnPlan {
    /// The column.
    pub name: String,
    /// The rule that decided; `None` where nobody wrote one.
    pub rule: Option<Span>,
    /// What the rule says.
    pub written: String,
    /// What it gets, with nothing left to look up.
    pub treatment: String,
    /// Whether it is in the file, after those before it that are.
    pub leaves: bool,
}

impl ExportPlan<'_> {
    /// The masked rows of a table.
    pub fn select(&self, table: &TablePlan<'_>) -> Select {
        self.planner.select(table.table, table.export)
    }

    /// The masked rows of a table beside the raw ones: the columns of the file, then every column of the table as it
    /// is, the row's place, and the conditions of its treatments as [`crate::model::Treatment::each_condition`] gives
    /// them. It is what a verification compares files with, and is never emitted.
    pub fn trace(&self, table: &TablePlan<'_>) -> Select {
        self.planner.trace(table.table, table.export)
    }

    /// The same with other treatments of its columns: what a verification weakens.
    pub fn trace_as(&self, table: &TablePlan<'_>, own: &ExportTable) -> Select {
        self.planner.trace(table.table, own)
    }

    /// Counts the rows that leave whose raw value a leak probe would name in the column at this place; `None` where it is
    /// not probed.
    pub fn probe_of_raw(&self, table: &TablePlan<'_>, at: usize) -> Option<Select> {
        self.planner.probe_of_raw(table.table, table.export, &table.columns.get(at)?.name)
    }

    /// Leak probes, a query a table: a column's name, and how many rows hold what its treatment cannot have given.
    pub fn probes(&self) -> impl Iterator<Item = Select> {
        self.planner.probes()
    }

    /// Kept columns of a table that together may name a person, guessed by their types as `after.sql` does.
    pub fn identifying<'t>(&self, table: &'t TablePlan<'_>) -> Vec<&'t str> {
        let names = self.planner.identifying(table.table, table.export);
        names.into_iter().map(String::as_str).collect()
    }

    /// The table of a plan with what each of its columns gets.
    pub fn declared<'t>(&self, table: &'t TablePlan<'_>) -> (&'t Table, &'t ExportTable) {
        (table.table, table.export)
    }

    /// Who is singled out, a query a table: one line for a reader.
    pub fn alone(&self) -> impl Iterator<Item = Select> {
        self.planner.alone()
    }
}

impl TablePlan<'_> {
    /// The columns of its file in order.
    pub fn file_columns(&self) -> impl Iterator<Item = &ColumnPlan> {
        self.columns.iter().filter(|column| column.leaves)
    }
}

/// A fact that the live catalog must hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape<'a> {
    /// `table`, `column`, `trigger` or `foreign key`.
    pub kind: ShapeKind,
    /// The table's schema.
    pub schema: &'a str,
    /// The table.
    pub table: &'a str,
    /// The column, trigger or constraint; empty for the table itself.
    pub item: &'a str,
    /// What it must be.
    pub value: Cow<'a, str>,
}

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShapeKind {
    /// The kind of table.
    Table,
    /// Type, NOT NULL, identity, generation.
    Column,
    /// `pg_trigger.tgenabled`; only the import asks.
    Trigger,
    /// Whether it is deferrable; only the import asks, and only of keys that it alters.
    ForeignKey,
    /// Whether it is forced; only the import asks.
    RowSecurity,
    /// The same of a table beside the exported ones.
    Bystander,
    /// A setting of the session; only the import asks.
    Setting,
}

impl ShapeKind {
    /// The word in the emitted list.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Trigger => "trigger",
            Self::ForeignKey => "foreign key",
            Self::RowSecurity => "row security",
            Self::Bystander => "row security beside",
            Self::Setting => "setting",
        }
    }
}

/// How the files are loaded.
#[derive(Clone, Debug)]
pub struct ImportPlan<'a> {
    /// How foreign keys are satisfied.
    pub strategy: ImportStrategy,
    /// Tables that are not exported and reference one that is: they must be empty, and are named beside the others
    /// where those are emptied.
    pub bystanders: Vec<Bystander>,
    /// Facts that only the import asks for, sorted.
    pub shape: Vec<Shape<'a>>,
    /// Triggers that would fire, and copies that are in another mode than their original; originals first.
    pub triggers: Vec<TriggerPlan>,
    /// Exported tables with FORCE ROW LEVEL SECURITY, under which not even the owner may load.
    pub forced: Vec<QName>,
    /// Foreign keys of cycles that are not deferrable: made so, and put back.
    pub deferred: Vec<(QName, String)>,
    /// Whether constraints are deferred during the load.
    pub cyclic: bool,
    /// Sequences that continue after the loaded values.
    pub sequences: Vec<SequencePlan>,
    /// Foreign keys to check afterwards, where the strategy keeps the server from checking them.
    pub unchecked: Vec<UncheckedPlan>,
}

impl ImportPlan<'_> {
    /// Whether the load turns something off that must be on again at its end.
    pub fn alters(&self) -> bool {
        !(self.triggers.is_empty() && self.forced().next().is_none() && self.deferred.is_empty())
    }

    /// Tables whose rows not even their owner sees all: exported ones, then those beside them.
    pub fn forced(&self) -> impl Iterator<Item = &QName> {
        let beside = self.bystanders.iter().filter(|table| table.forced).map(|table| &table.name);
        self.forced.iter().chain(beside)
    }
}

/// A table beside the exported ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bystander {
    /// The table.
    pub name: QName,
    /// It has no partitions: ONLY itself is meant.
    pub only: bool,
    /// FORCE ROW LEVEL SECURITY, under which not even the owner could see that it is empty.
    pub forced: bool,
}

/// A trigger that is off during the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerPlan {
    /// How many partitioned tables its table is below: what is above comes back first.
    pub depth: usize,
    /// Its table.
    pub table: QName,
    /// The trigger.
    pub name: String,
    /// The table is partitioned: its partitions' copies of the trigger follow.
    pub partitioned: bool,
    /// How it comes back.
    pub mode: TriggerMode,
}

/// A sequence and the columns that it numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequencePlan {
    /// The sequence.
    pub name: QName,
    /// It counts downwards.
    pub descending: bool,
    /// Values outside do not come from it.
    pub minimum: i64,
    /// Values outside do not come from it.
    pub maximum: i64,
    /// Whole-number columns that take their values from it, sorted.
    pub columns: Vec<(QName, String)>,
}

/// A foreign key that nobody checked during the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncheckedPlan {
    /// The referencing table.
    pub table: QName,
    /// The constraint.
    pub name: String,
    /// Counts the rows whose reference leads nowhere.
    pub dangling: Select,
}

/// Plans every export that has a place.
///
/// # Errors
/// All findings that keep an export from being written, in the order of exports and tables.
pub fn plan<'a>(catalog: &'a Catalog, model: &'a Model, facts: &'a ProjectFacts) -> Result<Plan<'a>, Vec<Diagnostic>> {
    let mut exports = Vec::new();
    let mut findings = Vec::new();
    let (canonical, incomparable) = masks::canonical_forms(catalog, model);
    let canonical = Rc::new(canonical);
    for (name, export) in &model.exports {
        if let Some(place) = facts.places.get(name) {
            let planner = Planner {
                catalog,
                model,
                export,
                place,
                facts,
                canonical: Rc::clone(&canonical),
                reads_key: Cell::default(),
            };
            match planner.plan() {
                Ok(export) => exports.push(export),
                Err(more) => findings.extend(more),
            }
        }
    }
    findings.extend(incomparable);
    match access::plan_all(catalog, model, facts) {
        Ok(access) if findings.is_empty() => Ok(Plan { exports, access }),
        Ok(_) => Err(findings),
        Err(more) => {
            findings.extend(more);
            Err(findings)
        }
    }
}

#[derive(Clone)]
struct Planner<'a> {
    catalog: &'a Catalog,
    model: &'a Model,
    export: &'a Export,
    place: &'a TargetKind,
    facts: &'a ProjectFacts,
    /// How values of each linkage group become bytes.
    canonical: Rc<masks::Forms>,
    /// Set when a mask of the table at hand reads the key.
    reads_key: Cell<bool>,
}

impl fmt::Debug for Planner<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Planner").field("export", &self.export.name).finish_non_exhaustive()
    }
}
