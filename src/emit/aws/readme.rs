//! The section of `README.md` for an export to S3.

use crate::emit::readme::{count, exporter, importer};
use crate::plan::{ExportPlan, names};
use crate::project::pipeline::Runner;
use crate::project::{AwsS3, TargetKind};
use std::fmt::Write;

/// How the files of `folder` are run.
pub(in crate::emit) fn section(export: &ExportPlan<'_>, place: &AwsS3, folder: &str) -> String {
    let tenant = if export.tenant.is_some() { " -v tenant=ID" } else { "" };
    let prefix = if place.prefix.is_empty() { String::new() } else { format!("{}/", place.prefix) };
    let mut text = format!(
        "\n## Export `{}` to S3\n\nNeeds in both databases, once, by a member of `rds_superuser`: `CREATE EXTENSION aws_s3 \
         CASCADE;`, and of each cluster a role of\nits own for the bucket. No file holds credentials. `psql` runs beside the \
         database, which does the work itself.\n\n1. `psql -X -d SOURCE{tenant} -v run=NAME -f {folder}/run.sql` has the database write \
         the masked rows of {} below\n   `s3://{}/{prefix}NAME/`, and `manifest.csv` there at last. Without `-v run=` the time is the \
         name. Best run on a clone. {}\n   The role needs TEMPORARY on the database, and the writer: a reader refuses it.\n",
        export.name,
        count(export.tables.len()),
        place.bucket,
        exporter(export),
    );
    if export.key.is_some() {
        text.push_str(
            "   It reads the mask key from the environment variable `NOREN_MASK_KEY` of psql, where a container's secret is put: \
             at\n   least 32 printable ASCII characters, for example what `openssl rand -hex 32` prints. No statement and no log has \
             it.\n",
        );
    }
    // Writing to a string cannot fail.
    if export.key.is_some() && export.role.is_some() {
        let _ = write!(
            text,
            "   Where a runner can send nothing but SQL, `{folder}/key.sql` puts the key into a table that the exporting role alone \
             may\n   read; a run without the variable takes it from there.\n"
        );
    }
    if export.tenant.is_some() {
        text.push_str("   `ID` is the key of the one tenant whose rows leave.\n");
    }
    text.push_str(
        "   A run that fails leaves objects that no manifest names: a lifecycle rule of the bucket takes them away. A run of the \
         same\n   name writes beside the first, and takes its place when it is whole.\n",
    );
    if export.import.is_some() {
        let _ = write!(
            text,
            "2. `psql -X -d TARGET -v run=NAME -f {folder}/import.sql` has the copy read them{}; no superuser is needed.\n3. `psql -X -d \
             TARGET -f {folder}/after.sql` fails if a loaded value is none that its mask can give, counts the rows that are alone\n   with \
             what is kept of them (not with `-v report=off`), and refreshes materialized views and statistics.\n",
            importer(export)
        );
    } else {
        text.push_str("2. It is never imported: the policy says `no import`.\n");
    }
    if let Some(pipeline) = &place.pipeline {
        let sides = match &pipeline.target {
            Some(_) => "`source/` for the account of the source and `target/` for that of the copy",
            None => "`source/` for the account of the source",
        };
        let how = match pipeline.runner {
            Runner::Ecs(_) => {
                "`begin.sql`, `share.sql` and `end.sql` there are `run.sql` in parallel sessions. They are for a clone that nobody \
                 writes to:\neach session has a snapshot of its own.\n"
                    .to_owned()
            }
            Runner::DataApi => calls("The export goes", export, folder, folder),
        };
        let _ = write!(
            text,
            "\n`{folder}/pipeline/` does this every night by itself: state machines, tasks, roles and policies, in {sides}.\n{how}"
        );
    }
    for (environment, there) in &export.environments {
        let TargetKind::AwsS3(place) = &there.place else { continue };
        if place.pipeline.as_ref().is_some_and(|pipeline| pipeline.runner == Runner::DataApi) {
            let here = format!("env/{}/{folder}", names::encode(environment));
            text = text + "\n" + &calls(&format!("In `{environment}` the export goes"), export, &here, folder);
        }
    }
    text + &format!(
        "\nOnce before, in the source, as the tables' owner or a superuser: `psql -X -d SOURCE -f {folder}/rights_source.sql` \
         makes the table\n`noren_run.manifest`, where a run keeps the list of what left{}.\n",
        match &export.role {
            Some(role) => format!(", and gives `{}` what the export needs", role.value),
            None => String::new(),
        }
    )
}

/// What runs by the Data API, and what has to be in the source for it.
fn calls(export_goes: &str, export: &ExportPlan<'_>, here: &str, folder: &str) -> String {
    let key = if export.key.is_some() { format!(",\nand `{folder}/key.sql` for each key") } else { String::new() };
    format!(
        "{export_goes} by the Data API, a short statement a call. What the calls run lies in the source: run\n\
         `{here}/pipeline/program.sql` there for each compilation, after `rights_source.sql`{key}.\n\
         It is for a clone that nobody writes to: each call has a snapshot of its own.\n"
    )
}
