//! Model to ordered work for Aurora MySQL: what leaves to S3, what is loaded, and what must hold on both sides.
//!
//! It stands beside the plan for PostgreSQL and shares what does not depend on an engine: the order of tables, the words
//! of treatments, the forms in which values are hashed.

mod probes;
mod references;
mod select;

use super::masks::{self, Forms};
use super::names::file_stem;
use super::order::{Graph, components};
use super::references::check_orphans;
use super::words::{one_line, orphan_words, treatment_words};
use super::{ColumnPlan, ProjectFacts};
use crate::catalog::mysql::OwnType;
use crate::catalog::{BaseType, Catalog, QName, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::mask::{Hashes, Uniqueness, hmac, mysql::json};
use crate::model::{Export, ExportColumn, ExportTable, Fill, MaskUse, Model, Treatment};
use crate::project::{AwsS3, TargetKind};
use crate::source::Span;
use crate::sql::Expr;
use crate::sql::mysql::{Load, Outfile};
use std::collections::{BTreeMap, BTreeSet};

/// Every export that has a place, by name.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// By name.
    pub exports: Vec<ExportPlan<'a>>,
}

/// One export and the import that matches it.
#[derive(Clone, Debug)]
pub struct ExportPlan<'a> {
    /// The audience.
    pub name: String,
    /// The statement.
    pub span: Span,
    /// Where the rows go.
    pub place: AwsS3,
    /// Where they go in environments where that is elsewhere.
    pub environments: BTreeMap<String, AwsS3>,
    /// The version of Aurora MySQL: 2 or 3.
    pub version: u32,
    /// Which key it was, without telling it: an expression; `None` where no mask reads the key.
    pub fingerprint: Option<Expr>,
    /// Referenced tables first.
    pub tables: Vec<TablePlan<'a>>,
    /// False after `no import`.
    pub import: bool,
    /// Foreign keys of the loaded tables and to them, each checked before the load commits.
    pub keys: Vec<KeyCheck>,
    /// Tables beside the exported ones that reference them.
    pub beside: BTreeSet<String>,
}

/// A foreign key that the load runs without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCheck {
    /// The constraint.
    pub name: String,
    /// The referencing table.
    pub table: String,
    /// The referenced table.
    pub references: String,
    /// Referencing and referenced columns.
    pub columns: Vec<(String, String)>,
}

/// One table of an export.
#[derive(Clone, Debug)]
pub struct TablePlan<'a> {
    table: &'a Table,
    own: &'a ExportTable,
    export: &'a Export,
    catalog: &'a Catalog,
    forms: Forms,
    linkage: String,
    /// The table's name in its database.
    pub name: String,
    /// Its file's stem.
    pub stem: String,
    /// Every column, in the table's order.
    pub columns: Vec<ColumnPlan>,
    /// Conditions on its rows, for comments.
    pub conditions: Vec<(Span, String)>,
    /// What the live table must be: each column with its type, NULL rule and generation.
    pub shape: Vec<(String, String)>,
    /// Columns of bytes whose hexadecimal digits a server's largest packet must hold.
    pub wide: Vec<String>,
}

/// Of a hash, so many that no table has two rows with the same.
const BITS_APART: u32 = 64;

impl TablePlan<'_> {
    /// The database that the dump names.
    pub fn schema(&self) -> &str {
        &self.table.name.schema
    }

    /// The columns of its objects in order.
    pub fn file_columns(&self) -> impl Iterator<Item = &ColumnPlan> {
        self.columns.iter().filter(|column| column.leaves)
    }

    /// The masked rows, as objects below an address.
    pub fn outfile(&self, uri: String, place: &AwsS3) -> Outfile {
        select::outfile(self, uri, place)
    }

    /// The load of what [`Self::outfile`] wrote.
    pub fn load(&self, uri: String) -> Load {
        select::load(self, uri)
    }

    /// How many rows leave, counted over the raw table.
    pub fn count(&self) -> crate::sql::Select {
        select::count(self)
    }

    /// Whether the column leaves with as many values as it has.
    fn is_apart(&self, name: &str) -> bool {
        let Some((own, column)) = self.own.columns.get(name).zip(self.table.columns.get(name)) else { return false };
        let apart = match &own.treatment {
            Treatment::Keep => true,
            Treatment::Mask(MaskUse::Call(call)) => {
                match call.mask.uniqueness(&self.catalog.base_type(&column.data_type), &call.arguments) {
                    Uniqueness::Preserved => true,
                    Uniqueness::Hash { bits } => {
                        bits >= BITS_APART && call.mask.hashes(&call.arguments) == Hashes::Input
                    }
                    Uniqueness::Lossy => false,
                }
            }
            _ => false,
        };
        apart && self.stays(name, select::ROW).is_none()
    }

    fn own_type(&self, column: &str) -> Option<&OwnType> {
        let facts = self.catalog.mysql.as_ref()?;
        facts.columns.get(&(self.table.name.clone(), column.to_owned()))
    }
}

