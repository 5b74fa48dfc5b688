//! What an import strategy other than `order` would leave undone.
//!
//! Under `session_replication_role = replica` no trigger fires but those that are ENABLE ALWAYS or REPLICA. Foreign keys
//! are triggers, so they are checked by the import itself afterwards. Two more things are triggers and are not looked at
//! again: whatever fills a column, and the check of a deferrable unique or exclusion constraint, under which PostgreSQL
//! takes two equal rows without a word.

use super::Planner;
use crate::catalog::{Table, TriggerMode};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::N0855;
use crate::model::{ExportColumn, Fill, Treatment};
use crate::source::Span;
use crate::syntax::ast::ImportStrategy;

impl Planner<'_> {
    pub(super) fn check_strategy(&self) -> Vec<Diagnostic> {
        if self.export.strategy == ImportStrategy::Order {
            return Vec::new();
        }
        let tables = self.loaded_tables();
        let fills = self.export.tables.iter().flat_map(|(name, export)| {
            let table = self.catalog.tables.get(name);
            export.columns.iter().filter_map(move |(column, own)| self.silent_fill(table?, column, own))
        });
        let constraints = tables.into_iter().flat_map(|table| self.silent_constraints(table));
        fills.chain(constraints).collect()
    }

    fn silent_fill(&self, table: &Table, column: &str, own: &ExportColumn) -> Option<Diagnostic> {
        let Treatment::Drop(Fill::Trigger(name)) = &own.treatment else { return None };
        let trigger = table.triggers.iter().find(|trigger| trigger.name == *name)?;
        if matches!(trigger.mode, TriggerMode::Always | TriggerMode::Replica) {
            return None;
        }
        let what = format!("`{}.{column}` to be filled by the trigger `{name}`, which would not fire", table.name);
        Some(
            self.undone(&what, own.decision.rule.span, "filled by a trigger")
                .help(format!("give a value instead: `{column} drop, fill (…);`, or leave out `import strategy`")),
        )
    }

    fn silent_constraints<'t>(&'t self, table: &'t Table) -> impl Iterator<Item = Diagnostic> + 't {
        let keys = table.primary_key.iter().chain(&table.unique).filter(|key| key.deferrable);
        let exclusions = table.exclusions.iter().filter(|exclusion| exclusion.deferrable);
        let named = keys.map(|key| (&key.name, key.span)).chain(exclusions.map(|own| (&own.name, own.span)));
        named.map(|(name, span)| {
            let what = format!("`{name}` to be checked, which is deferrable: it would not be");
            self.undone(&what, span, "a deferrable constraint of a loaded table")
                .help("make it NOT DEFERRABLE, or leave out `import strategy`")
        })
    }

    fn undone(&self, what: &str, span: Span, label: &str) -> Diagnostic {
        let word = match self.export.strategy {
            ImportStrategy::ParameterGroup => "parameter_group",
            _ => "replica_role",
        };
        Diagnostic::new(N0855, format!("under `import strategy {word}` expected {what}"))
            .at(span, label)
            .label(self.export.span, "this export loads it so")
            .note("in a replica's session neither triggers nor the checks of deferrable constraints run, and none runs later")
    }
}
