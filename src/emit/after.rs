//! `after.sql`: what may happen after the load has been committed.
//!
//! Leak probes come first, so that nothing is computed from rows that should not be there. All of it but ANALYZE is one
//! transaction: row security that binds even the owner is off within it, and would make the probes blind and empty
//! the materialized views.

use super::Emitter;
use super::import::{count_into, counted, force};
use crate::plan::{ExportPlan, ImportPlan};
use crate::sql::{Condition, Meta, Script, Statement, Word};

/// The psql variable that turns the report off.
const REPORT: &str = "report";

impl Emitter<'_> {
    /// Probes, report, materialized views in the order of their dependence, then statistics.
    pub(super) fn after(&self, import: &ImportPlan<'_>) -> Script {
        let mut script = self.head(
            &[
                "Run after import.sql, as the tables' owner: looks for values that no mask can have given, says how many",
                "rows are alone with what is kept of them, and refreshes what was computed from the old rows.",
                "Run as: psql -X -f after.sql, with -v report=off to leave the report out. Safe to run again.",
            ],
            &self.export.search,
        );
        self.act_as(&mut script, self.export.import_role.as_ref());
        script.blank();
        script.run(Statement::Begin { isolation: None, read_only: false });
        for table in &import.forced {
            script.run(force(table, false));
        }
        probes(&mut script, self.export);
        report(&mut script, self.export);
        for view in &self.export.refresh {
            script.run(Statement::RefreshMaterializedView(view.clone()));
        }
        for table in &import.forced {
            script.run(force(table, true));
        }
        script.run(Statement::Commit);
        let tables = self.locked().into_iter().map(|(name, _)| name);
        let analyzed: Vec<_> = tables.chain(self.export.refresh.iter().cloned()).collect();
        if !analyzed.is_empty() {
            script.run(Statement::Analyze(analyzed));
        }
        script
    }
}

fn probes(script: &mut Script, export: &ExportPlan<'_>) {
    let mut probes = export.probes().peekable();
    if probes.peek().is_none() {
        return;
    }
    script.blank().comment("leak probes: no row may hold what its mask cannot have given; one scan a table");
    script.run(counted("noren_leak"));
    for probe in probes {
        script.run(count_into("noren_leak", probe));
    }
    script.run(Statement::Do(include_str!("leaks.sql")));
    script.blank();
}

/// Numbers for a reader, never an error: what is too few to be alone is for people to say.
fn report(script: &mut Script, export: &ExportPlan<'_>) {
    let mut alone = export.alone().peekable();
    if alone.peek().is_none() {
        return;
    }
    script.comment("who is singled out by the combination of what is kept; numbers only");
    script.meta(Meta::If(Condition::Defined(REPORT.to_owned())));
    script.meta(Meta::Else);
    script.meta(Meta::Set(REPORT.to_owned(), vec![Word::text("on")]));
    script.meta(Meta::EndIf);
    script.meta(Meta::If(Condition::Variable(REPORT.to_owned())));
    for (option, value) in [("format", "unaligned"), ("tuples_only", "on"), ("pager", "off")] {
        script.meta(Meta::PrintSetting(option, value));
    }
    for table in alone {
        script.run(Statement::Select(table));
    }
    script.meta(Meta::EndIf);
    script.blank();
}