/// Plans every export that has a place.
///
/// # Errors
/// All findings that keep an export from being written, in the order of exports and tables.
pub fn plan<'a>(catalog: &'a Catalog, model: &'a Model, facts: &'a ProjectFacts) -> Result<Plan<'a>, Vec<Diagnostic>> {
    let (forms, mut findings) = masks::canonical_forms(catalog, model);
    let mut exports = Vec::new();
    for (name, export) in &model.exports {
        let Some(TargetKind::AwsS3(place)) = facts.places.get(name) else { continue };
        for own in export.tables.values() {
            let Some(table) = catalog.tables.get(&own.table) else { continue };
            findings.extend(check_table(export, table, own, facts.version));
        }
        let planner = Planner { catalog, export, facts, forms: &forms };
        exports.push(planner.plan(place));
        findings.extend(check_orphans(catalog, export));
        findings.extend(planner.check_forms());
        findings.extend(planner.check_agreement());
        findings.extend(planner.check_order());
    }
    if findings.is_empty() { Ok(Plan { exports }) } else { Err(findings) }
}

/// Warnings of an export: triggers that its load fires.
pub fn warnings(catalog: &Catalog, model: &Model) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for export in model.exports.values().filter(|export| export.import) {
        for table in export.tables.keys().filter_map(|name| catalog.tables.get(name)) {
            for trigger in &table.triggers {
                if trigger.events.iter().any(|event| ["insert", "delete"].contains(&event.as_str())) {
                    found.push(fires(export, table, &trigger.name, trigger.span));
                }
            }
        }
    }
    found
}

fn fires(export: &Export, table: &Table, trigger: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::N0921,
        format!("the trigger `{trigger}` of `{}` would fire while the copy is loaded", table.name),
    )
    .at(span, "fires for each row")
    .label(export.span, "this export loads the table")
    .note("MySQL can switch no trigger off: import.sql stops where a loaded table has one for INSERT or DELETE")
    .help("load the copy's schema without triggers, and make them after the load; then allow this warning and say so")
}

fn none_here(own: &ExportColumn, what: &str, why: &str, help: &str) -> Diagnostic {
    Diagnostic::new(codes::N0441, format!("expected no {what} for aurora-mysql, found one"))
        .at(own.decision.rule.span, why)
        .help(help.to_owned())
}

/// MySQL 5.7 has no relation of what is in a document.
fn needs_8(own: &ExportColumn) -> Diagnostic {
    let why = "needs MySQL 8.0, Aurora MySQL version 3";
    let help = "name the keys and write `else drop` or `else keep`; keep an array whole, or drop it";
    none_here(own, "`[*]` or mask after `else` in `mask json`", why, help)
}

fn check_table(export: &Export, table: &Table, own: &ExportTable, version: u32) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for column in own.columns.values() {
        check_treatment(&column.treatment, column, version, &mut found);
    }
    if !own.columns.values().any(|column| leaves(&column.treatment)) {
        found.push(
            Diagnostic::new(codes::N0854, format!("expected a column of `{}` that leaves, found none", table.name))
                .at(table.span, "is exported without any of its columns")
                .label(export.span, "this export names it")
                .note("rows without columns cannot be read back")
                .help(format!("write `skip {} because \"…\";` in the export, or mask a column", table.name.name)),
        );
    }
    found
}

