//! `plan.json`: the same plan for other runners.

use super::objects::stem;
use crate::plan::{ColumnPlan, ExportPlan, mysql};
use crate::project::{AwsS3, TargetKind};
use serde::Serialize;

#[derive(Serialize)]
struct PlanFile<'a> {
    format: u32,
    export: &'a str,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory: Option<&'a str>,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    header: bool,
    keyed: bool,
    import: bool,
    tables: Vec<TableEntry<'a>>,
    sequences: Vec<Name<'a>>,
    refresh: Vec<Name<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Place<'a> {
    AwsS3 { bucket: &'a str, prefix: &'a str, region: &'a str, kms_key: Option<&'a str>, chunk_bytes: Option<u64> },
    Gcs { bucket: &'a str, prefix: &'a str, kms_key: Option<&'a str> },
}

#[derive(Serialize)]
struct TableEntry<'a> {
    schema: &'a str,
    table: &'a str,
    partitioned: bool,
    select: String,
    file: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_pieces: bool,
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
        file: match export.place {
            TargetKind::Psql { .. } => format!("{}.txt", table.stem),
            TargetKind::AwsS3(_) => format!("{}/", stem(table)),
            TargetKind::Gcs(_) => format!("{}.txt", stem(table)),
        },
        in_pieces: table.in_pieces,
        columns: table.columns.iter().map(column_entry).collect(),
    });
    let sequences = export.import.iter().flat_map(|import| &import.sequences).map(|sequence| &sequence.name);
    let file = PlanFile {
        format: 1,
        export: &export.name,
        target: export.place.word(),
        directory: match &export.place {
            TargetKind::Psql { dir } => Some(dir),
            TargetKind::AwsS3(_) | TargetKind::Gcs(_) => None,
        },
        place: match &export.place {
            TargetKind::Psql { .. } => None,
            TargetKind::AwsS3(place) => Some(aws_s3(place)),
            TargetKind::Gcs(place) => {
                Some(Place::Gcs { bucket: &place.bucket, prefix: &place.prefix, kms_key: place.kms_key.as_deref() })
            }
        },
        header: export.header,
        keyed: export.key.is_some(),
        import: export.import.is_some(),
        tables: tables.collect(),
        sequences: sequences.map(|name| Name { schema: &name.schema, name: &name.name }).collect(),
        refresh: export.refresh.iter().map(|name| Name { schema: &name.schema, name: &name.name }).collect(),
    };
    print(&file)
}

/// The file of Aurora MySQL, whose SELECTs stand in `run.sql`. What names a table's objects is its manifest, at an address
/// that is the same in every run.
pub fn emit_mysql(
    export: &mysql::ExportPlan<'_>,
    place: &AwsS3,
    manifest: impl Fn(&mysql::TablePlan<'_>) -> String,
) -> String {
    let tables = export.tables.iter().map(|table| TableEntry {
        schema: table.schema(),
        table: &table.name,
        partitioned: false,
        select: "run.sql".to_owned(),
        file: manifest(table),
        in_pieces: false,
        columns: table.columns.iter().map(column_entry).collect(),
    });
    print(&PlanFile {
        format: 1,
        export: &export.name,
        target: "aws_s3",
        directory: None,
        place: Some(aws_s3(place)),
        header: false,
        keyed: export.fingerprint.is_some(),
        import: export.import,
        tables: tables.collect(),
        sequences: Vec::new(),
        refresh: Vec::new(),
    })
}

fn aws_s3(place: &AwsS3) -> Place<'_> {
    Place::AwsS3 {
        bucket: &place.bucket,
        prefix: &place.prefix,
        region: &place.region,
        kms_key: place.kms_key.as_deref(),
        chunk_bytes: place.chunk,
    }
}

/// Plain structures of strings: their serialisation cannot fail.
fn print(file: &PlanFile<'_>) -> String {
    let columns: usize = file.tables.iter().map(|table| table.columns.len()).sum();
    // About what a column takes. Room that is not used costs nothing, and text that grows is copied.
    let mut text = Vec::with_capacity(160 * columns);
    let printed = serde_json::to_writer_pretty(&mut text, file).ok();
    text.push(b'\n');
    printed.and_then(|()| String::from_utf8(text).ok()).unwrap_or_default()
}

fn column_entry(column: &ColumnPlan) -> ColumnEntry<'_> {
    ColumnEntry { name: &column.name, in_file: column.leaves, treatment: &column.treatment }
}
