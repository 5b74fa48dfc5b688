//! `after.sql`: what may happen after the load has been committed.

use super::Emitter;
use crate::sql::{Script, Statement};

impl Emitter<'_> {
    /// Materialized views in the order of their dependence, then statistics.
    pub(super) fn after(&self) -> Script {
        let mut script = self.head(
            &[
                "Run after import.sql, as the tables' owner: refreshes what was computed from the old rows.",
                "Run as: psql -X -f after.sql. Safe to run again.",
            ],
            &self.export.search,
        );
        script.blank();
        for view in &self.export.refresh {
            script.run(Statement::RefreshMaterializedView(view.clone()));
        }
        let tables = self.locked().into_iter().map(|(name, _)| name);
        let analyzed: Vec<_> = tables.chain(self.export.refresh.iter().cloned()).collect();
        if !analyzed.is_empty() {
            script.run(Statement::Analyze(analyzed));
        }
        script
    }
}