fn check_treatment(treatment: &Treatment, own: &ExportColumn, version: u32, found: &mut Vec<Diagnostic>) {
    match treatment {
        Treatment::Mask(MaskUse::Json(mask)) if version < 3 && json::needs_elements(&mask.root) => {
            found.push(needs_8(own));
        }
        Treatment::Mask(MaskUse::Fields(_)) => {
            found.push(none_here(
                own,
                "`mask fields`",
                "is of composite types, which MySQL has not",
                "write `mask null`",
            ));
        }
        Treatment::Drop(Fill::Trigger(_)) => {
            let why = "is not written for this engine yet";
            found.push(none_here(own, "`filled by trigger`", why, "give the value: `drop, fill (…)`"));
        }
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => {
            check_treatment(then, own, version, found);
            check_treatment(otherwise, own, version, found);
        }
        _ => {}
    }
}

/// Whether the column is in the objects: a dropped one is, when the export computes what fills it.
fn leaves(treatment: &Treatment) -> bool {
    match treatment {
        Treatment::Keep | Treatment::Mask(_) | Treatment::Drop(Fill::Expression(_)) => true,
        Treatment::Generated | Treatment::Drop(Fill::Default | Fill::Trigger(_)) => false,
    }
}

struct Planner<'a, 'f> {
    catalog: &'a Catalog,
    export: &'a Export,
    facts: &'a ProjectFacts,
    forms: &'f Forms,
}

impl<'a> Planner<'a, '_> {
    fn plan(&self, place: &AwsS3) -> ExportPlan<'a> {
        let name = self.export.name.clone();
        let tables: Vec<_> = components(&self.graph()).iter().flatten().filter_map(|name| self.table(name)).collect();
        let keyed = tables.iter().any(select::reads_key);
        let fingerprint = keyed.then(|| {
            let whole = hmac::mysql_of_label(&self.export.linkage, "", masks::FINGERPRINT);
            Expr::call("LEFT", [whole, Expr::Integer(16)])
        });
        let elsewhere = self.facts.elsewhere.iter().filter_map(|(environment, places)| match places.get(&name)? {
            TargetKind::AwsS3(there) if there != place => Some((environment.clone(), there.clone())),
            _ => None,
        });
        let (keys, beside) = self.keys();
        ExportPlan {
            span: self.export.span,
            place: place.clone(),
            environments: elsewhere.collect(),
            version: self.facts.version,
            fingerprint,
            tables,
            import: self.export.import,
            keys,
            beside,
            name,
        }
    }

    fn graph(&self) -> Graph {
        let mut graph: Graph = self.export.tables.keys().map(|name| (name.clone(), BTreeSet::new())).collect();
        for name in self.export.tables.keys() {
            let keys = self.catalog.tables.get(name).map(|table| table.foreign_keys.as_slice()).unwrap_or_default();
            let inside = keys.iter().filter(|key| self.export.tables.contains_key(&key.references));
            let targets: Vec<QName> = inside.map(|key| key.references.clone()).collect();
            if let Some(references) = graph.get_mut(name) {
                references.extend(targets);
            }
        }
        graph
    }

    fn keys(&self) -> (Vec<KeyCheck>, BTreeSet<String>) {
        let mut beside = BTreeSet::new();
        let mut keys = Vec::new();
        for table in self.catalog.tables.values() {
            let loaded = self.export.tables.contains_key(&table.name);
            for key in &table.foreign_keys {
                if !loaded && !self.export.tables.contains_key(&key.references) {
                    continue;
                }
                if !loaded {
                    beside.insert(table.name.name.to_string());
                } else if !self.export.tables.contains_key(&key.references) {
                    beside.insert(key.references.name.to_string());
                }
                keys.push(KeyCheck {
                    name: key.name.clone(),
                    table: table.name.name.to_string(),
                    references: key.references.name.to_string(),
                    columns: key.columns.iter().cloned().zip(key.referenced_columns.iter().cloned()).collect(),
                });
            }
        }
        (keys, beside)
    }

    fn table(&self, name: &QName) -> Option<TablePlan<'a>> {
        let table = self.catalog.tables.get(name)?;
        let own = self.export.tables.get(name)?;
        let plan_of = |(column, own): (&String, &ExportColumn)| ColumnPlan {
            name: column.clone(),
            rule: (!matches!(own.treatment, Treatment::Generated)).then_some(own.decision.rule.span),
            written: one_line(&own.decision.rule.text),
            treatment: treatment_words(&own.treatment) + orphan_words(own.orphans),
            leaves: leaves(&own.treatment),
        };
        let mut plan = TablePlan {
            table,
            own,
            export: self.export,
            catalog: self.catalog,
            forms: self.forms.clone(),
            linkage: self.export.linkage.clone(),
            name: table.name.name.to_string(),
            stem: file_stem(&table.name),
            columns: own.columns.iter().map(plan_of).collect(),
            conditions: own.rows.iter().map(|rows| (rows.span, one_line(&rows.sql.text))).collect(),
            shape: Vec::new(),
            wide: Vec::new(),
        };
        plan.shape = shape(&plan);
        plan.wide = select::wide(&plan);
        Some(plan)
    }

    /// Values that are hashed have a form that both engines give them.
    fn check_forms(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for name in self.export.tables.keys() {
            let Some(plan) = self.table(name) else { continue };
            for (column, own) in &plan.own.columns {
                if !select::has_form(&plan, &own.treatment, column) {
                    let title = format!(
                        "expected a type whose values MySQL and PostgreSQL write alike, `{name}.{column}` has another"
                    );
                    found.push(
                        Diagnostic::new(codes::N0440, title)
                            .at(own.decision.rule.span, "is masked by a keyed hash of it")
                            .help("hash text, a whole number, a decimal, an enum or bytes, or use a mask that is not keyed"),
                    );
                }
            }
        }
        found
    }
}

