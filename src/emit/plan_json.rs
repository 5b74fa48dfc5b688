//! `plan.json`: the same plan for other runners.

use crate::plan::{ColumnPlan, ExportPlan};
use serde::Serialize;

#[derive(Serialize)]
struct PlanFile<'a> {
    format: u32,
    export: &'a str,
    directory: &'a str,
    header: bool,
    keyed: bool,
    import: bool,
    tables: Vec<TableEntry<'a>>,
    sequences: Vec<Name<'a>>,
    refresh: Vec<Name<'a>>,
}

#[derive(Serialize)]
struct TableEntry<'a> {
    schema: &'a str,
    table: &'a str,
    partitioned: bool,
    select: String,
    file: String,
    columns: Vec<ColumnEntry<'a>>,
}

#[derive(Serialize)]
struct ColumnEntry<'a> {
    name: &'a str,
    in_file: bool,
    treatment: &'a str,
}

#[derive(Serialize)]
struct Name<'a> {
    schema: &'a str,
    name: &'a str,
}

/// The file; tables in the order of the load.
pub fn emit(export: &ExportPlan<'_>) -> String {
    let tables = export.tables.iter().map(|table| TableEntry {
        schema: &table.name.schema,
        table: &table.name.name,
        partitioned: table.partitioned,
        select: format!("tables/{}.sql", table.stem),
        file: format!("{}.txt", table.stem),
        columns: table.columns.iter().map(column_entry).collect(),
    });
    let sequences = export.import.iter().flat_map(|import| &import.sequences).map(|sequence| &sequence.name);
    let file = PlanFile {
        format: 1,
        export: &export.name,
        directory: &export.directory,
        header: export.header,
        keyed: export.key.is_some(),
        import: export.import.is_some(),
        tables: tables.collect(),
        sequences: sequences.map(|name| Name { schema: &name.schema, name: &name.name }).collect(),
        refresh: export.refresh.iter().map(|name| Name { schema: &name.schema, name: &name.name }).collect(),
    };
    // Plain structures of strings: their serialisation cannot fail.
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

fn column_entry(column: &ColumnPlan) -> ColumnEntry<'_> {
    ColumnEntry { name: &column.name, in_file: column.leaves, treatment: &column.treatment }
}
