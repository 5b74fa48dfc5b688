//! A masked partition key would move rows to other partitions, or to none.

use super::{Case, is_kept};
use crate::catalog::TableKind;
use crate::diagnostic::{Diagnostic, codes};

pub(super) fn check(case: &Case<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let holds_column = |table: &crate::catalog::Table| match &table.kind {
        TableKind::Partitioned { key_columns } => key_columns.contains(&case.column.name),
        TableKind::Ordinary | TableKind::Foreign => false,
    };
    // A partition may itself be partitioned, by another column.
    let is_partitioned = matches!(case.table.kind, TableKind::Partitioned { .. });
    let is_key = holds_column(case.table)
        || (is_partitioned && case.catalog.tables.values().any(|table| is_below(case, table) && holds_column(table)));
    if is_kept(&case.resolved.treatment) || !is_key {
        return;
    }
    let title = format!(
        "expected the partition key `{}` to be kept, found `{}`",
        case.name(),
        case.resolved.decision.rule.text
    );
    let finding = case.finding(codes::N0415, title, "changes which partition a row belongs to");
    diagnostics.push(finding.help("keep it with a reason, or export the table without the rows that it tells of"));
}

fn is_below(case: &Case<'_>, table: &crate::catalog::Table) -> bool {
    if !matches!(case.table.kind, TableKind::Partitioned { .. }) || !matches!(table.kind, TableKind::Partitioned { .. })
    {
        return false;
    }
    let mut parent = table.partition_of.as_ref();
    // A chain longer than this would be a cycle, which PostgreSQL refuses.
    for _ in 0..64 {
        match parent {
            Some(name) if *name == case.table.name => return true,
            Some(name) => parent = case.catalog.tables.get(name).and_then(|table| table.partition_of.as_ref()),
            None => return false,
        }
    }
    false
}
