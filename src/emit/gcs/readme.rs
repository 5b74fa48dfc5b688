//! The section of `README.md` for an export to Cloud Storage.

use crate::emit::readme::{count, exporter, importer};
use crate::plan::ExportPlan;
use crate::project::Gcs;
use std::fmt::Write;

/// How the files of `folder` are run.
pub(in crate::emit) fn section(export: &ExportPlan<'_>, place: &Gcs, folder: &str) -> String {
    let tenant = if export.tenant.is_some() { " -v tenant=ID" } else { "" };
    let prefix = if place.prefix.is_empty() { String::new() } else { format!("{}/", place.prefix) };
    let mut text = format!(
        "\n## Export `{}` to Cloud Storage\n\nBeside psql the client needs `gcloud` with a login that may write to the bucket, or \
         read from it, and `mkfifo`, `mktemp` and `tee`.\nNo file holds credentials, and no row is kept on the client.\n\n\
         1. `psql -X -d SOURCE{tenant} -v run=NAME -f {folder}/run.sql` pipes the masked rows of {} to objects below\n   \
         `gs://{}/{prefix}NAME/`, and writes `manifest` there at last. Without `-v run=` the time is the name. {}\n   \
         The role needs TEMPORARY on the database: it keeps notes in temporary tables, so a standby refuses it.\n",
        export.name,
        count(export.tables.len()),
        place.bucket,
        exporter(export),
    );
    if export.key.is_some() {
        text.push_str(
            "   It reads the mask key from the environment variable `NOREN_MASK_KEY`: at least 32 printable ASCII \
             characters,\n   for example what `openssl rand -hex 32` prints. Keep it: the same key gives the same pseudonyms.\n",
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
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "2. `psql -X -d TARGET -v run=NAME -f {folder}/import.sql` loads them{}; no superuser is needed.\n\
             3. `psql -X -d TARGET -f {folder}/after.sql` fails if a loaded value is none that its mask can give, counts the rows that \
             are alone\n   with what is kept of them (not with `-v report=off`), and refreshes materialized views and statistics.\n",
            importer(export)
        );
    } else {
        text.push_str("2. It is never imported: the policy says `no import`.\n");
    }
    text
}
