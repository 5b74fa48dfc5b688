//! Proofs over the model, one file a proof. A policy is compiled only when all of them hold.
//!
//! Each proof looks at one column, one table or one export and says what would go wrong on a server: a NULL
//! where none may be, two rows with one key, a value that is too long, or a masked value that leaves by another
//! door.

pub mod access;
mod actors;
mod constant;
mod evaluate;
mod fits;
mod key;
mod length;
mod lookup;
mod null;
mod orphans;
mod partition_key;
mod readable;
mod reads;
mod total;
mod tsvector;
mod unique;

pub use key::keyed;
pub use null::refuses_null;

use crate::catalog::{BaseType, Catalog, Column, Table};
use crate::diagnostic::{Diagnostic, Severity};
use crate::mask::Mask;
use crate::mask::over::{self, Over};
use crate::model::{Decision, ExportColumn, ExportTable, MaskUse, Model, Rule, Step, Treatment};

/// One column of one export, with all that a proof may need.
#[derive(Clone, Copy)]
struct Case<'a> {
    catalog: &'a Catalog,
    table: &'a Table,
    exported: &'a ExportTable,
    column: &'a Column,
    resolved: &'a ExportColumn,
    base: &'a BaseType,
}

impl Case<'_> {
    /// `schema.table.column`
    fn name(&self) -> String {
        format!("{}.{}", self.table.name, self.column.name)
    }

    /// What a mask is given of the column's value, and the type of that.
    fn seen(&self, mask: &dyn Mask) -> (Over, BaseType) {
        let seen = over::seen(mask, self.base, self.catalog).map(|(over, _, base)| (over, base));
        seen.unwrap_or_else(|| (Over::Value, self.base.clone()))
    }

    /// A finding at the rule that decides this column.
    fn finding(&self, code: crate::diagnostic::Code, title: String, label: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, title)
            .at(self.resolved.decision.rule.span, label)
            .label(self.column.span, format!("`{}` is declared here", self.column.name))
    }
}

/// Runs every proof; `version` is the server's major version.
pub fn check(catalog: &Catalog, model: &Model, version: u8) -> Vec<Diagnostic> {
    let mut diagnostics = access::check(catalog, model, version);
    readable::check(catalog, model, &mut diagnostics);
    for export in model.exports.values() {
        actors::check(&model.access, export, &mut diagnostics);
        for exported in export.tables.values() {
            let Some(table) = catalog.tables.get(&exported.table) else { continue };
            check_columns(catalog, table, exported, &mut diagnostics);
            total::check_rows(catalog, exported, &mut diagnostics);
            unique::check(catalog, table, exported, &mut diagnostics);
            orphans::check(catalog, model, export, (table, exported), &mut diagnostics);
            lookup::check(catalog, model, export, (table, exported), &mut diagnostics);
        }
        key::check(model, export, &mut diagnostics);
    }
    diagnostics
}

/// Whether a treatment of this one column, whatever the others get, would bring no finding.
pub fn fits(catalog: &Catalog, table: &Table, column: &Column, treatment: Treatment) -> bool {
    let rule = Rule { span: column.span, step: Step::ExactExact, text: "".into() };
    let decision = Decision { rule, class: None, lost: Vec::new(), because: Some(String::new()) };
    let own = ExportColumn { treatment, decision, orphans: None };
    let columns = std::iter::once((column.name.clone(), own)).collect();
    let exported = ExportTable { table: table.name.clone(), rows: Vec::new(), columns };
    let mut diagnostics = Vec::new();
    check_columns(catalog, table, &exported, &mut diagnostics);
    unique::check(catalog, table, &exported, &mut diagnostics);
    diagnostics.iter().all(|found| found.severity == Severity::Note)
}

fn check_columns(catalog: &Catalog, table: &Table, exported: &ExportTable, diagnostics: &mut Vec<Diagnostic>) {
    for (name, resolved) in &exported.columns {
        let Some(column) = table.columns.get(name) else { continue };
        if matches!(resolved.treatment, Treatment::Generated) {
            continue;
        }
        let base = catalog.base_type(&column.data_type);
        let case = Case { catalog, table, exported, column, resolved, base: &base };
        null::check(&case, diagnostics);
        fits::check(&case, diagnostics);
        length::check(&case, diagnostics);
        constant::check(&case, diagnostics);
        partition_key::check(&case, diagnostics);
        reads::check(&case, diagnostics);
        total::check(&case, diagnostics);
        tsvector::check(&case, diagnostics);
        check_fields(&case, diagnostics);
    }
}

/// Each field as if it were a column of its own.
fn check_fields(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for treatment in leaves(&case.resolved.treatment) {
        let Treatment::Mask(MaskUse::Fields(mask)) = treatment else { continue };
        for (name, (of, treatment)) in &mask.fields {
            let column = Column {
                name: format!("{}.{name}", case.column.name),
                data_type: of.clone(),
                not_null: false,
                default: None,
                ..case.column.clone()
            };
            let resolved = ExportColumn { treatment: treatment.clone(), ..case.resolved.clone() };
            let base = case.catalog.base_type(of);
            let field = Case { column: &column, resolved: &resolved, base: &base, ..*case };
            null::check(&field, diagnostics);
            fits::check(&field, diagnostics);
            fits::check_place(&field, diagnostics);
            length::check(&field, diagnostics);
            constant::check(&field, diagnostics);
            total::check(&field, diagnostics);
            check_fields(&field, diagnostics);
        }
    }
}

/// Every treatment that a value of the column may get: the treatment itself, or the branches of its conditions.
fn leaves(treatment: &Treatment) -> Vec<&Treatment> {
    match treatment {
        Treatment::Mask(MaskUse::When { then, otherwise, .. }) => {
            leaves(then).into_iter().chain(leaves(otherwise)).collect()
        }
        _ => vec![treatment],
    }
}

/// Whether the column leaves with its own values, for every row.
fn is_kept(treatment: &Treatment) -> bool {
    matches!(treatment, Treatment::Keep | Treatment::Generated)
}