impl Planner<'_, '_> {
    /// Lines leave in the order of a column whose values are apart, or in that in which values were moved.
    fn check_order(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for name in self.export.tables.keys() {
            let Some(plan) = self.table(name) else { continue };
            for (column, own) in &plan.own.columns {
                let Some(by) = select::moved_by(&own.treatment, column).filter(|by| !plan.is_apart(by)) else {
                    continue;
                };
                let what = format!("`shuffle` by `{by}`, of which other values leave,");
                let why = "would leave in the order in which values were moved";
                let help = format!("keep `{by}`, or mask it so that values stay apart: `permute`, `hash` or `uuid`");
                found.push(none_here(own, &what, why, &help));
            }
        }
        found
    }

    /// Columns of one class have types whose equal values the mask changes alike.
    fn check_agreement(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut first: BTreeMap<(&str, &str), (BaseType, String, Span)> = BTreeMap::new();
        for (name, table) in &self.export.tables {
            for (column, own) in &table.columns {
                let declared = self.catalog.tables.get(name).and_then(|table| table.columns.get(column));
                let Some(base) = declared.map(|column| self.catalog.base_type(&column.data_type)) else { continue };
                let span = own.decision.rule.span;
                select::each_call(&own.treatment, &mut |call, _| {
                    let (known, of, place) = first
                        .entry((call.group.0.as_str(), call.mask.name()))
                        .or_insert_with(|| (base.clone(), format!("{name}.{column}"), span));
                    if call.mask.agrees_on_mysql(known, &base) {
                        return;
                    }
                    let title = format!(
                        "expected a type whose numbers `{}` changes as those of `{of}`, `{name}.{column}` has another",
                        call.mask.name()
                    );
                    found.push(
                        Diagnostic::new(codes::N0440, title)
                            .at(span, "is of the same class")
                            .label(*place, "and so should give the same for the same number")
                            .note("numbers are exchanged within the ranges that a type has, and these types end at different ones")
                            .help("give both columns one type, or put them into classes of their own if they do not refer to each other"),
                    );
                });
            }
        }
        found
    }
}

/// `column` to `int unsigned not null`, as the files ask of a live table.
fn shape(plan: &TablePlan<'_>) -> Vec<(String, String)> {
    let columns = plan.table.columns.values().map(|column| {
        let own = plan.own_type(&column.name).map(|own| own.words.as_str()).unwrap_or_default();
        let null = if column.not_null { " not null" } else { "" };
        let generated = if column.generated.is_some() { " generated" } else { "" };
        (column.name.clone(), format!("{own}{null}{generated}"))
    });
    columns.collect()
}
