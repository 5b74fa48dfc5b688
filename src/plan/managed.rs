//! What a service's own export cannot do, since it runs a SELECT in a session of which nothing is ours.

use super::{Planner, TablePlan};
use crate::check::keyed;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::N0810;
use crate::project::TargetKind;
use crate::source::Span;

impl Planner<'_> {
    /// Here and in each environment where the export goes elsewhere.
    pub(super) fn check_managed(&self, tables: &[TablePlan<'_>]) -> Vec<Diagnostic> {
        let elsewhere = self.facts.elsewhere.values().filter_map(|places| places.get(&self.export.name));
        let mut places = std::iter::once(self.place).chain(elsewhere);
        if !places.any(|place| matches!(place, TargetKind::Gcs(place) if place.managed.is_some())) {
            return Vec::new();
        }
        let keyed = self.export.tables.iter().flat_map(|(table, export)| {
            let of = move |(column, own): (&String, &crate::model::ExportColumn)| {
                let mask = keyed(&own.treatment)?;
                let what = format!("masks without a key, found `{mask}` for `{table}.{column}`");
                Some(self.unmanaged(&what, own.decision.rule.span, "reads the mask key"))
            };
            export.columns.iter().filter_map(of)
        });
        let mut found: Vec<Diagnostic> = keyed.collect();
        // An expression of one's own may read the key where no mask's name says so.
        if found.is_empty() && self.key(tables).is_some() {
            found.push(self.unmanaged("masks without a key, found one", self.export.span, "reads the mask key"));
        }
        let tenant = self.export.tenant_one;
        found.extend(
            tenant.map(|span| self.unmanaged("all tenants, found `tenant one`", span, "needs the run's tenant")),
        );
        found
    }

    fn unmanaged(&self, what: &str, span: Span, label: &str) -> Diagnostic {
        Diagnostic::new(N0810, format!("for a managed export expected {what}"))
            .at(span, label)
            .label(self.export.span, "the service exports this by itself, too")
            .note("the service runs a SELECT in a session of its own, which nobody can give a key or a tenant")
            .help("take `managed` out of noren.toml: run.sql does all of it; or give the column a mask without a key")
    }
}
